"""Confidence from which an agent's choice may stand without a person, held against what people decided."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from loops.calibration import Band, Case, Guarantee, certified, upper_bound
from loops.config import Bands, SegmentedBands
from loops.intervals import Measured, share
from loops.proposal import Edit, Key
from loops.tuning.settings import Tuning

GRID = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Thresholds that may be proposed, chosen before any case is looked at."""


@dataclass(frozen=True)
class Chosen:
    """An agent's choice, and what a person made of it."""

    at: int
    # POSIX seconds
    confidence: float
    employees: int | None
    # of the record's company
    asked: bool
    # whether a person was asked about it
    right: bool | None
    # whether the person chose the same; None: they haven't, or nobody was asked


@dataclass(frozen=True)
class Lowering:
    """A lower confidence from which choices stand."""

    id: str
    title: str
    says: str
    edits: tuple[Edit, ...]
    bands: SegmentedBands
    # with the change
    now: Bands
    # that it takes the place of
    seen: Band


@dataclass(frozen=True)
class LoweringTrial:
    """How it does on later choices."""

    before: Measured
    after: Measured
    # shares of choices that a person is asked about
    wrong: Measured
    # share that people decided otherwise, of those that would newly stand
    refused: str


def lowerings(
    bands: SegmentedBands, key: str, early: Sequence[Chosen], tuning: Tuning
) -> tuple[Lowering, ...]:
    """Each bound that could be lower with the error among what newly stands certified, by its place.

    It never goes below `review`, nor below the least confidence that was seen.

    Args:
        bands: as they are configured.
        key: of the config, under which they stand.
        early: choices of the earlier part.
        tuning: the bounds; `wrong` and `unsure` are what is certified, `unsure` split over the places.
    """
    places = tuple(_places(bands, key))
    unsure = tuning.unsure / len(places)
    found = (
        _lower(bands, place, early, Guarantee(alpha=tuning.wrong, delta=unsure, grid=grid))
        for place in places
        if (grid := tuple(bound for bound in GRID if bound >= place[1].review))
    )
    return tuple(one for one in found if one)


def _places(bands: SegmentedBands, key: str) -> Iterator[tuple[tuple[Key, ...], Bands, str]]:
    yield (key,), Bands(fire=bands.fire, review=bands.review), ""
    for at, one in enumerate(bands.segments):
        yield (key, "segments", at), one, one.segment


def _lower(
    bands: SegmentedBands,
    place: tuple[tuple[Key, ...], Bands, str],
    early: Iterable[Chosen],
    guarantee: Guarantee,
) -> Lowering | None:
    path, now, segment = place
    cases = [
        Case(confidence=one.confidence, correct=one.right)
        for one in early
        if one.right is not None and now.review <= one.confidence and not now.stands(one.confidence)
        and _of(bands, one) == segment
    ]
    band = certified(cases, guarantee)
    if band is None:
        return None
    least = min(case.confidence for case in cases if case.confidence >= band.fire)
    fire = max(bound for bound in guarantee.grid if bound <= least)  # nothing was seen between the two
    if now.fire is not None and fire >= now.fire:
        return None
    where = f" ({segment})" if segment else ""
    was = "never" if now.fire is None else f"from {now.fire:g}"
    return Lowering(
        id=f"bands:{'.'.join(map(str, path))}",
        title=f"Let agents' choices stand from a confidence of {fire:g}{where}, not {was}",
        says=f"Of {band.fired} such choices that people looked at they changed {band.errors}; "
        f"with {1 - guarantee.delta:.0%} confidence at most {band.bound:.1%} are wrong.",
        edits=(Edit(path=(*path, "fire"), value=fire),),
        bands=_with(bands, segment, fire),
        now=now,
        seen=band,
    )


def _of(bands: SegmentedBands, one: Chosen) -> str:
    return getattr(bands.of(one.employees), "segment", "")


def _with(bands: SegmentedBands, segment: str, fire: float) -> SegmentedBands:
    end = {"fire": fire}
    if not segment:
        return bands.model_copy(update=end)
    own = tuple(one.model_copy(update=end) if one.segment == segment else one for one in bands.segments)
    return bands.model_copy(update={"segments": own})


def tried(
    bands: SegmentedBands, change: Lowering, late: Sequence[Chosen], tuning: Tuning
) -> LoweringTrial | None:
    """The change on later choices; None without any.

    Args:
        bands: as they are configured.
        change: the lower bound.
        late: choices of the later part.
        tuning: the bounds.
    """
    asked = [one for one in late if one.asked]
    newly = [one for one in asked if change.bands.of(one.employees).stands(one.confidence)]
    newly = [one for one in newly if not bands.of(one.employees).stands(one.confidence)]
    decided = [one for one in newly if one.right is not None]
    before, after = share(len(asked), len(late)), share(len(asked) - len(newly), len(late))
    wrong = sum(one.right is False for one in decided)
    measured = share(wrong, len(decided))
    if before is None or after is None:
        return None
    refused = ""
    if measured is None or len(decided) < tuning.min_segment:
        refused = f"only {len(decided)} later choices would newly stand, {tuning.min_segment} are needed"
    elif measured.value > tuning.wrong:
        worst = upper_bound(wrong, len(decided), tuning.unsure)
        refused = f"people changed {wrong} of the {len(decided)} later ones (at most {worst:.0%} is sure)"
    return LoweringTrial(before, after, measured or Measured(0.0, 0.0, 1.0, 0), refused)
