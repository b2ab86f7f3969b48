"""The share of A grades held against what the config calls normal."""

from dataclasses import replace

import numpy as np
import pytest

from loops.columns import column, columns
from loops.history import History
from loops.scoring import Factor, Thresholds
from loops.tuning.candidates import Score
from loops.tuning.settings import Tuning
from loops.tuning.thresholds import Normal, regradings, tried

NORMAL, TUNING = Normal(0.05, 0.35), Tuning()
FACTOR = Factor(name="fit", attribute="fit", weight=100, values={str(n): n for n in range(101)})
SCORE = Score((FACTOR,), Thresholds(A=80, B=50, C=20))


def history(points: list[int]) -> History:
    n = len(points)
    blank = column([None] * n)
    known = columns([{"fit": str(p)} for p in points], ["fit"])
    return History(
        tuple(map(str, range(n))), np.arange(n, dtype=np.int64), known,
        blank, blank, blank, np.zeros(n, dtype=np.int8), np.full(n, np.nan),
    )  # fmt: skip


def drawn(low: int, high: int, n: int, seed: int = 3) -> list[int]:
    return np.random.default_rng(seed).integers(low, high, n).tolist()


def test_too_many_a_grades_among_the_newest_leads_raise_the_bound_into_the_normal_share() -> None:
    early, late = history([*drawn(0, 80, 3000), *drawn(60, 100, 1200)]), history(drawn(60, 100, 800, 5))
    change = regradings(SCORE, NORMAL, early, TUNING)[0]
    assert change.grades.A > 80 and change.edits[0].path == ("grades", "A")
    trial = tried(SCORE, change, NORMAL, late, TUNING)
    assert trial and not trial.refused and NORMAL.low <= trial.after.value <= NORMAL.high
    assert trial.before.value > NORMAL.high


def test_too_few_a_grades_lower_it() -> None:
    early = history(drawn(0, 81, 6000))
    assert regradings(SCORE, NORMAL, early, TUNING)[0].grades.A < 80


def test_a_normal_share_needs_no_other_bound() -> None:
    assert regradings(SCORE, NORMAL, history(drawn(0, 100, 6000)), TUNING) == ()


@pytest.mark.parametrize("late", [drawn(0, 100, 800), drawn(60, 100, 100)])
def test_what_later_leads_do_not_bear_out_is_refused(late: list[int]) -> None:
    early = history([*drawn(0, 80, 3000), *drawn(60, 100, 1200)])
    change = regradings(SCORE, NORMAL, early, TUNING)[0]
    trial = tried(SCORE, change, NORMAL, history(late), TUNING)
    assert trial and trial.refused


def test_a_share_that_a_refused_field_could_explain_says_nothing() -> None:
    hidden = Factor(name="hidden", attribute="hidden", weight=30, values={"x": 30}, unknown=0)
    score = Score((FACTOR.model_copy(update={"weight": 70}), hidden), SCORE.grades)
    seen = history(drawn(0, 71, 6000))
    rows = [{"fit": seen.known["fit"].at(n), "hidden": None} for n in range(len(seen))]
    known = columns(rows, ["fit", "hidden"])
    blank = replace(seen, known=known)
    assert regradings(score, NORMAL, blank, TUNING), "the control: the field is evidence, and unknown of all"
    refused = replace(blank, refused=(("hidden", "it was filled in later"),))
    assert regradings(score, NORMAL, refused, TUNING) == ()
