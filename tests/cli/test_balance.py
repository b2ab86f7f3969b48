"""`balance`: looking writes nothing; a person's approval moves leads that nothing happened with since."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from agent.bootstrap import open_house
from agent.schedule import tick
from cli.door import first
from cli.main import cli
from tests.house import bring, change, leads, one_pool, raw, rep, scoring_house, workspace
from tools.store import tables as t

LEADS = 12
LATER = "2026-12-28T15:00:00Z"
"""A Monday five weeks after the leads came in."""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """Everything lies with ana, since ben came later; nobody has touched any of it for five weeks."""
    folder = workspace(tmp_path)
    one_pool(folder, (rep("ana"), rep("ops", role="ops", capacity=0)))
    home = scoring_house(folder)
    bring(home, *(raw(str(n)) for n in range(LEADS)))
    assert {stand.owner for stand in leads(home).values()} == {"ana"}
    home.store.close()
    one_pool(folder, (rep("ana", capacity=10), rep("ben", capacity=20), rep("ops", role="ops", capacity=0)))
    change(folder, "loops/design.yaml", "low_share: 0.1", "low_share: 0.05")
    called(folder, "clock", "advance", "35d")
    yield folder


def called(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, (*words, "-w", str(root)))


def given(root: Path, *words: str) -> dict[str, Any]:
    return json.loads(called(root, *words, "--json").stdout.splitlines()[-1])


def owners(root: Path) -> dict[str, int]:
    home = open_house(root)
    with home.store.reading() as tx:
        rows = tx.all(select(t.leads.c.owner, func.count()).group_by(t.leads.c.owner))
    home.store.close()
    return {row[0]: row[1] for row in rows}


def counts(root: Path) -> dict[str, int]:
    """How many rows each table has."""
    home = open_house(root)
    with home.store.reading() as tx:
        tables = t.meta.tables.items()
        found = {name: tx.first(select(func.count()).select_from(table))[0] for name, table in tables}
    home.store.close()
    return found


@pytest.mark.feature("DE10", "DE11")
def test_looking_shows_skew_and_moves_and_writes_nothing(root: Path) -> None:
    before = counts(root)
    found = given(root, "balance")
    assert counts(root) == before
    first = found["findings"][0]
    assert (first["rep"], first["state"], first["load"], first["high"]) == ("ana", "overloaded", 12, 9)
    assert first["stale"] == LEADS and first["oldest_days"] == 35
    assert (found["moves"], found["bound"], found["short"]) == (3, 3, 0)
    assert {move["to"] for move in found["leads"]} == {"ben"} and len(found["leads"]) == 3
    shown = called(root, "balance").stdout
    assert "3 moves; no plan that restores as much needs fewer than 3." in shown
    assert "3 leads of pool:p from ana to ben." in shown and "Nothing was moved." in shown


@pytest.mark.feature("DE11")
def test_nothing_moves_before_a_person_approves_and_then_exactly_what_they_saw(root: Path) -> None:
    asked = given(root, "balance", "--ask")
    assert asked["asked"]["to"] == "role:ops" and owners(root) == {"ana": LEADS}
    shown = called(root, "review", "show", asked["asked"]["id"]).stdout
    assert shown.startswith("Balance, waits for ops in review\nMove these leads?\n  - 3 moves;")
    done = called(root, "review", "approve", asked["asked"]["id"])
    assert done.exit_code == 0, done.output
    assert "Approved: 3 moves. 3 leads went to the new owner" in done.stdout
    assert "Next: `revloops balance`" in done.stdout
    assert owners(root) == {"ana": 9, "ben": 3}
    home = open_house(root)
    with home.store.reading() as tx:
        loads = {row.rep: row.leads for row in tx.all(select(t.loads))}
        crm = {row[0] for row in tx.all(select(t.crm_fields.c.record).where(t.crm_fields.c.value == "ben"))}
    home.store.close()
    assert (loads["ana"], loads["ben"]) == (9, 3)
    assert crm == {move["lead"] for move in asked["leads"]}
    assert given(root, "balance")["findings"] == []
    assert "In balance" in called(root, "balance").stdout
    assert "There is nothing to put to anybody" in called(root, "balance", "--ask").stdout
    again = called(root, "replay", "--all")
    assert again.exit_code == 0, again.output


def test_the_question_shows_its_moves_and_counts_the_desks_that_they_do_not_touch(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    ops, idle = rep("ops", role="ops", capacity=0), [rep(f"idle-{n}", capacity=50) for n in range(25)]
    one_pool(folder, (rep("ana"), ops))
    home = scoring_house(folder)
    bring(home, *(raw(str(n)) for n in range(LEADS)))
    home.store.close()
    one_pool(folder, (rep("ana", capacity=10), *idle, ops))
    called(folder, "clock", "advance", "35d")
    asked = given(folder, "balance", "--ask")["asked"]
    lines = called(folder, "review", "show", asked["id"]).stdout.splitlines()
    assert not [line for line in lines if "idle, " in line]
    assert any("25 desks lie outside their bounds besides" in line for line in lines)
    assert any("ana has 12 open of a capacity of 10" in line for line in lines)


def test_one_line_alone_is_never_left_out() -> None:
    assert [len(first(range(count), 20)) for count in (19, 20, 21, 22, 90)] == [19, 20, 21, 20, 20]
    assert len(first(range(90), 20, everything=True)) == 90


@pytest.mark.feature("DE11")
def test_a_proposal_that_is_rejected_moves_nothing(root: Path) -> None:
    asked = given(root, "balance", "--ask")
    done = called(root, "review", "reject", asked["asked"]["id"], "--why", "end of the quarter")
    assert done.exit_code == 0, done.output
    assert owners(root) == {"ana": LEADS}


def test_a_lead_worked_on_while_the_question_waited_stays_where_it_is(root: Path) -> None:
    asked = given(root, "balance", "--ask")
    first = asked["leads"][0]["lead"]
    home = open_house(root)
    with home.store.transaction() as tx:
        now = home.runtime.at().isoformat()
        tx.conn.execute(update(t.leads).where(t.leads.c.id == first).values(touched_at=now))
    home.store.close()
    done = called(root, "review", "answer", asked["asked"]["id"], "--choice", "approve").stdout
    assert "3 moves. 2 leads went" in done and "1 lead stayed, as" in done
    assert owners(root) == {"ana": 10, "ben": 2}
    assert "ana has worked on it meanwhile" in called(root, "explain", first).stdout


@pytest.mark.feature("AR2", "DE10")
def test_the_weekly_schedule_asks_once_a_week(root: Path) -> None:
    home = open_house(root)
    assert ("design", "balance", "2026-12-28T00:00:00-05:00") in tick(home, LATER).slots
    assert not [slot for slot in tick(home, "2027-01-03T15:00:00Z").slots if slot[1] == "balance"]
    assert [slot for slot in tick(home, "2027-01-04T15:00:00Z").slots if slot[1] == "balance"]
    home.store.close()
    waiting = given(root, "review", "list", "--as", "ops")["items"]
    assert [item["question"] for item in waiting if item["loop"] == "design"] == ["Move these leads?"]


@pytest.mark.feature("DE8")
def test_a_new_plan_is_called_for_and_whoever_takes_it_on_has_a_task(root: Path) -> None:
    asked = given(root, "balance", "--because", "funding")["asked"]
    assert asked["to"] == "role:ops" and asked["question"].startswith("Plan again for Q")
    done = called(root, "review", "answer", asked["id"], "--choice", "plan")
    assert done.exit_code == 0, done.output
    (task,) = [task for task in given(root, "tasks", "--owner", "ops")["tasks"] if task["code"] == "replan"]
    assert "from scenario one" in task["text"]


@pytest.mark.feature("DE8")
def test_the_start_of_a_fiscal_period_calls_for_a_plan_and_another_week_does_not(root: Path) -> None:
    home = open_house(root)
    for day, asked in (("2027-01-25", []), ("2027-02-01", ["Plan again for Q1 FY28?"])):
        tick(home, f"{day}T15:00:00Z")
        waiting = given(root, "review", "list")["items"]
        assert [i["question"] for i in waiting if i["question"].startswith("Plan again")] == asked
    home.store.close()


def test_without_the_extra_skew_is_shown_with_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "highspy", None)
    found = given(root, "balance")
    assert found["findings"] and not found["leads"] and 'pip install "revloops[plan]"' in found["trouble"]
    assert 'pip install "revloops[plan]"' in called(root, "balance").stdout
