"""Are confidences worth what they say: calibration, and the error among what would stand at each of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.statistics.intervals import LEVEL, RESAMPLES, Floats, Interval, bootstrap, proportion
from loops.errors import RevloopsError


@dataclass(frozen=True)
class ReliabilityBin:
    """One row of the reliability table."""

    low: float
    # lowest confidence in it, 0-1
    high: float
    # highest confidence in it, 0-1
    n: int
    confidence: float
    # mean of what was said
    correct: Interval
    # share that was right


@dataclass(frozen=True)
class Calibration:
    """How far confidences lie from the truth."""

    ece: Interval
    # expected calibration error, 0-1; noise alone makes it positive
    by_chance: float
    # the 95th percentile of what perfectly honest confidences like these would show, 0-1
    table: tuple[ReliabilityBin, ...]
    # by rising confidence


@dataclass(frozen=True)
class RiskPoint:
    """What stands if this confidence is enough."""

    confidence: float
    n: int
    # samples at or above it
    share: float
    # of all samples, 0-1
    error: Interval
    # share of wrong ones among them


def calibration(
    confidences: Sequence[float],
    correct: Sequence[bool],
    bins: int = 10,
    level: float = LEVEL,
    seed: int = 0,
) -> Calibration:
    """The expected calibration error over equal-mass bins (Naeini, Cooper, Hauskrecht 2015), and the table.

    Equal confidences stay in one bin, so there may be fewer bins than asked for. `by_chance` comes from
    consistency resampling (Bröcker, Smith 2007): an error below it is no sign of miscalibration.
    """
    said, right = _arrays(confidences, correct)
    place = _places(said, bins)
    one_hot = np.eye(int(place.max()) + 1)[place]

    def error(sums: Floats) -> Floats:
        return np.abs(sums).sum(axis=1) / len(said)

    ece = bootstrap(one_hot * (said - right)[:, None], error, level, seed)
    draw = np.random.default_rng(seed)
    honest = [(said - (draw.random(len(said)) < said)) @ one_hot for _ in range(RESAMPLES)]
    chance = np.quantile(error(np.stack(honest)), 0.95)
    table = tuple(_bin(said[place == b], right[place == b], level) for b in range(place.max() + 1))
    return Calibration(ece, float(chance), table)


def selective_risk(
    confidences: Sequence[float], correct: Sequence[bool], level: float = LEVEL
) -> tuple[RiskPoint, ...]:
    """The error among samples at or above each confidence that occurs, highest first (El-Yaniv, Wiener 2010).

    The intervals are each alone at their level: reading the best threshold off this curve is what
    `loops.calibration.certified` is for.
    """
    said, right = _arrays(confidences, correct)
    points: list[RiskPoint] = []
    for confidence in np.unique(said)[::-1]:
        stands = said >= confidence
        n, wrong = int(stands.sum()), int(stands.sum() - right[stands].sum())
        points.append(RiskPoint(float(confidence), n, n / len(said), proportion(wrong, n, level)))
    return tuple(points)


def _arrays(confidences: Sequence[float], correct: Sequence[bool]) -> tuple[Floats, Floats]:
    if not confidences or len(confidences) != len(correct):
        raise RevloopsError(
            f"{len(confidences)} confidences and {len(correct)} outcomes aren't pairs to compare."
        )
    return np.asarray(confidences, dtype=np.float64), np.asarray(correct, dtype=np.float64)


def _places(said: Floats, bins: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Each confidence's bin, 0 upwards."""
    ordered = np.sort(said)
    starts = np.unique(ordered[[len(said) * b // bins for b in range(bins)]])
    return np.searchsorted(starts, said, side="right") - 1


def _bin(said: Floats, right: Floats, level: float) -> ReliabilityBin:
    share = proportion(int(right.sum()), len(right), level)
    return ReliabilityBin(float(said.min()), float(said.max()), len(said), float(said.mean()), share)
