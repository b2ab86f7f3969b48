"""Every figure agrees with values known from the literature, by hand or from other programs."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from evals.statistics import (
    Difference,
    Interval,
    auc,
    bootstrap,
    calibration,
    f1,
    independent,
    kappa,
    mean,
    paired,
    position_swap,
    power,
    proportion,
    retest,
    sample_size,
    selective_risk,
    set_f1,
)
from evals.statistics.distributions import f_quantile, incomplete_beta, t_quantile, t_tails
from evals.statistics.scores import hanley_mcneil_error
from loops.errors import RevloopsError

Floats = npt.NDArray[np.float64]
MAIZE = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]
"""Darwin's pairs of plants, in eighths of an inch (Fisher 1935, The Design of Experiments, section 17)."""
RATINGS = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
"""Six targets, four judges (Shrout, Fleiss 1979, table 2)."""


def near(*expected: float, within: float = 5e-5) -> object:
    return pytest.approx(expected, abs=within)


def ends(found: Interval | Difference | None) -> tuple[float, float]:
    assert found is not None
    return found.low, found.high


def verdicts(table: list[list[int]]) -> tuple[list[str], list[str]]:
    """Two raters' verdicts whose cross table this is."""
    cells = [
        (str(i), str(j)) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)
    ]
    return [one for one, _ in cells], [other for _, other in cells]


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_s_interval_is_wilson_s_in_newcombe_s_table(k: int, n: int, low: float, high: float) -> None:
    assert ends(proportion(k, n)) == near(low, high)


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.70620474), (4, 2.77644511), (30, 2.04227246), (1000, 1.96233908)]
)
def test_student_s_quantiles_are_the_tables(freedom: int, quantile: float) -> None:
    assert t_quantile(0.95, freedom) == pytest.approx(quantile, rel=1e-8)
    assert t_tails(quantile, freedom) == pytest.approx(0.05, rel=1e-6)


def test_the_beta_and_f_distributions_are_the_tables() -> None:
    assert incomplete_beta(0.3, 2, 5) == pytest.approx(0.579825, rel=1e-9)
    assert incomplete_beta(0.99, 0.5, 0.5) == pytest.approx(0.9362314391414803, rel=1e-9)
    assert incomplete_beta(0.5, 200, 210) == pytest.approx(0.6894852134274166, rel=1e-9)
    assert f_quantile(0.975, 5, 18) == pytest.approx(3.381967805875243, rel=1e-9)
    assert f_quantile(0.975, 1, 1) == pytest.approx(647.7890114778442, rel=1e-9)


def test_a_mean_has_student_s_interval_and_a_skewed_one_the_bootstrap_s() -> None:
    assert ends(mean([1.1, 2.2, 3.9, 4.1, 9.7])) == near(0.0837, 8.3163)
    skewed = [0.1, 0.2, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9, 1.4, 2.2, 3.8, 7.5]
    many = bootstrap(np.array(skewed)[:, None], lambda sums: sums[:, 0] / 12, resamples=100_000)
    # scipy.stats.bootstrap, BCa, 200,000 resamples: 0.700 to 3.425
    assert ends(many) == near(0.70, 3.425, within=0.05)
    around = mean(skewed, method="bootstrap")
    assert around == mean(skewed, method="bootstrap") != mean(skewed, method="bootstrap", seed=1)


def test_a_figure_that_never_varies_has_an_interval_of_no_width() -> None:
    assert mean([2.0] * 9, method="bootstrap") == Interval(2.0, 2.0, 2.0, 9)


def test_the_f1_of_sets_is_computed_by_hand() -> None:
    assert set_f1({"a", "b"}, {"b", "c", "d"}) == 2 / 5
    assert (set_f1(set(), set()), set_f1({"a"}, set()), set_f1(set(), {"a"})) == (1, 0, 0)


def test_micro_and_macro_f1_are_scikit_learn_s() -> None:
    true, said = [0, 1, 2, 0, 1, 2, 2, 1], [0, 2, 1, 0, 0, 2, 2, 1]
    pairs = [({str(one)}, {str(other)}) for one, other in zip(said, true, strict=True)]
    micro, macro = f1(pairs), f1(pairs, "macro")
    assert (micro.value, macro.value) == near(0.625, 0.6222222)
    assert micro.low < 0.625 < micro.high and macro.low < 0.622 < macro.high


