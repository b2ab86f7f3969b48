"""A specialist at work: what it may do, and what becomes of a reply that can't stand."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from agent.models.port import NoModels
from agent.prompts import Prompt
from agent.spec import AgentSpec, Desk, Policy, Reply, ToolCall, ToolCaller, ToolResult
from agent.specialist import Agent
from agent.specialists import prospect_researcher
from agent.tape import Tape, TapeMiss
from agent.work import open_asks, work
from loops.decision import Answer
from loops.engage.facts import ResearchTask
from loops.values import Value
from tests.house import START, house, raw
from tools.catalog import Tool
from tools.catalog import select as granted
from tools.importing import How, Report, take
from tools.store import Store
from tools.store import tables as t

DOCUMENT: dict[str, JsonValue] = {
    "id": "D-1",
    "company": "C-1",
    "kind": "news",
    "title": "Round",
    "url": "https://news.example/1",
    "on": "2026-10-01",
    "text": "Nordwind raised a 34 million dollar Series B.",
}

Payload = Mapping[str, object]
Results = tuple[ToolResult, ...]


class Word(Value):
    word: str


TASK: dict[str, JsonValue] = {"lead": "L-1", "company": "C-1", "key": "nordwind"}


def documents(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
    return [DOCUMENT]


def desk(folder: Path, call: ToolCaller = documents, *, replay: bool = False) -> Desk:
    tape = Tape(Store(str(folder / "store.db")), "run", 1, None, replay=replay)
    return Desk(tape, call, "engage", START)


def agent(spec: AgentSpec, policy: Policy, prompt: str = "Work.") -> Agent:
    tools = granted(spec.tools)
    return Agent(spec, Prompt(prompt), Prompt("Again: {faults}"), NoModels(), tools, policy)


def a_spec(*tools: str) -> AgentSpec:
    return AgentSpec(name="test", says="", prompt="p", tools=tools, task=ResearchTask, output=Word)


def research(snippet: str) -> Agent:
    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        source: dict[str, JsonValue] = {
            "id": "D-1",
            "kind": "document",
            "title": "Round",
            "url": "https://news.example/1",
            "on": "2026-10-01",
            "company": "C-1",
        }
        fact: dict[str, JsonValue] = {
            "id": "F1",
            "kind": "funding",
            "snippet": snippet,
            "source": "D-1",
            "company": "nordwind",
        }
        return Reply({"facts": [fact], "sources": [source]})

    return agent(prospect_researcher.SPEC, policy)


@pytest.mark.feature("EN1")
async def test_a_fact_that_no_document_says_makes_the_answer_invalid(tmp_path: Path) -> None:
    invented = research("Nordwind raised a 900 million dollar Series F.")
    answer = await invented(TASK, desk(tmp_path))
    assert answer.by == "nobody:invalid"
    assert "F1" in answer.why


@pytest.mark.feature("EN1")
async def test_a_fact_that_a_document_says_word_for_word_is_taken(tmp_path: Path) -> None:
    honest = research("Nordwind raised a 34 million dollar Series B.")
    answer = await honest(TASK, desk(tmp_path))
    assert answer.by == "agent:prospect_researcher@embedded"
    assert len(answer.exchanges) == 3


async def test_a_tool_that_was_not_granted_is_not_there(tmp_path: Path) -> None:
    seen: list[JsonValue] = []

    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        seen.extend(result.value for result in results)
        return Reply({"word": "done"}) if results else (ToolCall("send_mail", {"to": "x@y.example"}),)

    answer = await agent(a_spec(), policy)(TASK, desk(tmp_path))
    assert answer.value == {"word": "done"}
    assert seen == [{"error": "there is no tool send_mail; this agent has none"}]


async def test_one_that_never_replies_is_stopped(tmp_path: Path) -> None:
    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        return (ToolCall("company_documents", {"company": "C-1"}),)

    answer = await agent(a_spec("company_documents"), policy)(TASK, desk(tmp_path))
    assert (answer.by, len(answer.exchanges)) == ("nobody:budget", 12)


async def test_a_step_goes_on_from_the_tape_and_a_replay_calls_nothing(tmp_path: Path) -> None:
    honest = research("Nordwind raised a 34 million dollar Series B.")
    first = await honest(TASK, desk(tmp_path))

    def refuse(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        raise AssertionError("it was called again")

    assert await honest(TASK, desk(tmp_path, refuse, replay=True)) == first
    with pytest.raises(TapeMiss):
        await honest({**TASK, "company": "C-2"}, desk(tmp_path, refuse, replay=True))


async def test_a_prompt_edited_since_is_replayed_as_it_was(tmp_path: Path) -> None:
    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        return Reply({"word": "done"})

    first = await agent(a_spec(), policy, "As it was.")(TASK, desk(tmp_path))
    edited = agent(a_spec(), policy, "As it is now.")
    assert await edited(TASK, desk(tmp_path, replay=True)) == first
    assert await edited(TASK, desk(tmp_path)) != first  # live, today's prompt is asked: another request


async def test_a_hung_agent_holds_up_its_own_lead_alone(tmp_path: Path) -> None:
    home = house(tmp_path)
    hasty = home.workspace.settings.model_copy(update={"agent_timeout_seconds": 0.5})
    home.runtime.workspace = replace(home.workspace, settings=hasty)
    take(home.store, [raw("1"), raw("2")], How(now=home.runtime.at(), batch="b"), Report())
    while home.runtime.drain():
        pass
    asked = open_asks(home.runtime)
    assert len(asked) == 2
    left: list[int] = []

    async def one_hangs(payload: object, desk: Desk) -> Answer:
        if desk.tape.run == asked[0].run:
            await asyncio.Event().wait()
        return Answer(by="nobody:refusal", why="quick")

    def count() -> None:
        left.append(len(open_asks(home.runtime)))

    worked = await work(home.runtime, {"prospect_researcher": one_hangs}, 8, landed=count)
    assert (worked.answered, worked.waiting) == (2, {})
    assert left == [1, 0]  # the quick one had landed while the other still hung
    assert not open_asks(home.runtime)
    with home.store.reading() as tx:
        rows = tx.all(select(t.ledger.c.outcome).where(t.ledger.c.kind == "answered"))
    assert sorted(row[0] for row in rows) == ["nobody:refusal", "nobody:timeout"]
