"""Changes of a score that past leads speak for: one value, one factor, or all points."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from loops.compiled import points
from loops.history import History
from loops.proposal import Edit, Kind
from loops.scoring import FULL, Factor, Thresholds
from loops.tuning.scorecard import (
    OTHERWISE,
    UNKNOWN,
    Cell,
    Floats,
    cells,
    expected,
    fit,
    logistic,
    members,
    points_of,
    scorecard,
    with_points,
)
from loops.tuning.settings import Tuning


@dataclass(frozen=True)
class Candidate:
    """A change, what speaks for it on the earlier part, and the config's factors under it."""

    id: str
    kind: Kind
    title: str
    says: str
    # what was seen, in one sentence
    edits: tuple[Edit, ...]
    factors: tuple[Factor, ...]
    grades: Thresholds
    gain: float
    # in deviance, less two a free point
    segment: tuple[tuple[str, str], ...] = ()
    # attribute, value: the leads that it is about; empty: all


@dataclass(frozen=True)
class Score:
    """A loop's way to score."""

    factors: tuple[Factor, ...]
    grades: Thresholds


def calibrated(scores: NDArray[np.int16], converted: NDArray[np.bool_]) -> tuple[float, float]:
    """Intercept and slope (log odds a point) of how often leads of a score convert; the slope never falls."""
    matrix = np.column_stack([np.ones(len(scores)), scores / FULL])
    found, _ = logistic(matrix, converted, np.array([0.0, 1.0]))
    return float(found[0]), max(float(found[1]) / FULL, 1e-4)


def log_score(scores: NDArray[np.int16], converted: NDArray[np.bool_], line: tuple[float, float]) -> Floats:
    """Each lead's log likelihood under a calibration."""
    share = expected(line[0] + line[1] * scores.astype(np.float64))
    return np.where(converted, np.log(share), np.log1p(-share))


def candidates(score: Score, history: History, tuning: Tuning) -> tuple[Candidate, ...]:
    """The changes worth a look, the one with the largest gain first.

    Args:
        score: as it is configured.
        history: settled leads of the earlier part alone, the oldest first.
        tuning: the bounds.
    """
    converted = history.converted == 1
    refused = {name for name, _ in history.refused}
    usable = tuple(f for f in score.factors if f.attribute not in refused)
    if len(history) < tuning.min_sample or not usable or converted.all() or not converted.any():
        return ()
    found = [
        *_values(score, usable, history, converted, tuning),
        *_recent(score, usable, history, converted, tuning),
        *_factors(score, usable, history, converted, tuning),
        *_all(score, usable, history, converted, tuning),
    ]
    return tuple(sorted((c for c in found if c.gain >= tuning.worth), key=lambda c: (-c.gain, c.id)))


def preferred(found: Sequence[Candidate], specific: float) -> Candidate | None:
    """The smallest change that gains at least that share of the largest gain; None of none."""
    if not found:
        return None
    most = max(candidate.gain for candidate in found)
    enough = [candidate for candidate in found if candidate.gain >= specific * most]
    return min(enough, key=lambda candidate: (len(candidate.edits), -candidate.gain))


# --- one value ------------------------------------------------------------------------------------
def _values(
    score: Score, usable: Sequence[Factor], history: History, converted: NDArray[np.bool_], tuning: Tuning
) -> Iterator[Candidate]:
    """Values that do otherwise than their points say, over the whole part."""
    fitted = fit(usable, history.known, converted, tuning.ridge)
    slope = max(fitted.slope, 1e-3)
    by_name = {factor.name: factor for factor in usable}
    for one in fitted.departures:
        if one.leads >= tuning.min_segment and abs(one.log_odds) >= tuning.sure * one.error:
            factor = by_name[one.cell.factor]
            new = _moved(factor, one.cell, one.log_odds / slope)
            yield from _value(score, factor, one.cell, new, history, converted, "value")


