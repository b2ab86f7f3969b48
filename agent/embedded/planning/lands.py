"""Clauses about territories → changes: split, merged, places given to another."""

import re
from collections.abc import Callable

from agent.embedded.planning.book import Book
from agent.embedded.planning.marks import Text
from agent.embedded.planning.people import destination
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.subjects import Clause, land
from agent.embedded.planning.vocabulary import form, says
from agent.embedded.planning.ways import Unclear
from loops.design import changes as c


def _split(clause: Clause) -> tuple[c.Change, ...]:
    text = clause.text
    many = [int(mark.value) for mark in text.of("number") if mark.value >= 2]
    halves = re.search(r"\bhalf\b|\bhalves\b", text.words.lower())
    if not many and not halves and re.search(r"\b(?:several|multiple|some|smaller)\b", clause.masked):
        raise Unclear("Into how many parts?")
    return (c.SplitTerritory(territory=str(land(text, clause.book)), parts=many[0] if many else 2),)


def _merge(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    marks = text.of("territory")
    if len(marks) < 2:
        raise Unclear("Into which territory?")
    if says(clause.masked, "lands", "reversed") and not re.search(r"\bby\b", clause.masked):
        marks = marks[::-1]
    if any(mark.places and len(mark.ids) == 1 and _is_part(mark, book) for mark in marks[:-1]):
        return _regions(clause)
    named = [str(land(text, book, mark)) for mark in marks]
    into = named[-1]
    again = re.search(r"\{territory\}[^{]*$", clause.masked)
    if into in named[:-1]:
        others = [name for name in named if name != into]
        gone = form("goes_up").search(again.group() if again else "")
        if len(set(others)) != 1 or not (gone or form("survives").search(again.group() if again else "")):
            raise Unclear("Which of them goes up in the other?")
        into = others[0] if gone else into
    return tuple(c.MergeTerritories(territory=one, into=into) for one in dict.fromkeys(named) if one != into)


def _is_part(mark: Mark, book: Book) -> bool:
    """Whether the place is but a part of its territory."""
    row = book.row("territories", mark.ids[0])
    whole = row["regions"] or row["countries"]
    return mark.places[0] in whole and len(whole) > 1


def _regions(clause: Clause) -> tuple[c.Change, ...]:
    text, book = clause.text, clause.book
    given = [mark for mark in text.of("territory")]
    part = text.first("fraction", "percent")
    of_target = part is not None and "target" in clause.masked
    given = [m for m in given if not (of_target and part and m.start > part.start)]
    takes = form("gives_place").search(clause.masked)
    to = given[0] if takes and not given[0].places else destination(Text(text.words, tuple(given)))
    places = [code for mark in given if mark is not to for code in mark.places]
    if to is None or not places or len(given) < 2:
        raise Unclear("Which places go to which territory?")
    owners = {id for m in given if m is not to and m.places for id in m.ids}
    whole = [m for m in given if m is not to and not m.places and not set(m.ids) <= owners]
    if whole:
        raise Unclear(
            "Which countries or regions go there: all of it? Then say that one is merged into the other."
        )
    if len(set(places)) < len(places):
        raise Unclear("Which countries or regions go there?")
    share = part.value / (100 if part.kind == "percent" else 1) if part and of_target else None
    return (c.MoveRegions(places=tuple(places), territory=str(land(text, book, to)), target_share=share),)


BUILDERS: dict[str, Callable[[Clause], tuple[c.Change, ...]]] = {
    "split_territory": _split,
    "merge_territories": _merge,
    "move_regions": _regions,
}
