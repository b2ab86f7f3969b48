"""The orchestrator: the one LangGraph graph through which everything semantic goes.

An ask enters with its specialist named and takes a conditional edge to it: no model is asked where it
belongs. A person's words are routed by a model to one specialist, to several in turn, or to none, and then it
says so.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, TypedDict, cast

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agent.chat import Earlier, Line, Offer, Question, Routing, Said, ToRoute
from agent.planned import Planned, read_said
from agent.spec import Desk, Payload, Specialist
from agent.specialist import RECURSION_LIMIT, Agent
from loops.decision import Answer
from loops.values import Quoted

ROUTER = "orchestrator"
MEMORY = 12
"""Messages of a thread that a specialist is told again."""


class State(TypedDict):
    """What goes through the graph: plain values only."""

    to: str
    # an ask's specialist; "" for a person's words
    payload: Payload
    answer: dict[str, Any]
    words: str
    history: list[dict[str, Any]]
    # as `Line` has them, the oldest first; kept by the thread's checkpoint
    queue: list[dict[str, Any]]
    # parts whose turn is still to come, as `Part` has them
    rest: list[dict[str, Any]]
    # what is said at the end, as `said` has it: which parts nobody can answer
    said: list[dict[str, Any]]
    # what came back in this turn: Said, and `specialist`, `by`


Update = dict[str, Any]
"""What a node changes of the state."""


@dataclass(frozen=True)
class Progress:
    """A node that has run: `agent`, then `node`."""

    agent: str
    node: str
    tools: tuple[str, ...] = ()
    # names of the tools called in it


@dataclass(frozen=True)
class Turn:
    """What one specialist said."""

    specialist: str
    by: str
    # as `Answer.by` has it
    instead_of: str
    # the model that should have spoken and why it couldn't; "" where it did
    said: Said

    @classmethod
    def of(cls, one: dict[str, Any]) -> "Turn":
        """The turn as the state has it."""
        return cls(one["specialist"], one["by"], one["instead_of"], read_said(one["said"]))


@dataclass(frozen=True)
class Orchestrator:
    """The specialists behind one graph."""

    agents: Mapping[str, Agent]
    # those that asks go to, by name
    chat: Mapping[str, Agent]
    # those that people's words go to, by name
    router: Agent
    checkpointer: Any = None
    # keeps the threads; None: asks alone

    @property
    def specialists(self) -> dict[str, Specialist]:
        """Each specialist as asks reach it."""
        return {name: cast("Specialist", partial(self.answer, name)) for name in self.agents}

    async def answer(self, name: str, payload: Payload, desk: Desk) -> Answer:
        """What the named specialist answers to an ask."""
        start: Update = {"to": name, "payload": payload}
        config: Any = {"recursion_limit": RECURSION_LIMIT}
        done = await self._asks.ainvoke(start, config, context=desk)
        return Answer.model_validate(done["answer"])

    async def stream(self, words: str, thread: str, desk: Desk) -> AsyncIterator[Progress | tuple[Turn, ...]]:
        """Each node as it has run; at last what was said, in turn.

        Args:
            words: the person's.
            thread: whose history they continue.
            desk: for the first step; each specialist's tape is the next step's.
        """
        config: Any = {"recursion_limit": RECURSION_LIMIT, "configurable": {"thread_id": thread}}
        start: Update = {"to": "", "words": words, "queue": [], "rest": [], "said": []}
        parts = self._people.astream(
            start, config, context=desk, stream_mode="updates", subgraphs=True, durability="exit"
        )
        said: list[dict[str, Any]] = []
        async for path, update in parts:
            for node, changed in update.items():
                change: Update = changed or {}
                said = said if path else change.get("said", said)
                yield _progress(path, node, change)
        yield tuple(Turn.of(one) for one in said)

    # --- the graph --------------------------------------------------------------------------------
    @cached_property
    def _asks(self) -> Any:
        return self._build().compile(name="revloops")

    @cached_property
    def _people(self) -> Any:
        return self._build().compile(name="revloops", checkpointer=self.checkpointer)

    def _build(self) -> Any:
        graph: Any = StateGraph(State, context_schema=Desk)
        names = sorted({*self.agents, *self.chat})
        for name in names:
            graph.add_node(name, partial(self._specialist, name))
        graph.add_node(ROUTER, self._route)
        graph.add_conditional_edges(START, self._enter, [*self.agents, ROUTER])
        for name in (*names, ROUTER):
            graph.add_conditional_edges(name, _next, [*self.chat, END])
        return graph

    def _enter(self, state: State) -> str:
        return state["to"] or ROUTER

    async def _specialist(self, name: str, state: State, runtime: Runtime[Desk]) -> Update:
        if state["to"]:
            answer = await self.agents[name](state["payload"], runtime.context)
            return {"answer": answer.model_dump(mode="json")}
        said = state["said"]
        desk = runtime.context
        tape = desk.tape
        for _ in range(len(said) + 1):
            tape = tape.next_step()
        part, *queue = state["queue"]
        question = _question(state, str(part["question"]), desk)
        answer = await self.chat[name](question, replace(desk, tape=tape))
        said = [*said, _turn(name, answer, _said(name, answer))]
        if queue:
            return {"said": said, "queue": queue}
        said += state["rest"]
        return {"said": said, "queue": queue, "history": _remember(state, said)}

    async def _route(self, state: State, runtime: Runtime[Desk]) -> Update:
        desk = runtime.context
        offers = tuple(Offer(name=name, says=agent.spec.says) for name, agent in self.chat.items())
        task = ToRoute(
            text=Quoted(text=state["words"]),
            today=desk.at.date(),
            history=_history(state),
            specialists=offers,
        )
        answer = await self.router(task.model_dump(mode="json"), desk)
        if answer.actor == "nobody":
            return _nobody(state, _turn(ROUTER, answer, _said(ROUTER, answer)))
        routing = Routing.model_validate(answer.value)
        left = Said(refused=routing.unanswered).model_dump(mode="json")
        rest = [_turn(ROUTER, answer, left)] if routing.unanswered.strip() else []
        if not routing.parts:
            return _nobody(state, *rest)
        return {"queue": [part.model_dump(mode="json") for part in routing.parts], "rest": rest}


def _turn(name: str, answer: Answer, said: dict[str, Any]) -> dict[str, Any]:
    return {"specialist": name, "by": answer.by, "instead_of": answer.instead_of, "said": said}


def _nobody(state: State, *said: dict[str, Any]) -> Update:
    return {"queue": [], "said": [*said], "history": _remember(state, [*said])}


def _next(state: State) -> str:
    return str(state["queue"][0]["specialist"]) if state.get("queue") else END


def _question(state: State, asked: str, desk: Desk) -> Payload:
    """What a specialist is told of a person's message."""
    said = (
        Earlier(specialist=one["specialist"], text=one["said"]["text"], cited=one["said"]["cited"])
        for one in state["said"]
    )
    whole = None if asked == state["words"] else Quoted(text=state["words"])
    return Question(
        text=Quoted(text=asked),
        today=desk.at.date(),
        message=whole,
        history=_history(state),
        earlier=tuple(said),
    ).model_dump(mode="json")


