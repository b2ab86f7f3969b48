"""A clause put into the frame of another one: what it names stands in the place of what that named."""

import re
from dataclasses import replace

from agent.embedded.planning.frames import trivial
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import form, says
from agent.embedded.planning.ways import QUANTITIES, says_to


def with_marks(part: Text, marks: list[Mark], source: Text) -> Text:
    """The clause with marks of another one in front."""
    for mark in reversed(marks):
        word = source.part(mark.start, mark.end)
        part = word.joined(part)
    return part


def framed(last: Text, part: Text) -> Text:
    """The clause before with this one's names and figures in the place of its own."""
    part = _alike(last, part)
    sized = part.of(*(set(QUANTITIES) - {"number"}))
    kinds = {
        m.kind for m in part.marks if not (trivial(part, m) and not part.of("role", "anybody") and sized)
    }
    gone = [
        m
        for m in last.marks
        if m.kind in kinds or (m.kind in QUANTITIES and kinds & set(QUANTITIES) and not _counts(m, part))
    ]
    if "role" in kinds:
        gone += [
            m
            for m in last.marks
            if m.kind in {"anybody", "segment"} and "hire" not in last.words[m.start : m.end]
        ]
    if re.search(r"\bthe \{territory\} one\b", part.masked) and "role" not in kinds:
        gone += [m for m in last.marks if m.kind in {"role", "segment"}]
    if (
        kinds & {"role", "territory"}
        and re.search(r"\}(?: \{\w+\})* \{anybody\}", part.masked)
        and "duration" in kinds
    ):
        gone += [m for m in last.marks if m.kind in {"role", "segment", "territory"}]
    if "hire" in kinds:
        gone += [m for m in last.marks if m.kind in {"role", "territory"}]
    same = [(m, n) for m in gone for n in part.marks if m.kind == n.kind]
    dated = {m.kind for m in part.marks} == {"period"}
    named = [m for m in part.marks if not trivial(part, m)]
    paired = [m for m, _ in same]
    one_each = len({m.kind for m in paired}) == len(paired) == len(named)
    if one_each and {m.kind for m in gone} - {m.kind for m in paired} <= {"role", "segment"}:
        if dated or not _signed(part, last):
            return _in_place(last, part, same, [m for m in gone if m not in paired])
    return last.without(*dict.fromkeys(gone)).joined(part)


def _signed(part: Text, last: Text) -> bool:
    """Whether the new clause says a direction that the old one doesn't say."""
    said = {hit.group() for hit in form("signed").finditer(part.masked)}
    return bool(said - {word for word in ("by", "to") if re.search(rf"\b{word} \{{", last.masked)})


def _in_place(last: Text, part: Text, same: list[tuple[Mark, Mark]], gone: list[Mark]) -> Text:
    """The old clause, each of its marks of those kinds replaced where it stands."""
    text = last.without(*gone)
    for old, new in sorted(same, key=lambda pair: -pair[0].start):
        word = part.part(new.start, new.end)
        text = text.part(0, old.start).joined(word).joined(text.part(old.end, len(text.words)))
    return text


def _counts(mark: Mark, part: Text) -> bool:
    """Whether it is a count of people, which another quantity leaves as it is."""
    return mark.kind == "number" and not part.of("number")


def _alike(last: Text, part: Text) -> Text:
    """The clause with its bare number as the quantity that the one before has: "same but 15"."""
    numbers, theirs = part.of("number"), last.of("percent", "points", "amount", "duration", "times")
    bare = [n for n in numbers if re.search(r"\d|[a-z]{3}", part.words[n.start : n.end].lower())]
    if (
        len(bare) != 1
        or not theirs
        or part.of(*(set(QUANTITIES) - {"number"}))
        or (last.of("number") and part.of("role"))
    ):
        return part
    like, number = theirs[-1], bare[0]
    if last.of("currency") and like.kind == "percent" and says_to(part, number):
        return part
    if like.kind == "duration":
        per = {"quarter": 3, "year": 12}.get(like.unit, 1)
        new = replace(number, kind="duration", value=number.value * per, unit=like.unit)
    elif like.kind == "amount":
        scale = next((s for s in (10**6, 10**3) if like.value >= s > number.value), 1)
        new = replace(number, kind="amount", value=number.value * scale, unit=like.unit)
    else:
        new = replace(number, kind=like.kind)
    return Text(part.words, tuple(new if m is number else m for m in part.marks))


def is_item(part: Text) -> bool:
    """Whether it is "SDRs in 3" after "AEs ramp in 4 months"."""
    named = re.search(r"\{(?:role|anybody)\} (?:in|to|at|by|of|get|need) \{number\}", part.masked)
    return bool(named) and not part.of("territory", "period") and not says(part.masked, "people", "comes")
