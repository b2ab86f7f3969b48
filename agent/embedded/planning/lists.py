"""What the clauses of a list leave out: a subject, a direction, a day that stands at the end."""

import re

from agent.embedded.planning.book import Book
from agent.embedded.planning.frames import kind_of
from agent.embedded.planning.framing import with_marks
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.step import FIGURES, PEOPLE, PRONOUN, SUBJECTS, Step, own_words, tried
from agent.embedded.planning.vocabulary import cues, form, says
from agent.embedded.planning.ways import QUANTITIES, direction, quantity, says_to


def _theirs(kind: str, last: Step) -> list[Mark]:
    """What "its" or "their" can stand for in a figure of that kind."""
    marks = [m for m in last.text.marks if m.kind in SUBJECTS]
    if kind != "target":
        return marks
    places = [m for m in marks if m.kind == "territory"]
    return places if len({m.ids for m in places}) == 1 else []


def directed(part: Text, last: Step | None) -> list[Text]:
    """The clause with the direction of the figure before: "raise A's by 5 % and B's by 8 %"."""
    mark = quantity(last.text, *QUANTITIES) if last and last.kind in FIGURES else None
    own = quantity(part, *QUANTITIES)
    if last is None or mark is None or own is None or direction(part, own) or says_to(part, own):
        if not own or not form("by_ahead").search(part.masked):
            return []
    way = direction(last.text, mark) if last and mark else 0
    return [Text({1: "raise", -1: "cut"}[way], ()).joined(part)] if way else []


def subject(part: Text, last: Step | None, within: bool) -> Text:
    """The clause with what its pronoun stands for; with the place of a bare "two more"."""
    kind = kind_of(part)
    if last is None:
        return part
    named = part.of(*SUBJECTS)
    if PRONOUN.search(part.masked) and not named and kind in FIGURES:
        return with_marks(part, _theirs(kind, last), last.text)
    paid = {"compensation", "quota"}
    if kind in paid and last.kind in paid and within and not named and last.text.of("role"):
        return with_marks(part, last.text.of("role")[:1], last.text)
    again = re.search(r"\b(?:too|as well|also)\b", part.masked) and kind == last.kind
    again = again or form("same_day").search(part.masked)
    if again and not part.of("period") and (days := last.text.of("period")):
        part = part.joined(last.text.part(days[-1].start, days[-1].end))
    places = part.of("territory")
    source = kind == "move_people" and len(places) == 1 and form("from_place").search(part.masked)
    if (
        kind in {"person_moves", "move_people"}
        and within
        and (not places or source)
        and last.text.of("territory")
    ):
        to = last.text.of("territory")[-1]
        return part.joined(Text("to", ())).joined(last.text.part(to.start, to.end))
    if (
        kind in PEOPLE
        and last.kind in PEOPLE
        and not part.of("role")
        and part.of("anybody", "number")
        and within
    ):
        part = with_marks(part, last.text.of("role")[:1], last.text)
    if kind in PEOPLE and re.search(r"\bsame (?:place|territory|patch|region)\b|\bthere\b", part.masked):
        if places := last.text.of("territory"):
            part = part.joined(Text("in", ())).joined(last.text.part(places[-1].start, places[-1].end))
    return part


def shared(steps: list[Step], found: Step, own: Text, book: Book) -> list[Step]:
    """The steps before, the last with the day and place that a list tells only at its end."""
    if not steps or steps[-1].kind not in {*PEOPLE, "person_leaves"} or found.kind != steps[-1].kind:
        return steps
    if len(steps) > 1:
        steps = [*shared(steps[:-1], found, own, book), steps[-1]]
    last = steps[-1]
    both = [cues("people", "leave").search(text.masked) for text in (last.text, own)]
    if found.kind == "person_leaves" and not (all(both) and len({hit.group() for hit in both if hit}) == 1):
        return steps
    passive = found.kind == "person_leaves" or (form("passive_end").search(own.masked) and not own.of("role"))
    if not passive and (
        cues("people", "add").search(own_words(own)) or says(own_words(own), "people", "remove")
    ):
        return steps
    extra = found.text.of("period") if not last.text.of("period") else []
    if extra and not last.text.of("territory") and found.text.of("territory"):
        extra = [*extra, *found.text.of("territory")]
    if not extra:
        return steps
    text = last.text
    for mark in extra:
        lead = "from" if mark.kind == "period" else "in"
        text = text.joined(Text(lead, ())).joined(found.text.part(mark.start, mark.end))
    new = tried(text, book, (), found.turn)
    return [*steps[:-1], new] if isinstance(new, Step) else steps
