"""What a call's outcome does to cold mail: approved mails never leave, drafts that wait are closed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from agent.bootstrap import House
from agent.explain import explain
from agent.flow import settle
from agent.replay import replay, verify
from agent.review import Waiting, waiting
from cli.main import cli
from tests.house import answer, by_person, house, leads, tamper
from tools.calls import Meeting, record
from tools.sender import OutreachPolicy, open_sender, suppression_hash
from tools.store import Store, Tx
from tools.store import tables as t

ADDRESS = "priya.raman@tessaly.example"
TURNS = (
    ("Rep", "How are things?"),
    ("Priya Raman", "Leads sit for two days before anybody looks at them."),
    ("Rep", "May we send you an offer?"),
    ("Priya Raman", "Please do not contact me again."),
)
PLAIN = (*TURNS[:3], ("Priya Raman", "There is no hurry."))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[House]:
    made = house(tmp_path, lived_in=True)
    yield made
    made.store.close()


def lead_of(home: House) -> str:
    return next(id for id, stand in leads(home).items() if stand.lead.email == ADDRESS)


def approve(home: House) -> None:
    done = CliRunner().invoke(cli, ("review", "approve", ADDRESS, "-w", str(home.workspace.root)))
    assert done.exit_code == 0, done.output


def committed(home: House, turns: tuple[tuple[str, str], ...] = TURNS, **value: Any) -> Waiting:
    """Her call, as her rep commits it."""
    stand = leads(home)[lead_of(home)]
    with home.store.transaction() as tx:
        rep = home.runtime.records(tx).rep(stand.owner)
        assert rep
        id, _ = record(tx, turns, ("Rep",), Meeting(rep=rep, at=home.runtime.at(), lead=stand.lead))
    settle(home)
    with home.store.reading() as tx:
        item = next(w for w in waiting(tx) if w.call == id)
    assert answer(home, item.run, item.step, by_person(value))
    settle(home)
    return item


def sent(home: House, days: int = 15) -> int:
    """How many mails leave over that many days."""
    store = Store(home.store.url, durable=True)
    sender = open_sender(home.workspace.root, store, OutreachPolicy(), {})
    start: datetime = home.runtime.at()
    count = sum(sender.run_once(start + timedelta(hours=3 * n)).sent for n in range(8 * days))
    store.close()
    return count


def mails(home: House) -> set[tuple[str, str]]:
    with home.store.reading() as tx:
        theirs = t.mails.c.lead == lead_of(home)
        return {tuple(row) for row in tx.all(select(t.mails.c.state, t.mails.c.reason).where(theirs))}


OUTCOMES = {
    "asked not to be contacted": (TURNS, {"verdict": "commit"}),
    "disqualified": (PLAIN, {"verdict": "disqualify", "reasons": ["not_now"]}),
    "an opportunity": (PLAIN, {"verdict": "confirm", "override_reason": "they want an offer"}),
}


@pytest.mark.feature("EN12")
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_after_the_call_none_of_the_approved_mails_leaves(home: House, outcome: str) -> None:
    turns, value = OUTCOMES[outcome]
    approve(home)
    committed(home, turns, **value)
    ((state, reason),) = mails(home)
    assert state == "cancelled" and "after a call" in reason
    assert sent(home) == 0
    assert any(reason in entry.details for entry in explain(home.runtime, ADDRESS).told)
    assert replay(home.runtime, home.specialists).differences == [] and not verify(home.store)


def test_without_the_effects_they_would_leave(home: House) -> None:
    def idle(tx: Tx, id: str, effect: Any, at: datetime) -> None:
        """Does nothing, in place of an effect."""

    deaf = replace(home, performers={**home.performers, "StopOutreach": idle, "Suppress": idle})
    approve(deaf)
    committed(deaf, verdict="commit")
    assert sent(deaf) > 0


def test_a_row_set_back_to_pending_still_does_not_leave(home: House) -> None:
    approve(home)
    committed(home, PLAIN, verdict="disqualify", reasons=["not_now"])
    tamper(home.store, "UPDATE mails SET state = 'pending', not_before = ''")
    assert sent(home) == 0


@pytest.mark.feature("EN12")
def test_a_draft_that_waits_is_closed_with_its_reason(home: House) -> None:
    with home.store.reading() as tx:
        (draft,) = [w for w in waiting(tx) if w.lead == lead_of(home) and w.sequence]
    committed(home, PLAIN, verdict="disqualify", reasons=["not_now"])
    with home.store.reading() as tx:
        assert draft.run not in {w.run for w in waiting(tx)}
        columns = (t.runs.c.state, t.runs.c.outcome, t.runs.c.stale)
        row = tx.first(select(*columns).where(t.runs.c.id == draft.run))
    assert tuple(row) == ("done", "disqualified", "Disqualified after a call: not now.")
    assert not answer(home, draft.run, draft.step, by_person({"verdict": "reject"}))
    assert replay(home.runtime, home.specialists).differences == [] and not verify(home.store)


@pytest.mark.feature("EN12")
def test_another_meeting_leaves_mail_and_drafts_as_they_are(home: House) -> None:
    approve(home)
    committed(home, PLAIN, verdict="continue")
    assert sent(home) > 0


@pytest.mark.feature("EN12")
def test_only_a_request_not_to_be_contacted_suppresses_the_address(home: House) -> None:
    def suppressed() -> bool:
        with home.store.reading() as tx:
            return tx.first(select(t.suppressions).where(t.suppressions.c.hash == suppression_hash(ADDRESS)))

    committed(home, PLAIN, verdict="continue")
    assert not suppressed()
    committed(home, verdict="commit")
    assert suppressed()
