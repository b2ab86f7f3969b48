"""Clauses → steps: each with its changes and its words, so that a later one can leave out what it repeats."""

import re
from dataclasses import dataclass, replace

from agent.embedded.planning.book import Book
from agent.embedded.planning.changes import changes
from agent.embedded.planning.kinds import kind_of
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.subjects import Clause
from agent.embedded.planning.vocabulary import cues, says
from agent.embedded.planning.ways import QUANTITIES, Unclear, says_to
from loops.design.changes import Change

_MONEY = frozenset(
    {
        "investment",
        "price",
        "target",
        "quota",
        "compensation",
        "attrition",
        "ramp",
        "productivity",
        "exchange_rate",
    }
)
_PEOPLE = frozenset({"add_people", "remove_people"})
_PRONOUN = re.compile(r"\b(?:them|him|her|it|their|his|its|they|she|he|theirs)\b")
LOST = "I don't see what changes there: say who or what, where, by how much and from when."
_SUBJECTS = ("role", "person", "territory", "segment", "channel", "anybody")


@dataclass(frozen=True)
class Step:
    """One clause's changes."""

    text: Text
    # its words, with what they leave out filled in
    changes: tuple[Change, ...]
    turn: int = 0
    # the message of the thread that it came with

    @property
    def kind(self) -> str:
        """The kind of its changes."""
        return self.changes[0].kind if self.changes else ""


def made(parts: list[Text], book: Book, before: tuple[Step, ...], turn: int) -> tuple[Step, ...]:
    """The steps that a message's clauses tell, each after those before.

    Raises:
        Unclear: one can't be understood.
    """
    steps: list[Step] = []
    waiting: tuple[Text, Unclear] | None = None
    for part in parts:
        earlier = (*before, *steps)
        try:
            found = _after(waiting, part, book, earlier, turn, bool(steps))
        except Unclear as unclear:
            if waiting and unclear is waiting[1]:
                raise
            waiting = (waiting[0].joined(part) if waiting else part, unclear)
            continue
        if found is None:
            if not waiting and part.of(*_SUBJECTS, *(set(QUANTITIES) - {"number"})):
                waiting = (part, Unclear(LOST))
            continue
        waiting = None
        if _one_move(found, steps):
            steps.pop()
        steps = [*_shared(steps, found, part, book, turn), found]
    if waiting:
        raise waiting[1]
    return tuple(steps)


def _after(
    waiting: tuple[Text, Unclear] | None,
    part: Text,
    book: Book,
    earlier: tuple[Step, ...],
    turn: int,
    within: bool,
) -> Step | None:
    """The step of a clause, together with the one that waits for its rest; None where it tells nothing.

    Raises:
        Unclear: it can't be understood, or what waits has no rest.
    """
    if waiting is None:
        return _heard(part, book, earlier, turn, within)
    if not part.marks and not kind_of(part):
        return None
    if kind_of(part) and kind_of(waiting[0]) not in {"", kind_of(part)}:
        raise waiting[1]
    return _step(waiting[0].joined(part), book, earlier, turn)


def _heard(part: Text, book: Book, earlier: tuple[Step, ...], turn: int, within: bool) -> Step | None:
    """The step of a clause; None where it tells nothing."""
    last = earlier[-1] if earlier else None
    if not kind_of(part) and part.of("territory") and within and last and _PRONOUN.search(part.masked):
        return _step(last.text.joined(part), book, earlier[:-1], turn)
    if (
        last
        and _PRONOUN.search(part.masked)
        and says(part.masked, "people", "move")
        and part.of("territory")
        and not part.of("role", "person", "number")
        and last.kind in {"remove_people", "person_leaves", "add_people"}
        and within
    ):
        return _step(last.text.joined(part), book, earlier[:-1], turn)
    if kind_of(part):
        return _step(_subject(part, last, within), book, earlier, turn)
    if (
        last
        and within
        and part.marks
        and not part.of("number", "role", "person", "anybody", *(set(QUANTITIES) - {"number"}))
    ):
        if not (part.of("territory") and last.text.of("territory")):
            return _step(last.text.joined(part), book, earlier[:-1], turn)
    if last and part.marks and (within or is_piece(part)):
        return _step(framed(last.text, part), book, earlier, turn)
    return None


