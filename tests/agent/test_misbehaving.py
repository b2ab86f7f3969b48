"""Whole leads through a model server that misbehaves: each ends by name, with a reason; nothing is sent."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import func, select

from agent import bootstrap
from agent.bootstrap import House
from agent.flow import Ran, run
from agent.replay import replay
from tests.house import workspace, world
from tests.model_server import Fault, ModelServer
from tools.store import tables as t
from tools.store.outcomes import outcomes

FAULTS: tuple[Fault, ...] = (
    "broken_json", "unknown_tool", "wrong_types", "empty", "huge", "refusal", "rate_limited", "error_500",
    "cut", "hang", "endless_tools", "prose", "not_json", "no_usage",
    "surrogate", "infinite", "many_calls", "odd_usage",
)  # fmt: skip
NAMED = {"sequence_review", "assigned_without_sequence", "nurture", "routing_review", "triage", "suppressed",
         "assigned"}  # fmt: skip
LEADS, FEW, SHARE = 100, 12, 0.1
NEVER = 0.0
Draw = Callable[[int, dict[str, Any]], Fault | None]


@dataclass
class Went:
    """How the leads went."""

    home: House
    ran: Ran
    server: ModelServer
    ended: dict[str, tuple[str, str]]
    # lead → outcome, and the bytes of what its rep is shown or of how it ended


class OneInTen:
    """Faults one call in ten: the same calls in every run, whatever order they come in."""

    def __init__(self, seed: int) -> None:
        self.seed, self.before = seed, Counter[str]()

    def __call__(self, n: int, body: dict[str, Any]) -> Fault | None:
        asked = "".join(
            str(message.get("content")) for message in body["messages"] if message["role"] == "user"
        )
        task = f"{self.seed} {body.get('user')} {asked}"
        self.before[task] += 1
        dice = Random(f"{task} {self.before[task]}")
        return dice.choice(FAULTS) if dice.random() < SHARE else None


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("houses")


def go(
    folder: Path, fault: Draw, leads: int, monkeypatch: pytest.MonkeyPatch, *lines: str, delay: float = NEVER
) -> Went:
    root = workspace(folder)
    toml = root / "revloops.toml"
    settings = ["[models]", "timeout_seconds = 1.0", *lines]
    toml.write_text("\n".join([toml.read_text(encoding="utf-8"), *settings, ""]), encoding="utf-8")
    with ModelServer(fault, retry_after="0.1", delay_seconds=delay) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("REVLOOPS_MODEL", "local")
        home = bootstrap.open_house(root)
        ran = run(home, world().leads(leads), "sandbox")
    return Went(home, ran, server, ended(home))


def ended(home: House) -> dict[str, tuple[str, str]]:
    with home.store.reading() as tx:
        leads = [row[0] for row in tx.all(select(t.leads.c.id).order_by(t.leads.c.id))]
        steps = t.ledger.c.kind.in_(("asked", "decided"))
        last = select(func.max(t.ledger.c.seq)).where(steps).group_by(t.ledger.c.run)
        rows = tx.all(
            select(t.runs.c.record, t.ledger.c.body)
            .join(t.runs, t.runs.c.id == t.ledger.c.run)
            .where(t.ledger.c.seq.in_(last), t.runs.c.loop == "engage")
        )
        bodies = {record: tx.get(body).decode() for record, body in rows}
        return {lead: (how, bodies.get(lead, "")) for lead, how in outcomes(tx, leads).items()}


def answered(home: House, column: str = "outcome") -> Counter[str]:
    with home.store.reading() as tx:
        rows = tx.all(select(t.ledger.c[column]).where(t.ledger.c.kind == "answered"))
        return Counter(row[0] for row in rows)


def reasons(home: House) -> list[str]:
    """Why each answer that nobody gave isn't there."""
    of = t.ledger.c
    with home.store.reading() as tx:
        rows = tx.all(select(of.body).where(of.kind == "answered", of.outcome.startswith("nobody:")))
        return [json.loads(tx.get(row[0]))["why"] for row in rows]


def blames(home: House, lead: str) -> bool:
    """Whether one of the lead's own answers says which call failed, or for which model it stands in."""
    of = t.ledger.c
    with home.store.reading() as tx:
        own = select(of.body).join(t.runs, t.runs.c.id == of.run)
        rows = tx.all(own.where(of.kind == "answered", t.runs.c.record == lead))
        answers = [json.loads(tx.get(row[0])) for row in rows]
    return any(
        one["instead_of"].startswith("local: ")
        or (one["by"].startswith("nobody:") and re.search(r"\w+, call \d of local: ", one["why"]))
        for one in answers
    )


def per_lead(home: House) -> tuple[int, float]:
    """The most HTTP calls that a lead took, and the most seconds."""
    of = t.usage.c
    with home.store.reading() as tx:
        query = select(func.count(), func.sum(of.ms)).join(t.runs, t.runs.c.id == of.run)
        rows = tx.all(query.group_by(t.runs.c.record))
    return max((row[0] for row in rows), default=0), max((row[1] for row in rows), default=0) / 1000


