"""A specialist as a LangGraph graph: first → model ⇄ tools → check, every exchange on the tape.

The state is plain (dicts, strings, numbers). Nothing here has an effect outside: a node that runs twice reads
the tape the second time.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, Literal, TypedDict, cast

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command
from pydantic import JsonValue, ValidationError, create_model

from agent.embedded.model import PolicyModel
from agent.models.errors import BadAnswer, ModelDown, OverBudget
from agent.models.exchange import Call, Completion, Request, Spender, Turn
from agent.models.messages import call_id, from_message, to_messages
from agent.models.port import EMBEDDED, Models
from agent.models.schema import read_json
from agent.prompts import Prompt
from agent.spec import AgentSpec, Desk, Payload, Policy, ToolCall, ToolResult
from agent.tape import Pin
from agent.toolbelt import Toolbelt, reach_of
from loops.config import faults as listed
from loops.decision import Answer
from loops.values import Value, canonical
from tools.catalog import Tool
from tools.scopes import granted

RECURSION_LIMIT = 50
MAX_REPAIRS = 1
SHOWN_CHARACTERS = 500
"""As much of what is wrong with a reply as anybody reads."""
NO_TOOLS = Toolbelt({}, frozenset())
CALLS_A_TURN = 8
"""A model that wants more tools than this at once has lost its way: the rest isn't called."""
Update = dict[str, Any]
"""What a node changes of the state."""
Next = Literal["first", "model", "tools", "check", "__end__"]


class State(TypedDict):
    """One piece of a specialist's work."""

    payload: Payload
    turns: list[dict[str, Any]]
    # after the system's and the person's, as `Turn` has them
    model: str
    instead_of: str
    asked: int
    # times a model was asked
    repairs: int
    # times it was told what was wrong with its reply
    answer: dict[str, Any]


@lru_cache(maxsize=64)
def envelope(output: type[Value]) -> dict[str, JsonValue]:
    """The JSON schema of a reply: {value, confidence, why}."""
    fields: dict[str, Any] = {"value": (output, ...), "confidence": (float | None, ...), "why": (str, ...)}
    return create_model(f"{output.__name__}Reply", **fields).model_json_schema()


