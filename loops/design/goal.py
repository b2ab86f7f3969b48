"""What it takes to reach a goal: people, productivity, no attrition; and where a plan falls short first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import ceil

from loops.calendar import Calendar, Period, fiscal_quarter_of, fiscal_year, fiscal_year_of
from loops.design import changes as c
from loops.design.apply import apply, within_plan
from loops.design.capacity import capacity
from loops.design.figures import Capacity, PersonRow
from loops.errors import PlanError
from loops.money import exact
from loops.plan import Currencies
from loops.scenario import Scenario, plan_years

Lever = c.AddPeople | c.ChangeProductivity | c.ChangeAttrition | c.ChangeRamp
MOST = 500
"""People that are tried at most."""
STEPS = 10_000
"""Of a factor of productivity, in one."""


@dataclass(frozen=True)
class Way:
    """One way to the goal, by itself."""

    change: Lever
    reached: int
    # new ACV (minor units) or customers with it
    enough: bool
    # whether it gets there; a way that can't is shown with what it brings
    cost: int
    # more cost of sales in the goal's year, minor units


@dataclass(frozen=True)
class Reach:
    """A goal, how far the plan is from it, and the ways there."""

    year: str
    goal: int
    has: int
    ways: tuple[Way, ...]
    # by people of each role that sells, then by productivity, attrition, ramp; empty where it is reached

    @property
    def gap(self) -> int:
        """What is missing; 0 or below where the plan reaches it."""
        return self.goal - self.has


@dataclass(frozen=True)
class Short:
    """When a territory falls short first."""

    territory: str
    month: Period | None
    # None: it never does
    capacity: int
    target: int
    # both in minor units, from the fiscal year's start to the end of that month; of the last year where never


@dataclass(frozen=True)
class Planning:
    """A plan with what its figures are made with."""

    scenario: Scenario
    calendar: Calendar
    currencies: Currencies
    today: date

    @cached_property
    def now(self) -> Capacity:
        """The plan's figures as it stands."""
        return capacity(self.scenario, self.calendar, self.currencies)

    def figures(self, *changes: c.Change) -> Capacity:
        """The plan's figures after changes."""
        made = apply(self.scenario, changes, self.calendar, self.currencies, self.today)
        return capacity(made.scenario, self.calendar, made.currencies)


def year_meant(plan: Planning, year: int | None) -> str:
    """The label of the fiscal year; without one, of that of the next quarter, or the plan's nearest to it.

    Raises:
        PlanError: the plan doesn't reach there.
    """
    return fiscal_year(plan.calendar, _number(plan, year)).label


def _number(plan: Planning, year: int | None) -> int:
    _ = plan.now  # a plan without a year says so
    reached = plan_years(plan.scenario)
    if year is not None:
        within_plan(plan.scenario, plan.calendar, year)
        return year
    coming = fiscal_year_of(plan.calendar, fiscal_quarter_of(plan.calendar, plan.today).end)
    return min(max(coming, reached[0]), reached[-1])


def reach(plan: Planning, goal: c.Goal) -> Reach:
    """How far it is to the goal, and what it takes.

    People are added from the next fiscal quarter's first day, or the goal's year's, whichever is later.

    Raises:
        PlanError: the goal doesn't fit the plan.
    """
    wish = _Wish(plan, goal, fiscal_year(plan.calendar, _number(plan, goal.year)))
    ways = tuple(_ways(wish)) if wish.wanted > wish.has else ()
    return Reach(wish.year.label, wish.wanted, wish.has, ways)


@dataclass(frozen=True)
class _Wish:
    """A goal with the plan it is held to."""

    plan: Planning
    goal: c.Goal
    year: Period

    @cached_property
    def now(self) -> Fraction:
        return self.made(self.plan.now)

    @property
    def has(self) -> int:
        return int(self.now)

    def made(self, figures: Capacity) -> Fraction:
        """What counts towards the goal, not rounded: a part of a customer is none."""

        def kept(row: PersonRow) -> bool:
            return self.goal.territory in {None, row.territory}

        if self.goal.measure == "new_acv":
            return Fraction(figures.new_acv(self.year.label, kept))
        at = figures.within(self.year.label)
        return sum((row.deals[n] for row in figures.people if kept(row) for n in at), Fraction(0))

    def after(self, change: Lever) -> Fraction:
        return self.made(self.plan.figures(change))

    @cached_property
    def wanted(self) -> int:
        goal, figures = self.goal, self.plan.now
        if goal.value is not None:
            return goal.value
        if goal.factor is not None:
            return round(self.now * exact(goal.factor))
        held = figures.targets if goal.measure == "new_acv" else figures.logo_targets
        at = figures.within(self.year.label)
        rows = [row for name, row in held.items() if goal.territory in {None, name}]
        if not rows:
            raise PlanError("the plan has no target of that kind: say what is to be reached")
        return sum(row[n] for row in rows for n in at)


