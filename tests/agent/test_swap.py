"""The embedded policy and a model behind HTTP are one to the house: the same nodes, tools and replies."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from pydantic import JsonValue

from agent.bootstrap import House
from agent.chat import Question
from agent.embedded import POLICIES
from agent.flow import settle
from agent.graph import Orchestrator
from agent.models.manners import Structured
from agent.models.port import Models, NoModels
from agent.spec import AgentSpec, Desk, Payload, Reply, ToolResult, nothing_first
from agent.specialists import CHAT, SPECS, Crew, prospect_researcher
from agent.tape import Tape
from agent.work import context
from loops.decision import Answer
from loops.values import Quoted
from tests.agent.model_doors import MODEL, Clock, door
from tests.house import START as NOW
from tests.house import asks, bring, house, raw
from tests.model_server import Fault, ModelServer
from tools.calls import analyse
from tools.catalog import Tool, select
from tools.store import Store
from tools.store.calls import kept

MODES: dict[Structured, Fault | None] = {"json_schema": None, "tools": "no_schema", "json": "json_only"}
"""How a reply's form is asked for, and what an endpoint lacks that is asked like that."""
EACH = 2
"""Payloads for each specialist, where the sandbox has so many."""
WORDS = {
    "coach": "how does Adam do?",
    "config_author": "how is engage configured?",
    "discovery_analyst": "what was said at Davarbury Outfitters?",
    "enrichment_matcher": "which company does Priya Raman belong to?",
    "lead_router": "who owns Priya Raman and why?",
    "outreach_writer": "what did we draft for Priya Raman?",
    "planner": "who covers what?",
    "prospect_researcher": "what do we know of Corvane Freight?",
    "territory_matcher": "who covers Belgium?",
}
CALLS = 2
Work = Callable[[Payload, Desk], Awaitable[Answer]]
Node = tuple[str, ...]
"""Names of the graphs' nodes that it runs in, and its own."""
NODES = ("first", "model", "check")
"""Of a specialist that needs nothing looked up beside what its code looks up first."""


@dataclass(frozen=True)
class Way:
    """A request and whom it is for."""

    work: Callable[[Orchestrator], Work]
    payload: Payload
    chat: bool = False


class State(TypedDict, total=False):
    answer: dict[str, Any]


@dataclass(frozen=True)
class Walk:
    """Where a request went and what came of it."""

    nodes: tuple[Node, ...]
    tools: tuple[str, ...]
    # in the order in which they were called
    answer: Answer


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house where each specialist that the sandbox has work for was asked."""
    home = house(tmp_path_factory.mktemp("swap"), lived_in=True)
    bring(home, *(raw(str(n), country="") for n in range(EACH)))
    with home.store.transaction() as tx:
        for each in sorted(kept(tx), key=lambda each: each.call.id)[:CALLS]:
            analyse(tx, each.call)
    settle(home)
    return home


def payloads(home: House, spec: AgentSpec) -> list[Payload]:
    """What the specialist was asked in the sandbox; two of them are asked only when a person calls for it."""
    if spec.name in CALLED:
        return [CALLED[spec.name]]
    every = [ask for loop in home.registry.loops for ask in asks(home, loop)]
    return [ask["payload"] for ask in every if ask["to"] == f"agent:{spec.name}"][:EACH]


AMBIGUOUS: Payload = {
    "account": "A-1",
    "name": "Acme",
    "evidence": [{"kind": "headquarters", "says": {"text": "Leeds"}, "source": "profile", "country": "GB",
                  "region": None}],
    "options": [{"id": "uki", "name": "UK and Ireland", "countries": ["GB"], "regions": [], "holds": []},
                {"id": "dach", "name": "DACH", "countries": ["DE"], "regions": [], "holds": []}],
}  # fmt: skip
CHANGES: Payload = {
    "loop": "qualify", "fitted": 900, "fitted_from": "2026-01-01", "fitted_to": "2026-09-01", "refused": [],
    "suggested": "value:intent:webinar",
    "choices": [{"id": "value:intent:webinar", "kind": "weights", "title": "Give intent webinar 6 points",
                 "says": "3 of 90 leads converted.", "gain": 12.0,
                 "edits": [{"op": "set", "path": ["factors", 4, "values", "webinar"], "value": 6}]}],
}  # fmt: skip
CALLED = {"territory_matcher": AMBIGUOUS, "config_author": CHANGES}


def desk(home: House, tape: Tape, *, chat: bool) -> Desk:
    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        with home.store.reading() as tx:
            return tool.call(context(home.runtime, tx, None), args)

    tools = select(tuple(dict.fromkeys(name for spec in CHAT for name in spec.tools)))
    scopes = frozenset(tool.scope for tool in tools.values())
    return Desk(tape, call, "chat" if chat else "engage", NOW, scopes=scopes if chat else None)


async def walk(work: Work, payload: Payload, at: Desk) -> Walk:
    """The request's way through the graphs, as they stream it."""

    async def entry(state: State, runtime: Runtime[Desk]) -> State:
        return {"answer": (await work(payload, runtime.context)).model_dump(mode="json")}

    graph: Any = StateGraph(State, context_schema=Desk)
    graph.add_node("entry", entry)
    graph.add_edge(START, "entry")
    graph.add_edge("entry", END)
    nodes, turns, answer = list[Node](), list[dict[str, Any]](), dict[str, Any]()
    stream = graph.compile().astream({}, context=at, stream_mode="updates", subgraphs=True)
    async for path, update in stream:
        for node, change in update.items():
            nodes.append((*(part.partition(":")[0] for part in path), node))
            turns = change.get("turns") or turns
            answer = change.get("answer") or answer
    tools = tuple(turn["name"] for turn in turns if turn["role"] == "tool")
    return Walk(tuple(nodes), tools, Answer.model_validate(answer))