@dataclass(frozen=True)
class Agent:
    """A specialist that can be asked."""

    spec: AgentSpec
    prompt: Prompt
    repair: Prompt
    # what a model is told whose reply can't stand; `{faults}` in it are listed
    models: Models
    tools: dict[str, Tool]
    # those granted, by name
    policy: Policy | None = None
    # a written policy in the place of the one of its name

    async def __call__(self, payload: Payload, desk: Desk) -> Answer:
        """The answer: `nobody:<timeout | refusal | invalid | budget>` where there is none.

        Raises:
            ModelDown: no model can be reached, and the workspace would rather wait than fall back.
        """
        pin = desk.tape.pin()
        model = pin.model if pin else self.models.model_for(self.spec.name)
        start = State(payload=payload, turns=[], model=model, instead_of="", asked=0, repairs=0, answer={})
        work = self if pin is None or pin.prompt == self.prompt.text else self._as_it_was(pin)
        config = {"recursion_limit": RECURSION_LIMIT}
        done = await work.graph.ainvoke(start, config, context=desk)
        given: dict[str, Any] = done["answer"]
        return Answer(**given, exchanges=tuple(desk.tape.requests), instead_of=done["instead_of"])

    def _as_it_was(self, pin: Pin) -> "Agent":
        return replace(self, prompt=Prompt(pin.prompt))

    @cached_property
    def graph(self) -> Any:
        """The compiled graph; made when it is first needed."""
        graph: Any = StateGraph(State, context_schema=Desk)
        graph.add_node("first", self._first)
        graph.add_node("model", self._model)
        graph.add_node("tools", self._tools)
        graph.add_node("check", self._check)
        graph.add_edge(START, "first")
        graph.add_edge("first", "model")
        graph.add_edge("tools", "model")
        return graph.compile(name=self.spec.name)

    # --- nodes ------------------------------------------------------------------------------------
    async def _first(self, state: State, runtime: Runtime[Desk]) -> Update:
        """What code looks up before the model is asked."""
        calls = tuple(
            Call(c.name, c.args, call_id(c.name, c.args, n))
            for n, c in enumerate(self.spec.first(state["payload"]))
        )
        return {"turns": await self._perform(calls, state, runtime.context)} if calls else {"turns": []}

    async def _model(self, state: State, runtime: Runtime[Desk]) -> Command[Next]:
        desk, model, asked = runtime.context, state["model"], state["asked"] + 1
        if asked > self.spec.max_turns:
            return self._none("budget", f"{self.spec.name} took more than {self.spec.max_turns} turns")
        request = self._request(state, desk)

        async def ask() -> JsonValue:
            return await self._ask(model, request)

        pin = Pin(model, self.prompt.text)
        asks = _hashed(model, request, state["turns"])
        said = cast("dict[str, Any]", await desk.tape.exchange("model", asks, ask, pin))
        update: Update = {"asked": asked}
        where = f"{self.spec.name}, call {asked} of {model}"
        if said.get("failed") == "down":
            update |= {"model": EMBEDDED, "instead_of": f"{model}: {said['why']}", "asked": 0, "repairs": 0}
            return Command(goto="first", update=update)
        if said.get("failed") == "budget":
            return self._none("budget", f"{where}: {said['why']}")
        if said.get("failed"):
            return self._repair(state, update, "invalid", f"{where}: {said['why']}", "")
        if said["refusal"]:
            return self._repair(state, update, "refusal", f"{where}: it refused", said["refusal"])
        turn = {"role": "ai", "text": said["text"], "calls": said["calls"]}
        update["turns"] = [*state["turns"], turn]
        return Command(goto="tools" if said["calls"] else "check", update=update)

    async def _tools(self, state: State, runtime: Runtime[Desk]) -> Update:
        calls = tuple(Call(**call) for call in state["turns"][-1]["calls"])
        return {"turns": [*state["turns"], *(await self._perform(calls, state, runtime.context))[1:]]}

    async def _check(self, state: State, runtime: Runtime[Desk]) -> Command[Next]:
        """The reply against its type and against what was read; one repair, then nobody."""
        text = state["turns"][-1]["text"]
        data = read_json(text)
        if data is None:
            wrong: tuple[str, ...] = ("it is empty" if not text.strip() else "it is no JSON object",)
        else:
            reply = data if "value" in data else {"value": data}
            value, wrong = self._read(reply, state)
            if value is not None and not wrong:
                answer = self._answer(value, reply, state)
                if not (wrong := unwritable(answer)):
                    return Command(goto="__end__", update={"answer": answer})
        where = f"{self.spec.name}, call {state['asked']} of {state['model']}"
        return self._repair(state, {}, "invalid", f"{where}: {'; '.join(wrong)}", text)

    def _answer(self, value: Value, reply: dict[str, Any], state: State) -> dict[str, Any]:
        finished = self.spec.finish(value, state["payload"], results(state["turns"]))
        return {
            "by": f"agent:{self.spec.name}@{state['model']}",
            "value": finished.model_dump(mode="json"),
            "confidence": reply.get("confidence"),
            "why": str(reply.get("why") or ""),
        }

    # --- their parts ------------------------------------------------------------------------------
    def _read(self, reply: dict[str, Any], state: State) -> tuple[Value | None, tuple[str, ...]]:
        sure = reply.get("confidence")
        if sure is not None and not (
            isinstance(sure, int | float) and not isinstance(sure, bool) and 0 <= sure <= 1
        ):
            return None, ("confidence is no number between 0 and 1",)
        try:
            value = self.spec.output.model_validate_json(json.dumps(reply["value"]))
        except ValidationError as error:
            return None, tuple(f"{'.'.join(map(str, at)) or 'value'}: {text}" for at, text in listed(error))
        return value, self.spec.faults(value, state["payload"], results(state["turns"]))

    def _repair(
        self, state: State, update: Update, kind: Literal["invalid", "refusal"], why: str, text: str
    ) -> Command[Next]:
        """Once, a model may say it again; written rules would only say the same."""
        if state["repairs"] >= MAX_REPAIRS or state["model"] == EMBEDDED:
            return self._none(kind, why)
        turns = list(state["turns"])
        if not turns or turns[-1]["role"] != "ai":
            turns.append({"role": "ai", "text": text, "calls": []})
        turns.append({"role": "human", "text": readable(why.partition(": ")[2])})
        update |= {"repairs": state["repairs"] + 1, "turns": turns}
        return Command(goto="model", update=update)

    def _none(self, kind: str, why: str) -> Command[Next]:
        return Command(goto="__end__", update={"answer": {"by": f"nobody:{kind}", "why": readable(why)}})

    def _belt(self, state: State, desk: Desk) -> Toolbelt:
        if not self.tools:
            return NO_TOOLS
        if desk.scopes is None:
            return Toolbelt(self.tools, reach_of(state["payload"], self.spec.task))
        return Toolbelt(granted(self.tools, desk.scopes), None)

    def _request(self, state: State, desk: Desk) -> Request:
        turns = (
            Turn("system", self.prompt.text),
            Turn("human", canonical(state["payload"]).decode()),
            *(self._turn(turn) for turn in state["turns"]),
        )
        tape, version = desk.tape, self.prompt.hash
        who = Spender(tape.run, tape.step, desk.loop, self.spec.name, version, desk.at, desk.request)
        tools = self._belt(state, desk).schemas
        return Request(
            self.spec.prompt, turns, tools, envelope(self.spec.output), self.spec.output.__name__, who
        )

    def _turn(self, turn: dict[str, Any]) -> Turn:
        """The turn as a model is told it: what was wrong with a reply, in the words of the repair prompt."""
        calls = tuple(Call(**call) for call in turn.get("calls", ()))
        said: str = turn["text"]
        text = self.repair.text.replace("{faults}", said) if turn["role"] == "human" else said
        return Turn(turn["role"], text, calls, turn.get("name", ""), turn.get("id", ""))

    async def _ask(self, model: str, request: Request) -> JsonValue:
        try:
            done = await self._complete(model, request)
        except BadAnswer as error:
            return {"failed": "invalid", "why": str(error)}
        except OverBudget as error:
            return {"failed": "budget", "why": str(error)}
        except ModelDown as error:
            if self.models.when_down == "queue":
                raise
            return {"failed": "down", "why": str(error)}
        return {
            "text": done.text,
            "calls": [_plain(call) for call in done.calls[:CALLS_A_TURN]],
            "refusal": done.refusal,
        }

    async def _complete(self, model: str, request: Request) -> Completion:
        if model != EMBEDDED:
            return await self.models.complete(request)
        rules = PolicyModel(role=self.spec.prompt) if self.policy is None else PolicyModel(policy=self.policy)
        said = await rules.ainvoke(to_messages(request.turns))
        return from_message(said, EMBEDDED, sum(len(turn.calls) for turn in request.turns))

    async def _perform(self, calls: tuple[Call, ...], state: State, desk: Desk) -> list[dict[str, Any]]:
        """The calls as an ai turn, and a tool turn for each."""
        belt = self._belt(state, desk)
        turns: list[dict[str, Any]] = [{"role": "ai", "text": "", "calls": [_plain(call) for call in calls]}]
        for call in calls:
            wanted = ToolCall(call.name, call.args)
            if call.fault:
                value: JsonValue = {"error": f"its arguments can't be read: {call.fault}"}
            else:

                async def run(wanted: ToolCall = wanted) -> JsonValue:
                    return belt.perform(wanted, desk.call)

                value = await desk.tape.exchange("tool", {"tool": wanted.name, "args": wanted.args}, run)
            turns.append(
                {"role": "tool", "text": canonical(value).decode(), "name": call.name, "id": call.id}
            )
        return turns


