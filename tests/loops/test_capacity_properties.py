"""Capacity by its properties, and by hand."""

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

import pytest

from loops.calendar import Calendar
from loops.design.capacity import capacity
from loops.design.figures import Capacity
from loops.plan import (
    Attrition,
    Currencies,
    Hire,
    Investment,
    Price,
    Productivity,
    Quota,
    Ramp,
    Rate,
    Target,
)
from loops.scenario import Rep, Scenario, Territory
from tests.loops.changing import by_month
from tests.loops.random_plans import Case, first_day, plan
from tests.loops.test_capacity import made, sheet


def plans(count: int, start: int = 5000) -> Iterator[Case]:
    return (plan(seed) for seed in range(start, start + count))


def table(plan: Capacity) -> dict[str, tuple[int, ...]]:
    """Person → new ACV, month by month."""
    return {person.id: person.cells for person in plan.people}


def one_more(case: Case, at: int) -> Rep:
    """A person like one there is, from a day within the plan."""
    like = case.scenario.roster[at % len(case.scenario.roster)]
    starts = first_day(case.calendar, 2027) + timedelta(days=17 * at % 300)
    return like.model_copy(update={"id": "new", "starts_on": starts, "seat": None, "left_on": None})


@pytest.mark.feature("DE3")
def test_one_more_person_lowers_nothing_and_changes_nobody() -> None:
    raised = 0
    for n, case in enumerate(plans(60)):
        before, after = made(case), made(case.but(roster=(*case.scenario.roster, one_more(case, n))))
        assert table(before).items() <= table(after).items()
        for old, new in (
            (by_month(before), by_month(after)), (before.by_quarter(), after.by_quarter()),
            (before.by_year(), after.by_year()), (before.by_territory(), after.by_territory()),
            (before.by_role(), after.by_role()),
        ):  # fmt: skip
            assert all(new[name] >= value for name, value in old.items())
        assert after.cost() >= before.cost()
        raised += after.new_acv() > before.new_acv()
    assert raised > 20


@pytest.mark.feature("DE3")
@pytest.mark.parametrize("shares", [(), (1.0,), (1.0, 1.0, 1.0)])
def test_a_ramp_that_takes_nothing_away_is_no_ramp(shares: tuple[float, ...]) -> None:
    ramped = 0
    for case in plans(40):
        without = made(case.but(ramps=()))
        flat = tuple(Ramp(role=line.role, shares=shares) for line in case.scenario.ramps)
        assert made(case.but(ramps=flat)) == without
        ramped += made(case).new_acv() < without.new_acv()
    assert ramped > 5


@pytest.mark.feature("DE3")
def test_a_longer_ramp_raises_no_cell() -> None:
    lowered = 0
    for case in plans(60):
        longer = tuple(r.model_copy(update={"shares": (0.0, *r.shares)}) for r in case.scenario.ramps)
        before, after = table(made(case)), table(made(case.but(ramps=longer)))
        assert all(new <= old for id in before for old, new in zip(before[id], after[id], strict=True))
        lowered += before != after
    assert lowered > 10


@pytest.mark.feature("DE3")
def test_without_attrition_everybody_stays() -> None:
    lost = 0
    for case in plans(60):
        none = made(case.but(attrition=()))
        zero = tuple(Attrition(role=line.role, yearly_share=0) for line in case.scenario.attrition)
        assert made(case.but(attrition=zero)) == none
        assert all(set(person.staying) == {1} for person in none.people)
        lost += made(case).new_acv() < none.new_acv()
    assert lost > 10


@pytest.mark.feature("DE3")
def test_whoever_leaves_on_a_day_was_never_there_after_it() -> None:
    cut = 0
    for n, case in enumerate(plans(60)):
        roster = case.scenario.roster
        stays = roster[0].model_copy(update={"left_on": None, "seat": None})
        day = first_day(case.calendar, 2027) + timedelta(days=23 * n % 330)
        leaves = stays.model_copy(update={"left_on": day})
        with_them, until = (made(case.but(roster=(one, *roster[1:]))) for one in (stays, leaves))
        without = made(case.but(roster=roster[1:]))
        assert table(until).items() >= table(without).items()
        for at, month in enumerate(until.months):
            one, full = until.people[0], with_them.people[0]
            figures = one.cells[at], one.quota[at], one.cost[at]
            if month.start >= day:
                assert figures == (0, 0, 0)
                assert until.new_acv(month.label) == without.new_acv(month.label)
            if month.end <= day:
                assert figures == (full.cells[at], full.quota[at], full.cost[at])
        cut += until.new_acv() < with_them.new_acv()
    assert cut > 10


