"""Capacity: the new ACV that a plan's people can close, month by month, exact to the minor unit.

The formula and its terms stand in docs/planning.md: yearly × season × ramp × present × staying, each cell a
fraction that is rounded once, halves to the even one; every total is a sum of cells.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

from loops.calendar import (
    Calendar,
    Period,
    fiscal_months,
    fiscal_quarter_of,
    fiscal_year_of,
    months_between,
    working_days,
)
from loops.calendar import fiscal_year as period_of_year
from loops.design.figures import Capacity, PersonRow, Shares
from loops.errors import PlanError
from loops.money import convert, exact, rates_on, spread
from loops.plan import Currencies, Hire, Measure, Price, Productivity, Target
from loops.scenario import MONTHS_A_YEAR, Rep, Scenario, Territory, open_hires

Line = TypeVar("Line", Price, Productivity)
EVEN = (Fraction(1, MONTHS_A_YEAR),) * MONTHS_A_YEAR


def capacity(scenario: Scenario, calendar: Calendar, currencies: Currencies) -> Capacity:
    """The plan's figures.

    Raises:
        PlanError: the scenario has no year, or a rate isn't known.
    """
    if scenario.year is None:
        raise PlanError(
            f"scenario {scenario.name} has no year: add `year:` to its file to make figures from it"
        )
    return _Sheet(scenario, scenario.year, calendar, currencies).filled()


@dataclass(frozen=True)
class _Sheet:
    """A scenario with what its figures are looked up in."""

    scenario: Scenario
    year: int
    calendar: Calendar
    currencies: Currencies

    @cached_property
    def months(self) -> tuple[Period, ...]:
        return fiscal_months(self.calendar, self.year, self.scenario.months)

    @cached_property
    def rates(self) -> dict[str, Fraction]:
        return rates_on(self.currencies, self.months[0].start)

    @cached_property
    def season(self) -> Shares:
        """The part of a year's amount that falls into each month."""
        weights = [exact(weight) for weight in self.scenario.seasonality] or [Fraction(1)] * MONTHS_A_YEAR
        return tuple(weights[at % MONTHS_A_YEAR] / sum(weights) for at in range(len(self.months)))

    @cached_property
    def years(self) -> tuple[int, ...]:
        return tuple(fiscal_year_of(self.calendar, month.start) for month in self.months)

    def money(self, amount: int, currency: str | None) -> Fraction:
        plan = self.scenario.currency
        return convert(amount, currency or plan, plan, self.rates)

    def filled(self) -> Capacity:
        plan = self.scenario
        return Capacity(
            currency=plan.currency,
            months=self.months,
            quarters=tuple(fiscal_quarter_of(self.calendar, month.start).label for month in self.months),
            years=tuple(period_of_year(self.calendar, year).label for year in self.years),
            people=tuple(map(self.row, (*plan.roster, *open_hires(plan)))),
            targets=self.targets("new_acv"),
            logo_targets=self.targets("new_logos"),
            spending=self.spending(),
            pipeline=self.pipeline(),
            win_rates={s.id: exact(s.win_rate) for s in plan.segments if s.win_rate is not None},
            margin=exact(plan.gross_margin),
            parts=_parts(plan.territories),
        )

    # --- people -----------------------------------------------------------------------------------
    def row(self, person: Rep | Hire) -> PersonRow:
        deals, yearly = self.yearly(person)
        ramp = next((r.shares for r in self.scenario.ramps if r.role == person.role), ())
        leaving = next((a.yearly_share for a in self.scenario.attrition if a.role == person.role), 0)
        since = person.since or person.starts_on
        present = tuple(_present(self.calendar, month, person) for month in self.months)
        ramped = tuple(_ramped(self.months, since, tuple(map(exact, ramp))))
        known = max(filter(None, (since, self.scenario.as_of)), default=None)
        staying = tuple(_staying(self.months, known, exact(leaving)))
        worked = tuple(s * r * p for s, r, p in zip(self.season, ramped, present, strict=True))
        gross = tuple(yearly * part for part in worked)
        stays = tuple(zip(gross, staying, strict=True))
        asked, cost = self.quota(person), self.yearly_cost(person.role) / MONTHS_A_YEAR
        return PersonRow(
            id=person.id,
            role=person.role,
            territory=person.territory,
            segment=person.segment,
            planned=isinstance(person, Hire),
            gross=gross,
            staying=staying,
            cells=tuple(round(acv * stay) for acv, stay in stays),
            deals=tuple(deals * part * stay for part, stay in zip(worked, staying, strict=True)),
            quota=self.by_years(lambda _: asked, worked),
            cost=tuple(round(cost * p * stay) for p, stay in zip(present, staying, strict=True)),
            present=present,
        )

    def yearly(self, person: Rep | Hire) -> tuple[Fraction, Fraction]:
        """Deals a year, and their ACV in minor units."""
        made = closest(
            [p for p in self.scenario.productivity if p.role == person.role and p.segment == person.segment],
            person.territory,
        )
        price = closest([p for p in self.scenario.prices if p.segment == person.segment], person.territory)
        deals = exact(made.deals_per_year) if made else Fraction(0)
        return deals, deals * self.money(price.amount_minor, price.currency) if price else Fraction(0)

    def quota(self, person: Rep | Hire) -> int:
        quotas = self.scenario.quotas
        own = next((q for q in quotas if q.person == person.id), None)
        found = own or next((q for q in quotas if q.role == person.role), None)
        return round(self.money(found.amount_minor, found.currency)) if found else 0

    def yearly_cost(self, role: str) -> Fraction:
        found = next((c for c in self.scenario.compensation if c.role == role), None)
        if found is None:
            return Fraction(0)
        paid = self.money(found.base_minor + found.variable_minor, found.currency)
        return paid * (1 + exact(found.overhead_share))

    # --- targets and spending -----------------------------------------------------------------------
    def targets(self, measure: Measure) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for land in self.scenario.territories:
            if any(target.measure == measure for target in land.targets):
                found[land.id] = self.by_years(
                    lambda year, land=land: self.target(land.targets, measure, year), self.season
                )
        return found

    def target(self, targets: Sequence[Target], measure: Measure, year: int) -> int:
        fitting = [t for t in targets if t.measure == measure and t.year in {None, year}]
        held = next((t for t in fitting if t.year == year), next(iter(fitting), None))
        if held is None:
            return 0
        return held.value if measure == "new_logos" else round(self.money(held.value, held.currency))

    def by_years(self, amount: Callable[[int], int], parts: Shares) -> tuple[int, ...]:
        """A yearly amount over the months by their parts of it; months add up to the rounded sum of parts."""
        found: list[int] = []
        for year in dict.fromkeys(self.years):
            of_year = (part for part, of in zip(parts, self.years, strict=True) if of == year)
            found += spread(amount(year), tuple(of_year))
        return tuple(found)

    def spending(self) -> dict[tuple[str, str], tuple[int, ...]]:
        found: dict[tuple[str, str], tuple[int, ...]] = {}
        for line in self.scenario.investment:
            months = spread(round(self.money(line.amount_minor, line.currency)), EVEN)
            spent = tuple(months[at % MONTHS_A_YEAR] for at in range(len(self.months)))
            key = (line.segment, line.channel)
            before = found.get(key, (0,) * len(spent))
            found[key] = tuple(one + other for one, other in zip(before, spent, strict=True))
        return found

    def pipeline(self) -> dict[str, Shares]:
        found: dict[str, Fraction] = {}
        for line in self.scenario.investment:
            yearly = round(self.money(line.amount_minor, line.currency)) * exact(line.pipeline_per_unit)
            found[line.segment] = found.get(line.segment, Fraction(0)) + yearly / MONTHS_A_YEAR
        return {segment: (monthly,) * len(self.months) for segment, monthly in found.items()}