def unwritable(data: JsonValue) -> tuple[str, ...]:
    """Why a value can't be written down: half a character, or a number that is none."""
    try:
        canonical(data)
    except (ValueError, RecursionError):
        return ("it holds half a character, or a number that is none",)
    return ()


def readable(text: str) -> str:
    """The text without half characters, cut where it is too long to read: parts of it may be a model's."""
    whole = text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= SHOWN_CHARACTERS else f"{whole[:SHOWN_CHARACTERS]}…"


def results(turns: list[dict[str, Any]]) -> tuple[ToolResult, ...]:
    """What the tools gave back, in the order they were called."""
    calls = {call["id"]: call for turn in turns for call in turn.get("calls", ())}
    return tuple(
        ToolResult(turn["name"], calls[turn["id"]]["args"], json.loads(turn["text"]))
        for turn in turns
        if turn["role"] == "tool"
    )


def _plain(call: Call) -> dict[str, Any]:
    return {"name": call.name, "args": call.args, "id": call.id, "fault": call.fault}


def _hashed(model: str, request: Request, turns: list[dict[str, Any]]) -> JsonValue:
    """Everything the response depends on, without ids that name nothing."""
    said: list[JsonValue] = [
        {
            "role": turn["role"],
            "text": turn["text"],
            "name": turn.get("name", ""),
            "calls": [[call["name"], call["args"]] for call in turn.get("calls", ())],
        }
        for turn in turns
    ]
    return {
        "model": model,
        "agent": request.role,
        "prompt": request.turns[0].text,
        "payload": request.turns[1].text,
        "tools": [[tool.name, tool.description, tool.parameters] for tool in request.tools],
        "output": request.output_name,
        "turns": said,
    }


__all__ = ["Agent", "envelope", "results"]
