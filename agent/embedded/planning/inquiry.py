"""A person's message, and what was said before it → an inquiry, a question back, or why not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from agent.embedded.planning import follow
from agent.embedded.planning.book import Book
from agent.embedded.planning.kinds import kind_of
from agent.embedded.planning.marks import Text, masked, read
from agent.embedded.planning.pieces import cut_out, pieces
from agent.embedded.planning.steps import Step, made
from agent.embedded.planning.subjects import land, role
from agent.embedded.planning.vocabulary import forms, is_known, matches, says, section
from agent.embedded.planning.ways import Unclear
from loops.design.changes import Goal, Inquiry

Ask = Literal["what_if", "reach", "breaks_first", "now", "compare"]
_WHY_NOT = ("acts", "single", "customers", "outside", "guess", "past")
_LEADING = re.compile(r"^(?:what if|and|if|but|so|or|ok|okay)\b")


@dataclass(frozen=True)
class Reading:
    """What a message comes to."""

    inquiry: Inquiry | None = None
    needs: str = ""
    refused: str = ""
    steps: tuple[Step, ...] = ()
    # the thread's changes after it
    pending: str = ""
    # words that wait for what was asked back


@dataclass(frozen=True)
class Thread:
    """What the messages before left: changes, and words that wait for an answer."""

    steps: tuple[Step, ...] = ()
    pending: str = ""
    ask: Inquiry | None = None
    turn: int = 0


def understand(words: str, before: Sequence[str], book: Book) -> Reading:
    """What the words come to, after the person's earlier messages."""
    thread = Thread()
    for said in before:
        thread = _onward(thread, _understood(said, thread, book))
    return _understood(words, thread, book)


def _onward(thread: Thread, reading: Reading) -> Thread:
    if reading.inquiry is None:
        return replace(thread, pending=reading.pending, turn=thread.turn + 1)
    return Thread(reading.steps, "", reading.inquiry, thread.turn + 1)


def _understood(words: str, thread: Thread, book: Book) -> Reading:
    text = read(words, book)
    if why := _why_not(text.masked):
        return Reading(refused=why)
    try:
        return _read(text, thread, book)
    except Unclear as unclear:
        if thread.pending and len(words.split()) <= follow.SHORT and (again := _answered(text, thread, book)):
            return again
        return Reading(needs=str(unclear), pending=words, steps=thread.steps)


def _answered(text: Text, thread: Thread, book: Book) -> Reading | None:
    """The question that waited, with the answer to what was asked back in it."""
    waiting = follow.completed(read(thread.pending, book), text)
    try:
        return _read(waiting, replace(thread, pending=""), book)
    except Unclear:
        return None


def _why_not(said: str) -> str:
    for kind in _WHY_NOT:
        known = section("refuses", kind)
        found = (
            matches(said, "refuses", kind, "cues")
            if kind in {"acts", "single", "guess"}
            else says(said, "refuses", kind, "cues")
        )
        if found:
            return str(known["says"])
    return ""


# --- the message ----------------------------------------------------------------------------------
def _read(text: Text, thread: Thread, book: Book) -> Reading:
    if thread.pending and len(text.words.split()) <= follow.SHORT and not _tells(text):
        if again := _answered(text, thread, book):
            return again
    if done := follow.undone(text, thread.steps):
        return _reading("what_if" if done.steps else "now", done.steps)
    ask, rest, goal = _asked(text, book)
    if again := _next_goal(text, thread, book, goal):
        return again
    if ask == "compare" and not any(kind_of(piece) for piece in rest):
        return _compared(text, book, thread)
    goes_on = follow.goes_on(text, thread.steps, bool(rest))
    if goes_on and (changed := follow.changed(text, rest, thread.steps, book, thread.turn)):
        return _reading(
            ask if ask in {"reach", "breaks_first"} else _same(thread), changed, goal or _goal_of(thread)
        )
    steps = made(rest, book, thread.steps if goes_on else (), thread.turn)
    return _finished(text, ask, steps, goal, thread, goes_on, rest)


def _finished(
    text: Text,
    ask: Ask,
    steps: tuple[Step, ...],
    goal: Goal | None,
    thread: Thread,
    goes_on: bool,
    rest: list[Text],
) -> Reading:
    if steps:
        _known(text, rest)
    whole = (*thread.steps, *steps) if goes_on else steps
    if ask in {"reach", "breaks_first"}:
        return _reading(ask, whole, goal)
    if steps:
        return _reading(_same(thread) if goes_on else "what_if", whole, _goal_of(thread) if goes_on else None)
    if goes_on and thread.steps and not rest_says(text):
        return _reading("what_if", whole)
    if ask == "now" and _is_of_now(text) and not follow.is_fragment(text):
        return _reading("now", ())
    if follow.is_fragment(text) or follow.refers(text):
        raise Unclear(
            "What do you mean by that? Name the change you want to try: who, where, how many and from when."
        )
    raise Unclear(_nothing())


