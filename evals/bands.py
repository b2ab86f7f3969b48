"""Certified thresholds for a loop's bands, from eval samples or from what people decided, as a proposal."""

from collections.abc import Sequence
from dataclasses import dataclass

from evals.figures import Measured
from loops.calibration import Case, Guarantee, SegmentBand, by_segment, proposed
from loops.config import Bands
from loops.errors import RevloopsError

PLACES = {"route": ("loops/route.yaml", "bands"), "match": ("loops/qualify.yaml", "matching")}
"""Task → the config file and the key whose bands its confidence is held against."""
STEP, STEPS = 0.05, 20
GRID = tuple(round(STEP * step, 2) for step in range(1, STEPS))
"""Thresholds that may be proposed, chosen before any case is looked at."""


@dataclass(frozen=True)
class Proposal:
    """What could be put into a config, with what it rests on."""

    file: str
    key: str
    segments: tuple[SegmentBand, ...]
    current: Bands
    bands: Bands
    # the strictest of the segments'; nothing stands by itself where one can't be certified
    certified: bool

    def lines(self) -> str:
        """The config lines to change, as they would stand in the file."""
        fire = "null" if self.bands.fire is None else f"{self.bands.fire:g}"
        return f"{self.key}: {{fire: {fire}, review: {self.bands.review:g}}}"


def cases_of(measured: Measured, split: bool) -> tuple[Case, ...]:
    """Each choice that has a confidence, as a case; its segment is seen or unseen text, or all of it.

    An abstention counts like any other choice: it is right where nothing should be chosen.
    """
    return tuple(
        Case(
            confidence=row.figures["confidence"],
            correct=row.figures["correct"] == 1.0,
            segment=("seen" if row.seen else "unseen") if split else "all",
        )
        for row in measured.rows
        if "confidence" in row.figures
    )


def proposal(
    task: str, cases: Sequence[Case], current: Bands, *, alpha: float, delta: float, grid: tuple[float, ...]
) -> Proposal:
    """The bands that could be proposed.

    Args:
        task: `route` or `match`.
        cases: whose right answer is known; drawn as the loop's own would be.
        current: the config's bands.
        alpha: the error allowed among what stands, 0-1.
        delta: the chance that the promise doesn't hold, 0-1.
        grid: thresholds to choose from.

    Raises:
        RevloopsError: the task has no bands, or there is no case.
    """
    if task not in PLACES:
        raise RevloopsError(f"{task} has no bands: choose {' or '.join(PLACES)}")
    if not cases:
        raise RevloopsError(f"{task}: no choice carries a confidence, so there is nothing to certify")
    file, key = PLACES[task]
    segments = by_segment(cases, Guarantee(alpha=alpha, delta=delta, grid=grid))
    found = [segment.band for segment in segments]
    certified = all(found)
    strictest = max((band for band in found if band), key=lambda band: band.fire, default=None)
    bands = proposed(current, strictest if certified else None)
    return Proposal(file, key, segments, current, bands, certified)
