"""Two plans side by side, with every difference traced to its cause."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from loops.calendar import Calendar, fiscal_year
from loops.design.apply import Applied, Step
from loops.design.capacity import capacity
from loops.design.figures import Capacity
from loops.errors import PlanError
from loops.money import written
from loops.plan import Currencies, Target
from loops.scenario import KEYS, Scenario, plan_years
from loops.values import Value

APART = ("name",)
"""Fields in which two scenarios differ without differing as plans."""


@dataclass(frozen=True)
class Side:
    """One plan's figures for a line of the table; money in minor units of the plan's currency."""

    new_acv: int
    target: int
    cost: int


@dataclass(frozen=True)
class Row:
    """A line of the table: a period, a territory or a role."""

    label: str
    before: Side
    after: Side


@dataclass(frozen=True)
class Cause:
    """What one change, or one difference between two files, does to the figures of a period."""

    words: str
    new_acv: int
    cost: int
    target: int
    # each the effect on top of the causes before it, so that they add up to the whole difference


@dataclass(frozen=True)
class Comparison:
    """Two plans side by side."""

    before: Capacity
    after: Capacity
    causes: tuple[Cause, ...]
    # in the order they are added

    @property
    def periods(self) -> tuple[str, ...]:
        """The fiscal years that both plans have."""
        return tuple(dict.fromkeys(year for year in self.before.years if year in self.after.years))

    def by_year(self) -> tuple[Row, ...]:
        """A row for each fiscal year that both have."""
        return tuple(self._row(label, label) for label in self.periods)

    def by_quarter(self) -> tuple[Row, ...]:
        """A row for each fiscal quarter that both have."""
        quarters = dict.fromkeys(q for q in self.before.quarters if q in self.after.quarters)
        return tuple(self._row(label, label) for label in quarters)

    def by_territory(self, period: str | None = None) -> tuple[Row, ...]:
        """A row for each territory of either plan in a period, with its parts; "" for people without one."""
        before, after = self.before.by_land(period), self.after.by_land(period)
        names = dict.fromkeys([*before, *after, *self.before.aimed, *self.after.aimed])
        return tuple(
            Row(name, Side(before.get(name, 0), self.before.land_target(name, period), 0),
                Side(after.get(name, 0), self.after.land_target(name, period), 0))
            for name in names
        )  # fmt: skip

    def by_role(self, period: str | None = None) -> tuple[Row, ...]:
        """A row for each role of either plan in a period."""
        before, after = self.before.by_role(period), self.after.by_role(period)
        names = dict.fromkeys([*before, *after])
        return tuple(Row(n, Side(before.get(n, 0), 0, 0), Side(after.get(n, 0), 0, 0)) for n in names)

    def _row(self, label: str, period: str) -> Row:
        return Row(label, side(self.before, period), side(self.after, period))


def side(plan: Capacity, period: str | None) -> Side:
    """The plan's figures in a period."""
    return Side(plan.new_acv(period), plan.target(period), plan.cost(period))


def after_changes(before: Capacity, applied: Applied, calendar: Calendar, period: str | None) -> Comparison:
    """The plan beside the plan after the changes, each change a cause.

    Args:
        before: the figures of the plan as it stands.
        applied: the changes, as `apply` gave them.
        calendar: the workspace's.
        period: what the causes are measured in; None: the whole plan.

    Raises:
        PlanError: no figure can be made from one of them.
    """
    return _traced(before, applied.steps, calendar, period)


def compare(
    one: Scenario, other: Scenario, calendar: Calendar, currencies: Currencies, period: str | None = None
) -> Comparison:
    """Two scenarios side by side, each line in which they differ a cause.

    Raises:
        PlanError: no figure can be made from one of them, or they are in different currencies.
    """
    common_years(one, other, calendar)
    if one.currency != other.currency:
        raise PlanError(
            f"{one.name} is in {one.currency} and {other.name} in {other.currency}: give both one currency"
        )
    steps = [Step(words, scenario, currencies) for words, scenario in differences(one, other)]
    return _traced(capacity(one, calendar, currencies), steps, calendar, period)