async def both(home: House, folder: Path, mode: Structured, ways: Sequence[Way]) -> list[tuple[Walk, Walk]]:
    """Each request by the embedded policy, and by a model that is asked in this manner."""
    with ModelServer(lambda n, body: MODES[mode]) as server:
        modelled = await walks(home, folder, door(folder, server, Clock()), ways)
    form = server.requests[-1].body
    functions = [tool["function"]["name"] for tool in form.get("tools", ())]
    asked = "json_schema" if "response_format" in form else "tools" if "reply" in functions else "json"
    assert asked == mode
    return list(zip(await walks(home, folder, NoModels(), ways), modelled, strict=True))


async def walks(home: House, folder: Path, models: Models, ways: Sequence[Way]) -> list[Walk]:
    crew = Crew(home.workspace, models).orchestrator
    who = "embedded" if isinstance(models, NoModels) else "model"
    store, found = Store(str(folder / "tape.db")), list[Walk]()
    for n, way in enumerate(ways):
        tape = Tape(store, f"{who}{n}", 1, None)
        found.append(await walk(way.work(crew), way.payload, desk(home, tape, chat=way.chat)))
    await models.close()
    store.close()
    return found


def by(spec: AgentSpec, model: str) -> str:
    return f"agent:{spec.name}@{model}"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
async def test_an_ask_goes_the_same_way_whoever_answers_it(
    home: House, tmp_path: Path, spec: AgentSpec, mode: Structured
) -> None:
    ways = [Way(lambda crew: crew.specialists[spec.name], payload) for payload in payloads(home, spec)]
    assert ways
    for embedded, modelled in await both(home, tmp_path, mode, ways):
        assert (modelled.nodes, modelled.tools) == (embedded.nodes, embedded.tools)
        assert tuple(node[-1] for node in embedded.nodes) == (*NODES, spec.name, "entry")
        assert (embedded.answer.by, modelled.answer.by) == (by(spec, "embedded"), by(spec, MODEL))
        assert modelled.answer.value == embedded.answer.value
        spec.output.model_validate(modelled.answer.value)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("spec", CHAT, ids=lambda spec: spec.name)
async def test_a_person_s_question_goes_the_same_way_whoever_answers_it(
    home: House, tmp_path: Path, spec: AgentSpec, mode: Structured
) -> None:
    payload = Question(text=Quoted(text=WORDS[spec.name]), today=NOW.date()).model_dump(mode="json")
    ((embedded, modelled),) = await both(
        home, tmp_path, mode, [Way(lambda crew: crew.chat[spec.name], payload, chat=True)]
    )
    assert (modelled.nodes, modelled.tools) == (embedded.nodes, embedded.tools)
    assert embedded.tools and ("entry", "tools") in embedded.nodes
    assert (embedded.answer.by, modelled.answer.by) == (by(spec, "embedded"), by(spec, MODEL))
    assert modelled.answer.value == embedded.answer.value
    spec.output.model_validate(modelled.answer.value)


# --- what would show ------------------------------------------------------------------------------
def hasty(payload: Payload, results: tuple[ToolResult, ...]) -> Reply:
    """Replies that nothing was found, and looks nowhere."""
    return Reply({"facts": [], "sources": [], "searched": [], "dismissed": []}, 0.5, "I didn't look")


async def test_a_model_that_looks_nothing_up_is_seen_to_go_another_way(home: House, tmp_path: Path) -> None:
    spec = replace(prospect_researcher.SPEC, first=nothing_first)
    payload = payloads(home, spec)[0]
    ways = [Way(lambda crew: Crew(home.workspace, crew.router.models).agent(spec), payload)]
    (by_rules,) = await walks(home, tmp_path, NoModels(), ways)
    found: list[Walk] = []
    for n, policy in enumerate((POLICIES[spec.prompt], hasty)):
        folder = tmp_path / str(n)
        folder.mkdir()
        with ModelServer(policies={spec.prompt: policy}) as server:
            found += await walks(home, folder, door(folder, server, Clock()), ways)
    diligent, quick = found
    assert (diligent.nodes, diligent.tools) == (by_rules.nodes, by_rules.tools)
    assert quick.nodes != by_rules.nodes
    assert by_rules.tools and not quick.tools


async def test_an_agent_without_its_tool_is_seen_to_go_another_way(home: House, tmp_path: Path) -> None:
    whole = prospect_researcher.SPEC
    payload = payloads(home, whole)[0]
    without = replace(whole, tools=(), first=nothing_first)
    ways = [
        Way(lambda crew: crew.agents[whole.name], payload),
        Way(lambda crew: Crew(home.workspace, crew.router.models).agent(without), payload),
    ]
    with ModelServer() as server:
        usual, other = await walks(home, tmp_path, door(tmp_path, server, Clock()), ways)
    assert usual.nodes != other.nodes and usual.tools != other.tools
