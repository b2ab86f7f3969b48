"""Certified thresholds for a loop's bands, from eval samples or from what people decided, as a proposal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evals.figures import Measured
from loops.calibration import Case, Guarantee, SegmentBand, by_segment, proposed
from loops.config import Bands, SegmentBands, SegmentedBands
from loops.errors import RevloopsError

PLACES = {"route": ("loops/route.yaml", "bands"), "match": ("loops/qualify.yaml", "matching")}
"""Task → the config file and the key whose bands its confidence is held against."""
STEP, STEPS = 0.05, 20
GRID = tuple(round(STEP * step, 2) for step in range(1, STEPS))
"""Thresholds that may be proposed, chosen before any case is looked at."""
OTHER = "other"
"""The segment of what is of no other: its size isn't known, or nothing is said of it."""
By = Literal["segment", "text"]


@dataclass(frozen=True)
class Proposal:
    """What could be put into a config, with what it rests on."""

    file: str
    key: str
    segments: tuple[SegmentBand, ...]
    current: SegmentedBands
    bands: SegmentedBands
    # each segment's own, where cases were told apart by segment; else the strictest of all
    certified: bool
    # whether something could be certified everywhere; where not, nothing stands by itself

    def lines(self) -> str:
        """The config line to change, as it would stand in the file."""
        own = [f"{{segment: {one.segment}, {_bounds(one)}{_ends(one)}}}" for one in self.bands.segments]
        more = f", segments: [{', '.join(own)}]" if own else ""
        return f"{self.key}: {{{_ends(self.bands)}{more}}}"


def _ends(bands: Bands) -> str:
    return f"fire: {'null' if bands.fire is None else f'{bands.fire:g}'}, review: {bands.review:g}"


def _bounds(one: SegmentBands) -> str:
    ends = (("min_employees", one.min_employees), ("max_employees", one.max_employees))
    return "".join(f"{name}: {value}, " for name, value in ends if value is not None)


def segment(bands: SegmentedBands, employees: int | None) -> str:
    """The name of the segment whose bands hold for that size; `other` where the plain ones do."""
    found = bands.of(employees)
    return found.segment if isinstance(found, SegmentBands) else OTHER


def cases_of(measured: Measured, by: By, bands: SegmentedBands) -> tuple[Case, ...]:
    """Each choice that has a confidence, as a case; an abstention is right where nothing should be chosen.

    Args:
        measured: the run.
        by: what the cases are told apart by: the size of the company, or whether the text was seen.
        bands: whose segments they are sorted into.
    """
    return tuple(
        Case(
            confidence=row.figures["confidence"],
            correct=row.figures["correct"] == 1.0,
            segment=segment(bands, row.employees) if by == "segment" else "seen" if row.seen else "unseen",
        )
        for row in measured.rows
        if "confidence" in row.figures
    )


def proposal(
    task: str,
    cases: Sequence[Case],
    current: SegmentedBands,
    *,
    alpha: float,
    delta: float,
    grid: tuple[float, ...],
    by: By = "text",
) -> Proposal:
    """The bands that could be proposed.

    Args:
        task: `route` or `match`.
        cases: whose right answer is known; drawn as the loop's own would be.
        current: the config's bands, with the segments that the cases may be of.
        alpha: the error allowed among what stands, 0-1.
        delta: the chance that the promise doesn't hold, 0-1; split over the segments.
        grid: thresholds to choose from.
        by: what the cases are told apart by: each segment has bands of its own, of texts the strictest hold.

    Raises:
        RevloopsError: the task has no bands, or there is no case.
    """
    if task not in PLACES:
        raise RevloopsError(f"{task} has no bands: choose {' or '.join(PLACES)}")
    if not cases:
        raise RevloopsError(f"{task}: no choice carries a confidence, so there is nothing to certify")
    file, key = PLACES[task]
    found = by_segment(cases, Guarantee(alpha=alpha, delta=delta, grid=grid))
    certified = all(one.band for one in found)
    bands = _each(current, found) if by == "segment" else _strictest(current, found, certified)
    return Proposal(file, key, found, current, bands, certified)


def _strictest(
    current: SegmentedBands, found: tuple[SegmentBand, ...], certified: bool
) -> SegmentedBands:
    strictest = max((one.band for one in found if one.band), key=lambda band: band.fire, default=None)
    made = proposed(current, strictest if certified else None)
    return SegmentedBands(fire=made.fire, review=made.review)


def _each(current: SegmentedBands, found: tuple[SegmentBand, ...]) -> SegmentedBands:
    """Every segment's own; without cases, or without enough, nothing of it stands by itself."""
    bands = {one.segment: one.band for one in found}
    own = tuple(
        one.model_copy(update=proposed(one, bands.get(one.segment)).model_dump()) for one in current.segments
    )
    rest = proposed(current, bands.get(OTHER))
    return SegmentedBands(fire=rest.fire, review=rest.review, segments=own)