def test_the_area_under_the_curve_counts_ties_half_and_has_hanley_and_mcneil_s_error() -> None:
    scores, positive = [0.1, 0.4, 0.35, 0.8, 0.4, 0.6, 0.2], [False, False, True, True, True, True, False]
    assert auc(scores, positive).value == 0.875
    assert auc([1, 1, 1, 1], [True, False, True, False]).value == 0.5
    # their radiologist's area of 0.893 over 51 abnormal and 58 normal images: 0.032
    assert hanley_mcneil_error(0.893, 51, 58) == pytest.approx(0.032, abs=5e-4)
    perfect = auc([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    assert (perfect.value, perfect.high) == (1, 1) and perfect.low < 0.7


def test_calibration_s_error_and_table_are_computed_by_hand() -> None:
    said = [0.6] * 10 + [0.9] * 10
    right = [True] * 5 + [False] * 5 + [True] * 9 + [False]
    found = calibration(said, right, bins=2)
    assert found.ece.value == pytest.approx((10 * 0.1 + 10 * 0.0) / 20)
    assert [(b.low, b.high, b.n, b.correct.value) for b in found.table] == [
        (0.6, 0.6, 10, 0.5),
        (0.9, 0.9, 10, 0.9),
    ]
    assert found.ece.value < found.by_chance


def test_equal_confidences_share_a_bin_and_every_sample_is_in_one() -> None:
    found = calibration([0.5] * 7 + [0.7, 0.8, 0.9], [True] * 10, bins=5)
    assert [(b.low, b.high, b.n) for b in found.table] == [(0.5, 0.7, 8), (0.8, 0.9, 2)]
    assert sum(b.n for b in found.table) == 10


def test_an_overconfident_solver_lies_beyond_what_chance_explains_and_an_honest_one_does_not() -> None:
    draw = np.random.default_rng(1)
    said = draw.uniform(0.5, 1, 800)
    honest = calibration(list(said), list(draw.random(800) < said))
    bold = calibration(list(said), list(draw.random(800) < said - 0.15))
    assert honest.ece.value < honest.by_chance < 0.08 < bold.ece.low < 0.15 < bold.ece.high


def test_the_risk_at_each_confidence_counts_all_above_it() -> None:
    points = selective_risk([0.9, 0.9, 0.7, 0.5], [True, False, True, False])
    assert [(p.confidence, p.n, p.share, p.error.value) for p in points] == [
        (0.9, 2, 0.5, 0.5),
        (0.7, 3, 0.75, pytest.approx(1 / 3)),
        (0.5, 4, 1.0, 0.5),
    ]


def test_mcnemar_s_test_is_the_exact_binomial_s() -> None:
    ours, theirs = [1.0] * 10 + [0.0] * 2 + [1.0] * 30, [0.0] * 10 + [1.0] * 2 + [1.0] * 30
    found = paired(ours, theirs)
    assert (found.test, found.p) == ("exact McNemar", pytest.approx(0.03857421875))
    assert found.value == pytest.approx(8 / 42) and found.low < 8 / 42 < found.high
    assert paired(ours, ours).p == 1


def test_the_permutation_test_is_fisher_s_of_darwin_s_maize() -> None:
    found = paired([float(x) for x in MAIZE], [0.0] * 15)
    assert found.p == 1726 / 2**15
    assert (found.value, *ends(found)) == near(20.9333, 0.0312, 41.8355)


def test_flips_drawn_at_random_come_close_to_all_of_them() -> None:
    # flipping a zero moves no sum: the exact answer stays, and 20 samples are too many for every flip
    found = paired([*(float(x) for x in MAIZE), *[0.0] * 5], [0.0] * 20)
    assert found.p == pytest.approx(1726 / 2**15, abs=0.008)


def test_families_count_once_however_many_samples_they_have() -> None:
    better, families = [0.9, 0.8, 0.7, 0.9, 0.8, 0.9], ["a", "b", "c", "d", "e", "f"]
    alone = paired(better, [0.5] * 6, families)
    tenfold = paired(better * 10, [0.5] * 60, families * 10)
    assert alone.p == tenfold.p == 2 / 2**6
    assert ends(alone) == near(*ends(tenfold))
    assert ends(alone) == near(*ends(paired(better, [0.5] * 6)))
    assert paired(better * 10, [0.5] * 60).p < 0.001


def test_two_independent_shares_have_newcombe_s_interval_and_campbell_s_test() -> None:
    found = independent([1.0] * 56 + [0.0] * 14, [1.0] * 48 + [0.0] * 32)
    assert (found.value, *ends(found)) == near(0.2, 0.0524, 0.3339)
    assert found.p == pytest.approx(0.00825828793)


def test_two_independent_means_are_compared_by_welch_s_test() -> None:
    one = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
    two = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 22.9, 24.0]
    found = independent(one, two)
    assert (found.p, *ends(found)) == near(0.0134812, -4.0797, -0.5203)


@pytest.mark.parametrize(
    ("table", "value", "error"),
    [
        ([[20, 5], [10, 15]], 0.4, 0.126996),
        ([[45, 15], [25, 15]], 0.130435, 0.098662),
        ([[25, 35], [5, 35]], 0.259259, 0.07716),
        ([[88, 10, 2], [14, 40, 6], [18, 10, 12]], 0.491525, 0.051002),
    ],
)
def test_kappa_and_its_error_are_the_literature_s(table: list[list[int]], value: float, error: float) -> None:
    found = kappa(*verdicts(table)).kappa
    assert found and (found.value, (found.high - found.low) / 2 / 1.959964) == near(value, error)


def test_a_rare_label_makes_kappa_low_and_the_base_rate_says_why() -> None:
    rare, even = kappa(*verdicts([[90, 5], [4, 1]])), kappa(*verdicts([[46, 4], [5, 45]]))
    assert rare.kappa and even.kappa
    assert rare.observed.value == even.observed.value == 0.91
    assert (rare.base_rate, even.base_rate) == near(0.945, 0.505)
    assert rare.kappa.value < 0.2 < 0.8 < even.kappa.value
    assert kappa(["yes"] * 4, ["yes"] * 4).kappa is None


def test_repeatability_is_shrout_and_fleiss_s_first_correlation() -> None:
    found = retest(RATINGS)
    assert found.icc and (found.icc.value, *ends(found.icc)) == near(0.1657, -0.1329, 0.7226)
    assert found.sd == pytest.approx(math.sqrt(6.263888888888888))
    assert found.same.value == 0
    assert retest([[1, 1], [2, 2], [3, 3]]).icc == Interval(1, 1, 1, 3)
    assert retest([[1, 1], [1, 1]]).icc is None


def test_verdicts_that_follow_the_place_and_not_the_text_all_change() -> None:
    assert position_swap(["a", "a", "b", "tie"], ["a", "b", "b", "tie"]).value == 0.25
    assert position_swap(["a"] * 20, ["b"] * 20).low > 0.8


def test_power_and_sample_size_are_the_textbook_s() -> None:
    # half a standard deviation at 80 %: (1.96 + 0.8416)^2 / 0.25 = 31.4
    assert sample_size(0.5, 0.8, sd=1.0) == 32
    # two groups, half a standard deviation, 80 %: 63 each (Cohen 1988 with the normal)
    assert sample_size(0.5, 0.8, sd=math.sqrt(2)) == 63
    # Connor's formula by hand: (1.95996 √0.3 + 1.28155 √0.29)^2 / 0.01 = 311.1
    assert sample_size(0.1, 0.9, discordance=0.3) == 312
    assert power(312, -0.1, discordance=0.3) == pytest.approx(0.9, abs=0.002)


@pytest.mark.parametrize(
    "call",
    [
        lambda: proportion(3, 2),
        lambda: proportion(0, 0),
        lambda: mean([1.0]),
        lambda: f1([(set(), set())]),
        lambda: auc([1.0, 2.0], [True, True]),
        lambda: calibration([], []),
        lambda: paired([1.0, 0.0], [1.0, 0.0, 1.0]),
        lambda: paired([1.0, 0.0], [1.0, 0.0], ["one", "one"]),
        lambda: independent([1.0], [0.0, 1.0]),
        lambda: power(10, 0.1),
        lambda: power(10, 0.3, discordance=0.2),
        lambda: kappa(["a"], []),
        lambda: retest([[1.0, 2.0], [1.0]]),
        lambda: position_swap(["a"], []),
    ],
)
def test_what_cannot_be_computed_says_so_in_one_sentence(call: Callable[[], object]) -> None:
    with pytest.raises(RevloopsError, match=r"^[^.]+(\.\d+[^.]*)*\.$"):
        call()


def test_resampling_in_parts_gives_what_resampling_at_once_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(2).random((50, 1))

    def middle(sums: Floats) -> Floats:
        return sums[:, 0] / 50

    whole = bootstrap(rows, middle)
    monkeypatch.setattr("evals.statistics.intervals.CHUNK_CELLS", 50 * 7)
    assert bootstrap(rows, middle) == whole
