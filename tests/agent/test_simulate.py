"""A changed config on past leads: who moves and why, both engines alike, and nothing written."""

import json
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from agent.simulate import Simulated, Window, simulate
from loops.config import LoopConfig
from tests.house import (
    START,
    advance,
    answer,
    bring,
    by_person,
    decisions,
    height,
    house,
    leads,
    one_pool,
    raw,
    rep,
    run_leads,
    tamper,
    waiting_runs,
    workspace,
)
from tools.store import tables as t
from tools.store.columns import forget_columns
from tools.store.erase import erase
from tools.store.evidence import outcomes
from tools.workspace import known_owners, load_config

EVERY = Window()


def changed(home: House, loop: str, old: str, new: str) -> LoopConfig:
    """The loop's config with one text of it replaced."""
    root = home.workspace.root
    file = root.parent / f"changed-{loop}.yaml"
    text = (root / "loops" / f"{loop}.yaml").read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return load_config(root, home.registry.loops[loop], known_owners(home.workspace.scenario), file)


def tried(home: House, loop: str, old: str, new: str, window: Window = EVERY, **how: Any) -> Simulated:
    return simulate(home.runtime, home.registry.loops[loop], changed(home, loop, old, new), window, **how)


def contents(home: House) -> dict[str, str]:
    """Every table but the derived one, and every file but the database's own, each as a hash."""
    found: dict[str, str] = {}
    with home.store.reading() as tx:
        for table in t.meta.sorted_tables:
            if table.name != "columns":
                rows = sorted(map(repr, tx.all(select(table))))
                found[table.name] = sha256("\n".join(rows).encode()).hexdigest()
    for path in home.workspace.root.rglob("*"):
        if path.is_file() and not path.name.startswith("store.db"):
            found[str(path)] = sha256(path.read_bytes()).hexdigest()
    return found


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path, lived_in=True)


# --- who moves ------------------------------------------------------------------------------------
@pytest.mark.feature("RO10")
def test_a_rule_change_names_who_moves_between_which_rules(home: House) -> None:
    found = tried(home, "route", "at_least: 1000", "at_least: 200")
    assert found.leads >= 40 and found.engine == "columns"
    decided = [move for move in found.moves if move.before.rule != move.after.rule]
    assert len(decided) == len(found.moved.decided) > 0
    for move in decided:
        assert "commercial" in (move.before.rule or "") and "enterprise" in (move.after.rule or "")
        assert "employees is" in move.why and move.group.startswith("rule ")
    sizes = {d["record"]: d["employees"] for one in decisions(home, "qualify") for d in one["events"]}
    assert all(200 <= sizes[move.lead] < 1000 for move in decided)
    assert sum(len(group.rows) for group in found.groups) == len(found.moves)


@pytest.mark.feature("RO10", "RO9")
def test_the_same_config_moves_nobody(home: House) -> None:
    for loop, text in (("route", "at_least: 1000"), ("qualify", "A: 80")):
        found = tried(home, loop, text, text.replace(": ", ":  "))
        assert found.leads >= 40
        assert not found.moves and not len(found.moved.regraded)


@pytest.mark.feature("RO10")
def test_a_threshold_alone_moves_grades_exactly_as_the_scores_say(home: House) -> None:
    found = tried(home, "qualify", "A: 80", "A: 88")
    scores = [d["events"][0]["score"] for d in decisions(home, "qualify") if d["events"]]
    before, after = found.counted("grade")
    assert after["A"] == sum(score >= 88 for score in scores) < before["A"]
    assert before["A"] == sum(score >= 80 for score in scores)
    assert {group.why for group in found.moved.grades} == {"grade thresholds"}


@pytest.mark.feature("RO10")
def test_a_lead_that_qualify_no_longer_lets_through_leaves_its_owner(home: House) -> None:
    found = tried(home, "qualify", "C: 48", "C: 60")
    parked = [move for move in found.moves if move.target == "nurture"]
    assert parked and all(move.after.grade == "D" and move.before.grade == "C" for move in parked)
    assert all(move.after.rule == "nurture" and "grade C → D" in move.why for move in parked)
    fewer = sum(desk.before - desk.after for desk in found.desks)
    assert fewer == sum(move.before.owner is not None for move in parked)


def test_a_factor_that_weighs_otherwise_is_named(home: House) -> None:
    found = tried(home, "qualify", "c_level: 22, vp: 20", "c_level: 2, vp: 2")
    assert len(found.moved.regraded)
    assert {group.why for group in found.moved.grades} == {"factor seniority"}


