"""Confidence bands with a guarantee: from reviewed cases, how low a confidence may stand without a person.

Learn-then-Test (Angelopoulos, Bates, Candès, Jordan, Lei 2021, arXiv:2110.01052) with fixed-sequence testing
and an exact binomial tail, for the error among what would stand (selective risk: Geifman, El-Yaniv 2017,
arXiv:1705.08500).
"""

import math
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from loops.config import Bands
from loops.values import Value

Count = tuple[int, int]
"""Cases at or above a threshold, and the wrong ones among them."""
HALVINGS = 50
"""Steps of a bisection on 0-1: below 1e-15, the precision of a float."""
HORIZON = 100
"""How many times the cases at hand an estimate of further cases looks ahead."""


class Case(Value):
    """One of an agent's choices whose right answer is known by now."""

    confidence: float = Field(ge=0, le=1)
    correct: bool
    segment: str = ""


class Guarantee(Value):
    """What is asked of a band: an error of at most `alpha` among what stands, with confidence 1 - `delta`."""

    alpha: float = Field(gt=0, lt=1)
    # share of wrong ones among those that stand
    delta: float = Field(gt=0, lt=1)
    # chance, over the draw of the cases, that the promise doesn't hold
    grid: tuple[float, ...] = Field(min_length=1)
    # thresholds that may be proposed, 0-1, in any order; chosen before the cases are looked at
    hoped: float = Field(default=0.0, ge=0)
    # error expected among the surest, 0 to alpha/2: tests begin where there are cases enough to show it, so
    # that one mistake among a handful doesn't end them; at 0 they begin where no error at all is allowed

    @model_validator(mode="after")
    def _shares(self) -> Self:
        if not all(0 <= threshold <= 1 for threshold in self.grid):
            raise ValueError("a threshold in the grid must lie between 0 and 1")
        if self.hoped > self.alpha / 2:
            raise ValueError("hoped must be at most half of alpha")
        return self

    @property
    def fewest(self) -> int:
        """Cases without a single error that it takes to certify anything: (1 - alpha)^n ≤ delta."""
        return math.ceil(math.log(self.delta) / math.log1p(-self.alpha))

    @property
    def enough(self) -> int:
        """Cases that it takes where the error is as hoped, rounded up to whole cases."""

        def passes(cases: int) -> bool:
            return binomial_tail(math.ceil(self.hoped * cases), cases, self.alpha) <= self.delta

        return _first(passes, self.fewest, None) or self.fewest


class Band(Value):
    """A certified threshold, and what was seen at or above it."""

    fire: float
    # the threshold, 0-1
    fired: int
    # cases at or above it
    errors: int
    # wrong ones among them
    bound: float
    # upper bound on the error with confidence 1 - delta (Clopper, Pearson 1934), 0-1, rounded up to 3 places
    share_fired: float
    # of all cases, 0-1


class SegmentBand(Value):
    """What could be certified for one segment."""

    segment: str
    cases: int
    band: Band | None
    # None where nothing could be certified: everything stays in review
    needed: int | None
    # further cases of this segment that it would take at the errors seen so far, an estimate; None where
    # there is a band, or where at these errors even a hundred times the cases wouldn't do


def binomial_tail(errors: int, trials: int, rate: float) -> float:
    """The probability of at most `errors` in `trials`, each with chance `rate` (0-1, ends excluded)."""
    if errors >= trials:
        return 1.0
    k = np.arange(errors + 1)
    log_factorial = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, trials + 1)))))
    log_choose = log_factorial[trials] - log_factorial[k] - log_factorial[trials - k]
    return min(1.0, float(np.exp(log_choose + k * math.log(rate) + (trials - k) * math.log1p(-rate)).sum()))