@pytest.mark.feature("DE3")
def test_whoever_leaves_on_the_day_they_start_makes_nothing() -> None:
    for n, case in enumerate(plans(30)):
        new = one_more(case, n)
        gone = new.model_copy(update={"left_on": new.starts_on})
        row = made(case.but(roster=(gone,), hires=())).people[0]
        assert {*row.cells, *row.quota, *row.cost} == {0}


@pytest.mark.feature("DE3")
def test_totals_add_up_to_the_cent() -> None:
    for case in plans(60):
        plan, scenario = made(case), case.scenario
        whole = sum(sum(person.cells) for person in plan.people)
        for part in (by_month(plan), plan.by_quarter(), plan.by_year(), plan.by_territory(), plan.by_role()):
            assert sum(part.values()) == whole == plan.new_acv()
        assert sum(plan.quota(label) for label in dict.fromkeys(plan.quarters)) == plan.quota()
        assert sum(plan.cost(label) for label in by_month(plan)) == plan.cost()
        if scenario.months >= 12:
            year = plan.years[0]
            own = sheet(case)
            spent = [own.rounded(own.money(i.amount_minor, i.currency)) for i in scenario.investment]
            assert sum(sum(row[:12]) for row in plan.spending.values()) == sum(spent)
            assert plan.target(year) == sum(plan.target(year, land.id) for land in scenario.territories)


@pytest.mark.feature("DE3")
def test_a_full_year_of_quota_is_the_quota_to_the_cent() -> None:
    weights = (0.9, 0.85, 1.1, 0.95, 0.9, 1.2, 0.85, 0.8, 1.15, 1.0, 0.95, 1.35)
    for seed, yearly in enumerate((700_000_00, 1, 7, 11, 333_333_33)):
        case = next(case for case in plans(60) if case.scenario.months == 24)
        rep = case.scenario.roster[0].model_copy(
            update={"id": f"rep-{seed}", "starts_on": None, "since": None, "left_on": None, "seat": None}
        )
        quota = Quota(person=rep.id, amount_minor=yearly)
        plan = made(case.but(roster=(rep,), hires=(), quotas=(quota,), seasonality=weights))
        assert [plan.quota(year) for year in dict.fromkeys(plan.years)] == [yearly, yearly]


def named_in(case: Case, currency: str | None) -> Case:
    """The plan with every amount in that currency."""
    s, said = case.scenario, {"currency": currency}
    lands = tuple(
        land.model_copy(update={"targets": tuple(t.model_copy(update=said) for t in land.targets)})
        for land in s.territories
    )
    lines = {name: tuple(line.model_copy(update=said) for line in found) for name, found in {
        "prices": s.prices, "quotas": s.quotas, "compensation": s.compensation, "investment": s.investment,
    }.items()}  # fmt: skip
    return case.but(territories=lands, **lines)


@pytest.mark.feature("DE3")
def test_an_amount_in_the_currency_of_the_plan_is_not_converted() -> None:
    for case in plans(30):
        assert made(named_in(case, None)) == made(named_in(case, case.scenario.currency))


@pytest.mark.feature("DE3")
def test_a_currency_of_the_same_worth_changes_nothing_and_one_of_another_does() -> None:
    changed = 0
    for case in plans(30):
        day = first_day(case.calendar, 2027)
        alike, other = (
            Currencies(base="USD", rates=(Rate(currency="EUR", on=day, value=value),)) for value in (1, 1.1)
        )
        dollars = case.but(currency="USD")
        plain = made(named_in(Case(dollars.scenario, case.calendar, alike), None))
        euros = named_in(dollars, "EUR").scenario
        assert made(Case(euros, case.calendar, alike)) == plain
        changed += made(Case(euros, case.calendar, other)) != plain
    assert changed == 30


# a small plan, worked out by hand

EVERY_DAY = Calendar(weekdays=(0, 1, 2, 3, 4))
HAND = Scenario(
    name="by-hand",
    year=2027,
    months=12,
    territories=(Territory(id="north", name="North", targets=(Target(value=1_200_001),)),),
    prices=(Price(segment="commercial", amount_minor=120_000),),
    productivity=(Productivity(role="ae", segment="commercial", deals_per_year=12),),
)


