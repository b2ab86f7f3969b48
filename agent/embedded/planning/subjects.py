"""Whom and what a clause is about: names of the plan, days and counts, or the question which is meant."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from agent.embedded.planning.book import Book
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import cues, form
from agent.embedded.planning.ways import Unclear
from loops.design import changes as c


@dataclass(frozen=True)
class Clause:
    """A clause, and what it is said in."""

    text: Text
    book: Book
    earlier: tuple[c.Change, ...] = ()
    # what was told before it, in the message or the thread

    @property
    def masked(self) -> str:
        """Its masked words."""
        return self.text.masked


def listing(kind: str, ids: tuple[str, ...], book: Book, field: str = "name") -> str:
    """Names of the plan's things, as placeholders."""
    rows = [str(row["id"]) for row in book.rows(kind)]
    return ", ".join(f"{{fig:plan_now.{kind}.{rows.index(id)}.{field}}}" for id in ids if id in rows)


def land(text: Text, book: Book, mark: Mark | None = None) -> str | None:
    """The territory that is meant; None where none is named.

    Raises:
        Unclear: it can be several.
    """
    mark = mark or next((m for m in text.of("territory")), None)
    if mark is None:
        return None
    if len(mark.ids) != 1:
        kept = tuple(id for id in mark.ids if not (id.endswith("other") and len(mark.ids) > 1))
        if len(kept) == 1:
            return kept[0]
        raise Unclear(f"Which territory do you mean: {listing('territories', kept or mark.ids, book)}?")
    return mark.ids[0]


def lands(text: Text, book: Book) -> list[str | None]:
    """Every territory named; (None,) where none is."""
    found = [land(text, book, mark) for mark in text.of("territory")]
    return [*dict.fromkeys(found)] or [None]


def role(text: Text, book: Book, needed: bool = False) -> str | None:
    """The role that is meant; by its segment where only that is named.

    Raises:
        Unclear: one is needed, and none is named.
    """
    if mark := text.first("role"):
        return mark.ids[0]
    sold = _by_segment(text, book)
    if sold and (not needed or text.of("anybody")):
        return sold
    if needed:
        raise Unclear(f"Which role do you mean: {listing('roles', _selling(book), book, 'id')}?")
    return None


def _selling(book: Book) -> tuple[str, ...]:
    return tuple(str(row["id"]) for row in book.rows("roles") if row["people"])


def _by_segment(text: Text, book: Book) -> str | None:
    mark = text.first("segment")
    sellers = [str(r["id"]) for r in book.rows("roles") if mark and r.get("segment") == mark.ids[0]]
    return sellers[0] if len(sellers) == 1 else None


def segment(text: Text) -> str | None:
    """The segment named; None where none is."""
    mark = text.first("segment")
    return mark.ids[0] if mark else None


def person(text: Text, book: Book) -> str:
    """The person that is meant; narrowed by a role or territory named with them.

    Raises:
        Unclear: it can be several.
    """
    mark = text.of("person")[0]
    ids: tuple[str, ...] = mark.ids
    for kind, field in (("territory", "territory"), ("role", "role")):
        told = text.first(kind)
        fits = [id for id in ids if told and book.row("people", id).get(field) in told.ids]
        ids = tuple(fits) if len(ids) > 1 and fits else ids
    if len(ids) > 1:
        raise Unclear(f"Whom do you mean: {listing('people', ids, book)}?")
    return next(iter(ids))


def when(text: Text, leaving: bool = False) -> date | None:
    """The day; None for now or where none is told.

    Raises:
        Unclear: a season, or two days.
    """
    if form("day_beside").search(text.masked):
        raise Unclear("Which month do you mean? Name it.")
    marks = [mark for mark in text.of("period") if mark.of != "now"]
    if marks and re.match(r"(?:in )?late\b", text.words[marks[-1].start : marks[-1].end].lower()):
        raise Unclear("From which day? Say the month or the day.")
    if any(mark.of == "vague" for mark in marks):
        raise Unclear("From which day? Say the month or the day.")
    if not marks and form("time_words").search(text.masked):
        raise Unclear("Which day or month do you mean? Name it.")
    if not marks:
        if cues("seasons").search(text.masked) and form("season").search(text.masked):
            raise Unclear("Which month do you mean?")
        return None
    day = marks[-1].day
    if leaving and day and form("last_day").search(text.masked):
        return day + timedelta(days=1) if marks[-1].of == "day" else day
    return day


def count(text: Text, vague: bool = True) -> int:
    """How many people.

    Raises:
        Unclear: the words leave it open.
    """
    numbers = text.of("number")
    who = next(iter(text.of("role", "anybody")), None)
    near = [n for n in numbers if who and n.end <= who.start] or [
        n for n in numbers if not who or n.start >= who.end
    ]
    if near:
        value = near[-1].value
        before_ = [n for n in near if n.value > 1]
        value = before_[-1].value if before_ else value
        if value != int(value) or value < 1:
            raise Unclear("How many people?")
        return int(value)
    if any(text.words[m.start : m.end].lower().startswith("double") for m in text.of("times")):
        raise Unclear("How many people more is that?")
    plural = who is not None and text.words[who.start : who.end].lower().rstrip("'").endswith("s")
    if cues("vague").search(text.masked) or (vague and plural):
        raise Unclear("How many people?")
    return 1