def upper_bound(errors: int, trials: int, delta: float) -> float:
    """The error rate, 0-1, exceeded with a chance of at most `delta` (Clopper, Pearson 1934, one-sided)."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS if errors < trials else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if binomial_tail(errors, trials, middle) > delta else (low, middle)
    return high


def certified(cases: Sequence[Case], guarantee: Guarantee) -> Band | None:
    """The lowest threshold of the grid at which the guarantee holds; None: everything stays in review.

    From the strictest threshold downwards, "the error here is above alpha" is tested with the exact binomial
    tail at level delta, until the first test that fails; all that passed before hold together with
    confidence 1 - delta (fixed sequence testing: arXiv:2110.01052). The cases must be independent of each
    other and drawn like those to come.

    Tests begin at the strictest threshold that `enough` cases reach, or, where none is, that the `fewest`
    reach. That looks at confidences alone, and costs no level as long as, below the first threshold whose
    error is above alpha, each step down the grid adds cases whose error is above alpha too: given how many
    cases fall between the thresholds, whichever of those is tested first then has at least binomial(n, alpha)
    errors.
    """
    thresholds = sorted(set(guarantee.grid), reverse=True)
    counts = _counts(cases, thresholds)
    last = _last(counts, guarantee)
    if last is None:
        return None
    fired, errors = counts[last]
    return Band(
        fire=thresholds[last],
        fired=fired,
        errors=errors,
        bound=math.ceil(upper_bound(errors, fired, guarantee.delta) * 1000) / 1000,
        share_fired=round(fired / len(cases), 3),
    )


def by_segment(cases: Sequence[Case], guarantee: Guarantee) -> tuple[SegmentBand, ...]:
    """Each segment's band, by name; together they hold with confidence 1 - delta.

    Delta is split evenly over the segments (Bonferroni).
    """
    segments = sorted({case.segment for case in cases})
    share = guarantee.model_copy(update={"delta": guarantee.delta / max(1, len(segments))})
    return tuple(_segment(name, [c for c in cases if c.segment == name], share) for name in segments)


def needed(cases: Sequence[Case], guarantee: Guarantee) -> int | None:
    """Further cases until something is certified, should errors go on as so far; 0 where something is.

    An estimate: counts and errors are scaled up together, errors rounded up, and tested in the same sequence.
    None where even a hundred times the cases wouldn't do.
    """
    if not cases:
        return None
    counts = _counts(cases, sorted(set(guarantee.grid), reverse=True))
    totals = (_total(count, len(cases), guarantee) for count in counts)
    enough = [
        total
        for total in totals
        if total and _last([_scaled(c, total, len(cases)) for c in counts], guarantee) is not None
    ]
    return min(enough) - len(cases) if enough else None


def proposed(current: Bands, band: Band | None) -> Bands:
    """The bands to propose: the certified threshold, and never a review that starts above it.

    Without a band nothing stands by itself.
    """
    if band is None:
        return Bands(fire=None, review=current.review)
    return Bands(fire=band.fire, review=min(current.review, band.fire))


def _counts(cases: Sequence[Case], thresholds: Sequence[float]) -> tuple[Count, ...]:
    sure = np.array([case.confidence for case in cases], dtype=float)
    wrong = np.array([not case.correct for case in cases], dtype=bool)
    return tuple((int((sure >= t).sum()), int(wrong[sure >= t].sum())) for t in thresholds)


def _last(counts: Sequence[Count], guarantee: Guarantee) -> int | None:
    """The place of the last threshold that passes before the first that fails."""
    last = None
    most = max((fired for fired, _ in counts), default=0)
    begin = guarantee.enough if most >= guarantee.enough else guarantee.fewest
    for place, (fired, errors) in enumerate(counts):
        if fired < begin:
            continue
        if binomial_tail(errors, fired, guarantee.alpha) > guarantee.delta:
            break
        last = place
    return last


def _segment(name: str, cases: list[Case], guarantee: Guarantee) -> SegmentBand:
    band = certified(cases, guarantee)
    more = None if band else needed(cases, guarantee)
    return SegmentBand(segment=name, cases=len(cases), band=band, needed=more)


def _total(count: Count, cases: int, guarantee: Guarantee) -> int | None:
    """Cases in all until this threshold alone would pass."""

    def passes(total: int) -> bool:
        fired, errors = _scaled(count, total, cases)
        return binomial_tail(errors, fired, guarantee.alpha) <= guarantee.delta

    return _first(passes, cases, HORIZON * cases)


def _first(passes: Callable[[int], bool], start: int, end: int | None) -> int | None:
    """The first number from `start` that passes, all above it taken to pass too; None beyond `end`."""
    low, high = start - 1, start
    while not passes(high):
        low, high = high, high * 2
        if end is not None and high > end:
            return None
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def _scaled(count: Count, total: int, cases: int) -> Count:
    return count[0] * total // cases, math.ceil(count[1] * total / cases)
