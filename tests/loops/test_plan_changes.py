"""Changes on a plan: each kind worked out by hand; those that touch different things commute."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations

import pytest

from loops.design.apply import APPLY, apply
from loops.design.capacity import capacity
from loops.design.changes import Change
from loops.errors import PlanError
from loops.plan import (
    Ramp,
)
from tests.loops.changing import (
    NORTH,
    PLAN,
    SOUTH,
    TODAY,
    WEEK,
    by_month,
    change,
    changed,
    figures,
    lands,
    places,
    targets,
)
from tests.loops.planning_oracle import Sheet
from tests.loops.random_plans import plan


@pytest.mark.feature("DE3")
def test_the_plan_itself_is_what_it_was_worked_out_to_be() -> None:
    plan = figures()
    assert lands() == {"north": NORTH, "south": SOUTH}
    assert targets() == {"north": 2_400_000, "south": 1_320_000}
    assert (plan.cost(), plan.quota()) == (51 * 100_000 + 1_800_000, 48 * 100_000)
    assert sum(plan.pipeline["commercial"], Fraction(0)) == 6_000_000
    assert plan.supported() == 1_500_000
    assert plan.payback_months() == Fraction(6_900_000) / (Fraction(5_565_000) * Fraction(8, 10) / 12)


# people


@pytest.mark.feature("DE9")
def test_two_people_more_ramp_from_their_start() -> None:
    more = change("add_people", role="ae", count=2, territory="south", starts_on="2027-10-01")
    # October nothing, November half, December: 1.5 months each
    assert lands(more) == {"north": NORTH, "south": SOUTH + 2 * 165_000}
    assert figures(more).cost() == 6_900_000 + 2 * 300_000


@pytest.mark.feature("DE9")
def test_people_added_without_a_date_start_today() -> None:
    after = changed(change("add_people", role="ae", territory="north"))
    assert [hire.starts_on for hire in after.scenario.hires[2:]] == [TODAY]
    assert lands(change("add_people", role="ae", territory="north"))["north"] == NORTH + 12 * 120_000


@pytest.mark.feature("DE9")
@pytest.mark.parametrize(
    ("count", "leaves_on", "lost"),
    [
        (1, "2027-10-01", 3),  # the planned one
        (2, "2027-10-01", 6),  # and ben, who started last
        (1, "2027-05-01", 4.5),  # the planned one isn't there yet and doesn't come
    ],
)
def test_people_who_are_taken_away_are_planned_ones_first(count: int, leaves_on: str, lost: float) -> None:
    fewer = change("remove_people", role="ae", count=count, territory="north", leaves_on=leaves_on)
    assert lands(fewer) == {"north": NORTH - lost * 120_000, "south": SOUTH}


@pytest.mark.feature("DE9")
def test_somebody_who_leaves_in_the_middle_of_a_month_makes_its_first_part() -> None:
    # 11 of April's 22 working days lie before the 16th: 3.5 months in place of 12
    gone = change("person_leaves", person="ben", leaves_on="2027-04-16")
    assert lands(gone) == {"north": NORTH - 8.5 * 120_000, "south": SOUTH}
    assert figures(gone).quota() == 48 * 100_000 - 850_000


@pytest.mark.feature("DE9")
def test_somebody_who_moves_is_ramped_there() -> None:
    moves = change("person_moves", person="ben", territory="south", on="2027-07-01")
    assert lands(moves) == {"north": NORTH - 6 * 120_000, "south": SOUTH + 6 * 110_000}
    assert figures(moves).cost() == 6_900_000


@pytest.mark.feature("DE9")
def test_people_who_move_are_those_who_started_last() -> None:
    # seat-2 started in July: 1.5 months in the north, the last three in the south, ramped
    move = change("move_people", role="ae", source="north", territory="south", on="2027-10-01")
    assert lands(move) == {"north": NORTH - 3 * 120_000, "south": SOUTH + 3 * 110_000}
    # and with a second one, ben, who came before seat-2 and after ana
    both = change("move_people", role="ae", count=2, source="north", territory="south", on="2027-10-01")
    assert lands(both) == {"north": NORTH - 6 * 120_000, "south": SOUTH + 6 * 110_000}
    assert [rep.left_on for rep in changed(both).scenario.roster if rep.id == "ana"] == [None]


@pytest.mark.feature("DE9")
@pytest.mark.parametrize(
    ("months", "north", "south", "paid"),
    [(2, 24 + 2.5, 12 + 5.5, 47), (-3, 24 + 7.5, 12 + 10.5, 57), (0, 28.5, 19.5, 51)],
)
def test_planned_people_start_later_or_earlier(months: int, north: float, south: float, paid: int) -> None:
    shift = change("shift_hires", by_months=months)
    assert lands(shift) == {"north": north * 120_000, "south": south * 110_000}
    assert figures(shift).cost() == paid * 100_000 + 1_800_000


@pytest.mark.feature("DE9")
def test_planned_people_of_one_territory_start_later() -> None:
    shift = change("shift_hires", by_months=2, territory="south")
    assert lands(shift) == {"north": NORTH, "south": 17.5 * 110_000}


@pytest.mark.feature("DE9")
def test_a_freeze_keeps_those_who_start_before_it() -> None:
    assert lands(change("cancel_hires", after="2027-07-01")) == {"north": 24 * 120_000, "south": SOUTH}
    assert lands(change("cancel_hires")) == {"north": 24 * 120_000, "south": 12 * 110_000}
    assert lands(change("cancel_hires", hire="seat-1")) == {"north": NORTH, "south": 12 * 110_000}


# figures


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("way", [{"factor": 2}, {"by_months": 2}, {"to_months": 4}])
def test_a_ramp_of_twice_the_length_is_the_same_curve_over_twice_the_months(way: dict[str, int]) -> None:
    longer = change("ramp", role="ae", **way)
    assert changed(longer).scenario.ramps == (Ramp(role="ae", shares=(0, 0.25, 0.5, 0.75)),)
    # 1.5 of the first four months
    assert lands(longer) == {"north": (24 + 3.5) * 120_000, "south": (12 + 6.5) * 110_000}


@pytest.mark.feature("DE9")
def test_without_a_ramp_everybody_sells_from_the_first_day() -> None:
    assert lands(change("ramp", to_months=0)) == {"north": 30 * 120_000, "south": 21 * 110_000}


@pytest.mark.feature("DE9")
def test_productivity_changes_in_one_territory_alone() -> None:
    slower = change("productivity", factor=0.5, territory="north")
    assert lands(slower) == {"north": NORTH / 2, "south": SOUTH}
    assert lands(change("productivity", factor=0.5)) == {"north": NORTH / 2, "south": SOUTH / 2}


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("way", [{"to_share": 0.12}, {"by_share": 0.12}])
def test_attrition_takes_a_hundredth_each_month(way: dict[str, float]) -> None:
    months = list(by_month(figures(change("attrition", role="ae", **way))).values())
    # two of the north and one of the south: 120,000 and 110,000, 118,800 and 108,900, 117,612 and 107,811
    assert months[:3] == [350_000, 346_500, 343_035]


@pytest.mark.feature("DE9")
@pytest.mark.feature("DE2")
def test_half_the_events_make_half_their_pipeline() -> None:
    plan = figures(change("investment", channel="events", factor=0.5))
    assert sum(plan.pipeline["commercial"], Fraction(0)) == 600_000 * 4 + 600_000 * 2
    assert (plan.cost(), plan.supported()) == (6_900_000 - 600_000, 900_000)


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("way", [{"to_minor": 3_600_000}, {"by_minor": 1_800_000}])
def test_an_amount_for_several_lines_is_shared_out_in_proportion(way: dict[str, int]) -> None:
    plan = figures(change("investment", segment="commercial", **way))
    assert sum(plan.spending["commercial", "events"]) == 2_400_000
    assert sum(plan.spending["commercial", "paid"]) == 1_200_000
    assert (plan.cost(), plan.supported()) == (8_700_000, 3_000_000)


@pytest.mark.feature("DE9")
def test_dearer_deals_are_as_many() -> None:
    dearer = change("price", segment="commercial", factor=1.1)
    assert lands(dearer) == {"north": 3_762_000, "south": 2_359_500}
    assert figures(dearer).new_logos() == figures().new_logos() == 48


@pytest.mark.feature("DE9")
def test_the_price_of_one_territory_leaves_the_others_alone() -> None:
    assert lands(change("price", territory="north", to_minor=240_000)) == {"north": 2 * NORTH, "south": SOUTH}


@pytest.mark.feature("DE9")
@pytest.mark.feature("DE4")
def test_a_target_changes_for_one_territory_or_for_all_in_proportion() -> None:
    one = targets(change("target", territory="north", factor=1.5))
    assert one == {"north": 3_600_000, "south": 1_320_000}
    every = targets(change("target", to_value=7_440_000))
    assert every == {"north": 4_800_000, "south": 2_640_000}


@pytest.mark.feature("DE9")
def test_a_quota_changes_for_a_role_or_for_one_person() -> None:
    assert figures(change("quota", role="ae", factor=1.1)).quota() == 48 * 110_000
    # 36 ramped months of others at 100,000, twelve of ana at 200,000
    assert figures(change("quota", person="ana", to_minor=2_400_000)).quota() == 3_600_000 + 2_400_000


@pytest.mark.feature("DE9")
@pytest.mark.feature("DE2")
def test_a_part_of_the_pay_changes_alone() -> None:
    dearer = figures(change("compensation", role="ae", part="variable", factor=2))
    assert dearer.cost() == 51 * 150_000 + 1_800_000
    assert figures(change("compensation", part="base", to_minor=0)).cost() == 51 * 50_000 + 1_800_000


@pytest.mark.feature("DE9")
@pytest.mark.parametrize(("way", "times"), [({"factor": 2}, 2), ({"to_value": 2.2}, 2)])
def test_a_stronger_currency_lifts_prices_and_targets_in_it(way: dict[str, float], times: int) -> None:
    stronger = change("exchange_rate", currency="EUR", **way)
    assert lands(stronger) == {"north": NORTH, "south": times * SOUTH}
    assert targets(stronger) == {"north": 2_400_000, "south": times * 1_320_000}


# territories


@pytest.mark.feature("DE9")
@pytest.mark.parametrize(("share", "moved"), [(None, 1_200_000), (0.25, 600_000)])
def test_a_country_takes_its_part_of_the_target_with_it(share: float | None, moved: int) -> None:
    move = change("move_regions", places=["AT"], territory="south", target_share=share)
    assert targets(move) == {"north": 2_400_000 - moved, "south": 1_320_000 + moved}
    assert lands(move) == {"north": NORTH, "south": SOUTH}
    assert places(changed(move))["north"] == ("DE",)
    assert set(places(changed(move))["south"]) == {"FR", "IT", "AT"}


@pytest.mark.feature("DE9")
def test_a_territory_in_two_keeps_its_places_people_and_target() -> None:
    split = change("split_territory", territory="north", parts=2)
    after = changed(split)
    halves = [land for land in after.scenario.territories if land.id != "south"]
    assert sorted(land.countries for land in halves) == [("AT",), ("DE",)]
    assert [value for name, value in targets(split).items() if name != "south"] == [1_200_000, 1_200_000]
    assert sum(lands(split).values()) == NORTH + SOUTH
    people = [p for p in (*after.scenario.roster, *after.scenario.hires) if p.territory]
    spread = sorted(sum(p.territory == land.id for p in people) for land in halves)
    assert spread == [1, 2]


@pytest.mark.feature("DE9")
def test_a_territory_that_goes_up_in_another_sells_at_the_price_there() -> None:
    merge = change("merge_territories", territory="south", into="north")
    assert targets(merge) == {"north": 3_720_000}
    assert lands(merge) == {"north": NORTH + 19.5 * 120_000}
    assert {*places(changed(merge))["north"]} == {"DE", "AT", "FR", "IT"}


# what doesn't fit

MISFITS = (
    change("person_leaves", person="nobody"),
    change("person_moves", person="ben", territory="nowhere"),
    change("remove_people", role="ae", count=400),
    change("add_people", role="ae", territory="nowhere"),
    change("move_people", role="ae", source="nowhere", territory="south"),
    change("cancel_hires", hire="seat-9"),
    change("shift_hires", hire="seat-9", by_months=1),
    change("ramp", role="nobody", factor=2),
    change("exchange_rate", currency="GBP", factor=2),
    change("target", territory="nowhere", factor=2),
    change("merge_territories", territory="nowhere", into="south"),
    change("merge_territories", territory="north", into="north"),
    change("split_territory", territory="nowhere"),
    change("move_regions", places=["JP"], territory="south"),
)


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("misfit", MISFITS, ids=lambda one: one.kind)
def test_a_change_that_does_not_fit_is_refused_in_one_sentence(misfit: Change) -> None:
    with pytest.raises(PlanError) as refused:
        changed(misfit)
    assert "\n" not in str(refused.value)


# several

APART: Sequence[Change] = (
    change("add_people", role="ae", territory="north", starts_on="2027-02-15"),
    change("person_leaves", person="cleo", leaves_on="2027-08-20"),
    change("shift_hires", hire="seat-1", by_months=2),
    change("cancel_hires", hire="seat-2"),
    change("ramp", role="ae", factor=2),
    change("productivity", role="ae", factor=0.9),
    change("attrition", role="ae", to_share=0.2),
    change("investment", channel="events", factor=0.7),
    change("price", segment="commercial", factor=1.1),
    change("target", territory="north", factor=1.2),
    change("quota", role="ae", factor=1.3),
    change("compensation", role="ae", factor=1.05),
    change("exchange_rate", currency="EUR", factor=1.2),
)
"""One of each kind that touches something of its own: any two of them commute."""


@pytest.mark.feature("DE9")
def test_changes_that_touch_different_things_commute() -> None:
    for one, other in combinations(APART, 2):
        assert figures(one, other) == figures(other, one), (one, other)
        assert figures(one, other) not in (figures(one), figures(other)), (one, other)


@pytest.mark.feature("DE9")
def test_changes_of_the_same_thing_go_in_their_order() -> None:
    doubled, fixed = change("price", factor=2), change("price", to_minor=50_000)
    assert figures(doubled, fixed) != figures(fixed, doubled)
    more, later = change("add_people", role="ae", territory="north"), change("shift_hires", by_months=3)
    assert figures(more, later) != figures(later, more)


@pytest.mark.feature("DE9")
def test_every_step_stands_with_its_words_and_the_plan_stays_as_it_is() -> None:
    before = PLAN.model_dump_json()
    after = changed(*APART)
    assert PLAN.model_dump_json() == before
    assert len(after.steps) == len(APART)
    assert all(step.words for step in after.steps)
    assert after.steps[-1].scenario == after.scenario
    assert changed().scenario == PLAN


@pytest.mark.feature("DE9")
def test_every_kind_of_change_is_worked_out_here() -> None:
    kinds = {
        "add_people", "remove_people", "person_leaves", "person_moves", "move_people", "shift_hires",
        "cancel_hires", "ramp", "productivity", "attrition", "investment", "price", "target", "quota",
        "compensation", "exchange_rate", "move_regions", "split_territory", "merge_territories",
    }  # fmt: skip
    assert set(APPLY) == kinds


@pytest.mark.feature("DE9")
def test_a_longer_ramp_raises_no_cell_of_any_plan() -> None:
    lowered = 0
    for seed in range(7000, 7040):
        case = plan(seed)
        if not any(line.shares for line in case.scenario.ramps):
            continue
        after = apply(case.scenario, [change("ramp", by_months=3)], case.calendar, case.currencies, TODAY)
        old, new = (capacity(s, case.calendar, case.currencies) for s in (case.scenario, after.scenario))
        pairs = [pair for a, b in zip(old.people, new.people, strict=True)
                 for pair in zip(a.cells, b.cells, strict=True)]  # fmt: skip
        assert all(longer <= shorter for shorter, longer in pairs), seed
        lowered += any(longer < shorter for shorter, longer in pairs)
    assert lowered > 5


@pytest.mark.feature("DE9")
def test_the_changed_plan_has_the_figures_of_the_sheet() -> None:
    moved = change("person_moves", person="ben", territory="south", on="2027-05-17")
    for one in (*APART, change("split_territory", territory="north"), moved):
        after = changed(one)
        paper = Sheet(after.scenario, WEEK, after.currencies)
        plan = capacity(after.scenario, WEEK, after.currencies)
        rows = {table.person.id: tuple(line.acv for line in table.lines) for table in paper.tables}
        assert {person.id: person.cells for person in plan.people} == rows


def test_who_moves_keeps_their_own_quota_and_can_leave_from_there() -> None:
    move = change("person_moves", person="ben", territory="south", on=date(2027, 7, 1))
    quota = change("quota", person="ben", to_minor=240_000_000)
    for changes in ((quota, move), (move, quota)):
        lines = changed(*changes).scenario.quotas
        assert {q.amount_minor for q in lines if (q.person or "").startswith("ben")} == {240_000_000}
        kept = sum(row.quota[-1] for row in figures(*changes).people if row.id.startswith("ben"))
        assert kept == sum(row.quota[-1] for row in figures(quota).people if row.id == "ben")
    leaves = change("person_leaves", person="ben", leaves_on=date(2027, 10, 1))
    gone = [rep.left_on for rep in changed(move, leaves).scenario.roster if rep.id.startswith("ben")]
    assert gone == [date(2027, 7, 1), date(2027, 10, 1)]


def test_a_planned_person_who_moves_shifts_and_is_cancelled_as_one() -> None:
    move = change("move_people", role="ae", source="north", territory="south", on=date(2027, 10, 1))
    later = changed(move, change("shift_hires", hire="seat-2", by_months=2)).scenario
    held = [(hire.starts_on, hire.left_on) for hire in later.hires if hire.id.startswith("seat-2")]
    assert held == [(date(2027, 9, 1), date(2027, 10, 1)), (date(2027, 10, 1), None)]
    gone = changed(move, change("cancel_hires", hire="seat-2")).scenario
    assert not [hire for hire in gone.hires if hire.id.startswith("seat-2")]


def test_nobody_moves_before_they_start() -> None:
    soon = changed(change("move_people", role="ae", source="north", territory="south", on=date(2027, 6, 1)))
    assert not any(hire.id.startswith("seat-2-") for hire in soon.scenario.hires)
