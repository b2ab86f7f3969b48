"""What it takes to reach a goal: people, productivity, no attrition; and where a plan falls short first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from loops.calendar import Calendar, Period, fiscal_quarter_of, fiscal_year, fiscal_year_of
from loops.design import changes as c
from loops.design.apply import apply
from loops.design.capacity import capacity
from loops.design.figures import Capacity
from loops.errors import PlanError
from loops.money import exact
from loops.plan import Currencies
from loops.scenario import Scenario

Lever = c.AddPeople | c.ChangeProductivity | c.ChangeAttrition | c.ChangeRamp
MOST = 500
"""People that are tried at most."""


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
    """The label of the fiscal year; without one, of that of the next quarter, where the plan reaches it.

    Raises:
        PlanError: the plan doesn't reach there.
    """
    next_quarter = fiscal_quarter_of(plan.calendar, plan.today).end
    coming = fiscal_year(plan.calendar, year or fiscal_year_of(plan.calendar, next_quarter)).label
    figures = plan.now
    label = coming if year or coming in figures.years else figures.years[-1]
    figures.within(label)
    return label


def reach(plan: Planning, goal: c.Goal) -> Reach:
    """How far it is to the goal, and what it takes.

    People are added from the next fiscal quarter's first day, or the goal's year's, whichever is later.

    Raises:
        PlanError: the goal doesn't fit the plan.
    """
    label, now = year_meant(plan, goal.year), plan.now
    has = _made(now, goal, label)
    wanted = _wanted(now, goal, label, has)
    ways = tuple(_ways(plan, goal, label, wanted)) if wanted > has else ()
    return Reach(label, wanted, has, ways)


def _made(figures: Capacity, goal: c.Goal, label: str) -> int:
    def kept(row: object) -> bool:
        return goal.territory in {None, getattr(row, "territory", None)}

    if goal.measure == "new_acv":
        return figures.new_acv(label, kept)
    at = figures.within(label)
    return int(sum((row.deals[n] for row in figures.people if kept(row) for n in at), Fraction(0)))


def _wanted(figures: Capacity, goal: c.Goal, label: str, has: int) -> int:
    if goal.value is not None:
        return goal.value
    if goal.factor is not None:
        return round(has * exact(goal.factor))
    held = figures.targets if goal.measure == "new_acv" else figures.logo_targets
    at = figures.within(label)
    rows = [row for name, row in held.items() if goal.territory in {None, name}]
    if not rows:
        raise PlanError("the plan has no target of that kind: say what is to be reached")
    return sum(row[n] for row in rows for n in at)


def _ways(plan: Planning, goal: c.Goal, label: str, wanted: int) -> Iterator[Way]:
    year = fiscal_year(plan.calendar, _number(plan, label))
    next_quarter = fiscal_quarter_of(plan.calendar, plan.today).end
    starts = max(year.start, next_quarter)
    for role, segment in _sellers(plan.scenario, goal.role):
        if starts < year.end:
            yield _hiring(plan, goal, label, wanted, c.AddPeople(
                role=role, segment=segment, territory=goal.territory, starts_on=starts))  # fmt: skip
    if goal.role is None:
        has = _made(plan.now, goal, label)
        if has:
            factor = float(round(Fraction(wanted, has), 4))
            while _made(plan.figures(_faster(goal, factor)), goal, label) < wanted:
                factor = float(exact(factor) + Fraction(1, 10_000))
            yield _way(plan, goal, label, wanted, _faster(goal, factor))
        if plan.scenario.attrition:
            yield _way(plan, goal, label, wanted, c.ChangeAttrition(to_share=0))
        if any(ramp.shares for ramp in plan.scenario.ramps):
            yield _way(plan, goal, label, wanted, c.ChangeRamp(to_months=0))


def _faster(goal: c.Goal, factor: float) -> c.ChangeProductivity:
    return c.ChangeProductivity(factor=factor, territory=goal.territory)


def _number(plan: Planning, label: str) -> int:
    years = range(plan.scenario.year or 0, (plan.scenario.year or 0) + 4)
    return next(year for year in years if fiscal_year(plan.calendar, year).label == label)


def _sellers(scenario: Scenario, role: str | None) -> list[tuple[str, str]]:
    """Roles that sell, each with its segment."""
    found = [(line.role, line.segment) for line in scenario.productivity if role in {None, line.role}]
    if not found:
        raise PlanError(f"{role} sell nothing in the plan: name a role that does")
    return list(dict.fromkeys(found))


def _hiring(plan: Planning, goal: c.Goal, label: str, wanted: int, one: c.AddPeople) -> Way:
    """The fewest people of that kind who get there; as many as are tried where they never do."""
    low, high = 1, 1
    while high < MOST and _with(plan, goal, label, one, high) < wanted:
        low, high = high, min(MOST, high * 2)
        if _with(plan, goal, label, one, 1) <= _made(plan.now, goal, label):
            break
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _with(plan, goal, label, one, middle) >= wanted else (middle + 1, high)
    return _way(plan, goal, label, wanted, one.model_copy(update={"count": high}))


def _with(plan: Planning, goal: c.Goal, label: str, one: c.AddPeople, count: int) -> int:
    return _made(plan.figures(one.model_copy(update={"count": count})), goal, label)


def _way(plan: Planning, goal: c.Goal, label: str, wanted: int, change: Lever) -> Way:
    after = plan.figures(change)
    reached = _made(after, goal, label)
    return Way(change, reached, reached >= wanted, after.cost(label) - plan.now.cost(label))


# --- falling short -----------------------------------------------------------------------------------
def falls_short(figures: Capacity, floor: float, since: date) -> tuple[Short, ...]:
    """Each territory with a target: the first month, from `since` on, in which it falls short.

    Capacity so far in the fiscal year is below the target so far times the floor. Those that fall short
    first come first, at the same month the one that lacks the larger part; those that never do come last.
    """
    found = [_first(figures, name, exact(floor), since) for name in figures.targets]
    return tuple(sorted(found, key=_order))


def _order(one: Short) -> tuple[bool, date, Fraction]:
    part = Fraction(one.capacity, one.target) if one.target else Fraction(1)
    return one.month is None, one.month.start if one.month else date.max, part


def _first(figures: Capacity, name: str, floor: Fraction, since: date) -> Short:
    made = [
        sum(p.cells[at] for p in figures.people if p.territory == name) for at in range(len(figures.months))
    ]
    sums, aims, year = 0, 0, ""
    for at, month in enumerate(figures.months):
        if figures.years[at] != year:
            sums, aims, year = 0, 0, figures.years[at]
        sums, aims = sums + made[at], aims + figures.targets[name][at]
        if month.end > since and sums < aims * floor:
            return Short(name, month, sums, aims)
    return Short(name, None, sums, aims)