def common_years(one: Scenario, other: Scenario, calendar: Calendar) -> tuple[str, ...]:
    """The labels of the fiscal years that both plans reach into.

    Raises:
        PlanError: there is none.
    """
    for plan in (one, other):
        if plan.year is None:
            raise PlanError(f"scenario {plan.name} has no year: add `year:` to its file to compare it")
    both = [year for year in plan_years(one) if year in plan_years(other)]
    if not both:
        raise PlanError(f"{one.name} and {other.name} have no fiscal year in common")
    return tuple(fiscal_year(calendar, year).label for year in both)


def _traced(before: Capacity, steps: Sequence[Step], calendar: Calendar, period: str | None) -> Comparison:
    causes, last = list[Cause](), before
    for step in steps:
        now = capacity(step.scenario, calendar, step.currencies)
        was, is_ = _figures(last, period), _figures(now, period)
        causes.append(Cause(step.words, *(new - old for old, new in zip(was, is_, strict=True))))
        last = now
    return Comparison(before, last, tuple(causes))


def _figures(plan: Capacity, period: str | None) -> tuple[int, int, int]:
    if period is not None and period not in {*plan.years, *plan.quarters}:
        return 0, 0, 0  # that plan doesn't reach there
    return plan.new_acv(period), plan.cost(period), plan.target(period)


# --- differences between two files ------------------------------------------------------------------
def differences(one: Scenario, other: Scenario) -> Iterator[tuple[str, Scenario]]:
    """Each line in which they differ, in words, and the first scenario with all differences so far."""
    now = one
    for name in Scenario.model_fields:
        if name in APART:
            continue
        if name in KEYS:
            for words, lines in _lines(name, getattr(one, name), getattr(other, name), one.currency):
                now = now.model_copy(update={name: lines})
                yield words, now
        elif getattr(one, name) != getattr(other, name):
            now = now.model_copy(update={name: getattr(other, name)})
            before, after = (_value(getattr(side, name), one.currency) for side in (one, other))
            yield f"{_heading(name).capitalize()}: {before} → {after}", now


def _lines(
    section: str, before: Sequence[Value], after: Sequence[Value], plan: str
) -> Iterator[tuple[str, tuple[Value, ...]]]:
    def key(line: Value) -> tuple[object, ...]:
        return tuple(getattr(line, part) for part in KEYS[section])

    wanted, now = {key(line): line for line in after}, {key(line): line for line in before}
    for name in dict.fromkeys([*now, *wanted]):
        old, new = now.get(name), wanted.get(name)
        if old == new:
            continue
        now = {k: line for k, line in {**now, name: new}.items() if line is not None}
        said = _change(old, new, plan)
        yield f"{_heading(section).capitalize()}, {_name(name)}: {said}", tuple(now.values())
    if list(now) != list(wanted):
        yield f"{_heading(section).capitalize()}: another order", tuple(after)


def _name(key: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in key if part is not None)


def _change(old: Value | None, new: Value | None, plan: str) -> str:
    if old is None and new is not None:
        return f"new ({_value(new, plan)})"
    if new is None or old is None:
        return "gone"
    before, after = _fields(old, plan), _fields(new, plan)
    changed = (name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name))
    return "; ".join(f"{_heading(n)} {before.get(n, 'none')} → {after.get(n, 'none')}" for n in changed)


def _fields(line: Value, plan: str) -> dict[str, str]:
    """What stands in the line and isn't its default; amounts as a person reads them."""
    currency = getattr(line, "currency", None) or plan
    given = {name: getattr(line, name) for name in type(line).model_fields if name in line.model_fields_set}
    money = {name for name in given if name.endswith("_minor")}
    money |= {"value"} if isinstance(line, Target) and line.measure != "new_logos" else set()
    apart = ("id", "currency") if money else ("id",)
    return {
        name: written(held, currency) if name in money else _value(held, plan)
        for name, held in given.items()
        if name not in apart and held not in (None, (), "")
    }


def _value(value: object, plan: str) -> str:
    match value:
        case None | () | "":
            return "none"
        case Value():
            return " ".join(_fields(value, plan).values())
        case tuple() | list():
            return ", ".join(_value(part, plan) for part in cast("Sequence[object]", value))
        case _:
            return str(value)


def _heading(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")
