"""A person's message, and what was said before it → an inquiry, a question back, or why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from agent.embedded.planning import follow
from agent.embedded.planning.asks import Ask, asked, growth, is_of_now
from agent.embedded.planning.book import Book
from agent.embedded.planning.clauses import is_reason, pieces
from agent.embedded.planning.context import shorter
from agent.embedded.planning.frames import kind_of, sizes
from agent.embedded.planning.marks import Text, read
from agent.embedded.planning.safety import sound
from agent.embedded.planning.step import LOST, Step
from agent.embedded.planning.steps import made
from agent.embedded.planning.subjects import land, role
from agent.embedded.planning.vocabulary import form, matches, says, section
from agent.embedded.planning.ways import Unclear
from loops.design.changes import Goal, Inquiry

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
    if not all(map(_is_day, form("iso_day").findall(words))):
        return Reading(needs="There is no such day: which one do you mean?", steps=thread.steps)
    text = read(words, book)
    why = next((w for part in [text, *pieces(text)] if (w := _why_not(part.masked))), "")
    why = "" if why and not any(_why_not(p.masked) for p in pieces(text)) and not _acts(text) else why
    if why and not _aside(text, book):
        return Reading(refused=why)
    try:
        return _sound(_read(text, thread, book), book)
    except Unclear as unclear:
        if why:
            return Reading(refused=why)
        if thread.pending and len(words.split()) <= follow.SHORT and (again := _answered(text, thread, book)):
            return again
        return Reading(needs=str(unclear), pending=words, steps=thread.steps)


def _sound(reading: Reading, book: Book) -> Reading:
    """The reading, where its changes can be meant together."""
    if reading.inquiry:
        sound([(step.turn, change) for step in reading.steps for change in step.changes], book)
    return reading


def _is_day(written: str) -> bool:
    """Whether the calendar has it."""
    year, month, day = map(int, written.split("-"))
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _answered(text: Text, thread: Thread, book: Book) -> Reading | None:
    """The question that waited, with the answer to what was asked back in it."""
    waiting = follow.completed(read(thread.pending, book), text)
    try:
        return _read(waiting, replace(thread, pending=""), book)
    except Unclear:
        return None


def _acts(text: Text) -> bool:
    return matches(text.masked, "refuses", "acts", "cues")


def _aside(text: Text, book: Book) -> bool:
    """Whether what can't be answered stands only in a clause beside the changes that are asked about."""
    parts = pieces(text)
    clean = [p for p in parts if not _why_not(p.masked)]
    spoilt = [p for p in parts if p not in clean]
    if not spoilt or any(kind_of(p) and sizes(p) for p in spoilt if not is_reason(p)):
        return False
    plain = [p for p in spoilt if matches(p.masked, "asks", "question") and not is_reason(p)]
    if plain or any(_why_not(p.masked) == str(section("refuses", "acts", "says")) for p in spoilt):
        return False
    return any(kind_of(p) for p in clean) and _builds(asked(text, book).rest, book)


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
    said = asked(text, book)
    ask, rest, goal = said.ask, said.rest, said.goal
    told = any(kind_of(piece) for piece in rest)
    if (
        ask == "what_if"
        and (not told or not thread.steps)
        and is_of_now(text)
        and not _is_piece(text, thread)
    ):
        if not told or not (_of_persons(rest) or _builds(rest, book)):
            return _reading("now", ())
    if again := _next_goal(text, thread, book, goal):
        return again
    if ask == "compare" and not any(kind_of(piece) for piece in rest):
        return _compared(text, book, thread)
    if thread.steps and len(rest) > 1 and form("two_sentences").search(text.words.lower()):
        raise Unclear("One thing after the other: which change first?")
    goes_on = follow.goes_on(text, thread.steps, bool(thread.steps) and _builds(rest, book))
    if goes_on and (changed := follow.changed(text, rest, thread.steps, book, thread.turn)):
        return _reading(
            ask if ask in {"reach", "breaks_first"} else _same(thread), changed, goal or _goal_of(thread)
        )
    steps = _made(rest, book, thread.steps if goes_on else (), thread.turn)
    return _finished(text, ask, steps, goal, thread, goes_on, rest)


def _made(rest: list[Text], book: Book, before: tuple[Step, ...], turn: int) -> tuple[Step, ...]:
    """The steps of the clauses, or of those that are left without what only says something again."""
    try:
        return made(rest, book, before, turn)
    except Unclear:
        for kept in shorter(rest):
            try:
                if steps := made(kept, book, before, turn):
                    return steps
            except Unclear:
                continue
        raise


def _is_piece(text: Text, thread: Thread) -> bool:
    """Whether it is but a piece of the thread's last question."""
    return bool(thread.steps) and follow.is_fragment(text) and not matches(text.masked, "asks", "plain")


def _of_persons(rest: list[Text]) -> bool:
    """Whether a clause says that somebody comes, goes or moves."""
    return any(kind_of(p) in {"person_leaves", "person_moves", "unknown_person"} for p in rest)


def _builds(rest: list[Text], book: Book) -> bool:
    try:
        return bool(made(rest, book, (), 0))
    except Unclear:
        return False


def _finished(
    text: Text,
    ask: Ask,
    steps: tuple[Step, ...],
    goal: Goal | None,
    thread: Thread,
    goes_on: bool,
    rest: list[Text],
) -> Reading:
    if (
        not rest
        and ask in {"reach", "breaks_first"}
        and thread.steps
        and not matches(text.masked, "follow", "afresh")
    ):
        goes_on = True
    if not thread.steps and thread.ask and matches(text.masked, "follow", "begins"):
        return _reading(_same(thread) if ask == "what_if" else ask, steps, goal or _goal_of(thread))
    whole = (*thread.steps, *steps) if goes_on else steps
    if not steps and any(
        re.match(r"(?:and |but |so |even )?(?:if|assuming|supposing|suppose)\b", p.masked)
        and not matches(p.masked, "stays")
        for p in rest
    ):
        raise Unclear(LOST)
    if ask in {"reach", "breaks_first"}:
        return _reading(ask, whole, goal)
    if steps:
        return _reading(_same(thread) if goes_on else "what_if", whole, _goal_of(thread) if goes_on else None)
    if goes_on and thread.steps and says(text.masked, "now", "outcomes") and not text.marks:
        return _reading(_same(thread), whole, _goal_of(thread))
    if is_of_now(text) and not _is_piece(text, thread) and not _of_persons(rest):
        return _reading("now", ())
    if follow.is_fragment(text) or follow.refers(text):
        raise Unclear(
            "What do you mean by that? Name the change you want to try: who, where, how many and from when."
        )
    raise Unclear(_nothing())


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


# --- goals and scenarios ---------------------------------------------------------------------------
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
        told = {"value": None, "factor": growth(mark.kind, mark.value)}
    told |= {"territory": land(text, book)} if text.of("territory") else {}
    told |= {"role": role(text, book)} if text.of("role") else {}
    told |= {"year": mark.year} if (mark := text.first("period")) and mark.year else {}
    if not told:
        return None
    return _reading("reach", thread.steps, old.model_copy(update=told))


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
    put = re.search(r"\b(?:that|this|these|those|it)\b", text.masked)
    told = tuple(change for step in thread.steps for change in step.changes) if put else ()
    inquiry = Inquiry(ask="compare", changes=told, scenario=others[0])
    return Reading(inquiry=inquiry, steps=thread.steps)


__all__ = ["Reading", "understand"]