# --- as if they came in now -----------------------------------------------------------------------
def test_both_engines_say_the_same_of_lived_in_leads(home: House) -> None:
    run_leads(home, 200)
    for loop, old, new in (
        ("route", "at_least: 1000", "at_least: 120"),
        ("route", "ask_when_unknown: [territory]", "ask_when_unknown: [employees]"),
        ("qualify", "C: 48", "C: 60"),
        ("qualify", "stale_after_days: 400", "stale_after_days: 20"),
        ("qualify", "employees_ratio: 4.0", "employees_ratio: 1.1"),
        ("qualify", "media: [communication services", "media: [software, communication services"),
        ("qualify", "matching: {fire: 0.85", "matching: {fire: 0.99"),
    ):
        many, alone = (tried(home, loop, old, new, by_row=by_row) for by_row in (False, True))
        assert (many.engine, alone.engine) == ("columns", "rows")
        assert many.moves == alone.moves and many.desks == alone.desks and many.leads == alone.leads
        assert [many.after.at(row) for row in range(many.leads)] == [
            alone.after.at(row) for row in range(alone.leads)
        ]


def two(tmp_path: Path, *capacity: int) -> House:
    root = workspace(tmp_path)
    one_pool(root, [rep(name, capacity=most) for name, most in zip(("ann", "bob"), capacity, strict=True)])
    from agent.bootstrap import open_house

    return open_house(root)


def test_loads_run_along_and_stop_at_capacity(tmp_path: Path) -> None:
    home = two(tmp_path, 2, 3)
    bring(home, *(raw(str(n)) for n in range(7)))
    found = tried(home, "route", "name: all", "name:  all")
    ends = Counter(found.after.at(row).owner or found.after.at(row).end for row in range(found.leads))
    assert ends == {"ann": 2, "bob": 3, "asks role:ops": 2}
    assert not found.moves
    assert [(desk.rep, desk.before, desk.after) for desk in found.desks] == [("ann", 2, 2), ("bob", 3, 3)]


def test_leads_outside_the_window_stay_on_the_desks(tmp_path: Path) -> None:
    home = two(tmp_path, 500, 500)
    bring(home, *(raw(f"old{n}") for n in range(4)))
    advance(home, timedelta(days=10))
    bring(home, *(raw(f"new{n}") for n in range(2)))
    start = home.runtime.at() - timedelta(days=1)
    found = tried(home, "route", "name: all", "name:  all", Window(since=start))
    assert found.leads == 2
    assert [(desk.before, desk.after) for desk in found.desks] == [(3, 3), (3, 3)]
    assert tried(home, "route", "name: all", "name:  all", Window(last=1)).leads == 1
    assert tried(home, "route", "name: all", "name:  all", Window(since=START - timedelta(days=1))).leads == 6


def test_somebody_who_is_away_by_now_gets_nothing_in_either(tmp_path: Path) -> None:
    home = two(tmp_path, 500, 500)
    bring(home, *(raw(str(n)) for n in range(4)))
    today = home.runtime.at().date()
    scenario = home.workspace.scenario
    gone = tuple(r.model_copy(update={"left_on": today}) if r.id == "ann" else r for r in scenario.roster)
    object.__setattr__(home.workspace, "scenario", scenario.model_copy(update={"roster": gone}))
    found = tried(home, "route", "name: all", "name:  all")
    assert {found.before.at(row).owner for row in range(4)} == {"bob"}


