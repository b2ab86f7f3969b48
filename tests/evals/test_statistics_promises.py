"""Every interval and test keeps its promise in simulations, and one that promises too much is found out."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from evals.statistics import (
    Difference,
    Interval,
    auc,
    f1,
    independent,
    kappa,
    mean,
    paired,
    proportion,
    retest,
    sample_size,
)

Draw = np.random.Generator
Compare = Callable[[list[float], list[float]], Difference]
World = Callable[[Draw], tuple[Interval | Difference, float]]
RUNS = 200
MOST_CALLED = 18
"""The 99 % bound of binomial(200, 0.05)."""


def binary(draw: Draw, n: int, drop: float = 0.0) -> list[float]:
    """A noisy solver that is right on seven in ten."""
    return list((draw.random(n) < 0.7 - drop).astype(float))


def graded(draw: Draw, n: int, drop: float = 0.0) -> list[float]:
    """A noisy solver's graded scores, 0-1, most of them high."""
    return list(np.clip(np.round(draw.beta(4, 2, n), 1) - drop, 0, 1))


def called(compare: Compare, one: Callable[[Draw], list[float]], two: Callable[[Draw], list[float]]) -> int:
    """How many of the runs call a difference at 5 %."""
    draw = np.random.default_rng(7)
    return sum(compare(one(draw), two(draw)).p < 0.05 for _ in range(RUNS))


def by_eye(a: list[float], b: list[float]) -> Difference:
    """The guard taken out: any two points of difference count."""
    value = sum(a) / len(a) - sum(b) / len(b)
    return Difference(value, value, value, float(abs(value) < 0.02), len(a), "by eye")


@pytest.mark.parametrize("solver", [binary, graded])
@pytest.mark.parametrize("compare", [independent, paired])
def test_the_same_solver_twice_is_rarely_called_a_difference(
    solver: Callable[[Draw, int], list[float]], compare: Compare
) -> None:
    assert called(compare, lambda d: solver(d, 120), lambda d: solver(d, 120)) <= MOST_CALLED


