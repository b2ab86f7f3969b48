"""A small plan worked out by hand, and what changes make of it."""

from datetime import date

from pydantic import TypeAdapter

from loops.calendar import Calendar
from loops.design.apply import Applied, apply
from loops.design.capacity import capacity
from loops.design.changes import Change
from loops.design.figures import Capacity
from loops.plan import (
    Attrition,
    Compensation,
    Currencies,
    Hire,
    Investment,
    Price,
    Productivity,
    Quota,
    Ramp,
    Rate,
    Segment,
    Target,
)
from loops.scenario import Rep, Scenario, Territory

TODAY = date(2026, 11, 23)
WEEK = Calendar()
RATES = Currencies(rates=(Rate(currency="EUR", on=date(2026, 1, 1), value=1.1),))


def _rep(id: str, land: str | None, starts: date, role: str = "ae") -> Rep:
    return Rep(id=id, name=id.title(), email=f"{id}@lumenpath.example", role=role, starts_on=starts,
               territory=land, segment="commercial" if land else None)  # fmt: skip


def _seat(id: str, land: str, starts: date) -> Hire:
    return Hire(id=id, role="ae", starts_on=starts, territory=land, segment="commercial")


PLAN = Scenario(
    name="office",
    year=2027,
    months=12,
    gross_margin=0.8,
    territories=(
        Territory(id="north", name="North", countries=("DE", "AT"), targets=(Target(value=2_400_000),)),
        Territory(
            id="south", name="South", countries=("FR", "IT"),
            targets=(Target(value=1_200_000, currency="EUR"),),
        ),
    ),
    roster=(
        _rep("ana", "north", date(2025, 1, 1)),
        _rep("ben", "north", date(2025, 6, 1)),
        _rep("cleo", "south", date(2026, 3, 1)),
        _rep("mia", None, date(2024, 1, 1), role="manager"),
    ),
    hires=(_seat("seat-1", "south", date(2027, 4, 1)), _seat("seat-2", "north", date(2027, 7, 1))),
    segments=(Segment(id="commercial", name="Commercial", win_rate=0.25),),
    investment=(
        Investment(segment="commercial", channel="events", amount_minor=1_200_000, pipeline_per_unit=4),
        Investment(segment="commercial", channel="paid", amount_minor=600_000, pipeline_per_unit=2),
    ),
    prices=(
        Price(segment="commercial", amount_minor=120_000),
        Price(segment="commercial", territory="south", amount_minor=100_000, currency="EUR"),
    ),
    productivity=(Productivity(role="ae", segment="commercial", deals_per_year=12),),
    ramps=(Ramp(role="ae", shares=(0, 0.5)),),
    attrition=(Attrition(role="ae", yearly_share=0),),
    quotas=(Quota(role="ae", amount_minor=1_200_000),),
    compensation=(Compensation(role="ae", base_minor=600_000, variable_minor=600_000),),
)  # fmt: skip
"""A ramped month is 120,000 in the north and 110,000 in the south.

North: two for 12 months and seat-2 for 4.5 (July nothing, August half, then 4). South: one for 12 months and
seat-1 for 7.5 (April nothing, May half, then 7). Cost: 51 months of 100,000 and 1,800,000 of investment.
"""
NORTH, SOUTH = 28.5 * 120_000, 19.5 * 110_000

CHANGE: TypeAdapter[Change] = TypeAdapter(Change)


def change(kind: str, **parts: object) -> Change:
    return CHANGE.validate_python({"kind": kind, **parts})


def changed(*changes: Change, start: Scenario = PLAN) -> Applied:
    return apply(start, changes, WEEK, RATES, TODAY)


def figures(*changes: Change) -> Capacity:
    after = changed(*changes)
    return capacity(after.scenario, WEEK, after.currencies)


def lands(*changes: Change) -> dict[str, int]:
    return {name: value for name, value in figures(*changes).by_territory().items() if name}


def targets(*changes: Change) -> dict[str, int]:
    return {name: sum(months) for name, months in figures(*changes).targets.items()}


def places(after: Applied) -> dict[str, tuple[str, ...]]:
    return {land.id: land.countries for land in after.scenario.territories}


def by_month(plan: Capacity) -> dict[str, int]:
    """Month → new ACV."""
    return {month.label: plan.new_acv(month.label) for month in plan.months}
