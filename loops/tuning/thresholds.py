"""The bound for an A held against intent: the share of A grades that the config calls normal."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loops.compiled import points
from loops.history import History
from loops.intervals import Measured, share
from loops.proposal import Edit
from loops.scoring import FULL, Thresholds
from loops.tuning.candidates import Score
from loops.tuning.settings import Tuning


@dataclass(frozen=True)
class Normal:
    """The share of A grades that is meant, both ends included."""

    low: float
    high: float


@dataclass(frozen=True)
class Regrading:
    """Another bound for an A."""

    id: str
    title: str
    says: str
    edits: tuple[Edit, ...]
    grades: Thresholds
    seen: Measured
    # the share of A among the newest of the earlier leads


@dataclass(frozen=True)
class GradeTrial:
    """How the bound does on later leads."""

    before: Measured
    after: Measured
    # shares of A
    refused: str


def regradings(score: Score, normal: Normal, history: History, tuning: Tuning) -> tuple[Regrading, ...]:
    """A bound for an A that brings its share back among the newest leads; none where it is within intent.

    Args:
        score: as it is configured.
        normal: the share of A grades that the config means.
        history: leads of the earlier part, settled or not.
        tuning: the bounds.
    """
    newest = history.take(np.arange(int(len(history) * (1 - tuning.recent)), len(history)))
    scores = points(score.factors, newest.known)
    seen = share(int((scores >= score.grades.A).sum()), len(newest))
    if seen is None or len(newest) < tuning.min_sample or not _outside(score, newest, normal):
        return ()
    bound = _bound(scores, (normal.low + normal.high) / 2)
    if not score.grades.B < bound <= FULL or bound == score.grades.A:
        return ()
    meant = f"{normal.low:.0%} to {normal.high:.0%}"
    return (
        Regrading(
            id="grades:A",
            title=f"Give an A from {bound} points instead of {score.grades.A}",
            says=f"{seen.value:.0%} of the newest {seen.sample} leads are an A; {meant} is normal.",
            edits=(Edit(path=("grades", "A"), value=bound),),
            grades=score.grades.model_copy(update={"A": bound}),
            seen=seen,
        ),
    )


def tried(
    score: Score, change: Regrading, normal: Normal, late: History, tuning: Tuning
) -> GradeTrial | None:
    """The shares on the later leads; None without any."""
    found = points(score.factors, late.known)
    before = share(int((found >= score.grades.A).sum()), len(found))
    after = share(int((found >= change.grades.A).sum()), len(found))
    if before is None or after is None:
        return None
    refused = ""
    if len(found) < tuning.min_sample:
        refused = f"only {len(found)} later leads were scored, {tuning.min_sample} are needed"
    elif not _outside(score, late, normal):
        refused = f"{before.value:.0%} of the later leads are an A, not surely outside of what is normal"
    elif not normal.low <= after.value <= normal.high:
        refused = f"{after.value:.0%} of the later leads would be an A, which isn't normal either"
    return GradeTrial(before, after, refused)


def _outside(score: Score, history: History, normal: Normal) -> bool:
    """Whether the whole interval lies outside of what is normal, whatever refused fields would have given."""
    refused = {name for name, _ in history.refused}
    hidden = [factor for factor in score.factors if factor.attribute in refused]
    up = sum(factor.weight - factor.unknown for factor in hidden)
    down = sum(factor.unknown for factor in hidden)
    scores = points(score.factors, history.known).astype(np.int64)
    most = share(int((scores + up >= score.grades.A).sum()), len(scores))
    least = share(int((scores - down >= score.grades.A).sum()), len(scores))
    return most is not None and least is not None and (most.high < normal.low or least.low > normal.high)


def _bound(scores: NDArray[np.int16], wanted: float) -> int:
    """The lowest bound under which at most that share is an A."""
    shares = [float((scores >= bound).mean()) for bound in range(FULL + 1)]
    return next((bound for bound, part in enumerate(shares) if part <= wanted), FULL)
