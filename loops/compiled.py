"""Rules and scores over many records: the answers of `first_match` and `score`, a column at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loops.columns import Attribute, Column, Columns, Rows
from loops.rules import Condition, Rule
from loops.scoring import Factor

WORD = 64
"""Rules that one machine word holds, a bit each."""
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]
NONE = -1
"""In `first`: no rule matches."""


def points(factors: Sequence[Factor], columns: Columns) -> NDArray[np.int16]:
    """Each record's score: the points of `loops.scoring.score`."""
    total = np.zeros(columns.size, dtype=np.int16)
    for factor in factors:
        column = columns[factor.attribute]
        total += column.lookup(factor.points, np.int16)[column.codes]
    return total


@dataclass(frozen=True)
class Matched:
    """The rules of a set that fit each record, and the first of them."""

    rules: tuple[Rule, ...]
    columns: Columns
    fits: tuple[Words, ...]
    # 64 rules a word, in their order; a rule's bit is set where all its conditions hold
    first: NDArray[np.int32]
    # the first that fits, as its place among the rules; NONE where none does

    def unsettled(self, attributes: Sequence[str]) -> Flags:
        """Whether one of those attributes' being unknown alone kept an earlier rule from matching."""
        found = np.zeros(self.columns.size, dtype=bool)
        for name in attributes:
            mentions = [at for at, rule in enumerate(self.rules) if name in rule.when]
            column = self.columns.columns.get(name)
            unknown = np.arange(self.columns.size) if column is None else _unknown(column)
            if mentions and len(unknown):
                found[unknown] |= self._kept_open(unknown, mentions)
        return found

    def _kept_open(self, rows: Rows, mentions: Sequence[int]) -> Flags:
        """For those records: whether a rule before the first one fits but for what isn't known."""
        some = self.columns.take(rows)
        reach = np.where(self.first[rows] == NONE, len(self.rules), self.first[rows])
        found = np.zeros(len(rows), dtype=bool)
        for at in mentions:
            before = reach > at
            if before.any():
                found |= before & _every(self.rules[at], some, ("yes", "unknown"))
        return found

    def with_rule(self, at: int, rule: Rule) -> "Matched":
        """What matches once that rule says something else; only what it touches is matched again."""
        word, bit = at // WORD, np.uint64(1 << at % WORD)
        now = _every(rule, self.columns, ("yes",))
        before = (self.fits[word] & bit) != 0
        changed = np.flatnonzero(now != before)
        fits, first = self.fits[word].copy(), self.first.copy()
        fits[changed] ^= bit
        whole = (*self.fits[:word], fits, *self.fits[word + 1 :])
        first[changed] = _first([words[changed] for words in whole])
        rules = (*self.rules[:at], rule, *self.rules[at + 1 :])
        return Matched(rules, self.columns, whole, first)


def matched(rules: tuple[Rule, ...], columns: Columns) -> Matched:
    """Every rule against every record; an attribute that has no column isn't known of any."""
    fits: list[Words] = []
    for start in range(0, max(1, len(rules)), WORD):
        some = rules[start : start + WORD]
        word = np.full(columns.size, (1 << len(some)) - 1, dtype=np.uint64)
        for name in dict.fromkeys(name for rule in some for name in rule.when):
            column = columns.columns.get(name)
            if column is None:
                word &= np.uint64(_bits([name not in rule.when for rule in some]))
            else:
                word &= _table(name, column, some)[column.codes]
        fits.append(word)
    return Matched(rules, columns, tuple(fits), _first(fits))


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << at for at, flag in enumerate(flags) if flag)


def _table(name: str, column: Column, rules: Sequence[Rule]) -> Words:
    """For each value of the column the rules that it doesn't keep from matching, a bit each."""
    free = _bits([name not in rule.when for rule in rules])
    table = np.full(len(column.values), free, dtype=np.uint64)
    for at, rule in enumerate(rules):
        if name in rule.when:
            table |= _truths(rule.when[name], column, ("yes",)).astype(np.uint64) << np.uint64(at)
    return table


def _truths(condition: Condition, column: Column, wanted: tuple[str, ...]) -> Flags:
    """For each value of the column whether what the condition says of it is one of `wanted`."""
    if condition.at_least is not None or condition.below is not None or len(column.values) < WORD:
        return column.lookup(lambda value: condition.holds(value) in wanted, np.bool_)
    # a condition of words alone treats all values alike but those that it names, and None
    named = (*condition.any_of, *condition.none_of)
    others = "no" if condition.any_of else "yes"
    truths = np.full(len(column.values), others in wanted, dtype=bool)
    for value in (*named, *(int(word) for word in named if word.lstrip("-").isdecimal()), None):
        place = column.places.get(value)
        if place is not None:
            truths[place] = condition.holds(value) in wanted
    return truths


def _every(rule: Rule, columns: Columns, wanted: tuple[str, ...]) -> Flags:
    """Whether every condition of the rule comes out as one of `wanted`."""
    found = np.ones(columns.size, dtype=bool)
    for name, condition in rule.when.items():
        column = columns.columns.get(name)
        found &= "unknown" in wanted if column is None else _truths(condition, column, wanted)[column.codes]
    return found


def _unknown(column: Column) -> Rows:
    place = column.places.get(None)
    return np.flatnonzero(column.codes == place) if place is not None else np.array([], dtype=np.intp)


def _first(fits: Sequence[Words]) -> NDArray[np.int32]:
    """The lowest bit that is set, over all words; NONE where none is."""
    first = np.full(len(fits[0]), NONE, dtype=np.int32)
    for at in reversed(range(len(fits))):
        word = fits[at]
        lowest = word & (~word + np.uint64(1))
        place = np.bitwise_count(lowest - np.uint64(1)).astype(np.int32) + at * WORD
        first = np.where(word != 0, place, first)
    return first


__all__ = ["NONE", "Attribute", "Matched", "matched", "points"]
