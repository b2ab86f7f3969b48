"""Who covers open seats when a plan is made real, and the documents that are issued of it."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from agent.bootstrap import House
from agent.deploying import apply, plan
from loops.calendar import Calendar
from loops.deploy.cascade import Candidate, Seat, covered
from loops.deploy.config import Cascade
from loops.deploy.declared import declared
from loops.deploy.documents import document
from loops.design.capacity import capacity
from loops.plan import Currencies
from loops.scenario import Absence, Scenario
from loops.structure import QuotaYear
from tests import house
from tests.deploying import PLAN, changed, deploying_house, put_in, reopened, seller, standing, without
from tools.deploy.local import LocalStructure
from tools.deploy.status import documents
from tools.store import tables as t

ORDER = Cascade(order=("same_role_in_pool", "backup_pool", "territory_manager", "queue"), queue="triage")


def covers(home: House) -> dict[str, str]:
    """Who covers which seat."""
    return {key: f["owner"] for (part, key), f in standing(home).items() if part == "coverage"}


# --- documents ------------------------------------------------------------------------------------
def issued(home: House, person: str) -> list[tuple[int, str]]:
    with home.store.reading() as tx:
        return [(d.version, d.state) for d in documents(tx, person)]


@pytest.mark.feature("DP1")
def test_a_document_is_issued_once_and_superseded_when_its_terms_change(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    assert issued(home, "ana") == issued(home, "ben") == [(1, "issued")]
    home = reopened(home, put_in(PLAN, "ana", territory="uki"))
    apply(home)
    assert issued(home, "ana") == [(2, "issued"), (1, "superseded")]
    assert issued(home, "ben") == [(1, "issued")]
    home = reopened(home, without(PLAN, "ben"))
    apply(home)
    assert issued(home, "ben") == [(1, "withdrawn")]


def test_the_same_effect_issues_a_document_once(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    with home.store.transaction() as tx:
        structure = LocalStructure(tx, house.START, "plan", "0" * 64)
        for effect in ("run!1", "run!1", "run!2"):
            structure.issue(effect, "ana@2027", {"base": "1"}, "text")
        assert [(d.version, d.state) for d in documents(tx)] == [(1, "issued")]
        structure.issue("run!1", "ana@2027", {"base": "2"}, "text")
        assert len(documents(tx)) == 1
        structure.issue("run!3", "ana@2027", {"base": "2"}, "text")
        assert len(documents(tx)) == 2


def test_a_document_says_quota_by_quarter_pay_territory_days_and_the_plan(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    terms = next(c.fields for c in plan(home).changes if c.part == "comp_plan" and c.key == "ana@2027")
    text = document(terms, "plan", "a1b2c3d4e5f6a7b8")
    for said in (
        "FY27: ana", "Territory: dach", "from 2026-02-01 until 2027-01-31", "| Q1 FY27 | 30,000.00 USD |",
        "| FY27 | 120,000.00 USD |", "Base: 80,000.00 USD", "Variable: 80,000.00 USD",
        "scenario plan, a1b2c3d4e5f6.",
    ):  # fmt: skip
        assert said in text


def test_a_document_holds_up_to_the_day_before_somebody_leaves(tmp_path: Path) -> None:
    leaves, until = date(2026, 12, 15), {"until": "2026-12-14"}
    home = deploying_house(tmp_path)
    home = reopened(home, put_in(PLAN, "ana", left_on=leaves))
    terms = {c.key: c.fields for c in plan(home).changes if c.part == "comp_plan"}
    assert terms["ana@2027"].items() >= until.items() and terms["ben@2027"]["until"] == "2027-01-31"
    text = document(terms["ana@2027"], "plan", "a1b2c3d4e5f6a7b8")
    assert "In effect from 2026-02-01 until 2026-12-14" in text


def test_nobody_gets_a_document_for_a_year_that_they_leave_before(tmp_path: Path) -> None:
    scenario = put_in(PLAN.model_copy(update={"months": 24}), "ana", left_on=date(2027, 1, 15))
    years = capacity_years(scenario)
    assert {key for key in years if key.startswith("ana")} == {"ana@2027"}
    assert {key for key in years if key.startswith("ben")} == {"ben@2027", "ben@2028"}


def capacity_years(scenario: Scenario) -> set[str]:
    """The documents that stand near the end of the first year."""
    calendar = Calendar(fiscal_year_starts_month=2)
    figures = capacity(scenario, calendar, Currencies())
    asked = [QuotaYear(person=row.id, year=year, label="", quarters={"Q": 1})
             for row in figures.people for year in (2027, 2028)]  # fmt: skip
    found = declared(scenario, calendar, datetime(2027, 1, 10, tzinfo=UTC), asked, 60)
    return {item.key for item in found if item.part == "comp_plan"}


# --- open seats -----------------------------------------------------------------------------------
@pytest.mark.feature("DP2")
def test_each_step_of_the_cascade_is_taken_when_the_ones_before_have_nobody(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    gone: dict[str, Any] = {"left_on": date(2026, 11, 1)}
    away: dict[str, Any] = {"absences": (Absence(start=date(2026, 11, 20), end=date(2026, 12, 1)),)}
    steps = (
        (PLAN, {"hire-1": "ana"}),
        (put_in(PLAN, "ana", **gone), {"hire-1": "ben", "ana": "ben"}),
        (put_in(put_in(PLAN, "ana", **gone), "ben", **away), {"hire-1": "eve", "ana": "eve", "ben": "eve"}),
    )
    for scenario, wanted in steps:
        home = reopened(home, scenario)
        apply(home)
        assert covers(home) == wanted
    nobody = put_in(put_in(put_in(PLAN, "ana", **gone), "ben", **gone), "eve", **gone)
    home = reopened(home, nobody)
    apply(home)
    assert set(covers(home).values()) == {"mara"}
    home = reopened(home, put_in(nobody, "mara", **gone))
    apply(home)
    assert set(covers(home).values()) == {"queue:triage"}


@pytest.mark.feature("DP2")
def test_the_order_of_the_cascade_comes_from_config_and_the_reason_names_what_was_passed() -> None:
    seat = Seat(
        id="s", role="ae", why="s left",
        candidates=(
            Candidate(rep="ana", step="same_role_in_pool", unavailable="absent"),
            Candidate(rep="eve", step="backup_pool"),
            Candidate(rep="mara", step="territory_manager"),
        ),
    )  # fmt: skip
    (one,) = covered((seat,), ORDER)
    assert one.owner == "eve" and "ana is absent" in one.text
    (other,) = covered((seat,), Cascade(order=("territory_manager", "queue"), queue="triage"))
    assert other.owner == "mara"
    (last,) = covered((seat,), Cascade(order=("queue",), queue="later"))
    assert last.owner == "queue:later"


def test_open_seats_are_spread_over_the_colleagues_who_can_cover_them() -> None:
    loads = {"a": 9, "b": 1}
    able = tuple(Candidate(rep=rep, step="same_role_in_pool", load=load) for rep, load in loads.items())
    seats = tuple(Seat(id=str(n), role="ae", why="open", candidates=able) for n in range(4))
    assert [one.owner for one in covered(seats, ORDER)] == ["b", "a", "b", "a"]


def test_a_load_that_changes_moves_no_seat(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    before = covers(home)["hire-1"]
    with home.store.transaction() as tx:
        tx.add(t.loads, rep=before, opportunities=50, leads=50)
        tx.flush()
        tx.run(update(t.loads).where(t.loads.c.rep == before).values(leads=99))
    assert apply(home).performed == 0
    assert covers(home)["hire-1"] == before


def test_a_filled_seat_is_no_longer_open(tmp_path: Path) -> None:
    home = deploying_house(tmp_path)
    apply(home)
    pools = (PLAN.pools[0].model_copy(update={"members": ("ana", "ben", "zoe")}), PLAN.pools[1])
    roster = (*PLAN.roster, seller("zoe", "uki", seat="hire-1"))
    home = reopened(home, changed(PLAN, pools=pools, roster=roster))
    done = apply(home)
    assert not done.left and covers(home) == {}
    assert ("seat", "hire-1") not in standing(home)


def test_a_cascade_without_an_end_is_refused() -> None:
    for order in (("backup_pool",), ("queue", "backup_pool"), (), ("queue", "queue")):
        with pytest.raises(ValueError, match=r"queue|once"):
            Cascade.model_validate({"order": order, "queue": "triage"})