def _ways(wish: _Wish) -> Iterator[Way]:
    plan, goal = wish.plan, wish.goal
    starts = max(wish.year.start, fiscal_quarter_of(plan.calendar, plan.today).end)
    for role, segment in _sellers(plan.scenario, goal.role):
        if starts < wish.year.end:
            one = c.AddPeople(role=role, segment=segment, territory=goal.territory, starts_on=starts)
            yield _way(wish, one.model_copy(update={"count": _fewest(wish, one)}))
    if goal.role is None:
        if wish.now:
            yield _way(wish, _faster(wish))
        if plan.scenario.attrition:
            yield _way(wish, c.ChangeAttrition(to_share=0))
        if any(ramp.shares for ramp in plan.scenario.ramps):
            yield _way(wish, c.ChangeRamp(to_months=0))


def _faster(wish: _Wish) -> c.ChangeProductivity:
    """The lowest factor, in ten-thousandths, that gets there; the highest there is where none does.

    Rounded cells may leave the exact factor a little short: it is then raised, each time by twice as much.
    """
    needed, more = ceil(wish.wanted / wish.now * STEPS), 0
    while True:
        factor = min(Fraction(needed + more, STEPS), Fraction(c.MOST_TIMES))
        change = c.ChangeProductivity(factor=float(factor), territory=wish.goal.territory)
        if factor == c.MOST_TIMES or wish.after(change) >= wish.wanted:
            return change
        more = 2 * more or 1


def _sellers(scenario: Scenario, role: str | None) -> list[tuple[str, str]]:
    """Roles that sell, each with its segment."""
    found = [(line.role, line.segment) for line in scenario.productivity if role in {None, line.role}]
    if not found and role is None:
        raise PlanError("nobody sells in the plan: it says of no role how many deals they close a year")
    if not found:
        raise PlanError(f"{role} sell nothing in the plan: name a role that does")
    return list(dict.fromkeys(found))


def _fewest(wish: _Wish, one: c.AddPeople) -> int:
    """The fewest people of that kind who get there; as many as are tried where they never do.

    Each of them makes as much as the first, to the minor unit.
    """
    each = wish.after(one) - wish.now
    return min(MOST, ceil((wish.wanted - wish.now) / each)) if each > 0 else 1


def _way(wish: _Wish, change: Lever) -> Way:
    after, label = wish.plan.figures(change), wish.year.label
    reached = int(wish.made(after))
    return Way(change, reached, reached >= wish.wanted, after.cost(label) - wish.plan.now.cost(label))


# --- falling short -----------------------------------------------------------------------------------
def falls_short(figures: Capacity, floor: float, since: date) -> tuple[Short, ...]:
    """Each territory with a target in it: the first month, from `since` on, in which it falls short.

    Capacity so far in the fiscal year is below the target so far times the floor. Those that fall short
    first come first, at the same month the one that lacks the larger part; those that never do come last.
    """
    found = [_first(figures, name, exact(floor), since) for name in figures.aimed]
    return tuple(sorted(found, key=_order))


def _order(one: Short) -> tuple[bool, date, Fraction]:
    part = Fraction(one.capacity, one.target) if one.target else Fraction(1)
    return one.month is None, one.month.start if one.month else date.max, part


def _first(figures: Capacity, name: str, floor: Fraction, since: date) -> Short:
    lands, months = figures.lands(name), range(len(figures.months))
    made = [sum(p.cells[at] for p in figures.people if p.territory in lands) for at in months]
    aimed = [sum(row[at] for land, row in figures.targets.items() if land in lands) for at in months]
    sums, aims, year = 0, 0, ""
    for at, month in enumerate(figures.months):
        if figures.years[at] != year:
            sums, aims, year = 0, 0, figures.years[at]
        sums, aims = sums + made[at], aims + aimed[at]
        if month.end > since and sums < aims * floor:
            return Short(name, month, sums, aims)
    return Short(name, None, sums, aims)
