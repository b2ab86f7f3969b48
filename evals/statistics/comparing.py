"""Is A better than B, on the same samples or on independent ones; and how many samples it takes to see it."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.statistics.distributions import normal_cdf, normal_quantile, t_quantile, t_tails
from evals.statistics.intervals import CHUNK_CELLS, LEVEL, Floats, mean, proportion
from loops.calibration import binomial_tail
from loops.errors import RevloopsError

FLIPS = 10_000
EXACT_UP_TO = 15
"""Samples whose signs are flipped in every way: 32,768 of them."""
ALPHA = 0.05


@dataclass(frozen=True)
class Difference:
    """A's mean minus B's, where it lies, and how likely one this large is where there is none."""

    value: float
    low: float
    high: float
    p: float
    # two-sided, 0-1
    n: int
    # samples (paired), or samples of both groups together
    test: str
    # the test's name


def paired(
    a: Sequence[float],
    b: Sequence[float],
    families: Sequence[Hashable] | None = None,
    level: float = LEVEL,
    seed: int = 0,
) -> Difference:
    """The difference of two scores of the same samples, in the same order.

    0/1 scores: exact McNemar (McNemar 1947, Psychometrika 12) with the interval of Bonett, Price 2012
    (Statistical Methods in Medical Research 21). Others: sign-flip permutation (Fisher 1935), all flips of up
    to 15 samples, else 10,000 seeded ones counted as in Phipson, Smyth 2010; Student's interval. Where
    samples share a family, whole families are flipped and the interval's error is clustered (Miller 2024,
    arXiv:2411.00640).
    """
    first, second = _scores(a), _scores(b)
    if len(first) != len(second):
        raise RevloopsError(
            f"Paired scores come from the same samples: {len(first)} and {len(second)} don't match."
        )
    if families is not None:
        return _clustered(first - second, families, level, seed)
    if _binary(first) and _binary(second):
        return _mcnemar(first - second, level)
    difference = first - second
    around = mean(list(difference), level)
    p = _sign_flip(difference, seed)
    return Difference(around.value, around.low, around.high, p, len(difference), "sign-flip permutation")


def independent(a: Sequence[float], b: Sequence[float], level: float = LEVEL) -> Difference:
    """The difference of two scores of different samples.

    0/1 scores: the two-proportion test with the N - 1 correction (Campbell 2007, Statistics in Medicine 26)
    and the hybrid score interval (Newcombe 1998, Statistics in Medicine 17, method 10). Others: Welch 1947
    with Satterthwaite's degrees of freedom.
    """
    first, second = _scores(a), _scores(b)
    if _binary(first) and _binary(second):
        return _two_proportions(first, second, level)
    return _welch(first, second, level)


def sample_size(
    effect: float,
    wanted: float,
    *,
    sd: float | None = None,
    discordance: float | None = None,
    alpha: float = ALPHA,
) -> int:
    """The smallest n whose `power` is at least `wanted` (0-1)."""
    low, high = 1, 2
    while power(high, effect, sd=sd, discordance=discordance, alpha=alpha) < wanted:
        low, high = high, high * 2
    while low + 1 < high:
        middle = (low + high) // 2
        enough = power(middle, effect, sd=sd, discordance=discordance, alpha=alpha) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def power(
    n: int, effect: float, *, sd: float | None = None, discordance: float | None = None, alpha: float = ALPHA
) -> float:
    """The chance, 0-1, that a true difference of `effect` is called one by a two-sided test at `alpha`.

    For scores give `sd`, the standard deviation of the paired differences (with two independent groups of n
    each: the root of the sum of both variances); normal approximation. For paired 0/1 scores give
    `discordance`, the share of samples where exactly one of both is right (at least the effect): Connor 1987,
    Biometrics 43.
    """
    size, z = abs(effect), normal_quantile(1 - alpha / 2)
    if (sd is None) == (discordance is None) or size == 0:
        raise RevloopsError("Power needs an effect other than 0, and either sd or discordance.")
    if sd is not None:
        return normal_cdf(size * math.sqrt(n) / sd - z) if sd > 0 else 1.0
    assert discordance is not None
    if not size <= discordance <= 1:
        raise RevloopsError(f"A discordance of {discordance} can't hold a difference of {effect}.")
    left = discordance - size**2
    if left <= 0:
        return 1.0
    return normal_cdf((size * math.sqrt(n) - z * math.sqrt(discordance)) / math.sqrt(left))


def _scores(values: Sequence[float]) -> Floats:
    if len(values) < 2:
        raise RevloopsError(f"A comparison needs at least two samples, there are {len(values)}.")
    return np.asarray(values, dtype=np.float64)


def _binary(values: Floats) -> bool:
    return bool(np.isin(values, (0, 1)).all())


def _mcnemar(difference: Floats, level: float) -> Difference:
    n, better, worse = len(difference), int((difference > 0).sum()), int((difference < 0).sum())
    p = min(1.0, 2 * binomial_tail(min(better, worse), better + worse, 0.5))
    up, down = (better + 1) / (n + 2), (worse + 1) / (n + 2)
    half = normal_quantile((1 + level) / 2) * math.sqrt((up + down - (up - down) ** 2) / (n + 2))
    low, high = max(-1.0, up - down - half), min(1.0, up - down + half)
    return Difference((better - worse) / n, low, high, p, n, "exact McNemar")


def _sign_flip(difference: Floats, seed: int) -> float:
    """The share of sign flips whose sum lies at least as far from 0 as the one seen."""
    n, whole = len(difference), float(difference.sum())
    edge = abs(whole) - 1e-9 * float(np.abs(difference).sum())
    if n <= EXACT_UP_TO:
        every = np.arange(2**n, dtype=np.uint32)
        flipped: list[Floats] = [((every >> place) & 1).astype(np.float64) for place in range(n)]
        return float((np.abs(whole - 2 * np.stack(flipped, axis=1) @ difference) >= edge).mean())
    draw, reached, left = np.random.default_rng(seed), 1, FLIPS
    while left:
        count = min(left, max(1, CHUNK_CELLS // n))
        drawn = draw.integers(0, 256, size=(count, (n + 7) // 8), dtype=np.uint8)
        flips = np.unpackbits(drawn, axis=1, count=n).astype(np.float64)
        reached += int((np.abs(whole - 2 * flips @ difference) >= edge).sum())
        left -= count
    return reached / (FLIPS + 1)


def _clustered(difference: Floats, families: Sequence[Hashable], level: float, seed: int) -> Difference:
    n, names = len(difference), list(dict.fromkeys(families))
    if len(families) != n or len(names) < 2:
        raise RevloopsError("A clustered comparison needs one family a sample, and at least two families.")
    places = np.array([names.index(family) for family in families])
    sums = np.bincount(places, weights=difference).astype(np.float64)
    middle, count = float(difference.mean()), len(names)
    residuals = np.bincount(places, weights=difference - middle)
    error = math.sqrt(float((residuals**2).sum()) * count / (count - 1)) / n
    half = t_quantile(level, count - 1) * error
    p = _sign_flip(sums, seed)
    return Difference(
        middle, middle - half, middle + half, p, n, f"sign-flip permutation of {count} families"
    )


def _two_proportions(first: Floats, second: Floats, level: float) -> Difference:
    k, n = (int(first.sum()), int(second.sum())), (len(first), len(second))
    one, two = proportion(k[0], n[0], level), proportion(k[1], n[1], level)
    pooled = sum(k) / sum(n)
    spread = pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]) * sum(n) / (sum(n) - 1)
    value = one.value - two.value
    p = 2 * (1 - normal_cdf(abs(value) / math.sqrt(spread))) if spread > 0 else 1.0
    low = value - math.hypot(one.value - one.low, two.high - two.value)
    high = value + math.hypot(one.high - one.value, two.value - two.low)
    return Difference(value, low, high, p, sum(n), "two proportions")


def _welch(first: Floats, second: Floats, level: float) -> Difference:
    one, two = (float(part.var(ddof=1)) / len(part) for part in (first, second))
    value, error, n = float(first.mean() - second.mean()), math.sqrt(one + two), len(first) + len(second)
    if error == 0:
        return Difference(value, value, value, float(value == 0), n, "Welch")
    freedom = (one + two) ** 2 / (one**2 / (len(first) - 1) + two**2 / (len(second) - 1))
    half = t_quantile(level, freedom) * error
    return Difference(value, value - half, value + half, t_tails(value / error, freedom), n, "Welch")
