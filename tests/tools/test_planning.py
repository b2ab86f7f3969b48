"""The planner's tools: exact, traced, and without a trace."""

import hashlib
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue

from agent.bootstrap import House, open_house
from agent.work import context
from loops.design.capacity import capacity
from loops.design.compare import differences
from loops.scenario import Scenario
from tests.house import house
from tools.catalog import CATALOG
from tools.errors import ToolRetry
from tools.init import scenario_text
from tools.planning.draws import band
from tools.workspace import load_scenario

TOOLS = {tool.name: tool for tool in CATALOG}
TODAY = date(2026, 11, 23)
TWO_MORE = {
    "kind": "add_people",
    "role": "enterprise_ae",
    "count": 2,
    "territory": "ams-east",
    "starts_on": "2027-02-01",
}
SPLIT = {"kind": "split_territory", "territory": "dach"}


def call(found: House, name: str, **args: Any) -> dict[str, Any]:
    with found.store.reading() as tx:
        return cast("dict[str, Any]", TOOLS[name].call(context(found.runtime, tx, None), args))


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


def prints(root: Path) -> dict[str, str]:
    """Every file's hash, and every table's rows."""
    found = {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".revloops" not in path.parts
    }
    with sqlite3.connect(root / ".revloops" / "store.db") as db:
        dump = "\n".join(db.iterdump())
    return {**found, "store": hashlib.sha256(dump.encode()).hexdigest()}


@pytest.mark.feature("DE9")
@pytest.mark.feature("BR4")
@pytest.mark.feature("AR4")
def test_a_what_if_changes_no_file_and_no_row(home: House) -> None:
    root = home.workspace.root
    before = prints(root)
    told = call(
        home, "what_if", ask="what_if", changes=[TWO_MORE, SPLIT]
    )
    assert told["difference"]["new_acv_minor"] > 0
    call(home, "what_if", ask="reach", goal={"value": 3_000_000_000})
    call(home, "compare_scenarios", other="fy27-stretch")
    call(home, "plan_now")
    assert prints(root) == before
    # the same look finds a tool that does write
    (root / "scenarios" / "left-behind.yaml").write_text("name: left-behind\n", encoding="utf-8")
    with home.store.transaction() as tx:
        tx.put(home.workspace.scenario.model_copy(update={"name": "left-behind"}))
    assert {key for key, value in prints(root).items() if before.get(key) != value} == {
        "scenarios/left-behind.yaml",
        "store",
    }


@pytest.mark.feature("DE6")
def test_the_causes_add_up_to_the_whole_difference(home: House) -> None:
    told = call(home, "what_if", ask="what_if", changes=[
        TWO_MORE, {"kind": "attrition", "factor": 2}, {"kind": "price", "factor": 1.05},
        {"kind": "target", "factor": 1.1}, {"kind": "investment", "channel": "events", "factor": 0.5},
    ])  # fmt: skip
    for name, key in (("new_acv_minor",) * 2, ("cost_minor",) * 2, ("target_minor",) * 2):
        assert sum(cause[name] for cause in told["causes"]) == told["difference"][key]
    assert [cause["words"] for cause in told["causes"]] == told["changes"]


@pytest.mark.feature("DE6")
def test_two_scenarios_differ_by_what_their_files_say_and_nothing_else(home: House) -> None:
    told = call(home, "compare_scenarios", other="fy27-stretch")
    assert sum(cause["new_acv_minor"] for cause in told["causes"]) == told["difference"]["new_acv_minor"]
    root = home.workspace.root
    base, stretch = (load_scenario(root, f"fy27-{name}") for name in ("base", "stretch"))
    *_, (_, last) = differences(base, stretch)
    assert last.model_copy(update={"name": stretch.name}) == stretch
    assert not list(differences(base, base.model_copy(update={"name": "other"})))


def test_a_table_s_rows_add_up_to_its_totals(home: House) -> None:
    told = call(home, "what_if", ask="what_if", changes=[TWO_MORE])
    for rows in (
        told["territories"],
        told["roles"],
        [q for q in told["quarters"] if q["label"].endswith("FY28")],
    ):
        assert sum(row["after_minor"] for row in rows) == told["after"]["new_acv_minor"]
        assert sum(row["before_minor"] for row in rows) == told["before"]["new_acv_minor"]