def test_families_that_share_their_noise_need_the_clustered_test() -> None:
    families = [place // 6 for place in range(120)]

    def solver(draw: Draw) -> list[float]:
        return list(np.repeat(draw.normal(size=20), 6) + draw.normal(size=120))

    def clustered(a: list[float], b: list[float]) -> Difference:
        return paired(a, b, families)

    assert called(clustered, solver, solver) <= MOST_CALLED < called(paired, solver, solver)


@pytest.mark.parametrize("solver", [binary, graded])
def test_without_a_test_the_same_solver_twice_is_called_different(
    solver: Callable[[Draw, int], list[float]],
) -> None:
    assert called(by_eye, lambda d: solver(d, 120), lambda d: solver(d, 120)) > MOST_CALLED


def test_a_planted_drop_of_independent_scores_is_caught() -> None:
    spread = math.sqrt(0.7 * 0.3 + 0.55 * 0.45)
    n = sample_size(0.15, 0.9, sd=spread)
    assert 160 * 2 > n > 160
    assert called(independent, lambda d: binary(d, n), lambda d: binary(d, n, 0.15)) >= 0.8 * RUNS
    sd = float(np.std(graded(np.random.default_rng(0), 20_000))) * math.sqrt(2)
    n = sample_size(0.08, 0.9, sd=sd)
    assert called(independent, lambda d: graded(d, n), lambda d: graded(d, n, 0.08)) >= 0.8 * RUNS


def test_a_planted_drop_of_paired_scores_is_caught() -> None:
    n = sample_size(0.1, 0.9, discordance=0.2)

    def caught(seed: int) -> bool:
        draw = np.random.default_rng(seed)
        kind = draw.choice(3, p=[0.15, 0.05, 0.8], size=n)
        return paired(list((kind != 1).astype(float)), list((kind != 0).astype(float))).p < 0.05

    assert sum(caught(seed) for seed in range(RUNS)) >= 0.8 * RUNS
    n = sample_size(0.05, 0.9, sd=0.2)
    graded_runs = [np.random.default_rng(seed).normal(0.05, 0.2, n) for seed in range(RUNS)]
    assert sum(paired(list(d), [0.0] * n).p < 0.05 for d in graded_runs) >= 0.8 * RUNS


def _share(draw: Draw) -> tuple[Interval, float]:
    return proportion(int((draw.random(60) < 0.85).sum()), 60), 0.85


def _mean(draw: Draw) -> tuple[Interval, float]:
    return mean(list(draw.normal(3, 2, 15))), 3.0


def _skewed(draw: Draw) -> tuple[Interval, float]:
    return mean(list(draw.exponential(1, 120)), method="bootstrap"), 1.0


def _micro(draw: Draw) -> tuple[Interval, float]:
    said = draw.random((150, 3)) < 0.5
    true = np.where(draw.random((150, 3)) < 0.8, said, ~said)
    pairs = [
        ({str(i) for i in np.flatnonzero(s)}, {str(i) for i in np.flatnonzero(t)})
        for s, t in zip(said, true, strict=True)
    ]
    return f1(pairs), 0.8


def _area(draw: Draw) -> tuple[Interval, float]:
    scores = np.concatenate([draw.normal(1.5, 1, 40), draw.normal(0, 1, 60)])
    return auc(list(scores), [True] * 40 + [False] * 60), 0.5 * (1 + math.erf(1.5 / 2))


def _kappa(draw: Draw) -> tuple[Interval, float]:
    one = draw.random(150) < 0.4
    other = np.where(draw.random(150) < 0.85, one, draw.random(150) < 0.4)
    found = kappa(list(one), list(other)).kappa
    assert found
    return found, 0.85


def _repeats(draw: Draw) -> tuple[Interval, float]:
    found = retest(list(map(list, draw.normal(0, 2, 40)[:, None] + draw.normal(0, 1, (40, 2))))).icc
    assert found
    return found, 0.8


def _paired_shares(draw: Draw) -> tuple[Difference, float]:
    kind = draw.choice(3, p=[0.2, 0.1, 0.7], size=100)
    return paired(list((kind != 1).astype(float)), list((kind != 0).astype(float))), 0.1


def _shares_apart(draw: Draw) -> tuple[Difference, float]:
    return independent(binary(draw, 80), binary(draw, 60, 0.2)), 0.2


def _means_apart(draw: Draw) -> tuple[Difference, float]:
    return independent(list(draw.normal(1, 1, 20)), list(draw.normal(0, 3, 30))), 1.0


def _families(draw: Draw) -> tuple[Difference, float]:
    shift = np.repeat(draw.normal(0.5, 1, 25), 4) + draw.normal(size=100)
    return paired(list(shift), [0.0] * 100, [i // 4 for i in range(100)]), 0.5


def _naive(draw: Draw) -> tuple[Interval, float]:
    """The control: Wald's interval of a share near 1 doesn't keep its level."""
    share = float((draw.random(30) < 0.95).mean())
    half = 1.96 * math.sqrt(share * (1 - share) / 30)
    return Interval(share, share - half, share + half, 30), 0.95


def coverage(world: World) -> float:
    draw = np.random.default_rng(11)
    runs = [world(draw) for _ in range(400)]
    return sum(found.low <= true <= found.high for found, true in runs) / len(runs)


@pytest.mark.parametrize(
    "world",
    [
        _share,
        _mean,
        _skewed,
        _micro,
        _area,
        _kappa,
        _repeats,
        _paired_shares,
        _shares_apart,
        _means_apart,
        _families,
    ],
)
def test_an_interval_covers_the_truth_as_often_as_it_says(
    world: World,
) -> None:
    assert coverage(world) >= 0.93


def test_an_interval_that_promises_too_much_is_found_out() -> None:
    assert coverage(_naive) < 0.93
