"""A plan with changes on top, as it is being built; nothing of it is written anywhere."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from typing import TypeVar

from loops.calendar import Calendar, fiscal_year
from loops.errors import PlanError
from loops.money import convert, exact, rates_on
from loops.plan import Currencies, Hire
from loops.scenario import Rep, Scenario, Territory
from loops.values import Value

Person = Rep | Hire
MOVED = "-in-"
"""Stands in the id of a seat that somebody moved to, between theirs and the territory's."""
Line = TypeVar("Line", bound=Value)


@dataclass(frozen=True)
class Overlay:
    """The plan as far as it is changed, and what was assumed on the way."""

    scenario: Scenario
    currencies: Currencies
    calendar: Calendar
    today: date
    assumptions: tuple[str, ...] = ()
    # sentences, in the order they were made

    def having(self, assumption: str = "", **parts: object) -> "Overlay":
        """The same with other parts of the scenario, and one more assumption unless it is empty."""
        said = (*self.assumptions, assumption) if assumption else self.assumptions
        return replace(self, scenario=self.scenario.model_copy(update=parts), assumptions=said)

    @property
    def rates(self) -> dict[str, Fraction]:
        """The plan's rates."""
        year = self.scenario.year
        return rates_on(self.currencies, fiscal_year(self.calendar, year).start if year else self.today)

    def money(self, amount: int, currency: str | None) -> Fraction:
        """The amount in minor units of the plan's currency."""
        plan = self.scenario.currency
        return convert(amount, currency or plan, plan, self.rates)

    @property
    def people(self) -> tuple[Person, ...]:
        """Roster, then hires."""
        return (*self.scenario.roster, *self.scenario.hires)

    def with_people(self, changed: dict[str, Person | None], more: Sequence[Person] = ()) -> "Overlay":
        """People by id in the place of those with that id (None: gone), and more of them."""
        held = [changed.get(one.id, one) for one in self.people]
        kept = [one for one in (*held, *more) if one is not None]
        roster = tuple(one for one in kept if isinstance(one, Rep))
        return self.having(roster=roster, hires=tuple(one for one in kept if isinstance(one, Hire)))

    # --- what is meant ----------------------------------------------------------------------------
    @property
    def roles(self) -> frozenset[str]:
        """Every role that the plan knows."""
        plan = self.scenario
        lines = (*self.people, *plan.productivity, *plan.compensation, *plan.ramps, *plan.attrition)
        return frozenset(line.role for line in lines)

    def role(self, id: str) -> str:
        """The role, where there is one of that id."""
        return self._known("role", id, self.roles)

    def land(self, id: str) -> Territory:
        """The territory of that id."""
        self._known("territory", id, [land.id for land in self.scenario.territories])
        return next(land for land in self.scenario.territories if land.id == id)

    def segment(self, id: str) -> str:
        """The segment, where there is one of that id."""
        known = {s.id for s in self.scenario.segments} | {p.segment for p in self.scenario.productivity}
        return self._known("segment", id, known)

    def person(self, id: str) -> Person:
        """Somebody of the roster or a planned person."""
        self._known("person", id, [one.id for one in self.people])
        return next(one for one in self.people if one.id == id)

    def seats(self, one: Person) -> list[Person]:
        """What the person holds in turn: their own seat, then those they moved to."""
        there = f"{one.id}{MOVED}"
        return [other for other in self.people if other.id == one.id or other.id.startswith(there)]

    def _known(self, what: str, id: str, known: Iterable[str]) -> str:
        names = sorted(known)
        if id in names:
            return id
        near = get_close_matches(id, names) or names
        raise PlanError(
            f"there is no {what} {id} in {self.scenario.name}: did you mean {' or '.join(near[:5])}?"
        )


def times(written: float, factor: Fraction) -> float:
    """The product of a decimal with a factor."""
    return float(exact(written) * factor)


def rescaled(
    lines: Sequence[Line],
    chosen: Callable[[Line], bool],
    change: Callable[[Line], Line],
    what: str,
) -> tuple[Line, ...]:
    """The lines, those chosen changed.

    Raises:
        PlanError: none is chosen.
    """
    if not any(map(chosen, lines)):
        raise PlanError(f"the plan has no {what}, so there is nothing to change")
    return tuple(change(line) if chosen(line) else line for line in lines)


def new_amount(old: Fraction, factor: float | None, to: int | None, by: int | None) -> Fraction:
    """The amount after a change told in one of three ways, never below 0."""
    if factor is not None:
        return old * exact(factor)
    return Fraction(to) if to is not None else max(Fraction(0), old + (by or 0))
