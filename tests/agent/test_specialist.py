"""A specialist at work: what it may do, and what becomes of a reply that can't stand."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from agent.spec import AgentSpec, Reply, ToolCall, ToolResult
from agent.specialist import PolicySpecialist
from agent.specialists import prospect_researcher
from agent.tape import Tape, TapeMiss
from agent.work import open_asks, work
from loops.decision import Answer, Ask
from loops.values import Value
from tests.house import house, raw
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


def asked() -> Ask:
    return Ask(to="agent:test", queue="agent", question="?", payload=Word(word="x"))


def tape(folder: Path, *, replay: bool = False) -> Tape:
    return Tape(Store(str(folder / "store.db")), "run", 1, None, replay=replay)


def documents(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
    return [DOCUMENT]


def research(snippet: str) -> PolicySpecialist:
    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        if not results:
            return (ToolCall("company_documents", {"company": "C-1"}),)
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

    spec = prospect_researcher.SPEC
    return PolicySpecialist(spec, "p", policy, granted(spec.tools))


@pytest.mark.feature("EN1")
async def test_a_fact_that_no_document_says_makes_the_answer_invalid(tmp_path: Path) -> None:
    invented = research("Nordwind raised a 900 million dollar Series F.")
    answer = await invented(asked(), {}, tape(tmp_path), documents)
    assert answer.by == "nobody:invalid"
    assert "F1" in answer.why


@pytest.mark.feature("EN1")
async def test_a_fact_that_a_document_says_word_for_word_is_taken(tmp_path: Path) -> None:
    honest = research("Nordwind raised a 34 million dollar Series B.")
    answer = await honest(asked(), {}, tape(tmp_path), documents)
    assert answer.by == "agent:prospect_researcher@embedded"
    assert len(answer.exchanges) == 3


async def test_a_tool_that_was_not_granted_is_not_there(tmp_path: Path) -> None:
    seen: list[JsonValue] = []

    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        seen.extend(result.value for result in results)
        return Reply({"word": "done"}) if results else (ToolCall("send_mail", {"to": "x@y.example"}),)

    spec = AgentSpec(name="test", prompt="p", tools=(), output=Word)
    answer = await PolicySpecialist(spec, "p", policy, {})(asked(), {}, tape(tmp_path), documents)
    assert answer.value == {"word": "done"}
    assert seen == [{"error": "there is no tool send_mail"}]


async def test_one_that_never_replies_is_stopped(tmp_path: Path) -> None:
    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        return (ToolCall("company_documents", {"company": "C-1"}),)

    spec = AgentSpec(name="test", prompt="p", tools=("company_documents",), output=Word)
    agent = PolicySpecialist(spec, "p", policy, granted(spec.tools))
    assert (await agent(asked(), {}, tape(tmp_path), documents)).by == "nobody:budget"


async def test_a_step_goes_on_from_the_tape_and_a_replay_calls_nothing(tmp_path: Path) -> None:
    honest = research("Nordwind raised a 34 million dollar Series B.")
    first = await honest(asked(), {}, tape(tmp_path), documents)

    def refuse(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        raise AssertionError("it was called again")

    assert await honest(asked(), {}, tape(tmp_path, replay=True), refuse) == first
    with pytest.raises(TapeMiss):
        await honest(asked(), {"other": 1}, tape(tmp_path, replay=True), refuse)


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

    async def one_hangs(ask: Ask, payload: object, tape: Tape, call: object) -> Answer:
        if tape.run == asked[0].run:
            await asyncio.Event().wait()
        return Answer(by="nobody:refusal", why="quick")

    def count() -> None:
        left.append(len(open_asks(home.runtime)))

    assert await work(home.runtime, {"prospect_researcher": one_hangs}, 8, count) == 2
    assert left == [2, 1]  # the quick one had landed while the other still hung
    assert not open_asks(home.runtime)
    with home.store.reading() as tx:
        rows = tx.all(select(t.ledger.c.outcome).where(t.ledger.c.kind == "answered"))
    assert sorted(row[0] for row in rows) == ["nobody:refusal", "nobody:timeout"]