def _is_of_now(text: Text) -> bool:
    """Whether it asks what the plan has: no figure of its own, no "if"."""
    if text.of("amount", "percent", "points", "times", "fraction") or re.search(
        r"\b(?:if|suppose|supposing|assuming|assume|imagine|say)\b", text.masked
    ):
        return False
    return says(text.masked, "now", "things")


def rest_says(text: Text) -> bool:
    """Whether the message asks for something of the plan itself."""
    return says(text.masked, "now", "things") and not follow.refers(text)


def _nothing() -> str:
    return (
        "I don't see which change you mean: name what changes (people, ramp, target, price, "
        "spending), where, by how much and from when."
    )


def _reading(ask: Ask, steps: tuple[Step, ...], goal: Goal | None = None) -> Reading:
    told = tuple(change for step in steps for change in step.changes)
    if ask == "what_if" and not told:
        raise Unclear(_nothing())
    inquiry = Inquiry(ask=ask, changes=told, goal=(goal or Goal()) if ask == "reach" else None)
    return Reading(inquiry=inquiry, steps=steps)


def _same(thread: Thread) -> Ask:
    return thread.ask.ask if thread.ask and thread.ask.ask in {"reach", "breaks_first"} else "what_if"


def _goal_of(thread: Thread) -> Goal | None:
    return thread.ask.goal if thread.ask else None


def _tells(text: Text) -> bool:
    """Whether it tells a change by itself."""
    return (
        any(kind_of(piece) for piece in pieces(text))
        or matches(text.masked, "asks", "reach")
        or matches(text.masked, "asks", "first")
    )


def _known(text: Text, rest: Iterable[Text]) -> None:
    """Refuse to answer where a clause holds a word that nobody here knows.

    Raises:
        Unclear: it does; names the word where it can.
    """
    for piece in rest:
        said = piece.masked
        strange = [w for w in re.findall(r"(?<![{\w])[a-zà-ÿ][\w'-]+(?![}\w])", said) if not is_known(w)]
        if strange:
            word = strange[0]
            told = (
                f"“{word}”" if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text.words.lower()) else "that"
            )
            raise Unclear(f"I don't know what {told} means in the plan: say it without, or in other words.")


# --- what is asked --------------------------------------------------------------------------------
def _asked(text: Text, book: Book) -> tuple[Ask, list[Text], Goal | None]:
    """What is asked for, the clauses beside that, and the goal."""
    found: list[Text] = []
    ask: Ask = "now" if matches(text.masked, "asks", "now") else "what_if"
    goal: Goal | None = None
    if matches(text.masked, "asks", "compare") and (
        text.of("scenario") or not any(map(kind_of, pieces(text)))
    ):
        ask = "compare"
    for piece in pieces(text):
        if rest := _spans(piece, "first"):
            ask, found = "breaks_first", [*found, *rest[1]]
        elif matches(piece.masked, "asks", "reach") and not _is_change(piece):
            ask, goal = "reach", _goal(piece, book)
        elif out := _spans(piece, "outcome"):
            ask, found = ("now" if ask == "what_if" else ask), [*found, *out[1]]
        elif not _only_asks(piece):
            found.append(_without_outcome(piece))
    return ask, [p for p in found if p.words], goal


def _only_asks(piece: Text) -> bool:
    """Whether a clause asks what the plan has, and changes nothing."""
    said = piece.masked
    if not matches(said, "asks", "plain") or re.search(r"\bif\b", said):
        return False
    counts = [
        m for m in piece.of("number") if re.search(r"\d|[a-z]{3}", piece.words[m.start : m.end].lower())
    ]
    told = counts or piece.of("percent", "amount", "times", "points", "fraction", "duration")
    counted = re.match(r"\W*(?:and |so |ok |then )*how (?:many|much)\b", said) and not re.search(
        r"\b(?:with|when|after|by)\b", said
    )
    return bool(counted) or not (told or matches(said, "asks", "doing"))


