"""A plan with changes on top, as it is being built; nothing of it is written anywhere."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from fractions import Fraction
from typing import TypeVar

from loops.calendar import Calendar, fiscal_year
from loops.errors import PlanError
from loops.money import convert, exact, rates_on
from loops.plan import Currencies, Hire
from loops.scenario import Rep, Scenario, Territory, holder, open_hires
from loops.values import Value

Person = Rep | Hire
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
        """Roster, then the hires whose seat nobody has taken."""
        return (*self.scenario.roster, *open_hires(self.scenario))

    def with_people(self, changed: dict[str, Person | None], more: Sequence[Person] = ()) -> "Overlay":
        """People by id in the place of those with that id (None: gone), and more of them."""
        everybody: tuple[Person, ...] = (*self.scenario.roster, *self.scenario.hires)
        held = [changed.get(one.id, one) for one in everybody]
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
        """Somebody of the roster or a planned person, in the seat they hold first."""
        taker = next((rep for rep in self.scenario.roster if rep.seat == id), None)
        if taker:
            raise PlanError(f"{taker.name} has taken the seat {id}: name them as {taker.id}")
        self._known("person", id, {holder(one.id) for one in self.people})
        return self.seats(id)[0]

    def seats(self, id: str) -> list[Person]:
        """What the person holds in turn: their own seat, and those they moved to."""
        mine = [one for one in self.people if holder(one.id) == holder(id)]
        return sorted(mine, key=lambda one: one.starts_on or date.min)

    def seat_on(self, id: str, day: date) -> Person | None:
        """The seat that the person holds on that day; their first one where they start later; None: gone."""
        seats = self.seats(id)
        held = [one for one in seats if (one.starts_on or date.min) <= day < (one.left_on or date.max)]
        later = [one for one in seats if (one.starts_on or date.min) > day]
        return next(iter((*held, *later)), None)

    def _known(self, what: str, id: str, known: Iterable[str]) -> str:
        names = sorted(known)
        if id in names:
            return id
        near = get_close_matches(id, names) or names
        raise PlanError(
            f"there is no {what} {id} in {self.scenario.name}: did you mean {' or '.join(near[:5])}?"
        )


def free(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    names = (name, *(f"{name}-{n}" for n in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


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
