"""Clauses about people → changes: hired, leaving, moving, starting later, not at all."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

from agent.embedded.planning.book import Book
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.subjects import Clause, count, land, lands, person, role, segment, when
from agent.embedded.planning.vocabulary import form, says
from agent.embedded.planning.ways import Unclear, before, quantity
from loops.calendar import months_between
from loops.design import changes as c


def _single(text: Text) -> None:
    """Refuse a clause of people that speaks of two roles, or counts something else.

    Raises:
        Unclear: it does.
    """
    if len({mark.ids for mark in text.of("role")}) > 1:
        raise Unclear("Which role do you mean? Say for each role how many come or go.")
    if re.search(r"\b(?:all|every|each)(?: of)?(?: the| our)? \{role\}", text.masked):
        raise Unclear("How many people?")
    if form("counts_deals").search(text.masked):
        raise Unclear("Deals aren't counted one by one here: by how many per cent does productivity change?")


def _add(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    _single(text)
    text = _grown(text, "add_people")
    instead = re.search(r"\breplac|\bbackfill|\bsuccessor|\brefill", clause.masked)
    gone = next(
        (one for one in reversed(clause.earlier) if isinstance(one, c.PersonLeaves | c.RemovePeople)), None
    )
    where, job, many = land(text, book), None, 0
    if instead and gone:
        row = (
            book.row("people", gone.person)
            if isinstance(gone, c.PersonLeaves)
            else {"role": gone.role, "territory": gone.territory}
        )
        job = str(row["role"]) if not text.of("role") else None
        where = where or row.get("territory")
        many = gone.count if isinstance(gone, c.RemovePeople) and not text.of("number") else 0
    found = job or role(text, book, needed=True)
    at = when(text)
    seg = segment(text) if text.of("role") or instead else None
    return (
        c.AddPeople(role=str(found), count=many or count(text), territory=where, segment=seg, starts_on=at),
    )


def _grown(text: Text, kind: str) -> Text:
    """The clause with the difference of "from one to three" as its number.

    Raises:
        Unclear: only what it becomes is told, or the words and the figures differ.
    """
    hit = form("count_from_to").search(text.masked)
    numbers = text.of("number")
    if hit and len(numbers) == 2:
        by = numbers[1].value - numbers[0].value
        if not by or (by > 0) != (kind == "add_people"):
            raise Unclear("How many people come or go?")
        return Text(
            text.words, tuple(replace(m, value=abs(by)) if m is numbers[1] else m for m in text.marks)
        )
    if form("count_to").search(text.masked):
        raise Unclear("By how many people is that more or fewer than planned?")
    return text


def _remove(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    _single(text)
    text = _grown(text, "remove_people")
    found = str(role(text, book, needed=True))
    seg = segment(text) if text.of("role") else None
    return (
        c.RemovePeople(
            role=found,
            count=count(text),
            territory=land(text, book),
            segment=seg,
            leaves_on=when(text, leaving=True),
        ),
    )


def _leaves(clause: Clause) -> tuple[c.Change, ...]:
    text, day = clause.text, when(clause.text, leaving=True)
    return tuple(
        c.PersonLeaves(
            person=person(
                Text(text.words, (mark, *(m for m in text.marks if m.kind != "person"))), clause.book
            ),
            leaves_on=day,
        )
        for mark in {mark.ids: mark for mark in text.of("person")}.values()
    )


def _replaced(clause: Clause) -> tuple[c.Change, ...]:
    """Somebody leaves, and others come in their place on the same day."""
    text = clause.text
    gone = _leaves(
        Clause(Text(text.words, tuple(m for m in text.marks if m.kind in {"person", "period"})), clause.book)
    )
    come = Clause(text.without(*text.of("person")), clause.book, gone)
    return (*gone, *_add(come))


def _nobody(clause: Clause) -> tuple[c.Change, ...]:
    if re.search(r"\b(?:them|him|her|it|they)\b", clause.masked):
        raise Unclear("Whom do you mean?")
    raise Unclear("I know nobody of that name on the roster: who do you mean?")


def _person_moves(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    to = destination(text)
    bare = Text(text.words, tuple(m for m in text.marks if m.kind not in {"territory", "person"}))
    who = [person(Text(bare.words, (one, *bare.marks)), book) for one in text.of("person")]
    where = land(text, book, to) if to else None
    if where is None:
        raise Unclear("To which territory?")
    return tuple(c.PersonMoves(person=one, territory=where, on=when(text)) for one in who)


def destination(text: Text) -> Mark | None:
    """The territory that somebody or something goes to: after `to`, else the last not after `from`."""
    marks = text.of("territory")
    told = [m for m in marks if form("going_to").search(before(text, m))]
    into = [m for m in told if re.search(r"(?:\bto|\binto|\bonto)\s+(?:the )?$", before(text, m))]
    rest = [
        m
        for m in marks
        if not re.search(
            r"(?:\bfrom|\bout of|\boff|\bof|\baway from|\bleaves?)\s+(?:the )?$", before(text, m)
        )
    ]
    return (into or told or rest or [None])[-1]


def _move_people(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    to = destination(text)
    source = next((m for m in text.of("territory") if m is not to), None)
    found = str(role(text, book, needed=True))
    if to is None:
        raise Unclear("To which territory?")
    if source is None:
        raise Unclear("From which territory, or who?")
    one, other = land(text, book, source), land(text, book, to)
    return (
        c.MovePeople(role=found, count=count(text), source=str(one), territory=str(other), on=when(text)),
    )


def _shift(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    mark = quantity(text, "duration")
    if mark is None and (moved := _started(text, book)):
        return moved
    if mark is None:
        raise Unclear("By how many months?")
    if mark.unit in {"week", "day"} and mark.value != int(mark.value):
        raise Unclear("Starts are moved by whole months here: by how many?")
    earlier = says(clause.masked, "hires", "earlier") and not re.search(
        r"\b(?:later|back|delay\w*|slip\w*|postpon\w*)\b", clause.masked
    )
    months = int(mark.value) * (-1 if earlier else 1)
    if named := text.of("hire"):
        return tuple(c.ShiftHires(by_months=months, hire=mark.ids[0]) for mark in named)
    return tuple(
        c.ShiftHires(by_months=months, role=role(text, book), territory=where) for where in lands(text, book)
    )


def _started(text: Text, book: Book) -> tuple[c.Change, ...]:
    """One planned person who starts in another month, where only one can be meant."""
    told = [
        m
        for m in text.of("period")
        if m.day and not re.search(r"\b(?:instead of|rather than|from)\s+$", before(text, m))
    ]
    job, where = role(text, book), land(text, book)
    named = text.first("hire")
    fits = [row for row in book.rows("hires") if named and row["id"] in named.ids] or [
        row for row in book.rows("hires") if job in {None, row["role"]} and where in {None, row["territory"]}
    ]
    if len(told) != 1 or len(fits) != 1 or told[0].day is None:
        return ()
    months = months_between(date.fromisoformat(str(fits[0]["starts_on"])), told[0].day)
    if named:
        return (c.ShiftHires(by_months=months, hire=named.ids[0]),) if months else ()
    return (c.ShiftHires(by_months=months, role=job, territory=where),) if months else ()


def _cancel(clause: Clause) -> tuple[c.Change, ...]:
    text = clause.text
    day = when(text)
    if any(
        re.match(r"(?:through|until|till)\b", text.words[m.start : m.end].lower()) for m in text.of("period")
    ):
        raise Unclear(
            "Which hires aren't made after all: all of them, or those that start from a certain day on?"
        )
    if day and re.search(r"\b(?:until|till|through)\s+(?:the )?(?:end of )?\{period\}", clause.masked):
        raise Unclear(
            "Which hires aren't made after all: all of them, or those that start from a certain day on?"
        )
    job, book = role(text, clause.book), clause.book
    for many in text.of("number"):
        places = lands(text, book)
        fits = [
            r
            for r in book.rows("hires")
            if job in {None, r["role"]} and (places == [None] or r["territory"] in places)
        ]
        if len(fits) != many.value and many.value > 1:
            raise Unclear("Which of the planned hires aren't made?")
    if named := text.of("hire"):
        return tuple(c.CancelHires(hire=mark.ids[0]) for mark in named)
    return tuple(
        c.CancelHires(role=role(text, clause.book), territory=where, after=day)
        for where in lands(text, clause.book)
    )


BUILDERS: dict[str, Callable[[Clause], tuple[c.Change, ...]]] = {
    "add_people": _add,
    "remove_people": _remove,
    "person_leaves": _leaves,
    "replaced": _replaced,
    "unknown_person": _nobody,
    "person_moves": _person_moves,
    "move_people": _move_people,
    "shift_hires": _shift,
    "cancel_hires": _cancel,
}