def _without_outcome(piece: Text) -> Text:
    """The clause without what the person wants to see of it: "… do to the year", "impact on DACH"."""
    said, at = masked(piece)
    hit = re.search(
        (
            r"\b(?:do|does|mean|means|look like|impact|effect|affects?|consequences?|hurt|hurts"
            r"|change)\s+(?:to|for|on|in|by|us|our|the|\{(?:period|territory)\})\b.*"
        ),
        said,
    )
    if (
        hit is None
        or hit.start() == 0
        or (not piece.part(0, at[hit.start()]).marks and not kind_of(piece.part(0, at[hit.start()])))
    ):
        return piece
    return piece.part(0, at[hit.start()])


def _is_change(piece: Text) -> bool:
    """Whether a clause that sounds like a goal tells a change: "AEs need twelve months to ramp"."""
    return kind_of(piece) in {
        "ramp",
        "attrition",
        "investment",
        "price",
        "quota",
        "compensation",
    } and not re.search(r"\bhow\b|\bwhat\b", piece.masked)


def _spans(piece: Text, kind: str) -> tuple[bool, list[Text]] | None:
    said, at = masked(piece)
    for form in forms("asks", kind):
        if hit := form.search(said):
            end = at[hit.end()] if hit.end() < len(at) else len(piece.words)
            return True, [p for p in cut_out(piece, at[hit.start()], end)]
    return None


def _goal(piece: Text, book: Book) -> Goal:
    said = piece.masked
    logos = bool(re.search(r"\blogos?\b|\bcustomers?\b", said))
    year = next((mark.year for mark in piece.of("period") if mark.year), None)
    told: dict[str, Any] = {
        "measure": "new_logos" if logos else "new_acv",
        "year": year,
        "territory": land(piece, book),
    }
    if piece.of("role") or piece.of("segment"):
        told["role"] = role(piece, book)
    over = re.search(r"\b(?:of|over|above|below) (?:the |our |its )?(?:target|goal|number|quota)", said)
    if mark := piece.first("amount"):
        minor = book.minor(mark.value, mark.unit)
        if minor is None:
            raise Unclear(
                "The plan has no exchange rate for that currency: say the goal in the plan's currency."
            )
        told["value"] = int(mark.value) if logos else minor
    elif logos and (count := [m for m in piece.of("number") if m.value > 1]):
        told["value"] = int(count[-1].value)
    elif (mark := piece.first("percent", "fraction", "times")) and not over:
        told["factor"] = _growth(mark.kind, mark.value)
    elif over and mark:
        raise Unclear(
            "How much new ACV is that? Say the goal as an amount, as growth over the plan, or as the target."
        )
    elif not re.search(r"target|goal|quota|number|plan\b|gap|\bhit it\b|coverage|\bthere\b", said):
        raise Unclear("What should be reached: an amount, growth over the plan, or the target?")
    return Goal(**told)


def _next_goal(text: Text, thread: Thread, book: Book, goal: Goal | None) -> Reading | None:
    """Another goal than the one before: "and 35M?", "with only enterprise AEs"."""
    old = thread.ask.goal if thread.ask and thread.ask.ask == "reach" else None
    if (
        old is None
        or goal is not None
        or not follow.is_fragment(text)
        or text.of("number", "person", "duration")
    ):
        return None
    told: dict[str, Any] = {}
    if mark := text.first("amount"):
        told = {"value": book.minor(mark.value, mark.unit), "factor": None}
    elif mark := text.first("percent", "times", "fraction"):
        told = {"value": None, "factor": _growth(mark.kind, mark.value)}
    told |= {"territory": land(text, book)} if text.of("territory") else {}
    told |= {"role": role(text, book)} if text.of("role") else {}
    told |= {"year": mark.year} if (mark := text.first("period")) and mark.year else {}
    if not told:
        return None
    return _reading("reach", thread.steps, old.model_copy(update=told))


def _growth(kind: str, value: float) -> float:
    if kind == "times":
        return value
    return round(1 + (value / 100 if kind == "percent" else value), 6)


def _compared(text: Text, book: Book, thread: Thread) -> Reading:
    others = [m.ids[0] for m in text.of("scenario") if m.ids[0] != book.told["scenario"]]
    if not others:
        names = cast("list[str]", book.told["scenarios"])
        rest = [name for name in names if name != book.told["scenario"]]
        alone = re.search(r"\bother (?:plan|scenario)|\bthe (?:alternative|second)", text.masked)
        if len(rest) != 1 or not alone:
            listed = ", ".join(f"{{fig:plan_now.scenarios.{names.index(name)}}}" for name in rest)
            raise Unclear(f"With which scenario: {listed}?")
        others = rest
    inquiry = Inquiry(ask="compare", scenario=others[0])
    return Reading(inquiry=inquiry, steps=thread.steps)


__all__ = ["Reading", "understand"]
