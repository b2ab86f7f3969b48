"""A promise beside what came of it."""

import numpy as np
import pytest

from loops.intervals import Measured, auc, auc_difference, share
from loops.promises import judge
from loops.proposal import Promise

UP = Promise(metric="conversion", before=0.10, expected=0.16, low=0.13, high=0.19, after_leads=200)
DOWN = Promise(metric="moved_by_people", before=0.30, expected=0.05, low=0.02, high=0.10, after_leads=200)


@pytest.mark.parametrize(
    ("promise", "value", "low", "high", "verdict"),
    [
        (UP, 0.15, 0.12, 0.18, "kept"),
        (UP, 0.20, 0.17, 0.23, "kept"),
        (UP, 0.09, 0.06, 0.12, "broken"),
        (UP, 0.09, 0.04, 0.20, "unclear"),
        (UP, 0.10, 0.05, 0.155, "broken"),
        (UP, 0.11, 0.05, 0.20, "unclear"),
        (DOWN, 0.06, 0.03, 0.10, "kept"),
        (DOWN, 0.29, 0.24, 0.35, "broken"),
        (DOWN, 0.31, 0.04, 0.6, "unclear"),
    ],
)
def test_a_promise_is_kept_broken_or_unclear(
    promise: Promise, value: float, low: float, high: float, verdict: str
) -> None:
    assert judge(promise, Measured(value, low, high, 400), 400).verdict == verdict


def test_with_too_few_leads_it_is_too_early_however_good_it_looks() -> None:
    judged = judge(UP, Measured(0.5, 0.4, 0.6, 199), 199)
    assert (judged.verdict, judged.missing) == ("too early", 1)


def test_a_change_without_any_effect_is_rarely_called_kept() -> None:
    dice = np.random.default_rng(3)
    told = [judge(UP, share(int(hits), 400), 400).verdict for hits in dice.binomial(400, UP.before, 2000)]
    assert told.count("kept") <= 0.035 * 2000


def test_the_auc_is_the_share_of_pairs_in_order_with_ties_half() -> None:
    scores, positive = np.array([1, 2, 2, 3]), np.array([False, True, False, True])
    # pairs: 2>1, 2=2, 3>1, 3>2 → (1 + 0.5 + 1 + 1) / 4
    measured = auc(scores, positive)
    assert measured is not None and measured.value == pytest.approx(0.875)


def test_the_interval_of_an_auc_difference_covers_the_truth_as_often_as_it_says() -> None:
    dice, hits, rounds = np.random.default_rng(5), 0, 400
    for _ in range(rounds):
        positive = dice.random(300) < 0.3
        signal = dice.normal(size=300) + positive
        one, other = signal + dice.normal(size=300), signal + dice.normal(size=300)  # equally good
        found = auc_difference(one, other, positive)
        assert found is not None
        hits += found.low <= 0 <= found.high
    assert 0.92 <= hits / rounds <= 0.98
