"""Clauses of one message read together: pronouns put by what they stand for, repetitions left out."""

import re
from collections.abc import Iterator
from itertools import combinations

from agent.embedded.planning.frames import kind_of, sizes, trivial
from agent.embedded.planning.marks import Text, masked
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import form, says

_NAMED = frozenset({"territory", "segment", "role", "channel", "person"})
_AMOUNTS = ("amount", "percent", "points", "fraction", "times", "duration")
_OF_ROLES = frozenset({"attrition", "ramp", "quota", "compensation", "productivity"})
_HE = form("he_or_she")
_IT = form("it_alone")
_THAT_DAY = form("that_day")


def bound(parts: list[Text]) -> list[Text]:
    """The clauses, each "she", "it" and "that date" by what was named before, where that is one thing."""
    found: list[Text] = []
    for part in parts:
        for one in _apart(part):
            found.append(_bound(one, found))
    return found


def _apart(part: Text) -> list[Text]:
    """The clause, or two where "with" joins one change to another."""
    if says(part.masked, "people", "replaces"):
        return [part]
    for hit in form("along_with").finditer(part.words.lower()):
        pair = [part.part(0, hit.start()), part.part(hit.end(), len(part.words))]
        alike = kind_of(pair[0]) == kind_of(pair[1]) and not ("and" in hit.group() and all(map(sizes, pair)))
        if all(kind_of(one) and _sized(one) for one in pair) and not alike:
            return [one for half in pair for one in traded(half)]
    return _listed(part) or traded(part)


def _listed(part: Text) -> list[Text]:
    """Two clauses of "up 6 % in one and 3 % in the other"; empty where it is no such list."""
    for hit in re.finditer(r"\s(?:and|but|,)\s", part.words.lower()):
        left, right = part.part(0, hit.start()), part.part(hit.end(), len(part.words))
        names = {m.kind for m in right.marks if m.kind in _NAMED}
        sized = {m.kind for m in right.of(*_AMOUNTS)} & {m.kind for m in left.of(*_AMOUNTS)}
        alone = not kind_of(right) and kind_of(left) and len(right.marks) == 2
        if alone and sized and names and names <= {m.kind for m in left.marks}:
            return [left, right]
    return []


def _sized(part: Text) -> bool:
    return bool(sizes(part)) or kind_of(part) in {
        "add_people",
        "remove_people",
        "person_leaves",
        "cancel_hires",
    }


def traded(part: Text) -> list[Text]:
    """The clause; "trade an SDR for an AE" as two: who goes, and who comes."""
    said, at = masked(part)
    hit = form("traded").search(said)
    if not hit:
        return [part]
    gone, come = (
        part.part(at[hit.start("gone")], at[hit.end("gone")]),
        part.part(at[hit.start("come")], len(part.words)),
    )
    if (days := come.of("period")) and not gone.of("period"):
        gone = gone.joined(Text("from", ())).joined(come.part(days[-1].start, days[-1].end))
    return [Text("losing", ()).joined(gone), Text("adding", ()).joined(come)]


def _bound(part: Text, earlier: list[Text]) -> Text:
    if not earlier or says(part.masked, "people", "replaces"):
        return part
    if not part.of("person", "role"):
        part = _put(part, _HE, _only(earlier, "person"))
    if not part.of("role", "anybody", "person") and form("number_of_them").search(part.masked):
        part = _put(part, form("of_them"), _only(earlier, "role"))
    if says(part.masked, "lands", "merge") and len(part.of("territory")) == 1:
        part = _put(part, _IT, _only(earlier, "territory"))
    if not part.of("role", "person", "territory", "segment", "channel") and kind_of(part) in _OF_ROLES:
        part = _put(part, form("theirs"), _only(earlier, "role"))
    if not part.of("segment"):
        part = _put(part, form("that_segment"), _only(earlier, "segment"))
    if not part.of("period"):
        part = _put(part, _THAT_DAY, _only(earlier, "period"))
    return part


def _only(earlier: list[Text], kind: str) -> Text | None:
    """What the clauses before name of that kind, where that is but one thing."""
    named = [(text, mark) for text in earlier for mark in text.of(kind) if mark.of not in {"now", "vague"}]
    exact = [pair for pair in named if pair[1].of == "day"]
    named = exact or named
    if len({_same(mark) for _, mark in named}) != 1:
        return None
    text, mark = named[-1]
    return text.part(mark.start, mark.end)


def _put(part: Text, pronoun: re.Pattern[str], name: Text | None) -> Text:
    hit = pronoun.search(part.words.lower())
    if name is None or hit is None or any(m.start < hit.end() and hit.start() < m.end for m in part.marks):
        return part
    return part.part(0, hit.start()).joined(name).joined(part.part(hit.end(), len(part.words)))


def _same(mark: Mark) -> tuple[object, ...]:
    return (mark.kind, mark.ids, mark.places, mark.value, mark.day)


def shorter(parts: list[Text]) -> Iterator[list[Text]]:
    """The clauses without one, or two, that name nothing which the others don't name too."""
    for n in range(1, len(parts)):
        ahead = parts[:n]
        if form("so_then").match(parts[n].masked) and not any(
            kind_of(p) and not form("narrated").search(p.masked) for p in ahead
        ):
            yield parts[n:]
    for many in (1, 2):
        for gone in combinations(range(len(parts)), many):
            kept = [part for n, part in enumerate(parts) if n not in gone]
            have = {_same(mark) for part in kept for mark in part.marks}
            if kept and all(_told(parts[n], have) for n in gone):
                yield kept


def _acts(said: str) -> bool:
    """Whether a verb of change stands in it."""
    lists = (
        ("people", "add"),
        ("people", "remove"),
        ("people", "move"),
        ("up",),
        ("down",),
        ("hires", "cancel"),
    )
    return any(says(said, *path) for path in lists)


def _told(part: Text, have: set[tuple[object, ...]]) -> bool:
    """Whether the rest has everything that the clause names, and the clause supposes nothing."""
    said = part.masked
    if not form("narrated").search(said) and (kind_of(part) or _acts(said)):
        return False
    return all(
        trivial(part, m) or m.of == "now" or m.kind == "anybody" or _same(m) in have for m in part.marks
    )
