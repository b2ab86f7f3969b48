"""Shares and AUCs with 95 % intervals, and how far apart two AUCs on the same records are."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True)
class Measured:
    """A figure with its interval."""

    value: float
    low: float
    high: float
    sample: int
    # records it rests on


def share(hits: int, of: int) -> Measured | None:
    """The share with its interval by Wilson; None of nothing."""
    if not of:
        return None
    return Measured(hits / of, *wilson(hits, of, Z95), of)


def wilson(hits: int, of: int, z: float) -> tuple[float, float]:
    """Low and high of Wilson's score interval of a share (1927, JASA 22).

    Args:
        hits: at most `of`.
        of: at least 1.
        z: standard normal quantile of the level wanted, two-sided.
    """
    z2, part = z**2, hits / of
    middle = (part + z2 / (2 * of)) / (1 + z2 / of)
    half = math.sqrt(z2 * (part * (1 - part) / of + z2 / (4 * of * of))) / (1 + z2 / of)
    return (middle - half if hits else 0.0), (middle + half if hits < of else 1.0)


def auc(scores: NDArray[np.generic], positive: NDArray[np.bool_]) -> Measured | None:
    """The chance that a positive scores above a negative, ties half, with its interval by DeLong (1988).

    None where all are positive, or none is.
    """
    parts = _placements(scores, positive)
    if parts is None:
        return None
    above, below = parts
    value = float(above.mean())
    reach = Z95 * math.sqrt(_variance(above) + _variance(below))
    return Measured(value, max(0.0, value - reach), min(1.0, value + reach), len(scores))


def auc_difference(
    before: NDArray[np.generic], after: NDArray[np.generic], positive: NDArray[np.bool_]
) -> Measured | None:
    """How much larger the AUC of `after` is on the same records; its interval by DeLong (1988)."""
    one, other = _placements(before, positive), _placements(after, positive)
    if one is None or other is None:
        return None
    above, below = other[0] - one[0], other[1] - one[1]
    value = float(above.mean())
    reach = Z95 * math.sqrt(_variance(above) + _variance(below))
    return Measured(value, value - reach, value + reach, len(before))


def _placements(
    scores: NDArray[np.generic], positive: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """For each positive the share of negatives below it; for each negative that of positives above it."""
    values = scores.astype(np.float64)
    high, low = np.sort(values[positive]), np.sort(values[~positive])
    if not len(high) or not len(low):
        return None
    mine, theirs = values[positive], values[~positive]
    above = (np.searchsorted(low, mine, "left") + np.searchsorted(low, mine, "right")) / (2 * len(low))
    below = 1 - (np.searchsorted(high, theirs, "left") + np.searchsorted(high, theirs, "right")) / (
        2 * len(high)
    )
    return above, below


def _variance(values: NDArray[np.float64]) -> float:
    """Of their mean."""
    return float(values.var(ddof=1)) / len(values) if len(values) > 1 else 0.0
