"""What a simulation found: who moves and why, and what it comes to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from loops.columns import Columns
from loops.config import LoopConfig
from loops.loop import Loop, Trigger
from loops.simulate import Bulk, Group, Moves, Stand, Stands
from tools.store.columns import Past


@dataclass(frozen=True)
class Window:
    """Which past leads are tried."""

    since: datetime | None = None
    # decided from then on; None: all
    last: int | None = None
    # the newest so many of them; None: all


@dataclass(frozen=True)
class Move:
    """A lead that ends otherwise."""

    lead: str
    source: str
    target: str
    before: Stand
    after: Stand
    group: str
    # why, as its group has it
    why: str
    # why, of this very lead


@dataclass(frozen=True)
class Desk:
    """What lies on somebody's desk once the leads of the window are given out."""

    rep: str
    before: int
    after: int
    capacity: int
    grades_before: Mapping[str, int]
    grades_after: Mapping[str, int]
    # of the window's leads that they get

    @property
    def besides(self) -> int:
        """What lies there apart from the window's leads: opportunities and other leads."""
        return self.before - sum(self.grades_before.values())


@dataclass(frozen=True)
class Speed:
    """How fast leads are worked on, by what is known of their owners, and how many nobody has to look at."""

    leaving_hours: float | None
    going_hours: float | None
    # over the moved leads the median of their owner's median hours to a first touch; None: not known of any
    alone_before: float | None
    alone_after: float | None
    # share of the leads about which no agent and no person is asked; None of no leads


@dataclass(frozen=True)
class Came:
    """What became of some leads, as far as it is known."""

    settled: int = 0
    converted: int = 0


@dataclass(frozen=True)
class Tried:
    """The loop, both its configs, and the one that goes on with what it decides."""

    loop: Loop
    trigger: Trigger
    today: LoopConfig
    candidate: LoopConfig
    then: "Next | None" = None

    @property
    def bulk(self) -> Bulk | None:
        """How many are decided side by side; None: they aren't."""
        return self.loop.bulk() if self.loop.bulk else None


@dataclass(frozen=True)
class Next:
    """The loop that an event of the loop before starts, under the config of today."""

    loop: str
    trigger: Trigger
    bulk: Bulk
    config: LoopConfig


@dataclass(frozen=True)
class Simulated:
    """What a change would do to past leads."""

    tried: Tried
    past: Past
    before: Stands
    after: Stands
    moved: Moves
    desks: tuple[Desk, ...]
    speed: Speed
    came: Mapping[str, Came]
    # moved lead → what became of it, of those of which anything is known
    engine: str
    # columns | rows
    note: str = ""
    # why it is rows; "" where columns do

    @property
    def leads(self) -> int:
        """How many were decided twice."""
        return len(self.past)

    @property
    def groups(self) -> tuple[Group, ...]:
        """Moves by (from, to, why), the largest first."""
        return self.moved.groups

    def counted(self, name: str) -> tuple[Counter[str], Counter[str]]:
        """How many have each value of one of the ends' columns, before and after; "" for none."""
        return _counted(self.before.ends, name), _counted(self.after.ends, name)

    @cached_property
    def moves(self) -> tuple[Move, ...]:
        """Every lead that moves, in the order of the groups."""
        return tuple(self._move(group, int(row)) for group in self.groups for row in group.rows)

    def examples(self, group: Group) -> tuple[Move, ...]:
        """The first few leads of a group."""
        return tuple(self._move(group, row) for row in group.examples)

    def _move(self, group: Group, row: int) -> Move:
        before, after = self.before.at(row), self.after.at(row)
        bulk = self.tried.bulk
        why = group.why
        if bulk is not None and group.why and row in self._decided:
            why = bulk.told(self.past.columns.row(row), self.tried.today, self.tried.candidate)
        return Move(
            self.past.record(row), group.source, group.target, before, after, group.why, why
        )

    @cached_property
    def _decided(self) -> frozenset[int]:
        return frozenset(self.moved.decided.tolist())

    def fate(self, moves: Iterable[Move]) -> Came:
        """What became of those leads together."""
        found = [self.came[move.lead] for move in moves if move.lead in self.came]
        return Came(sum(one.settled for one in found), sum(one.converted for one in found))


def _counted(ends: Columns, name: str) -> Counter[str]:
    one = ends[name]
    counts = np.bincount(one.codes, minlength=len(one.values)).tolist()
    found = ((value, count) for value, count in zip(one.values, counts, strict=True) if count)
    return Counter({"" if value is None else str(value): count for value, count in found})
