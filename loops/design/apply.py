"""Changes on top of a plan: the plan as it would be, every step on the way, and what was assumed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from loops.calendar import Calendar, fiscal_months, fiscal_year
from loops.design import changes as c
from loops.design import figure_changes as figures
from loops.design import people_changes as people
from loops.design import territory_changes as lands
from loops.design.overlay import Overlay
from loops.design.wording import words
from loops.errors import PlanError
from loops.plan import Currencies
from loops.scenario import Scenario, plan_years

APPLY: Mapping[str, Callable[[Overlay, Any], Overlay]] = {
    "add_people": people.add_people,
    "remove_people": people.remove_people,
    "person_leaves": people.person_leaves,
    "person_moves": people.person_moves,
    "move_people": people.move_people,
    "shift_hires": people.shift_hires,
    "cancel_hires": people.cancel_hires,
    "ramp": figures.ramp,
    "productivity": figures.productivity,
    "attrition": figures.attrition,
    "investment": figures.investment,
    "price": figures.price,
    "target": figures.target,
    "quota": figures.quota,
    "compensation": figures.compensation,
    "exchange_rate": figures.exchange_rate,
    "move_regions": lands.move_regions,
    "split_territory": lands.split_territory,
    "merge_territories": lands.merge_territories,
}
"""What each kind of change does."""


@dataclass(frozen=True)
class Step:
    """The plan after one more change."""

    words: str
    # the change in words, its dates and fiscal quarters spelled out
    scenario: Scenario
    currencies: Currencies


@dataclass(frozen=True)
class Applied:
    """The plan after all changes."""

    scenario: Scenario
    currencies: Currencies
    steps: tuple[Step, ...]
    # in the order of the changes; empty without any
    assumptions: tuple[str, ...]
    # sentences, each once


def apply(
    scenario: Scenario, changes: Sequence[c.Change], calendar: Calendar, currencies: Currencies, today: date
) -> Applied:
    """The plan as it would be; the scenario itself stays as it is.

    Args:
        scenario: the plan.
        changes: applied in that order.
        calendar: whose fiscal periods the words name.
        currencies: the workspace's rates.
        today: stands in for a date that isn't given.

    Raises:
        PlanError: a change doesn't fit the plan; one sentence that says why.
    """
    plan, steps = Overlay(scenario, currencies, calendar, today), list[Step]()
    for change in changes:
        _reached(plan, change)
        said = words(change, plan)
        plan = APPLY[change.kind](plan, change)
        steps.append(Step(said, plan.scenario, plan.currencies))
    assumptions = tuple(dict.fromkeys(plan.assumptions))
    return Applied(plan.scenario, plan.currencies, tuple(steps), assumptions)


FROM = ("starts_on", "leaves_on", "on")
"""Fields of changes that say from which day on; None: from today."""


def _reached(plan: Overlay, change: c.Change) -> None:
    """Refuses a change that lies outside the plan, as no figure of it would differ."""
    scenario, calendar = plan.scenario, plan.calendar
    if scenario.year is None:
        return
    year: int | None = getattr(change, "year", None)
    if year is not None:
        within_plan(scenario, calendar, year)
    days = [getattr(change, name) or plan.today for name in FROM if hasattr(change, name)]
    days += [day for day in (getattr(change, "after", None),) if day]
    end = fiscal_months(calendar, scenario.year, scenario.months)[-1].end
    late = next((day for day in days if day >= end), None)
    if late:
        last = end - timedelta(days=1)
        raise PlanError(f"{scenario.name} reaches only to {last}, and {late} lies after it")


def within_plan(scenario: Scenario, calendar: Calendar, year: int) -> None:
    """Refuses a fiscal year that the plan doesn't reach into.

    Raises:
        PlanError: it doesn't.
    """
    reached = plan_years(scenario)
    if year not in reached:
        first, last = (fiscal_year(calendar, n).label for n in (reached[0], reached[-1]))
        whole = first if first == last else f"{first} to {last}"
        raise PlanError(f"{scenario.name} reaches only over {whole}, and fiscal year {year} lies outside")