def test_a_company_that_a_person_settled_stands(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    waiting = waiting_runs(home, "qualify")
    assert waiting
    before = tried(home, "qualify", "A: 80", "A:  80").counted("end")[0]
    assert answer(home, waiting[0][0], waiting[0][1], by_person({"choice": "none"}))
    while home.runtime.drain():
        pass
    after = tried(home, "qualify", "A: 80", "A:  80").counted("end")[0]
    assert after["asks role:ops"] == before["asks role:ops"] - 1
    alone = tried(home, "qualify", "A: 80", "A:  80", by_row=True).counted("end")[0]
    assert alone == after


# --- what it comes to -----------------------------------------------------------------------------
def test_what_became_of_the_leads_that_move_and_how_fast_their_owners_are(home: House) -> None:
    first = tried(home, "route", "at_least: 1000", "at_least: 200")
    moved = [move for move in first.moves if move.before.rule != move.after.rule]
    with home.store.transaction() as tx:
        said = {"said_by": "crm", "owner": "", "touched_at": ""}
        tx.add(outcomes, lead=moved[0].lead, converted_at=START.isoformat(), closed_at="", **said)
        tx.add(outcomes, lead=moved[1].lead, converted_at="", closed_at=START.isoformat(), **said)
        tx.flush()
    tamper(home.store, "update leads set assigned_at = '2026-11-23T10:00:00+00:00' where assigned_at != ''")
    for like, hours in (("%commercial%", 15), ("%enterprise%", 12)):
        touched = f"2026-11-23T{hours}:00:00+00:00"
        tamper(home.store, "update leads set touched_at = ? where owner like ?", touched, like)
    found = tried(home, "route", "at_least: 1000", "at_least: 200")
    came = found.fate(found.moves)
    assert (came.settled, came.converted) == (2, 1)
    assert found.speed.leaving_hours == 5.0 and found.speed.going_hours in (2.0, 5.0)
    assert found.speed.alone_before == found.speed.alone_after


# --- nothing is touched ---------------------------------------------------------------------------
@pytest.mark.feature("RO10")
def test_a_simulation_leaves_every_row_and_file_as_it_was(home: House) -> None:
    changed(home, "route", "at_least: 1000", "at_least: 200")
    before, rows = contents(home), height(home)
    for by_row in (False, True):
        assert tried(home, "route", "at_least: 1000", "at_least: 200", by_row=by_row).moves
        assert tried(home, "qualify", "C: 48", "C: 60", by_row=by_row).moves
    assert contents(home) == before and height(home) == rows
    lead = next(iter(leads(home)))
    tamper(home.store, "update leads set owner = 'somebody' where id = ?", lead)
    assert contents(home) != before


# --- the columns ----------------------------------------------------------------------------------
def chunks(home: House, loop: str = "route") -> list[tuple[int, int, int]]:
    with home.store.transaction() as tx:
        query = "select first, last, rows from columns where loop = ? order by first"
        return [tuple(row) for row in tx.conn.exec_driver_sql(query, (loop,)).all()]


def test_new_leads_are_appended_and_old_ones_are_not_read_again(home: House) -> None:
    first = tried(home, "route", "A", "A")
    kept = chunks(home)
    assert len(kept) == 1 and kept[0][2] == first.leads
    run_leads(home, 90)
    second = tried(home, "route", "A", "A")
    assert chunks(home)[0] == kept[0] and len(chunks(home)) == 2
    assert second.leads == first.leads + chunks(home)[1][2]
    assert chunks(home)[1][0] == kept[0][1] + 1


def test_other_code_makes_the_columns_again(home: House) -> None:
    found = tried(home, "route", "A", "A")
    tamper(home.store, "update columns set made_by = 'other', data = x'00'")
    assert tried(home, "route", "A", "A").leads == found.leads


def test_a_lead_that_came_again_is_tried_once_with_what_was_said_last(tmp_path: Path) -> None:
    home = two(tmp_path, 500, 500)
    bring(home, raw("1", employees="300"))
    tried(home, "route", "name: all", "name:  all")
    bring(home, raw("1", employees="20"))
    found = tried(home, "route", "name: all", "name:  all")
    assert found.leads == 1
    assert found.past.columns["employees"].at(0) == 20


def test_a_page_of_json_can_be_made_of_it(home: House) -> None:
    found = tried(home, "route", "at_least: 1000", "at_least: 200")
    assert json.dumps([move.why for move in found.moves])


def held(home: House, text: bytes) -> int:
    """How many chunks of columns hold that text."""
    with home.store.transaction() as tx:
        return sum(text in row[0] for row in tx.conn.exec_driver_sql("select data from columns").all())


def test_an_erased_person_is_in_no_chunk_and_the_others_are_made_again(home: House) -> None:
    bring(home, raw("gone", email="ada@vanishing.example"))
    before = tried(home, "route", "A", "A")
    assert held(home, b"vanishing.example") == 1
    lead = next(one.lead for one in leads(home).values() if one.lead.domain == "vanishing.example")
    with home.store.transaction() as tx:
        forget_columns(tx, lead.person, [lead.id])
    assert held(home, b"vanishing.example") == 0
    erase(home.store, lead.person, home.workspace.data / "mailbox")
    after = tried(home, "route", "A", "A")
    assert after.leads == before.leads - 1 and held(home, b"vanishing.example") == 0
    assert lead.id not in {after.past.record(row) for row in range(after.leads)}