def test_the_year_looked_at_is_the_one_that_a_change_falls_into(home: House) -> None:
    soon = call(home, "what_if", ask="what_if", changes=[{**TWO_MORE, "starts_on": "2026-12-01"}])
    later = call(home, "what_if", ask="what_if", changes=[TWO_MORE])
    assert (soon["focus"], later["focus"]) == ("FY27", "FY28")


def test_the_fewest_people_reach_the_goal_and_one_fewer_does_not(home: House) -> None:
    told = call(home, "what_if", ask="reach", goal={"value": 3_000_000_000})
    for way in (way for way in told["reach"]["ways"] if way["kind"] == "add_people"):
        hire = {"kind": "add_people", "role": way["role"], "starts_on": way["starts_on"]}
        enough = call(home, "what_if", ask="what_if", changes=[{**hire, "count": way["count"]}])
        fewer = call(home, "what_if", ask="what_if", changes=[{**hire, "count": way["count"] - 1}])
        assert enough["after"]["new_acv_minor"] >= 3_000_000_000 > fewer["after"]["new_acv_minor"]


def test_who_falls_short_first_stands_first(home: House) -> None:
    more = {"kind": "target", "territory": "dach", "factor": 5, "year": 2028}
    told = call(home, "what_if", ask="breaks_first", changes=[more])
    short = [row for row in told["falls_short"] if row["month"]]
    assert [row["month"] for row in short] == sorted(row["month"] for row in short)
    assert all(row["capacity_minor"] < row["target_minor"] for row in short)
    dach = next(row for row in told["falls_short"] if row["id"] == "dach")
    assert (dach["month"], dach["quarter"]) == ("2027-02", "Q1 FY28")
    assert dach["month_before"] is None or dach["month_before"] > dach["month"]
    assert not any(row["capacity_minor"] < row["target_minor"] for row in told["falls_short"][len(short) :])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([{"kind": "add_people", "role": "closer"}], "there is no role closer in fy27-base"),
        ([{"kind": "attrition"}], "give exactly one of factor, to_share, by_share"),
        ([{"kind": "person_leaves", "person": "a b@c"}], "person: this is the id of no rep"),
        ([{"kind": "remove_people", "role": "sdr", "count": 90}], "there are only"),
        ([{"kind": "merge_territories", "territory": "dach", "into": "dach"}], "name two territories"),
        ([{"kind": "drop_table"}], "changes"),
    ],
)
def test_a_change_that_does_not_fit_is_refused_in_a_sentence(
    home: House, changes: list[JsonValue], said: str
) -> None:
    with pytest.raises(ToolRetry, match=said):
        call(home, "what_if", ask="what_if", changes=changes)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"changes": [{**TWO_MORE, "starts_on": "2031-03-01"}]}, "fy27-base reaches only to 2028-01-31"),
        ({"changes": [{"kind": "target", "factor": 2, "year": 2040}]}, "fiscal year 2040 lies outside"),
        ({"ask": "reach", "goal": {"value": 10, "year": 2127}}, "fiscal year 2127 lies outside"),
    ],
)
def test_what_lies_outside_the_plan_is_refused_in_place_of_no_difference(
    home: House, asked: dict[str, Any], said: str
) -> None:
    with pytest.raises(ToolRetry, match=said):
        call(home, "what_if", **{"ask": "what_if", **asked})


def test_a_goal_far_beyond_the_plan_is_answered(home: House) -> None:
    told = call(home, "what_if", ask="reach", goal={"value": 10**15})
    assert told["reach"]["ways"] and not any(way["enough"] for way in told["reach"]["ways"])
    assert not any("that are over" in one for one in told["assumptions"])
    now = call(home, "what_if", ask="reach", goal={"value": 10**15, "year": 2027})
    assert any("count over all of FY27, with its months that are over" in one for one in now["assumptions"])


def other(home: House, **changed: object) -> None:
    """One more scenario beside the promoted one."""
    plan = Scenario.model_validate({**home.workspace.scenario.model_dump(), "name": "other", **changed})
    path = home.workspace.root / "scenarios" / "other.yaml"
    path.write_text(scenario_text(plan), encoding="utf-8")


