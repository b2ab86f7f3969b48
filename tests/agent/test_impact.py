"""A merged change is watched: its promise beside what came, said once, told apart from people's edits."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from agent.bootstrap import House, open_house
from agent.impact import impacts, tell
from agent.revising import revisions
from agent.schedule import live_on
from cli.main import cli
from loops.proposal import Edit, Promise, Proposal, Window
from loops.values import canonical
from tests.house import advance, change, house, run_leads
from tools.changes.local import TRAILER
from tools.changes.memory import MemoryChanges
from tools.connectors.ports import FileChange, NewChange
from tools.errors import ToolRetry
from tools.git import git
from tools.store import tables as t
from tools.store.evidence import proposals

DAY = date(2026, 11, 1)


def proposed(base: str, candidate: str, **promise: object) -> Proposal:
    told = {"metric": "conversion", "before": 0.9, "expected": 0.01, "low": 0.0, "high": 0.5}
    return Proposal(
        loop="qualify", file="loops/qualify.yaml", kind="thresholds",
        edits=(Edit(path=("grades", "A"), value=82),), title="Give an A from 82 points", why="A test.",
        by="agent:config_author@embedded", base=base, candidate=candidate,
        window=Window(
            fitted_from=DAY, fitted_to=DAY, held_from=DAY, held_to=DAY, fitted=1, held=1, origins={}, data="0"
        ),
        figures=(), wrong_if=("nothing",),
        promise=Promise.model_validate(told | {"after_leads": 10} | promise),
    )  # fmt: skip


def merged(home: House, **promise: object) -> tuple[House, Proposal]:
    """The house after a proposal for the grades was merged into it."""
    root = home.workspace.root
    before = home.workspace.configs["qualify"].version
    change(root, "loops/qualify.yaml", "grades: {A: 80", "grades: {A: 82")
    git(root, "commit", "-aqm", "Merge a proposal")
    again = open_house(root, clock=home.runtime.clock)
    proposal = proposed(before, again.workspace.configs["qualify"].version, **promise)
    git(root, "commit", "--amend", "-qm", f"Merge a proposal\n\n{TRAILER}: {proposal.branch}")
    again = open_house(root, clock=home.runtime.clock)
    with again.store.transaction() as tx:
        tx.add(
            proposals, id=proposal.id, loop="qualify", doc=canonical(proposal).decode(),
            branch=proposal.branch, state="merged", opened_at="2026-11-20T00:00:00+00:00",
            merged_at="2026-11-23T00:00:00+00:00",
            commit=git(root, "rev-parse", "HEAD"),
        )  # fmt: skip
    return again, proposal


def outlive(home: House) -> House:
    """Sixty days later, outcomes heard of."""
    advance(home, timedelta(days=60))
    later = replace(home, runtime=replace(home.runtime, now=None))
    live_on(later)
    return later


@pytest.mark.feature("AN12", "GV2")
def test_a_verdict_is_written_once_to_the_ledger_and_to_the_change(tmp_path: Path) -> None:
    home, proposal = merged(house(tmp_path / "home"))
    host = MemoryChanges()
    new = NewChange(
        branch=proposal.branch, base=host.base, title="x", body="x",
        files=(FileChange(path="loops/qualify.yaml", text="x"),), author="agent:config_author",
    )  # fmt: skip
    host.open(new)
    run_leads(home, 60)
    assert [one.judged.verdict for one in impacts(home)] == ["too early"] and not tell(home, host)
    later = outlive(home)
    told = tell(later, host)
    assert [one.judged.verdict for one in told] == ["kept"]
    assert "kept" in host.said[proposal.branch]["verdict"]
    assert tell(later, host) == ()
    with later.store.reading() as tx:
        kinds = [row[0] for row in tx.all(select(t.events.c.kind).where(t.events.c.kind == "PromiseJudged"))]
    assert kinds == ["PromiseJudged"]


def test_a_promise_that_did_not_come_true_is_broken(tmp_path: Path) -> None:
    home, _ = merged(house(tmp_path / "home"), before=0.1, expected=0.99, low=0.95, high=1.0)
    run_leads(home, 60)
    assert [one.judged.verdict for one in impacts(outlive(home))] == ["broken"]


@pytest.mark.feature("FB4")
def test_a_persons_edit_and_a_merged_proposal_are_told_apart(tmp_path: Path) -> None:
    home = house(tmp_path / "home")
    run_leads(home, 3)
    again, _ = merged(home)
    run_leads(again, 4)
    change(again.workspace.root, "loops/route.yaml", "triage_share: 0.05", "triage_share: 0.06")
    git(again.workspace.root, "commit", "-aqm", "More triage is fine")
    edited = open_house(again.workspace.root, clock=home.runtime.clock)
    run_leads(edited, 5)
    run_leads(edited, 6)
    with edited.store.reading() as tx:
        noticed = [(one.event.loop, one.event.by, one.event.keys) for one in revisions(tx)]
    assert noticed == [
        ("route", "person", ("intent.triage_share",)),
        ("qualify", "proposal", ("grades.A",)),
    ]


@pytest.mark.feature("FB5")
def test_how_often_config_changes_and_by_whom_is_counted_by_quarter(tmp_path: Path) -> None:
    home = house(tmp_path / "home")
    run_leads(home, 3)
    again, _ = merged(home)
    run_leads(again, 4)
    change(again.workspace.root, "loops/route.yaml", "triage_share: 0.05", "triage_share: 0.06")
    git(again.workspace.root, "commit", "-aqm", "More triage is fine")
    run_leads(open_house(again.workspace.root, clock=home.runtime.clock), 5)
    said = CliRunner().invoke(cli, ("impact", "--json", "-w", str(again.workspace.root)))
    assert json.loads(said.output.splitlines()[-1])["by_quarter"] == {"2026-Q4": {"person": 1, "proposal": 1}}


def test_a_merged_change_that_was_taken_back_is_said_to_be(tmp_path: Path) -> None:
    home, _ = merged(house(tmp_path / "home"))
    assert [one.holds for one in impacts(home)] == [True]
    git(home.workspace.root, "revert", "--no-edit", "HEAD")
    assert [one.holds for one in impacts(open_house(home.workspace.root))] == [False]
    said = CliRunner().invoke(cli, ("impact", "-w", str(home.workspace.root)))
    assert "it was taken back, or changed again" in said.output


def test_a_commit_message_alone_makes_no_proposal_of_an_edit(tmp_path: Path) -> None:
    home = house(tmp_path)
    run_leads(home, 3)
    change(home.workspace.root, "loops/qualify.yaml", "grades: {A: 80", "grades: {A: 70")
    git(home.workspace.root, "commit", "-aqm", f"Fewer\n\n{TRAILER}: revloops/qualify-0123456789")
    again = open_house(home.workspace.root, clock=home.runtime.clock)
    run_leads(again, 4)
    with again.store.reading() as tx:
        assert [one.event.by for one in revisions(tx)] == ["person"]


def test_a_verdict_that_cannot_be_said_is_said_the_next_time(tmp_path: Path) -> None:
    class Down(MemoryChanges):
        def comment(self, branch: str, key: str, text: str) -> None:
            raise ToolRetry("nobody answers")

    home, _ = merged(house(tmp_path / "home"))
    run_leads(home, 60)
    later = outlive(home)
    with pytest.raises(ToolRetry):
        tell(later, Down())
    assert len(tell(later, None)) == 1
