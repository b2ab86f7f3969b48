"""The band around a plan's capacity: what becomes of it when people differ and leave by chance."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loops.design.capacity import closest
from loops.design.figures import Capacity, PersonRow
from loops.scenario import MONTHS_A_YEAR, Scenario, holder

DRAWS, SEED = 10_000, 7
LOW, MIDDLE, HIGH = 10, 50, 90
"""Percentiles that are given."""
_AT_ONCE = 2_000
"""Draws made at a time: what bounds memory."""


@dataclass(frozen=True)
class Band:
    """Percentiles of new ACV over the draws, in minor units of the plan's currency."""

    label: str
    # a fiscal month, quarter or year
    low: int
    middle: int
    high: int
    above_target: float | None
    # share of draws that reach the target; None without one


def band(
    scenario: Scenario, figures: Capacity, periods: tuple[str, ...], draws: int = DRAWS, seed: int = SEED
) -> tuple[Band, ...]:
    """The band of each period; the same for the same seed.

    A person's productivity is log-normal with mean 1 and the plan's `spread` as its coefficient of variation,
    drawn once. They leave at the end of a month with a twelfth of their role's attrition, independently.

    Args:
        scenario: the plan.
        figures: its capacity.
        periods: labels of fiscal months, quarters or years of the plan.
        draws: how many.
        seed: of the generator (PCG64).

    Raises:
        PlanError: the plan doesn't reach a period.
    """
    months = len(figures.months)
    within = np.zeros((months, len(periods)))
    for column, label in enumerate(periods):
        within[list(figures.within(label)), column] = 1.0
    selling = [person for person in figures.people if any(person.gross)]
    gross = np.array([[float(cell) for cell in person.gross] for person in selling]).reshape(-1, months)
    counted = np.array([sum(stay == 1 for stay in person.staying) for person in selling], dtype=np.int64)
    # what a person has made in each period when they leave after month k: row k of their table
    so_far = np.concatenate(
        [np.zeros((len(selling), 1, len(periods))), np.cumsum(gross[:, :, None] * within, axis=1)], axis=1
    )
    names = list(dict.fromkeys(holder(person.id) for person in selling))
    who = np.array([names.index(holder(person.id)) for person in selling], dtype=np.int64)
    sigma = np.array([_sigma(scenario, person) for person in selling])
    leaving = np.array([_leaving(scenario, person.role) / MONTHS_A_YEAR for person in selling])
    source = np.random.default_rng(seed)
    parts = [
        _drawn(source, min(_AT_ONCE, draws - start), so_far, who, sigma, leaving, counted, months)
        for start in range(0, draws, _AT_ONCE)
    ]
    sums = np.concatenate(parts)
    return tuple(_band(label, sums[:, n], figures.target(label)) for n, label in enumerate(periods))


def _drawn(
    source: np.random.Generator,
    draws: int,
    so_far: NDArray[np.float64],
    who: NDArray[np.int64],
    sigma: NDArray[np.float64],
    leaving: NDArray[np.float64],
    counted: NDArray[np.int64],
    months: int,
) -> NDArray[np.float64]:
    """New ACV by draw and period; `who` says which person holds a seat: theirs share one fate."""
    people = int(who.max(initial=-1)) + 1
    factor = np.exp(source.standard_normal((draws, people))[:, who] * sigma - sigma**2 / 2)
    chance = source.random((draws, people))[:, who]
    with np.errstate(divide="ignore"):
        stayed = np.floor(np.log(chance) / np.log1p(-leaving))  # months survived: geometric, by inversion
    last = np.minimum(np.where(np.isfinite(stayed), stayed, months) + counted, months).astype(np.int64)
    total = np.zeros((draws, so_far.shape[2]))
    for seat in range(len(who)):
        total += factor[:, seat, None] * so_far[seat][last[:, seat]]
    return total


def _sigma(scenario: Scenario, person: PersonRow) -> float:
    """The log-normal's sigma, from the coefficient of variation: sqrt(ln(1 + cv²))."""
    lines = [p for p in scenario.productivity if p.role == person.role and p.segment == person.segment]
    line = closest(lines, person.territory)
    return math.sqrt(math.log1p(line.spread**2)) if line else 0.0


def _leaving(scenario: Scenario, role: str) -> float:
    return next((line.yearly_share for line in scenario.attrition if line.role == role), 0.0)


def _band(label: str, sums: NDArray[np.float64], target: int) -> Band:
    low, middle, high = (round(float(x)) for x in np.percentile(sums, (LOW, MIDDLE, HIGH)))
    return Band(label, low, middle, high, round(float((sums >= target).mean()), 3) if target else None)