def test_plans_that_share_one_year_are_compared_in_it(home: House) -> None:
    other(home, months=12, hires=())
    assert call(home, "compare_scenarios", other="other")["focus"] == "FY27"
    assert call(home, "compare_scenarios", other="fy27-stretch")["focus"] == "FY28"


def test_plans_that_share_no_year_are_refused_in_a_sentence(home: House) -> None:
    none: dict[str, Any] = {"territories": [
        {**land.model_dump(), "targets": ()} for land in home.workspace.scenario.territories
    ]}  # fmt: skip
    other(home, year=2030, **none)
    with pytest.raises(ToolRetry, match="fy27-base and other have no fiscal year in common"):
        call(home, "compare_scenarios", other="other")


def test_a_seat_that_somebody_took_is_not_planned_any_more(home: House) -> None:
    plan = home.workspace.scenario
    hire = plan.hires[0]
    before = call(home, "plan_now")
    taker = plan.roster[0].model_copy(update={"seat": hire.id})
    filled = plan.model_copy(update={"roster": (taker, *plan.roster[1:])})
    root = home.workspace.root
    (root / "scenarios" / f"{plan.name}.yaml").write_text(scenario_text(filled), encoding="utf-8")
    now = call(open_house(root), "plan_now")
    assert [one["id"] for one in before["hires"] if one not in now["hires"]] == [hire.id]
    planned = {role["id"]: role["hires"] for role in now["roles"]}
    was = {role["id"]: role["hires"] for role in before["roles"]}
    assert {id: was[id] - planned[id] for id in was if was[id] != planned[id]} == {hire.role: 1}


def test_a_scenario_that_is_not_there_is_refused_with_those_that_are(home: House) -> None:
    with pytest.raises(ToolRetry, match="there are fy27-base, fy27-stretch"):
        call(home, "compare_scenarios", other="fy99")


# --- the band -------------------------------------------------------------------------------------


@pytest.mark.feature("DE5")
def test_the_band_lies_around_the_exact_figure_and_is_the_same_for_a_seed(home: House) -> None:
    ws = home.workspace
    figures = capacity(ws.scenario, ws.calendar, ws.currencies)
    (year, quarter), again = (band(ws.scenario, figures, ("FY28", "Q2 FY28")) for _ in range(2))
    assert [year, quarter] == list(again)
    assert year != band(ws.scenario, figures, ("FY28",), seed=8)[0]
    assert year.low < year.middle < year.high
    for one in (year, quarter):
        assert abs(one.middle / figures.new_acv(one.label) - 1) < 0.02


def test_without_spread_and_attrition_the_band_has_no_width(home: House) -> None:
    ws = home.workspace
    sure = ws.scenario.model_copy(update={
        "attrition": (),
        "productivity": tuple(p.model_copy(update={"spread": 0}) for p in ws.scenario.productivity),
    })  # fmt: skip
    figures = capacity(sure, ws.calendar, ws.currencies)
    (one,) = band(sure, figures, ("FY28",), draws=50)
    assert one.low == one.middle == one.high
    assert abs(one.middle - figures.new_acv("FY28")) <= len(figures.people) * 12  # cells are rounded


def test_the_mean_of_the_draws_is_the_exact_figure_where_only_chance_takes_people(home: House) -> None:
    ws = home.workspace
    leaving = ws.scenario.model_copy(update={
        "attrition": tuple(a.model_copy(update={"yearly_share": 0.6}) for a in ws.scenario.attrition),
        "productivity": tuple(p.model_copy(update={"spread": 0}) for p in ws.scenario.productivity),
    })  # fmt: skip
    figures = capacity(leaving, ws.calendar, ws.currencies)
    (one,) = band(leaving, figures, ("FY28",))
    assert abs(one.middle / figures.new_acv("FY28") - 1) < 0.02
    # positive control: a plan in which nobody leaves lies elsewhere
    staying = capacity(leaving.model_copy(update={"attrition": ()}), ws.calendar, ws.currencies)
    assert staying.new_acv("FY28") > 1.2 * one.middle