def sent(home: House) -> int:
    with home.store.reading() as tx:
        row = tx.first(select(func.count()).select_from(t.mails))
        return row[0] if row else 0


@pytest.fixture(scope="module")
def healthy(shelf: Path) -> Iterator[Went]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        went = go(shelf / "healthy", lambda n, body: None, LEADS, monkeypatch)
        assert replay(went.home.runtime, went.home.specialists).differences == []  # the server is off by now
        yield went


@pytest.mark.parametrize("fault", FAULTS)
def test_a_lead_ends_by_name_whatever_the_model_does(
    tmp_path: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = go(tmp_path, lambda n, body: fault, FEW, monkeypatch)
    assert went.ran.ended.total() == FEW and set(went.ran.ended) <= NAMED | {"merged"}
    calls, seconds = per_lead(went.home)
    assert 0 < calls <= 12 and seconds <= 60
    assert sent(went.home) == 0
    assert all("local" in why or "turns" in why for why in reasons(went.home))
    asked = answered(went.home)
    assert asked.total() > 0
    if fault not in {"no_usage", "odd_usage"}:
        assert not [by for by in asked if by.endswith("@local")]
    found = replay(went.home.runtime, went.home.specialists)
    assert (found.differences, found.answers) == ([], asked.total())


def test_with_one_call_in_ten_faulted_leads_end_as_with_the_healthy_server(
    tmp_path: Path, healthy: Went, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = go(tmp_path, OneInTen(11), LEADS, monkeypatch)
    assert went.ended.keys() == healthy.ended.keys()
    same = [lead for lead in went.ended if went.ended[lead] == healthy.ended[lead]]
    assert len(same) >= 0.95 * len(went.ended)
    faults = sum(seen.fault is not None for seen in went.server.requests)
    assert faults >= 0.05 * went.server.calls  # there was something to withstand
    assert [lead for lead in went.ended if lead not in same and not blames(went.home, lead)] == []
    assert replay(went.home.runtime, went.home.specialists).differences == []


def test_without_retries_and_repair_the_same_faults_change_more_leads(
    tmp_path: Path, healthy: Went, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.specialist.MAX_REPAIRS", 0)
    went = go(tmp_path, OneInTen(11), LEADS, monkeypatch, "max_tries = 1")
    differ = [lead for lead in went.ended if went.ended[lead] != healthy.ended[lead]]
    assert len(differ) > 0.05 * len(went.ended)
    assert [lead for lead in differ if not blames(went.home, lead)] == []
    assert not any(blames(healthy.home, lead) for lead in differ)


def test_a_model_that_is_down_is_replaced_and_the_ledger_and_the_rep_are_told(
    tmp_path: Path, healthy: Went, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = go(tmp_path, lambda n, body: "error_500", FEW, monkeypatch)
    asked = answered(went.home)
    assert {by.partition("@")[2] for by in asked} == {"embedded"}
    assert answered(went.home, "rule") == {"stood_in": asked.total()}
    shown = [text for how, text in went.ended.values() if how == "sequence_review"]
    assert shown and all("in place of local: " in text and "500" in text for text in shown)
    assert any("in place" in note or "couldn't be asked" in note for note in went.ran.notes)
    assert not any("in place of" in text for _, text in healthy.ended.values())


def test_where_the_workspace_would_rather_wait_asks_stay_open_until_the_model_is_back(
    tmp_path: Path, healthy: Went, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = go(tmp_path, lambda n, body: "error_500", FEW, monkeypatch, 'when_down = "queue"')
    assert went.ran.ended["in_progress"] > 0 and not answered(went.home)
    assert any("waits for its model" in note for note in went.ran.notes)
    with ModelServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        home = bootstrap.open_house(went.home.workspace.root)
        again = run(home, iter(()), "sandbox")
    assert again.notes == []
    now = ended(home)
    assert {lead: now[lead] for lead in now} == {lead: healthy.ended[lead] for lead in now}


def test_where_no_key_is_set_what_needs_the_model_waits_and_says_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVLOOPS_MODEL", "gpt-test")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    home = bootstrap.open_house(workspace(tmp_path))
    ran = run(home, world().leads(FEW), "sandbox")
    assert ran.ended["in_progress"] > 0
    assert any("OPENAI_API_KEY" in note for note in ran.notes)


def test_a_repair_prompt_edited_since_changes_no_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    went = go(tmp_path, lambda n, body: "prose", FEW, monkeypatch)
    assert all(", call 2 of local" in why for why in reasons(went.home))  # each was told once what was wrong
    prompts = went.home.workspace.root / "prompts"
    prompts.mkdir()
    (prompts / "repair.md").write_text("Once more, please: {faults}", encoding="utf-8")
    home = bootstrap.open_house(went.home.workspace.root)
    assert replay(home.runtime, home.specialists).differences == []
