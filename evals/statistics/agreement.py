"""Can a judge be trusted: agreement beyond chance, repeatability, and whether the order matters to it."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from evals.statistics.distributions import f_quantile, normal_quantile
from evals.statistics.intervals import LEVEL, Floats, Interval, proportion
from loops.errors import RevloopsError


@dataclass(frozen=True)
class Agreement:
    """Two raters' verdicts on the same samples; read kappa beside the base rate."""

    kappa: Interval | None
    # -1 to 1, 0 is chance; None where both only ever gave one and the same label
    observed: Interval
    # share of equal verdicts
    base_rate: float
    # share of the commonest label over both raters, 0-1


@dataclass(frozen=True)
class Repeatability:
    """What a judge says when asked the same again."""

    same: Interval
    # share of samples with one and the same score each time
    sd: float
    # standard deviation of a score around its sample's mean, in points of the score
    icc: Interval | None
    # one-way intraclass correlation of a single score, below 1; None where samples don't differ at all


def kappa(a: Sequence[Hashable], b: Sequence[Hashable], level: float = LEVEL) -> Agreement:
    """Cohen's kappa (Cohen 1960) with the large-sample error of Fleiss, Cohen, Everitt 1969.

    Where one label is rare, kappa is low even of raters who nearly always agree (the prevalence paradox:
    Feinstein, Cicchetti 1990); so a low kappa at a base rate near 1 calls for more samples of the rare label
    before it says anything against the judge.
    """
    table = _table(a, b)
    n, observed, rows, columns = len(a), float(np.trace(table)), table.sum(axis=1), table.sum(axis=0)
    chance, base = float(rows @ columns), float((rows + columns).max() / 2)
    share = proportion(round(observed * n), n, level)
    if chance >= 1 - 1e-12:
        return Agreement(None, share, base)
    value = (observed - chance) / (1 - chance)
    half = normal_quantile((1 + level) / 2) * _kappa_error(table, value, chance, n)
    return Agreement(Interval(value, max(-1.0, value - half), min(1.0, value + half), n), share, base)


def retest(scores: Sequence[Sequence[float]], level: float = LEVEL) -> Repeatability:
    """How well scores repeat; one row a sample, one column a time it was scored, at least two of each.

    The correlation and its interval are ICC(1,1) of Shrout, Fleiss 1979 (Psychological Bulletin 86).
    """
    if len(scores) < 2 or len(widths := {len(row) for row in scores}) != 1 or widths == {1}:
        raise RevloopsError(
            "Repeatability needs two samples or more, each scored the same number of times, twice or more."
        )
    data = np.asarray(scores, dtype=np.float64)
    n, times = data.shape
    between = float(times * data.mean(axis=1).var(ddof=1))
    within = float(data.var(axis=1, ddof=1).mean())
    same = proportion(int((data == data[:, :1]).all(axis=1).sum()), n, level)
    return Repeatability(same, math.sqrt(within), _icc(between, within, n, times, level))


def position_swap(first: Sequence[str], swapped: Sequence[str], level: float = LEVEL) -> Interval:
    """The share of verdicts that change with the order of two texts (Zheng et al. 2023, arXiv:2306.05685).

    Args:
        first: each verdict by the winner's name (not its place), or a tie, in one order.
        swapped: the same with the texts in the other order.
        level: how sure, 0-1.
    """
    if len(first) != len(swapped):
        raise RevloopsError(f"{len(first)} verdicts and {len(swapped)} swapped ones aren't pairs to compare.")
    return proportion(sum(one != other for one, other in zip(first, swapped, strict=True)), len(first), level)


def _table(a: Sequence[Hashable], b: Sequence[Hashable]) -> Floats:
    """The share of samples by (first rater's label, second rater's label)."""
    if not a or len(a) != len(b):
        raise RevloopsError(f"{len(a)} and {len(b)} verdicts aren't pairs to compare.")
    places = {label: place for place, label in enumerate(dict.fromkeys([*a, *b]))}
    table = np.zeros((len(places), len(places)))
    for one, other in zip(a, b, strict=True):
        table[places[one], places[other]] += 1 / len(a)
    return table


def _kappa_error(table: Floats, value: float, chance: float, n: int) -> float:
    rows, columns, left = table.sum(axis=1), table.sum(axis=0), 1 - value
    marginals = columns[:, None] + rows[None, :]
    diagonal = np.diag(table)
    agree = float((diagonal * (1 - np.diag(marginals) * left) ** 2).sum())
    differ = left**2 * float((table * marginals**2).sum() - (diagonal * np.diag(marginals) ** 2).sum())
    spread = agree + differ - (value - chance * left) ** 2
    return math.sqrt(max(0.0, spread) / n) / (1 - chance)


def _icc(between: float, within: float, n: int, times: int, level: float) -> Interval | None:
    if between == 0:
        return None
    if within == 0:
        return Interval(1.0, 1.0, 1.0, n)
    ratio, above, below = between / within, n - 1, n * (times - 1)
    tail = (1 + level) / 2
    low, high = ratio / f_quantile(tail, above, below), ratio * f_quantile(tail, below, above)
    value, least, most = ((f - 1) / (f + times - 1) for f in (ratio, low, high))
    return Interval(value, least, most, n)