def rep(id: str, **parts: object) -> Rep:
    words = {"id": id, "name": id, "email": f"{id}@lumenpath.example", "role": "ae"}
    return Rep.model_validate({"territory": "north", "segment": "commercial", **words, **parts})


def by_hand(**parts: object) -> Capacity:
    return capacity(HAND.model_copy(update=parts), EVERY_DAY, Currencies())


@pytest.mark.feature("DE3")
def test_a_start_in_the_middle_of_a_month_counts_its_working_days() -> None:
    # April 2027 has 22 working days, 11 of them from the 16th on
    row = by_hand(roster=(rep("ana", starts_on=date(2027, 4, 16)),)).people[0]
    assert row.cells == (0, 0, 0, 60_000, *[120_000] * 8)


@pytest.mark.feature("DE3")
def test_half_a_minor_unit_goes_to_the_even_one() -> None:
    cents = (Price(segment="commercial", amount_minor=1),)
    halves = (Productivity(role="ae", segment="commercial", deals_per_year=6),)
    ones = (Productivity(role="ae", segment="commercial", deals_per_year=18),)
    assert by_hand(roster=(rep("ana"),), prices=cents, productivity=halves).new_acv() == 0
    assert by_hand(roster=(rep("ana"),), prices=cents, productivity=ones).new_acv() == 24


@pytest.mark.feature("DE3")
def test_the_months_of_a_target_add_up_to_the_year() -> None:
    plan = by_hand(roster=(rep("ana"),))
    assert plan.targets["north"] == (*[100_000] * 6, 100_001, *[100_000] * 5)
    assert plan.target() == 1_200_001


@pytest.mark.feature("DE3")
def test_a_seat_that_somebody_took_counts_once() -> None:
    seat = Hire(id="seat", role="ae", starts_on=date(2027, 1, 1), territory="north", segment="commercial")
    open_seat = by_hand(hires=(seat,))
    taken = by_hand(hires=(seat,), roster=(rep("ana", seat="seat", starts_on=date(2027, 1, 1)),))
    assert open_seat.new_acv() == taken.new_acv() == 1_440_000
    assert [person.id for person in taken.people] == ["ana"]


@pytest.mark.feature("DE3")
def test_attrition_counts_from_the_month_of_the_start_though_its_last_days_are_no_working_days() -> None:
    # 30 January 2027 is a Saturday
    losses = (Attrition(role="ae", yearly_share=0.12),)
    friday, saturday = (
        by_hand(roster=(rep("ana", starts_on=date(2027, 1, day)),), attrition=losses).people[0].cells
        for day in (29, 30)
    )
    assert friday[1:] == saturday[1:]
    assert saturday[:3] == (0, 118_800, 117_612)


@pytest.mark.feature("DE3")
def test_staying_counts_from_the_day_of_the_roster() -> None:
    losses = (Attrition(role="ae", yearly_share=0.12),)
    row = by_hand(roster=(rep("ana"),), attrition=losses, as_of=date(2027, 3, 31)).people[0]
    assert row.cells[:5] == (120_000, 120_000, 120_000, 118_800, 117_612)


@pytest.mark.feature("DE3")
def test_who_held_another_seat_before_is_ramped_from_the_day_they_joined() -> None:
    ramp = (Ramp(role="ae", shares=(0, 0.25, 0.5)),)
    new = rep("ana", starts_on=date(2027, 4, 1))
    moved = new.model_copy(update={"since": date(2027, 2, 10)})
    assert by_hand(roster=(new,), ramps=ramp).people[0].cells[3:7] == (0, 30_000, 60_000, 120_000)
    assert by_hand(roster=(moved,), ramps=ramp).people[0].cells[3:7] == (60_000, 120_000, 120_000, 120_000)


@pytest.mark.feature("DE3")
def test_pipeline_is_made_of_the_investment_rounded_to_a_minor_unit() -> None:
    # 3 cents of a euro at 1.1 are 3.3 cents: 3 are invested, and a thousandfold of them is made
    rates = Currencies(rates=(Rate(currency="EUR", on=date(2027, 1, 1), value=1.1),))
    line = Investment(segment="commercial", channel="events", amount_minor=3, currency="EUR",
                      pipeline_per_unit=1000)  # fmt: skip
    plan = capacity(HAND.model_copy(update={"investment": (line,)}), EVERY_DAY, rates)
    assert sum(plan.pipeline["commercial"], Fraction(0)) == 3000
    assert sum(plan.spending["commercial", "events"]) == 3
