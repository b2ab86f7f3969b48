"""What our rules would have done with past leads, beside what people did: agreement, and where it ends."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from loops.intervals import share

Attribute = str | int | None


@dataclass(frozen=True)
class Shadowed:
    """One past lead: what would have become of it, and what did."""

    lead: str
    line: int | None
    rule: str
    # the rule or claim that decides it; "" where somebody would be asked
    ours: str
    # rep:<id>, pool:<id>, queue:<id>, or who would be asked
    person: str
    # rep id it would have gone to; "" where to none
    theirs: str
    # rep:<id>, pool:<id> or queue:<id>; "" where the owner written is nobody we know, or none is
    groups: tuple[str, ...]
    # the pools they are in that aren't `ours`
    written: str
    # the owner as the file has it
    agrees: bool | None
    # None: nothing to compare with, or a question would be asked
    attributes: Mapping[str, Attribute]
    outcome: bool | None
    # whether it came to something; None: the file doesn't say
    why: str
    # the nearest change that would have led elsewhere, or the last reason

    @property
    def same_person(self) -> bool | None:
        """Whether it is the very person; None where nothing can be compared."""
        if self.agrees is None or not self.person or not self.theirs.startswith("rep:"):
            return None
        return self.theirs == f"rep:{self.person}"


@dataclass(frozen=True)
class Rate:
    """A share of so many, with its 95 % interval."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Low and high; None of nothing."""
        found = share(self.hits, self.of)
        return found and (found.low, found.high)


def agreement(rows: Iterable[Shadowed], key: Callable[[Shadowed], str]) -> dict[str, Rate]:
    """Of what can be compared, the share that agrees, by what `key` says, in order of its values."""
    compared, agreed = Counter[str](), Counter[str]()
    for row in rows:
        if row.agrees is not None:
            compared[key(row)] += 1
            agreed[key(row)] += row.agrees
    return {name: Rate(agreed[name], compared[name]) for name in sorted(compared)}


@dataclass(frozen=True)
class Disagreement:
    """Leads alike of which people gave more to somebody else than chance and the rest explain."""

    segment: tuple[tuple[str, str], ...]
    # attribute, value
    ours: str
    theirs: str
    leads: int
    # of the segment that went to `theirs`
    of: int
    # of the segment that our rule gives to `ours`
    excess: float
    # standard deviations above what the rule's other leads would make one expect
    our_outcome: Rate
    # of the segment's leads that people gave as we would
    their_outcome: Rate


@dataclass(frozen=True)
class Looking:
    """What counts as a group of disagreement."""

    attributes: tuple[str, ...]
    # that segments are told by, one or two at a time
    least: int = 5
    # leads
    share: float = 0.1
    # of the segment's leads
    excess: float = 4.0
    # standard deviations: with some thousand segments looked at, chance alone makes few of them
    most: int = 10


Segment = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Found:
    """A candidate: so many of a segment's leads went elsewhere."""

    excess: float
    leads: int
    of: int
    segment: Segment
    ours: str
    theirs: str


def disagreements(rows: Sequence[Shadowed], looking: Looking) -> tuple[Disagreement, ...]:
    """The groups that stand out most, the strongest first; each lead counts in one group alone.

    A segment's leads that went to X are held against the share of X among the leads that the same rule gives
    to the same owner and that aren't of the segment (a normal approximation of the binomial); all leads of a
    rule against those of the other rules.
    """
    left = [row for row in rows if row.agrees is not None and row.theirs]
    told: list[Disagreement] = []
    while len(told) < looking.most:
        best = max(_found(left, looking), key=lambda one: (one.excess, one.leads), default=None)
        if best is None:
            break
        told.append(_told(left, best))
        left = [row for row in left if row.ours != best.ours or not _inside(row, best.segment)]
    return tuple(told)


def _is_of(row: Shadowed, found: _Found) -> bool:
    to = (row.theirs, *row.groups)
    return row.ours == found.ours and found.theirs in to and _inside(row, found.segment)


def _inside(row: Shadowed, segment: Segment) -> bool:
    return all(str(row.attributes.get(name)) == value for name, value in segment)


def _found(rows: Sequence[Shadowed], looking: Looking) -> Iterable[_Found]:
    totals = Counter(row.ours for row in rows)
    moved = Counter((row.ours, to) for row in rows if not row.agrees for to in (row.theirs, *row.groups))
    given = Counter(to for row in rows for to in (row.theirs, *row.groups))
    within, gone = Counter[tuple[Segment, str]](), Counter[tuple[Segment, str, str]]()
    for row in rows:
        for segment in _segments(row, looking.attributes):
            within[segment, row.ours] += 1
            if not row.agrees:
                gone.update((segment, row.ours, to) for to in (row.theirs, *row.groups))
    for (segment, ours, theirs), leads in gone.items():
        of = within[segment, ours]
        if leads < looking.least or leads < looking.share * of:
            continue
        others = moved[ours, theirs] - leads if segment else given[theirs] - moved[ours, theirs]
        rest = totals[ours] - of if segment else len(rows) - totals[ours]
        elsewhere = (others + 1) / (rest + 2)  # add-one: none elsewhere isn't never
        excess = (leads - of * elsewhere) / math.sqrt(of * elsewhere * (1 - elsewhere))
        if excess >= looking.excess:
            yield _Found(excess, leads, of, segment, ours, theirs)


def _segments(row: Shadowed, names: tuple[str, ...]) -> Iterable[Segment]:
    known = [(name, str(row.attributes[name])) for name in names if row.attributes.get(name) is not None]
    yield ()
    yield from ((one,) for one in known)
    yield from combinations(known, 2)


def _told(rows: Sequence[Shadowed], found: _Found) -> Disagreement:
    alike = [row for row in rows if row.ours == found.ours and _inside(row, found.segment)]
    us = [row.outcome for row in alike if row.agrees and row.outcome is not None]
    them = [row.outcome for row in alike if _is_of(row, found) and row.outcome is not None]
    return Disagreement(
        found.segment, found.ours, found.theirs, found.leads, found.of, round(found.excess, 1),
        Rate(sum(us), len(us)), Rate(sum(them), len(them)),
    )  # fmt: skip