def _parts(lands: Sequence[Territory]) -> dict[str, tuple[str, ...]]:
    """Territory → itself and every one that lies in it, in the plan's order."""
    parents = {land.id: land.parent for land in lands}
    found: dict[str, list[str]] = {land.id: [] for land in lands}
    for land in lands:
        seen, at = set[str](), land.id
        while at in found and at not in seen:
            seen.add(at)
            found[at].append(land.id)
            at = parents[at] or ""
    return {name: tuple(inside) for name, inside in found.items()}


def closest(lines: Sequence[Line], territory: str | None) -> Line | None:
    """The line of the territory, else the one without."""
    own = (line for line in lines if line.territory is not None and line.territory == territory)
    return next(own, next((line for line in lines if line.territory is None), None))


def _staying(months: Sequence[Period], known: date | None, leaving: Fraction) -> Iterator[Fraction]:
    """The chance of still being there in each month; none leaves by chance up to the month of `known`.

    Args:
        months: of the plan.
        known: the last day on which they are known to be there; None: the plan's first.
        leaving: the role's attrition in a year.
    """
    first = next((at for at, month in enumerate(months) if known is None or known < month.end), len(months))
    for at in range(len(months)):
        yield (1 - leaving / MONTHS_A_YEAR) ** max(0, at - first)


def _present(calendar: Calendar, month: Period, person: Rep | Hire) -> Fraction:
    """The part of the month's working days on which the person is employed."""
    begin = max(month.start, person.starts_on or month.start)
    end = min(month.end, person.left_on or month.end)
    if begin >= end:
        return Fraction(0)
    if (begin, end) == (month.start, month.end):
        return Fraction(1)
    whole = working_days(calendar, month.start, month.end)
    if not whole:
        return Fraction((end - begin).days, (month.end - month.start).days)
    return Fraction(working_days(calendar, begin, end), whole)


def _ramped(months: Sequence[Period], starts: date | None, ramp: Shares) -> Iterator[Fraction]:
    for month in months:
        tenure = months_between(starts, month.start) if starts else len(ramp)
        yield ramp[tenure] if 0 <= tenure < len(ramp) else Fraction(tenure >= 0)
