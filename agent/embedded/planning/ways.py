"""By how much something changes, as the words tell it: times, to, by."""

import re
from dataclasses import replace
from typing import Any

from agent.embedded.planning.book import Book
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import cues, form

QUANTITIES = ("amount", "percent", "points", "fraction", "times", "duration", "number")
_UP_AFTER = form("up_after")
_DOWN_AFTER = form("down_after")
_UP_BEFORE = form("up_before")
_DOWN_BEFORE = re.compile(r"(?:\bdown|\bminus|(?<!\w)-)(?: by)?\s*$")


class Unclear(Exception):
    """Something essential is missing or can mean several things; its text asks the person."""


def quantity(text: Text, *kinds: str) -> Mark | None:
    """The quantity that a change is told by: of two amounts the one after `to`."""
    found = [mark for kind in QUANTITIES if kind in kinds for mark in text.of(kind) if not is_old(text, mark)]
    if not found and "fraction" in kinds:
        found = [
            replace(m, kind="fraction", value=m.value / 12)
            for m in text.of("duration")
            if m.unit == "quarter"
        ]
    if not found:
        return None
    first = found[0].kind
    same = [mark for mark in found if mark.kind == first]
    told = [mark for mark in same if says_to(text, mark)]
    return (told or same)[-1] if len(same) > 1 else same[0]


def is_old(text: Text, mark: Mark) -> bool:
    """Whether it is what was, and not what becomes: "instead of five", "from {amount} to {amount}"."""
    said = before(text, mark)
    if form("instead_of").search(said):
        return True
    if mark.kind in QUANTITIES and mark.kind != "number" and form("now_at").search(said):
        return True
    counts = any(0 < m.start - mark.end < 3 for m in text.of("role", "anybody", "person"))
    if mark.kind == "number" and form("now_at").search(said) and not counts:
        return True
    return bool(
        re.match(r"\s*(?:down |up )?to (?:a |an )?\{", after(text, mark))
        and mark.kind in QUANTITIES
        and form("from_to").match(after(text, mark))
    ) or bool(form("was_wrong").search(after(text, mark)))


def before(text: Text, mark: Mark) -> str:
    """The masked words before a mark."""
    return text.part(0, mark.start).masked


def after(text: Text, mark: Mark) -> str:
    """The masked words after a mark."""
    return text.part(mark.end, len(text.words)).masked


def says_to(text: Text, mark: Mark) -> bool:
    """Whether the mark is what something becomes, and not by how much it changes."""
    if form("change_of").search(before(text, mark)):
        return False
    if form("by_that").search(before(text, mark)):
        return False
    if _UP_AFTER.search(after(text, mark)) or _DOWN_AFTER.search(after(text, mark)):
        return bool(re.search(r"\bto\s+$", before(text, mark)))
    if mark.kind in {"amount", "percent"} and re.search(r"\bin\s+(?:about |around )?$", before(text, mark)):
        return False
    return bool(form("becomes").search(before(text, mark)))


def direction(text: Text, mark: Mark) -> int:
    """1 for more, -1 for less, 0 where the words don't say."""
    ahead, behind = after(text, mark), before(text, mark)
    if re.search(r"\+\s*$", behind) and form("cut_after").match(ahead):
        raise Unclear("Is that more or less?")
    for pattern, said, way in (
        (_UP_AFTER, ahead, 1),
        (_DOWN_AFTER, ahead, -1),
        (_UP_BEFORE, behind, 1),
        (_DOWN_BEFORE, behind, -1),
    ):
        if pattern.search(said):
            return way
    if any(text.words[n.start : n.end].lower() == "another" for n in text.of("number")):
        return 1
    near: list[tuple[int, int]] = []
    for name, way in (("up", 1), ("down", -1)):
        near += [(len(behind) - hit.end(), way) for hit in cues(name).finditer(behind)]
        near += [(hit.start() + 1, way) for hit in cues(name).finditer(ahead)]
    return min(near)[1] if near else 0


def factor(text: Text, mark: Mark, what: str) -> float | None:
    """The factor that per cent, a fraction or "doubles" stands for; None for another quantity."""
    way = direction(text, mark)
    if mark.kind == "times":
        words = text.words[mark.start : mark.end].lower()
        if words == "by half":
            return 1.5 if way > 0 else 0.5
        less = way < 0 and ("factor" in words or words[0].isdigit())
        return round(1 / mark.value, 6) if less else mark.value
    if mark.kind not in {"percent", "fraction"}:
        return None
    share = mark.value / 100 if mark.kind == "percent" else mark.value
    if says_to(text, mark) and not re.search(r"\bby (?:a )?$|\bwith $", before(text, mark)):
        if share < 0.4 and what != "the spending":
            raise Unclear(f"Should {what} change by that much, or become that part of what it is?")
        return round(share, 6)
    if not way:
        raise Unclear(f"Does {what} go up or down by that much?")
    return round(1 + way * share, 6)


def money(text: Text, mark: Mark, book: Book, what: str) -> dict[str, Any]:
    """An amount as `to_minor` or `by_minor`, in the plan's currency."""
    minor = book.minor(mark.value, mark.unit)
    if minor is None:
        raise Unclear(
            "The plan has no exchange rate for that currency: say the amount in the plan's currency."
        )
    if re.search(
        r"\bthe (?:money|savings?)\b.*\binstead\b|\binstead\b.*\bthe (?:money|savings?)\b", text.masked
    ):
        return {"by_minor": minor}
    way = direction(text, mark)
    if not way and re.match(r"\s*(?:onto|into)\b", after(text, mark)):
        way = 1
    if says_to(text, mark) or not way:
        return {"to_minor": minor}
    return {"by_minor": way * minor}


def way(text: Text, book: Book, what: str) -> dict[str, Any]:
    """A change of money: times, to or by.

    Raises:
        Unclear: the words don't say by how much, or which way.
    """
    mark = quantity(text, "amount", "times", "percent", "fraction")
    if mark is None and form("to_nothing").search(text.words.lower()):
        return {"factor": 0.0}
    if mark is None and any(m.value == 0 for m in text.of("number")):
        return {"to_minor": 0}
    if mark is None:
        raise Unclear(f"By how much should {what} change, or what should it become?")
    if mark.kind == "amount":
        return money(text, mark, book, what)
    return {"factor": factor(text, mark, what)}
