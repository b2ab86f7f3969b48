"""Where past records end under a config, as if they came in now; and who ends otherwise under another."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loops.columns import Attribute, Column, Columns, Rows, chosen, coded, column, constant, filled, mapped
from loops.config import LoopConfig
from loops.decision import Answer, Ask, Decision, Event
from loops.records import Member
from loops.rules import Rule
from loops.scenario import Rep, Scenario

END, OWNER, RULE, GRADE, SCORE = "end", "owner", "rule", "grade", "score"
EXAMPLES = 3
"""Leads that each group of moves names."""
OTHER_LOADS = "same rule, shared out otherwise"
"""Why a lead moves that the same rule decides: others moved, so that the loads differ."""


@dataclass
class Floor:
    """Our people and their desks: loads run along with what is decided, who is away is as of now."""

    at: datetime
    scenario: Scenario
    loads: dict[str, int]
    # rep → open leads and opportunities; who isn't named has none
    away: Mapping[str, str]
    # rep → why they can take nothing today; who isn't named is there
    _members: dict[str, Member] = field(default_factory=dict[str, Member])

    @cached_property
    def roster(self) -> dict[str, Rep]:
        """Everybody by id."""
        return {rep.id: rep for rep in self.scenario.roster}

    @cached_property
    def _pools(self) -> dict[str, tuple[str, ...]]:
        return {pool.id: pool.members for pool in reversed(self.scenario.pools)}

    def member(self, rep: str) -> Member | None:
        """A rep's load and availability; None for somebody who isn't in the roster."""
        known, person = self._members.get(rep), self.roster.get(rep)
        if known or person is None:
            return known
        load = self.loads.get(rep, 0)
        away = self.away.get(rep) or ("full" if load >= person.capacity else None)
        self._members[rep] = found = Member(rep=rep, load=load, unavailable=away)
        return found

    def members(self, pool: str) -> tuple[Member, ...]:
        """The pool's members with their loads, in the order of the scenario; empty for an unknown pool."""
        return tuple(m for rep in self._pools.get(pool, ()) if (m := self.member(rep)))

    def take(self, rep: str) -> None:
        """One lead more on that desk."""
        self.loads[rep] = self.loads.get(rep, 0) + 1
        self._members.pop(rep, None)

    def anew(self) -> "Floor":
        """The same floor, whose loads run along apart."""
        return Floor(self.at, self.scenario, dict(self.loads), self.away)


@dataclass(frozen=True)
class Stand:
    """Where one record ends."""

    end: str
    # a decision's outcome, or `asks <whom>`
    owner: str | None = None
    # rep id; None where nobody gets it
    rule: str | None = None
    # the rule or claim that decides; None where somebody is asked or it is closed before any
    grade: str | None = None
    score: int | None = None


@dataclass(frozen=True)
class Stands:
    """Where each record ends, and the loads that are left behind."""

    ends: Columns
    # END, OWNER, RULE, GRADE and SCORE; a loop that hands on more has columns more
    loads: Mapping[str, int]
    notes: Mapping[str, object] = field(default_factory=dict[str, object])
    # what the engine keeps for another config over the same records

    @cached_property
    def places(self) -> Column:
        """To whom or where each goes: the rep who gets it, else how it ends."""
        return filled(self.ends[OWNER], self.ends[END])

    def at(self, row: int) -> Stand:
        """One record's."""
        found = self.ends.row(row)
        score = found[SCORE]
        return Stand(
            str(found[END]),
            _text(found[OWNER]),
            _text(found[RULE]),
            _text(found[GRADE]),
            None if score is None else int(score),
        )


def _text(value: Attribute) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True)
class Bulk:
    """What a loop adds so that many of its past inputs are decided side by side."""

    names: tuple[str, ...]
    # the columns that `facts` fills
    facts: Callable[[Any, tuple[Answer, ...]], Mapping[str, Attribute]]
    # (stored input, its answers) → what the columns hold of it: nothing of it depends on config or desks
    stands: Callable[[Columns, Any, Floor, Stands | None], Stands]
    # (columns, config, floor, where they end under a config like it) → where each ends, in their order
    renewed: Callable[[Any, Floor, Any], Any]
    # (stored input, floor, config) → the input as it would be gathered of that record now
    told: Callable[[Mapping[str, Attribute], Any, Any], str]
    # (a record's columns, config before, after) → why it ends otherwise, as one sentence
    causes: Callable[[Columns, Any, Any], Column] | None = None
    # (columns, config before, after) → what of the config changes each; None: the rules say so
    keeps_answers: bool = False
    # whether the answers that its runs got stand; else an ask is an end
    follows: Callable[[Any, Event], Any] | None = None
    # (stored input, another event of the loop before) → the input that this event leads to
    takes: tuple[str, ...] = ()
    # its columns that the loop before decides anew


def stand_of(out: Decision | Ask) -> Stand:
    """Where a record ends that was decided so."""
    if isinstance(out, Ask):
        return Stand(f"asks {out.to}")
    said: dict[str, Any] = {}
    for event in out.events:
        said |= {name: getattr(event, name) for name in (OWNER, GRADE, SCORE) if hasattr(event, name)}
    return Stand(out.outcome, said.get(OWNER), out.rule, said.get(GRADE), said.get(SCORE))