def is_piece(part: Text) -> bool:
    """Whether the clause is but a few names and figures, to be read with the one before."""
    return bool(part.of("number", "territory", "role", "amount", "percent", "channel"))


def _one_move(found: Step, steps: list[Step]) -> bool:
    """Whether the step took in the one before: somebody taken from here and put there."""
    return bool(steps) and found.text.words.startswith(steps[-1].text.words)


def _step(text: Text, book: Book, earlier: tuple[Step, ...], turn: int) -> Step:
    told = tuple(change for step in earlier for change in step.changes)
    found = changes(Clause(text, book, told))
    if not found:
        raise Unclear(LOST)
    return Step(text, found, turn)


def _subject(part: Text, last: Step | None, within: bool) -> Text:
    """The clause with what its pronoun stands for; with the place of a bare "two more"."""
    kind = kind_of(part)
    if last is None:
        return part
    if _PRONOUN.search(part.masked) and not part.of(*_SUBJECTS) and kind in _MONEY:
        return _with(part, [m for m in last.text.marks if m.kind in _SUBJECTS], last.text)
    again = (
        re.search(r"\b(?:too|as well|also)\b", part.masked) and kind == last.kind and not part.of("period")
    )
    if again and not within and (days := last.text.of("period")):
        return part.joined(last.text.part(days[-1].start, days[-1].end))
    anybody = not part.of("role") and kind in _PEOPLE and last.kind in _PEOPLE
    if anybody and part.of("anybody", "number") and within and (jobs := last.text.of("role")):
        return _with(part, jobs[:1], last.text)
    return part


def _with(part: Text, marks: list[Mark], source: Text) -> Text:
    """The clause with marks of another one in front."""
    for mark in reversed(marks):
        word = source.part(mark.start, mark.end)
        part = word.joined(part)
    return part


def framed(last: Text, part: Text) -> Text:
    """The clause before with this one's names and figures in the place of its own."""
    part = _alike(last, part)
    kinds = {mark.kind for mark in part.marks}
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
    return last.without(*gone).joined(part)


def _counts(mark: Mark, part: Text) -> bool:
    """Whether it is a count of people, which another quantity leaves as it is."""
    return mark.kind == "number" and not part.of("number")


def _alike(last: Text, part: Text) -> Text:
    """The clause with its bare number as the quantity that the one before has: "same but 15"."""
    numbers, theirs = part.of("number"), last.of("percent", "points", "amount", "duration")
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


def _shared(steps: list[Step], found: Step, part: Text, book: Book, turn: int) -> list[Step]:
    """The steps before, the last with the day and place that a list tells only at its end."""
    if not steps or steps[-1].kind not in _PEOPLE or found.kind != steps[-1].kind:
        return steps
    if len(steps) > 1:
        steps = [*_shared(steps[:-1], found, part, book, turn), steps[-1]]
    last = steps[-1]
    if cues("people", "add").search(_own(part)) or cues("people", "remove").search(_own(part)):
        return steps
    extra = part.of("period") if not last.text.of("period") else []
    if extra and not last.text.of("territory") and part.of("territory"):
        extra = [*extra, *part.of("territory")]
    if not extra:
        return steps
    text = last.text
    for mark in extra:
        lead = " from " if mark.kind == "period" else " in "
        text = text.joined(Text(lead.strip(), ())).joined(part.part(mark.start, mark.end))
    return [*steps[:-1], Step(text, changes(Clause(text, book)), turn)]


def _own(part: Text) -> str:
    return re.sub(r"\b(?:more|another|extra|additional|new|starting|start|from)\b", "", part.masked)