def _history(state: State) -> tuple[Line, ...]:
    return tuple(Line.model_validate(line) for line in (state.get("history") or ())[-MEMORY:])


def _said(name: str, answer: Answer) -> dict[str, Any]:
    if answer.actor != "nobody":
        return answer.value
    return Said(text="", refused=f"{name.replace('_', ' ')} gave no answer: {answer.why}").model_dump(
        mode="json"
    )


def _remember(state: State, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*(state.get("history") or ()), *lines(state["words"], said)]


def lines(words: str, said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A person's words and what was answered, as a thread keeps them.

    Args:
        words: the person's.
        said: as the state has it: `specialist`, and `said` as `Said` has it.
    """
    told = (Line(who="person", text=Quoted(text=words)), *map(_line, said))
    return [line.model_dump(mode="json") for line in told]


def _line(one: dict[str, Any]) -> Line:
    said = read_said(one["said"])
    return Line(
        who="assistant",
        text=Quoted(text=said.text or said.needs or said.refused),
        specialist=one["specialist"],
        about=said.cited,
        asks=bool(said.needs),
        inquiry=said.inquiry if isinstance(said, Planned) else None,
    )


def _progress(path: tuple[str, ...], node: str, change: dict[str, Any]) -> Progress:
    calls = [call["name"] for turn in change.get("turns", ())[-1:] for call in turn.get("calls", ())]
    return Progress(path[0].partition(":")[0] if path else "", node, tuple(calls))