def _recent(
    score: Score, usable: Sequence[Factor], history: History, converted: NDArray[np.bool_], tuning: Tuning
) -> Iterator[Candidate]:
    """Values whose newest leads do otherwise than those before them made one expect."""
    edge = int(len(history) * (1 - tuning.recent))
    before, after = np.arange(edge), np.arange(edge, len(history))
    scores = points(score.factors, history.known)
    line = calibrated(scores[before], converted[before])
    share = expected(line[0] + line[1] * scores[after].astype(np.float64))
    newest = history.take(after)
    for cell, flags in members(usable, newest.known):
        leads = int(flags.sum())
        if leads < tuning.min_segment:
            continue
        missing = float((converted[after][flags] - share[flags]).sum())
        information = float((share[flags] * (1 - share[flags])).sum())
        if abs(missing) >= tuning.sure * np.sqrt(information):
            factor = next(factor for factor in usable if factor.name == cell.factor)
            new = _moved(factor, cell, missing / (information + tuning.ridge) / line[1])
            yield from _value(score, factor, cell, new, newest, converted[after], "recent")


def _moved(factor: Factor, cell: Cell, by: float) -> int:
    return min(max(round(points_of(factor, cell.key) + by), 0), factor.weight)


def _value(
    score: Score,
    factor: Factor,
    cell: Cell,
    new: int,
    history: History,
    converted: NDArray[np.bool_],
    how: str,
) -> Iterator[Candidate]:
    old = points_of(factor, cell.key)
    if new == old:
        return
    at = next(n for n, one in enumerate(score.factors) if one.name == factor.name)
    named = _named(factor, cell.key)
    changed = _replaced(score.factors, with_points(factor, {cell.key: new}))
    flags = next(flags for one, flags in members([factor], history.known) if one == cell)
    seen = f"{int(converted[flags].sum())} of {int(flags.sum())}"
    when = "of the newest " if how == "recent" else ""
    yield Candidate(
        id=f"{how}:{factor.name}:{cell.key}".replace(" ", "_"),
        kind="weights",
        title=f"Give {named} {new} points instead of {old}",
        says=f"{seen} {when}leads with {named} converted, {'more' if new > old else 'fewer'} than others of "
        "their score.",
        edits=(Edit(path=("factors", at, *_where(factor, cell.key)), value=new),),
        factors=changed,
        grades=score.grades,
        gain=_gain(score.factors, changed, history, converted, 1),
        segment=((factor.attribute, cell.key),) if cell.key in factor.values else (),
    )


def _named(factor: Factor, key: str) -> str:
    if key in (OTHERWISE, UNKNOWN):
        return f"{factor.name} {'not listed' if key == OTHERWISE else 'unknown'}"
    return f"{factor.name} {key}{' or more' if factor.bands else ''}"


def _where(factor: Factor, key: str) -> tuple[str | int, ...]:
    """Where a cell's points stand within its factor."""
    if key in (OTHERWISE, UNKNOWN):
        return ("otherwise" if key == OTHERWISE else "unknown",)
    if factor.bands:
        return ("bands", [str(band.at_least) for band in factor.bands].index(key), "points")
    return ("values", key)


# --- a factor, or all -----------------------------------------------------------------------------
def _factors(
    score: Score, usable: Sequence[Factor], history: History, converted: NDArray[np.bool_], tuning: Tuning
) -> Iterator[Candidate]:
    """A factor's points dealt out anew within its weight, the other factors left as they are."""
    for factor in usable:
        others = tuple(one for one in score.factors if one.name != factor.name)
        rest = points(others, history.known).astype(np.float64)
        told = [(cell, flags) for cell, flags in members([factor], history.known) if flags.any()]
        matrix = np.column_stack([np.ones(len(history)), rest / FULL, *(flags for _, flags in told)])
        penalty = np.array([0.0, 1.0, *([tuning.ridge] * len(told))])
        found, _ = logistic(matrix, converted, penalty)
        slope = max(float(found[1]) / FULL, 1e-3)
        worth = {cell.key: float(found[at]) / slope for at, (cell, _) in enumerate(told, start=2)}
        low, high = min(worth.values()), max(worth.values())
        scale = min(1.0, factor.weight / (high - low)) if high > low else 1.0
        new = {key: round((value - low) * scale) for key, value in worth.items()}
        changed = with_points(factor, new)
        if changed == factor:
            continue
        at = next(n for n, one in enumerate(score.factors) if one.name == factor.name)
        whole = _replaced(score.factors, changed)
        yield Candidate(
            id=f"factor:{factor.name}".replace(" ", "_"),
            kind="weights",
            title=f"Deal out the points of {factor.name} anew",
            says=f"The values of {factor.name} convert in another order than their points say.",
            edits=(Edit(path=("factors", at), value=_written(changed)),),
            factors=whole,
            grades=score.grades,
            gain=_gain(score.factors, whole, history, converted, len(told)),
        )


