"""A figure with its interval: shares, means, and anything that is a function of sums over samples."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from evals.statistics.distributions import normal_cdf, normal_quantile, t_quantile
from loops.errors import RevloopsError
from loops.intervals import wilson

Floats = npt.NDArray[np.float64]
LEVEL = 0.95
"""How sure an interval is, where a caller doesn't say."""
RESAMPLES = 2000
CHUNK_CELLS = 2_000_000
"""Numbers held at once while resampling: 16 MB."""


@dataclass(frozen=True)
class Interval:
    """A figure and where its true value lies with the level asked for."""

    value: float
    low: float
    high: float
    n: int
    # samples it rests on


def proportion(k: int, n: int, level: float = LEVEL) -> Interval:
    """The share k of n with Wilson's score interval (Wilson 1927, JASA 22)."""
    if not 0 <= k <= n or n == 0:
        raise RevloopsError(
            f"A share needs at least one sample and no more hits than samples, not {k} of {n}."
        )
    return Interval(k / n, *wilson(k, n, normal_quantile((1 + level) / 2)), n)


def mean(
    values: Sequence[float], level: float = LEVEL, method: Literal["t", "bootstrap"] = "t", seed: int = 0
) -> Interval:
    """The mean with Student's interval, or for skewed values the bootstrap's; one value has no interval.

    Raises:
        RevloopsError: there are fewer than two values.
    """
    if len(values) < 2:
        raise RevloopsError(f"A mean's interval needs at least two values, there are {len(values)}.")
    data = np.asarray(values, dtype=np.float64)
    if method == "bootstrap":
        return bootstrap(data[:, None], lambda sums: sums[:, 0] / len(data), level, seed)
    middle = float(data.mean())
    half = t_quantile(level, len(data) - 1) * float(data.std(ddof=1)) / math.sqrt(len(data))
    return Interval(middle, middle - half, middle + half, len(data))


def bootstrap(
    rows: Floats,
    figure: Callable[[Floats], Floats],
    level: float = LEVEL,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """The BCa interval (Efron 1987, JASA 82) of a figure that is computed from sums over samples.

    Args:
        rows: one row a sample, what the figure sums up.
        figure: from one row of sums per resample to one figure per resample; NaN where it isn't defined.
        level: how sure, 0-1.
        seed: of the resampling.
        resamples: how many.
    """
    total = rows.sum(axis=0, keepdims=True)
    value = float(figure(total)[0])
    drawn = figure(_resampled(rows, seed, resamples))
    drawn = np.sort(drawn[~np.isnan(drawn)])
    if len(drawn) == 0 or math.isnan(value) or drawn[0] == drawn[-1]:
        return Interval(value, value, value, len(rows))
    left_out = figure(total - rows)
    low, high = _bca_shares(value, drawn, left_out[~np.isnan(left_out)], level)
    ends = np.quantile(drawn, [low, high])
    return Interval(value, float(ends[0]), float(ends[1]), len(rows))


def _resampled(rows: Floats, seed: int, resamples: int) -> Floats:
    """The sums over samples drawn with replacement, one row a resample."""
    draw, n = np.random.default_rng(seed), len(rows)
    step = max(1, CHUNK_CELLS // n)
    parts: list[Floats] = []
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        cells = draw.integers(0, n, size=(count, n)) + n * np.arange(count)[:, None]
        times = np.bincount(cells.ravel(), minlength=count * n).reshape(count, n)
        parts.append(times.astype(np.float64) @ rows)
    return np.concatenate(parts)


def _bca_shares(value: float, drawn: Floats, left_out: Floats, level: float) -> tuple[float, float]:
    """The shares of the resampled figures at which the interval ends: corrected for bias and acceleration."""
    below = (float((drawn < value).mean()) + float((drawn <= value).mean())) / 2
    bias = normal_quantile(min(max(below, 1 / (2 * len(drawn))), 1 - 1 / (2 * len(drawn))))
    away = left_out.mean() - left_out
    spread = float((away**2).sum()) ** 1.5
    acceleration = float((away**3).sum()) / (6 * spread) if spread > 0 else 0.0
    half = normal_quantile((1 + level) / 2)

    def share(z: float) -> float:
        return normal_cdf(bias + (bias + z) / (1 - acceleration * (bias + z)))

    return share(-half), share(half)
