"""A change of a score tried on later leads than those it was found on."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from loops.columns import Column
from loops.compiled import points
from loops.history import History
from loops.intervals import Measured, auc, auc_difference, share
from loops.proposal import Guardrail
from loops.scoring import FULL, Factor
from loops.tuning.candidates import Candidate, Score, calibrated, log_score
from loops.tuning.settings import Tuning

FEW = 3
"""Times the least segment that is looked at, below which a segment's leads are few."""
ENTERPRISE = (1, 200, 1000)
"""Bounds of the sizes of company that are looked at apart."""


@dataclass(frozen=True)
class Trial:
    """How a change does on the later leads, beside the config as it is."""

    before: Measured
    after: Measured
    difference: Measured
    # of the AUCs, on the same leads
    surplus: float
    # standard errors by which each lead's log score is better on the mean, calibrated on the earlier leads
    guardrails: tuple[Guardrail, ...]
    graded_a: tuple[Measured, Measured]
    # share of A grades before and after
    regraded: Measured
    # share that gets another grade
    refused: str
    # why it isn't good enough, in one clause; "" where it is

    @property
    def passes(self) -> bool:
        """Whether it may be proposed."""
        return not self.refused


def tried(
    score: Score, candidate: Candidate, early: History, late: History, tuning: Tuning
) -> Trial | None:
    """The change on the later leads; None where they are of one kind alone.

    The test is on the paired differences of the leads' log scores (a proper scoring rule: Gneiting & Raftery
    2007), one-sided at `tuning.alpha`; beside it the AUC must gain at least `tuning.min_effect`, and no
    segment may lose more than `tuning.guardrail`.
    """
    converted = late.converted == 1
    old, new = points(score.factors, late.known), points(candidate.factors, late.known)
    before, after, apart = auc(old, converted), auc(new, converted), auc_difference(old, new, converted)
    if before is None or after is None or apart is None:
        return None
    surplus = _surplus(score.factors, candidate.factors, early, late)
    guards = tuple(_guardrails(old, new, converted, late, tuning))
    needed = NormalDist().inv_cdf(1 - tuning.alpha)
    broken = next((guard for guard in guards if not guard.holds), None)
    refused = ""
    if len(late) < tuning.min_sample:
        refused = f"only {len(late)} later leads are settled, {tuning.min_sample} are needed"
    elif surplus < needed:
        refused = f"on later leads it is better by {surplus:.1f} standard errors, {needed:.1f} are needed"
        refused += f" (alpha {tuning.alpha:.3g}, split over the days on which somebody looked)"
    elif apart.value < tuning.min_effect:
        refused = f"on later leads the AUC gains {apart.value:.4f}, {tuning.min_effect} is the least"
    elif broken:
        refused = f"leads with {broken.segment} would be told apart worse"
    graded, regraded = _grades(score, candidate, old, new)
    return Trial(before, after, apart, surplus, guards, graded, regraded, refused)


def _grades(
    score: Score, candidate: Candidate, old: NDArray[np.int16], new: NDArray[np.int16]
) -> tuple[tuple[Measured, Measured], Measured]:
    """Shares of A before and after, and of leads that get another grade."""
    sides = ((score.grades, old), (candidate.grades, new))
    marks = [np.array([list(g.grade(p)) for p in range(FULL + 1)])[points, 0] for g, points in sides]
    first, second, other = (
        share(int(flags.sum()), len(old)) or Measured(0.0, 0.0, 1.0, 0)
        for flags in (marks[0] == "A", marks[1] == "A", marks[0] != marks[1])
    )
    return (first, second), other


def _surplus(old: Iterable[Factor], new: Iterable[Factor], early: History, late: History) -> float:
    gains: list[NDArray[np.float64]] = []
    for factors in (tuple(old), tuple(new)):
        line = calibrated(points(factors, early.known), early.converted == 1)
        gains.append(log_score(points(factors, late.known), late.converted == 1, line))
    apart = gains[1] - gains[0]
    spread = float(apart.std(ddof=1)) / math.sqrt(len(apart))
    return float(apart.mean()) / spread if spread else 0.0


def _guardrails(
    old: NDArray[np.int16],
    new: NDArray[np.int16],
    converted: NDArray[np.bool_],
    late: History,
    tuning: Tuning,
) -> Iterable[Guardrail]:
    for named, flags in segments(late):
        leads = int(flags.sum())
        before, after = auc(old[flags], converted[flags]), auc(new[flags], converted[flags])
        if leads < tuning.min_segment or before is None or after is None:
            continue
        apart = auc_difference(old[flags], new[flags], converted[flags])
        # worse by more than the bound, and not by chance alone
        fails = apart is not None and apart.value < -tuning.guardrail and apart.high < 0
        yield guardrail(named, before, after, tuning, fails=fails)


def guardrail(named: str, before: Measured, after: Measured, tuning: Tuning, *, fails: bool) -> Guardrail:
    """A segment's figure under a change, with what there is to say of it."""
    few = "few leads" if before.sample < FEW * tuning.min_segment else ""
    worse = "worse, and not surely so" if after.value < before.value - tuning.guardrail else ""
    return Guardrail(
        segment=named,
        leads=before.sample,
        before=round(before.value, 6),
        after=round(after.value, 6),
        holds=not fails,
        says="" if fails else ", ".join(filter(None, (worse, few))),
    )


def segments(history: History) -> Iterable[tuple[str, NDArray[np.bool_]]]:
    """The groups that are looked at apart: by where they come from, source, territory and size of company."""
    origins = [(at, value) for at, value in enumerate(history.origin.values) if value is not None]
    for at, value in origins if len(origins) > 1 else ():
        yield f"origin = {value}", history.origin.codes == at
    for name in ("source", "territory"):
        column = history.known.columns.get(name)
        if column is not None:
            for at, value in sorted(enumerate(column.values), key=lambda pair: str(pair[1])):
                if value is not None:
                    yield f"{name} = {value}", column.codes == at
    sizes = history.known.columns.get("employees")
    if sizes is not None:
        for low, high in zip(ENTERPRISE, (*ENTERPRISE[1:], None), strict=True):
            top = f" to {high - 1}" if high else " or more"
            yield f"employees = {low}{top}", _between(sizes, low, high)


def _between(sizes: Column, low: int, high: int | None) -> NDArray[np.bool_]:
    def inside(value: str | int | None) -> bool:
        return value is not None and low <= int(value) and (high is None or int(value) < high)

    return sizes.lookup(inside, np.bool_)[sizes.codes]