def _all(
    score: Score, usable: Sequence[Factor], history: History, converted: NDArray[np.bool_], tuning: Tuning
) -> Iterator[Candidate]:
    """All points and weights anew, and the grades' bounds so that each keeps its share of leads."""
    fitted = fit(usable, history.known, converted, tuning.ridge)
    kept = {factor.name: factor for factor in scorecard(usable, fitted)}
    left = FULL - sum(factor.weight for factor in score.factors if factor.name not in kept)
    if left < FULL:  # what can't be judged keeps its weight; the rest is scaled into what is left
        kept = {name: _scaled(factor, left) for name, factor in kept.items()}
        kept = _exact(kept, left)
    new = tuple(kept.get(factor.name, factor) for factor in score.factors)
    grades = _grades(score, new, history)
    free = sum(len(cells(factor)) for factor in usable)
    yield Candidate(
        id="scorecard",
        kind="weights",
        title="Weigh all factors anew",
        says="Points and weights that follow from what became of the leads differ from those configured.",
        edits=(
            *(
                Edit(path=("factors", at), value=_written(factor))
                for at, factor in enumerate(new)
                if factor != score.factors[at]
            ),
            *((Edit(path=("grades",), value=grades.model_dump()),) if grades != score.grades else ()),
        ),
        factors=new,
        grades=grades,
        gain=_gain(score.factors, new, history, converted, free),
    )


def _scaled(factor: Factor, total: int) -> Factor:
    new = {cell.key: round(points_of(factor, cell.key) * total / FULL) for cell in cells(factor)}
    return with_points(factor, new, max(1, round(factor.weight * total / FULL)))


def _exact(kept: dict[str, Factor], total: int) -> dict[str, Factor]:
    """The factors with weights that make the total; the heaviest gives way."""
    over = sum(factor.weight for factor in kept.values()) - total
    name = max(kept, key=lambda name: (kept[name].weight, name))
    return {**kept, name: with_points(kept[name], {}, max(1, kept[name].weight - over))}


def _grades(score: Score, new: tuple[Factor, ...], history: History) -> Thresholds:
    """The bounds under which as many leads get each grade as before."""
    before, after = points(score.factors, history.known), np.sort(points(new, history.known))
    found: list[int] = []
    for bound in (score.grades.A, score.grades.B, score.grades.C):
        above = int((before >= bound).sum())
        at = len(after) - above
        found.append(int(after[at]) if 0 <= at < len(after) else FULL)
    a, b, c = found
    b = min(b, a - 1)
    c = min(c, b - 1)
    return Thresholds(A=a, B=b, C=c) if c >= 1 else score.grades


def _written(factor: Factor) -> JsonValue:
    """The factor as the config's text has it."""
    told: dict[str, JsonValue] = {"name": factor.name, "attribute": factor.attribute, "weight": factor.weight}
    if factor.values:
        told["values"] = dict(factor.values)
    if factor.bands:
        told["bands"] = [{"at_least": band.at_least, "points": band.points} for band in factor.bands]
    if factor.otherwise or not factor.bands:
        told["otherwise"] = factor.otherwise
    return {**told, "unknown": factor.unknown}


def _replaced(factors: tuple[Factor, ...], new: Factor) -> tuple[Factor, ...]:
    return tuple(new if factor.name == new.name else factor for factor in factors)


def _gain(
    old: Sequence[Factor],
    new: Sequence[Factor],
    history: History,
    converted: NDArray[np.bool_],
    free: int,
) -> float:
    """How much less deviance the new score leaves, less two for each free point."""
    sums: list[float] = []
    for factors in (old, new):
        scores = points(factors, history.known)
        sums.append(float(log_score(scores, converted, calibrated(scores, converted)).sum()))
    return 2 * (sums[1] - sums[0]) - 2 * free