def stands_of(found: Sequence[Stand], loads: Mapping[str, int]) -> Stands:
    """The stands side by side."""
    parts: dict[str, Iterable[Attribute]] = {
        END: (one.end for one in found),
        OWNER: (one.owner for one in found),
        RULE: (one.rule for one in found),
        GRADE: (one.grade for one in found),
        SCORE: (one.score for one in found),
    }
    return Stands(Columns(len(found), {name: column(values) for name, values in parts.items()}), loads)


# --- who moves ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Group:
    """Moves from the same to the same for the same reason."""

    source: str
    target: str
    # a rep id, or how the lead ends
    why: str
    rows: Rows

    @property
    def examples(self) -> tuple[int, ...]:
        """The first few of them."""
        return tuple(int(row) for row in self.rows[:EXAMPLES])


@dataclass(frozen=True)
class Moves:
    """Who ends otherwise under the config after than under the one before."""

    decided: Rows
    # by another rule, or with another end where no rule decides
    spread: Rows
    # by the same rule to somebody else: the loads differ
    regraded: Rows
    # by another grade, wherever they go
    groups: tuple[Group, ...]
    # of `decided`, the largest first; then those of `spread`
    grades: tuple[Group, ...]
    # of `regraded`, from grade to grade, the largest first


def moves(
    before: Stands, after: Stands, causes: Column | None = None, repointed: Collection[str] = ()
) -> Moves:
    """Who moves, from whom to whom, and why.

    Args:
        before: where they end under today's config.
        after: where they end under the other one.
        causes: for each what of the config changes it; None: the rules say so.
        repointed: rules that give to somebody else under the other one.
    """
    rule = _differ(before.ends[RULE], after.ends[RULE])
    place = _differ(before.places, after.places)
    ruled = after.ends[RULE].lookup(lambda name: name is not None, np.bool_)[after.ends[RULE].codes]
    elsewhere = after.ends[RULE].lookup(lambda name: name in repointed, np.bool_)[after.ends[RULE].codes]
    decided = rule | (place & (~ruled | elsewhere))
    spread = place & ~decided
    moved = np.flatnonzero(decided | spread)
    whys = _whys(before, after, causes, moved, spread[moved], repointed)
    regraded = np.flatnonzero(_differ(before.ends[GRADE], after.ends[GRADE]))
    cause = constant(len(regraded), "") if causes is None else causes.take(regraded)
    was, now = (one.ends[GRADE].take(regraded) for one in (before, after))
    return Moves(
        np.flatnonzero(decided),
        np.flatnonzero(spread),
        regraded,
        _groups(before.places.take(moved), after.places.take(moved), whys, moved),
        _groups(was, now, cause, regraded),
    )


def _differ(one: Column, other: Column) -> NDArray[np.bool_]:
    (left, right), _ = coded((one, other))
    return left != right


def _whys(
    before: Stands, after: Stands, causes: Column | None, rows: Rows, spread: Any, repointed: Collection[str]
) -> Column:
    """For each of those records why it moves, in words."""

    def same_rule(name: Attribute) -> str:
        return f"{_rule(name)} gives to others now" if name in repointed else _rule(name)

    ruled = _paired(
        before.ends[RULE].take(rows),
        after.ends[RULE].take(rows),
        lambda was, now: f"{_rule(now)} instead of {was or 'none'}" if was != now else same_rule(now),
    )
    if causes is not None:
        ruled = _paired(causes.take(rows), ruled, lambda cause, rule: f"{cause}: {rule}")
    same = mapped(ruled, lambda _: OTHER_LOADS)
    return chosen((ruled, same), np.asarray(spread, dtype=np.int8))


def _rule(name: Attribute) -> str:
    return "no rule" if name is None else f"rule {name}"


def _paired(one: Column, other: Column, words: Callable[[Attribute, Attribute], str]) -> Column:
    """The column of what `words` says of each pair of values."""
    width = max(1, len(other.values))
    pairs, codes = np.unique(one.codes.astype(np.int64) * width + other.codes, return_inverse=True)
    said = [words(one.values[int(pair) // width], other.values[int(pair) % width]) for pair in pairs]
    return mapped(Column(codes.astype(np.uint32), tuple(range(len(said)))), lambda at: said[int(at or 0)])


def _groups(source: Column, target: Column, whys: Column, rows: Rows) -> tuple[Group, ...]:
    wide, deep = max(1, len(target.values)), max(1, len(whys.values))
    keys = (source.codes.astype(np.int64) * wide + target.codes) * deep + whys.codes
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    parts = np.split(rows[order], starts[1:])
    groups = [
        Group(
            str(source.values[int(key) // deep // wide]),
            str(target.values[int(key) // deep % wide]),
            str(whys.values[int(key) % deep]),
            part,
        )
        for key, part in zip(found, parts, strict=False)
    ]
    return tuple(sorted(groups, key=_order))


def repointed(before: LoopConfig, after: LoopConfig) -> frozenset[str]:
    """The rules of both that give to somebody else under the second; none where a config has no rules."""
    was, now = ({rule.name: rule.owner for rule in _rules(config)} for config in (before, after))
    return frozenset(name for name, owner in now.items() if name in was and was[name] != owner)


def _rules(config: LoopConfig) -> tuple[Rule, ...]:
    return tuple(rule for rule in getattr(config, "rules", ()) if isinstance(rule, Rule))


def _order(group: Group) -> tuple[bool, int, str, str, str]:
    """What another rule moves first, then the largest."""
    spread = group.why.endswith(OTHER_LOADS)
    return spread, -len(group.rows), group.source, group.target, group.why
