"""What-if: a plan's capacity and its band."""

from datetime import date
from pathlib import Path
from time import perf_counter

from loops.calendar import Calendar
from loops.design import changes as c
from loops.design.apply import apply
from loops.design.capacity import capacity
from loops.plan import Currencies
from loops.scenario import Scenario
from tests.house import workspace
from tools.planning.draws import DRAWS, band
from tools.workspace import load_currencies, load_scenario

TODAY = date(2026, 11, 23)
MONTHS = 12


def large(scenario: Scenario, people: int) -> Scenario:
    """The scenario over twelve months with that many people who sell, and nobody else."""
    sellers = [rep for rep in scenario.roster if rep.segment]
    roster = tuple(
        sellers[n % len(sellers)].model_copy(update={"id": f"{sellers[n % len(sellers)].id}-{n}"})
        for n in range(people)
    )
    return scenario.model_copy(update={"roster": roster, "pools": (), "hires": (), "months": MONTHS})


def what_if_seconds(folder: Path, people: int, rounds: int = 3) -> float:
    """Seconds for one what-if: two people more, the plan computed anew, and its band month by month."""
    root = workspace(folder)
    plan = large(load_scenario(root, "fy27-base"), people)
    calendar, currencies = Calendar(fiscal_year_starts_month=2), load_currencies(root)
    return round(min(_one(plan, calendar, currencies) for _ in range(rounds)), 3)


def _one(plan: Scenario, calendar: Calendar, currencies: Currencies) -> float:
    more = c.AddPeople(role="enterprise_ae", count=2, territory="ams-east", starts_on=date(2026, 12, 1))
    began = perf_counter()
    after = apply(plan, [more], calendar, currencies, TODAY)
    figures = capacity(after.scenario, calendar, after.currencies)
    bands = band(after.scenario, figures, tuple(month.label for month in figures.months), DRAWS)
    took = perf_counter() - began
    assert len(bands) == MONTHS and all(one.low < one.high for one in bands)
    return took
