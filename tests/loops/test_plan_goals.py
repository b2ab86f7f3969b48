"""What a goal takes, and what lies outside a plan."""

from collections.abc import Sequence
from datetime import date
from math import ceil

import pytest

from loops.design import changes as c
from loops.design.capacity import capacity
from loops.design.compare import common_years, compare
from loops.design.goal import Planning, Reach, Way, reach, year_meant
from loops.errors import PlanError
from loops.scenario import Scenario
from tests.loops.changing import PLAN, RATES, TODAY, WEEK, change, changed


def planning(start: Scenario = PLAN) -> Planning:
    return Planning(start, WEEK, RATES, TODAY)


def reached(goal: c.Goal, start: Scenario = PLAN) -> Reach:
    return reach(planning(start), goal)


def faster(ways: Sequence[Way]) -> tuple[float, Way]:
    """The way by productivity alone, and its factor."""
    for way in ways:
        if isinstance(way.change, c.ChangeProductivity):
            return way.change.factor, way
    raise AssertionError("no way by productivity")


# goals


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("times", [101, 10_000, 10**6])
def test_a_goal_far_beyond_the_plan_is_answered_by_ways_that_do_not_get_there(times: int) -> None:
    now = planning().now.new_acv()
    found = reached(c.Goal(value=now * times))
    factor, way = faster(found.ways)
    assert (factor, way.enough, way.reached) == (100, False, 100 * now)
    hired = [(way.change.count, way.enough) for way in found.ways if isinstance(way.change, c.AddPeople)]
    assert hired == ([(442, True)] if times == 101 else [(500, False)])


@pytest.mark.feature("DE9")
def test_the_lowest_factor_is_found_and_one_below_it_does_not_get_there() -> None:
    for wanted in (5_600_000, 7_000_001, 33_333_333):
        factor, way = faster(reached(c.Goal(value=wanted)).ways)
        less = change("productivity", factor=round(factor - 0.0001, 4))
        assert way.enough and planning().figures(less).new_acv() < wanted <= way.reached


@pytest.mark.feature("DE9")
def test_a_goal_of_customers_counts_parts_of_customers_up_to_it() -> None:
    # 48 at 12 a year: at 5.9 a year it is 23.6, of which 23 are whole
    line = PLAN.productivity[0].model_copy(update={"deals_per_year": 5.9})
    slow = PLAN.model_copy(update={"productivity": (line,)})
    found = reached(c.Goal(measure="new_logos", value=30), slow)
    factor, way = faster(found.ways)
    assert (found.has, found.gap) == (23, 7)
    assert (factor, way.enough, way.reached) == (ceil(30 / 23.6 * 10_000) / 10_000, True, 30)
    assert reached(c.Goal(measure="new_logos", factor=1.1), slow).goal == 26


@pytest.mark.feature("DE9")
def test_who_is_hired_is_counted_without_trying_every_number(monkeypatch: pytest.MonkeyPatch) -> None:
    made = list[int]()
    figures = Planning.figures

    def counted(self: Planning, *changes: c.Change) -> object:
        made.append(1)
        return figures(self, *changes)

    monkeypatch.setattr(Planning, "figures", counted)
    for value in (7_000_000, 900_000_000):
        made.clear()
        ways = reached(c.Goal(value=value, role="ae")).ways
        (hired,) = [way.change for way in ways if isinstance(way.change, c.AddPeople)]
        assert hired.count == min(500, ceil((value - planning().now.new_acv()) / (10.5 * 120_000)))
        assert len(made) == 2


@pytest.mark.feature("DE9")
def test_a_plan_in_which_nobody_sells_says_so() -> None:
    with pytest.raises(PlanError, match=r"^nobody sells in the plan"):
        reached(c.Goal(value=10**9), PLAN.model_copy(update={"productivity": ()}))
    with pytest.raises(PlanError, match="mia sell nothing"):
        reached(c.Goal(value=10**9, role="mia"))


# outside the plan


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("year", [2026, 2028, 2127])
def test_a_year_outside_the_plan_is_no_year_of_it(year: int) -> None:
    with pytest.raises(PlanError, match=f"fiscal year {year} lies outside"):
        reached(c.Goal(value=10**9, year=year))
    with pytest.raises(PlanError, match=f"office reaches only over FY27, and fiscal year {year}"):
        changed(change("target", factor=2, year=year))
    assert reached(c.Goal(value=10**9, year=2027)).year == "FY27"


def test_the_year_meant_is_the_plan_s_nearest_to_the_next_quarter() -> None:
    assert year_meant(planning(), None) == "FY27"
    for year in (2020, 2030):
        assert year_meant(planning(PLAN.model_copy(update={"year": year})), None) == f"FY{year % 100}"


OUTSIDE = (
    change("add_people", role="ae", starts_on="2031-03-01"),
    change("remove_people", role="ae", leaves_on="2028-01-01"),
    change("person_leaves", person="ana", leaves_on="2031-03-01"),
    change("person_moves", person="ana", territory="south", on="2031-03-01"),
    change("move_people", role="ae", source="north", territory="south", on="2031-03-01"),
    change("cancel_hires", after="2031-03-01"),
)


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("late", OUTSIDE, ids=lambda one: one.kind)
def test_a_day_after_the_plan_is_refused_in_place_of_changing_nothing(late: c.Change) -> None:
    with pytest.raises(PlanError, match=r"office reaches only to 2027-12-31, and 20.* lies after it"):
        changed(late)


def test_a_change_from_today_on_is_refused_where_the_plan_is_over() -> None:
    over = PLAN.model_copy(update={"year": 2025})
    with pytest.raises(PlanError, match="reaches only to 2025-12-31, and 2026-11-23 lies after it"):
        changed(change("person_leaves", person="ana"), start=over)
    last = change("person_leaves", person="ana", leaves_on=date(2027, 12, 31))
    assert changed(last).scenario.roster[0].left_on == date(2027, 12, 31)


# two plans


def test_plans_without_a_common_year_are_not_compared() -> None:
    later = PLAN.model_copy(update={"name": "later", "year": 2029})
    with pytest.raises(PlanError, match="office and later have no fiscal year in common"):
        compare(PLAN, later, WEEK, RATES)
    far = PLAN.model_copy(update={"name": "far", "year": 2127})
    with pytest.raises(PlanError, match="no fiscal year in common"):
        common_years(PLAN, far, WEEK)
    longer = later.model_copy(update={"year": 2026, "months": 36})
    assert common_years(longer, PLAN, WEEK) == ("FY27",)
    found = compare(longer, PLAN, WEEK, RATES, "FY27")
    assert found.after.new_acv("FY27") == capacity(PLAN, WEEK, RATES).new_acv()
