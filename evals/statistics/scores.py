"""Scores over sets and rankings: F1 and the area under the ROC curve."""

import math
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import numpy as np

from evals.statistics.distributions import normal_quantile
from evals.statistics.intervals import LEVEL, Floats, Interval, bootstrap
from loops.errors import RevloopsError

Labels = AbstractSet[str]


def set_f1(said: Labels, true: Labels) -> float:
    """Harmonic mean of a set's precision and recall, 0-1 (van Rijsbergen 1979); 1 where both are empty."""
    return 2 * len(said & true) / (len(said) + len(true)) if said or true else 1.0


def f1(
    pairs: Sequence[tuple[Labels, Labels]],
    average: Literal["micro", "macro"] = "micro",
    level: float = LEVEL,
    seed: int = 0,
) -> Interval:
    """F1 over samples of (labels said, true labels), with a bootstrap interval over samples.

    micro counts each label of each sample alike; macro is the mean of the labels' own F1, over the labels
    that occur (Sokolova, Lapalme 2009). A single label is a set of one.
    """
    labels = sorted({label for said, true in pairs for label in said | true})
    if not labels:
        raise RevloopsError("F1 needs at least one sample with a label.")
    hits = np.array([[label in said and label in true for label in labels] for said, true in pairs], float)
    named = np.array([[(label in said) + (label in true) for label in labels] for said, true in pairs], float)
    if average == "micro":
        hits, named = hits.sum(axis=1, keepdims=True), named.sum(axis=1, keepdims=True)
    return bootstrap(np.hstack([hits, named]), _mean_f1, level, seed)


def auc(scores: Sequence[float], positive: Sequence[bool], level: float = LEVEL) -> Interval:
    """The chance that a positive scores above a negative, ties half: the area under the ROC curve.

    The interval solves |area - estimate| = z * SE(area) with the variance of Hanley, McNeil 1982 (Radiology
    143) at mean group size: method 5 of Newcombe 2006 (Statistics in Medicine 25); it holds up near 0 and 1.
    """
    values, is_positive = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    above, below = int(is_positive.sum()), int((~is_positive).sum())
    if not above or not below:
        raise RevloopsError("An area under the curve needs both positive and negative samples.")
    ranks = _midranks(values)
    area = (float(ranks[is_positive].sum()) - above * (above + 1) / 2) / (above * below)
    z = normal_quantile((1 + level) / 2)

    def inside(candidate: float) -> bool:
        return abs(candidate - area) <= z * hanley_mcneil_error(candidate, above, below)

    return Interval(area, _edge(inside, area, 0.0), _edge(inside, area, 1.0), len(values))


def hanley_mcneil_error(area: float, above: int, below: int) -> float:
    """An area's standard error over so many positives and negatives, both groups taken at their mean size."""
    others = (above + below) / 2 - 1
    spread = 1 + others * (1 - area) / (2 - area) + others * area / (1 + area)
    return math.sqrt(area * (1 - area) * spread / (above * below))


def _midranks(values: Floats) -> Floats:
    """Each value's rank from 1; equal values share their mean rank."""
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(times)
    return (last - (times - 1) / 2)[place]


def _mean_f1(sums: Floats) -> Floats:
    """The mean over labels of 2 hits / named, labels that don't occur left out; NaN where none does."""
    hits, named = np.hsplit(sums, 2)
    occurs = named > 0
    ratios = np.where(occurs, 2 * hits / np.where(occurs, named, 1), 0)
    count = occurs.sum(axis=1)
    return np.where(count > 0, ratios.sum(axis=1) / np.maximum(count, 1), np.nan)


def _edge(inside: Callable[[float], bool], start: float, end: float) -> float:
    """How far from `start` towards `end` one stays inside."""
    if inside(end) and start != end:
        return end
    for _ in range(60):
        middle = (start + end) / 2
        start, end = (middle, end) if inside(middle) else (start, middle)
    return start
