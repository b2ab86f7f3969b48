"""What a message asks for: what it takes, what breaks first, another scenario, the plan as it is."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from agent.embedded.planning.book import Book
from agent.embedded.planning.clauses import cut_out, is_reason, pieces, trimmed
from agent.embedded.planning.context import bound
from agent.embedded.planning.frames import kind_of, sizes, trivial
from agent.embedded.planning.marks import Text, masked
from agent.embedded.planning.subjects import land, role
from agent.embedded.planning.vocabulary import form, forms, matches, says
from agent.embedded.planning.ways import Unclear
from loops.design.changes import Goal

Ask = Literal["what_if", "reach", "breaks_first", "now", "compare"]
_UNDER = form("given_that")
_SIZES = ("amount", "percent", "points", "times", "fraction", "duration")
_GOALS = form("goals")


@dataclass
class Asked:
    """What is asked for, and the clauses that are left for the changes."""

    ask: Ask = "what_if"
    rest: list[Text] = field(default_factory=list[Text])
    goal: Goal | None = None
    cut: list[Text] = field(default_factory=list[Text])
    # the clauses that ask


def asked(text: Text, book: Book) -> Asked:
    """What is asked for, the clauses beside that, and the goal.

    Raises:
        Unclear: the goal can't be understood.
    """
    found = Asked()
    parts = bound(pieces(text))
    if compares(text, parts):
        found.ask = "compare"
    skip: set[int] = set()
    for n, part in enumerate(parts):
        if n in skip:
            continue
        _sort(part, n, parts, found, skip, book)
    found.rest = [p for p in found.rest if p.words]
    if found.ask == "what_if" and any(map(kind_of, found.rest)) and (lost := _lost(parts, found.rest)):
        raise Unclear(f"What about {lost}? Say what changes there.")
    return found


def _lost(parts: list[Text], rest: list[Text]) -> str:
    """What a clause named that was cut off with the question; "" where nothing was."""
    kept = {(m.kind, m.ids, m.value) for part in rest for m in part.marks}
    for part in parts:
        for mark in part.of("person", "channel", "hire", "amount", "percent", "points"):
            if (mark.kind, mark.ids, mark.value) not in kept:
                return part.words[mark.start : mark.end]
    return ""


def _sort(part: Text, n: int, parts: list[Text], found: Asked, skip: set[int], book: Book) -> None:
    head, tail = _under(part)
    said = head.masked
    if matches(said, "asks", "first"):
        found.ask = "breaks_first"
        beside = _beside(head, "first")
        if not beside and head.of("person", "channel", "hire", *_SIZES):
            raise Unclear(
                "What changes there? Say it apart from the question which territory falls short first."
            )
        found.cut.append(head)
        found.rest += [*beside, *tail]
    elif is_reach(head):
        found.ask = "reach"
        found.cut.append(head)
        found.rest += tail
        found.goal = _goal_near(head, n, parts, found, skip, book)
    elif out := _spans(part, "outcome"):
        found.cut.append(part)
        found.rest += out
    elif only_asks(part):
        found.cut.append(part)
    else:
        found.rest.append(without_outcome(part))


def _under(part: Text) -> tuple[Text, list[Text]]:
    """An asking clause, and the change that it names after "with", "under" or "after"."""
    if not (matches(part.masked, "asks", "first") or is_reach(part)):
        return part, []
    for hit in _UNDER.finditer(part.words):
        rest = trimmed(part.part(hit.end(), len(part.words)))
        head = trimmed(part.part(0, hit.start()))
        if (
            kind_of(rest)
            and (sizes(rest) or kind_of(rest) not in {"add_people", "target", "price", "quota", "ramp"})
            and head.words
            and (matches(head.masked, "asks", "first") or is_reach(head))
        ):
            return head, [rest]
    return part, []


def _beside(part: Text, kind: str) -> list[Text]:
    """What an asking clause says beside its question."""
    return [p for p in _spans(part, kind) or [] if kind_of(p) and sizes(p)]


def _spans(piece: Text, kind: str) -> list[Text] | None:
    said, at = masked(piece)
    for one in forms("asks", kind):
        if hit := one.search(said):
            end = at[hit.end()] if hit.end() < len(at) else len(piece.words)
            return list(cut_out(piece, at[hit.start()], end))
    return None


# --- what the plan has ----------------------------------------------------------------------------
def only_asks(piece: Text) -> bool:
    """Whether a clause asks what the plan has, and changes nothing."""
    said = piece.masked
    if not matches(said, "asks", "plain") or re.search(r"\bif\b", said):
        return False
    told = [
        kind for kind in sizes(piece) if kind != "number" or not re.search(r"\bhow (?:many|much)\b", said)
    ]
    counted = re.match(r"\W*(?:and |so |ok |then )*how (?:many|much)\b", said)
    return (bool(counted) and not told) or not (told or matches(said, "asks", "doing"))


def is_of_now(text: Text) -> bool:
    """Whether it asks what the plan has: no figure of its own, no "if", nothing that changes."""
    said = text.masked
    if {*sizes(text)} - {"number"} or form("supposes").search(said):
        return False
    if not says(said, "now", "things"):
        return False
    asks = matches(said, "asks", "plain") or matches(said, "asks", "now")
    changes = says(said, "now", "changing") or re.search(r"[+-]\s?\{number\}", said)
    bare = says(said, "now", "nouns") and not changes and not text.of("number")
    question = matches(said, "asks", "question")
    return bool(
        (asks and not changes) or bare or (question and matches(said, "asks", "plain") and not changes)
    )


def without_outcome(piece: Text) -> Text:
    """The clause without what the person wants to see of it: "… do to the year", "impact on DACH"."""
    said, at = masked(piece)
    for one in forms("asks", "effect"):
        for hit in one.finditer(said):
            head = piece.part(0, at[hit.start()])
            if hit.start() and (kind_of(head) or head.marks):
                return trimmed(head)
            end = at[hit.end()] if hit.end() < len(at) else len(piece.words)
            tail = piece.part(end, len(piece.words))
            if (
                not hit.start()
                and kind_of(tail)
                and not any(m.kind != "number" for m in piece.part(0, end).marks)
            ):
                return trimmed(tail)
    return piece


def compares(text: Text, parts: list[Text]) -> bool:
    """Whether another scenario is to be put beside this one."""
    said = text.masked
    if not matches(said, "asks", "compare"):
        return bool(text.of("scenario")) and bool(
            re.search(r"\b(?:how does|how is|how do|beside|better|worse)\b", said)
        )
    return bool(text.of("scenario")) or (
        not any(map(kind_of, parts)) and bool(re.search(r"\b(?:scenario|plans?|version|alternative)\b", said))
    )


# --- what it takes --------------------------------------------------------------------------------
def is_reach(piece: Text) -> bool:
    """Whether the clause asks what it takes to get somewhere."""
    said = piece.masked
    if is_reason(piece) or not matches(said, "asks", "reach"):
        return False
    if form("brings").search(said) and kind_of(piece) and not _GOALS.search(said):
        if [
            m for m in piece.of(*_SIZES, "number") if not trivial(piece, m) or kind_of(piece) == "add_people"
        ]:
            return False
    kind = kind_of(piece)
    start = " ".join(said.split()[:2])
    if (
        sizes(piece)
        and (says(start, "up") or says(start, "down"))
        and not re.match(r"\W*(?:get|grow|growing)", said)
    ):
        return False
    wh = re.search(r"\b(?:how|what|which)\b", said)
    return not (kind in {"ramp", "attrition", "investment", "price", "quota", "compensation"} and not wh)


def _goal_near(part: Text, n: int, parts: list[Text], found: Asked, skip: set[int], book: Book) -> Goal:
    """The goal that the clause names, or its neighbour."""
    near = [at for at in (n + 1, n - 1, n - 2) if 0 <= at < len(parts)]
    weak = _has_goal(part) and not _sized_goal(part) and form("that_goal").search(part.masked)
    if not _has_goal(part) or weak:
        for at in near:
            other = parts[at]
            if (_sized_goal(other) if weak else _has_goal(other)) and not (
                kind_of(other) not in {"", "target", "productivity"} and sizes(other)
            ):
                skip.add(at)
                found.rest = [p for p in found.rest if p.words not in other.words]
                part = part.joined(other)
                break
    return goal_of(part, book)


def _has_goal(piece: Text) -> bool:
    return _sized_goal(piece) or bool(_GOALS.search(piece.masked))


def _sized_goal(piece: Text) -> bool:
    """Whether it names an amount, a count of customers or a growth."""
    said = piece.masked
    logos = re.search(r"\blogos?\b|\bcustomers?\b|\bclients?\b", said) and piece.of("number")
    growth = piece.of("percent", "times", "fraction") and re.search(
        r"grow|more|up|increase|improve|better|over|better|plus", said
    )
    return bool(piece.of("amount") or logos or growth)


def goal_of(piece: Text, book: Book) -> Goal:
    """What is to be reached.

    Raises:
        Unclear: that isn't told.
    """
    said = piece.masked
    logos = bool(re.search(r"\blogos?\b|\bcustomers?\b|\bclients?\b", said))
    year = next((mark.year for mark in piece.of("period") if mark.year), None)
    if piece.of("period") and year is None and not any(m.of == "now" for m in piece.of("period")):
        raise Unclear("Goals are set for a fiscal year: for which one?")
    if (
        piece.of("person", "channel", "hire", "points", "duration")
        or len({m.ids for m in piece.of("role")}) > 1
    ):
        raise Unclear("Which goal do you mean? Say the changes apart from it.")
    if len({m.ids for m in piece.of("territory")}) > 1:
        raise Unclear("Which goal do you mean? Name one territory, or none for all of them.")
    told: dict[str, Any] = {
        "measure": "new_logos" if logos else "new_acv",
        "year": year,
        "territory": land(piece, book),
    }
    if piece.of("role") or piece.of("segment"):
        told["role"] = role(piece, book)
    return Goal(**told, **_wanted(piece, book, logos, said))


def _wanted(piece: Text, book: Book, logos: bool, said: str) -> dict[str, Any]:
    over = form("over_goal").search(said)
    amounts = piece.of("amount")
    if len(amounts) > 1 and not re.search(r"\bnot\b|\binstead\b|\bfrom\b", said):
        raise Unclear("Which of the amounts is the goal?")
    if amounts:
        minor = book.minor(amounts[-1].value, amounts[-1].unit)
        if minor is None:
            raise Unclear(
                "The plan has no exchange rate for that currency: say the goal in the plan's currency."
            )
        return {"value": int(amounts[-1].value) if logos else minor}
    counts = [m for m in piece.of("number") if not trivial(piece, m)]
    if logos and counts:
        return {"value": int(counts[-1].value)}
    mark = piece.first("percent", "fraction", "times")
    if mark and not over:
        if mark.kind == "percent" and mark.value == 100 and _GOALS.search(said):
            return {}
        return {"factor": growth(mark.kind, mark.value)}
    if over and mark:
        raise Unclear(
            "How much new ACV is that? Say the goal as an amount, as growth over the plan, or as the target."
        )
    if not _GOALS.search(said):
        raise Unclear("What should be reached: an amount, growth over the plan, or the target?")
    if counts:
        raise Unclear("What is that number: how much should be reached?")
    return {}


def growth(kind: str, value: float) -> float:
    """The factor over what the plan makes."""
    return value if kind == "times" else round(1 + (value / 100 if kind == "percent" else value), 6)
