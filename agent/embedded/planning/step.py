"""One clause's changes, and what can be said of a clause beside the step before it."""

import re
from dataclasses import dataclass

from agent.embedded.planning.book import Book
from agent.embedded.planning.changes import changes
from agent.embedded.planning.frames import sizes, trivial
from agent.embedded.planning.marks import Text
from agent.embedded.planning.subjects import Clause
from agent.embedded.planning.vocabulary import form, matches, says
from agent.embedded.planning.ways import QUANTITIES, Unclear
from loops.design.changes import Change

LOST = "I don't see what changes there: say who or what, where, by how much and from when."
PRONOUN = form("pronoun")
FIGURES = frozenset(
    "investment price target quota compensation attrition ramp productivity exchange_rate".split()
)
PEOPLE = frozenset({"add_people", "remove_people"})
SUBJECTS = ("role", "person", "territory", "segment", "channel", "anybody", "hire")


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


def tried(text: Text, book: Book, earlier: tuple[Step, ...], turn: int) -> Step | Unclear:
    """The step of a clause; what is unclear where it can't be one."""
    told = tuple(change for step in earlier for change in step.changes)
    try:
        found = changes(Clause(text, book, told))
    except Unclear as unclear:
        return unclear
    except ValueError:
        return Unclear("That doesn't fit the plan: say it with other figures.")
    return Step(text, found, turn) if found else Unclear(LOST)


def is_part(part: Text) -> bool:
    """Whether it only says which part of the pay is meant."""
    return matches(part.masked, "follow", "parts") and not matches(part.masked, "stays")


def weighs(part: Text, strictly: bool = False) -> bool:
    """Whether a clause without a head names something that belongs to a change."""
    light = {"scenario", "anybody", "stays"} if strictly else {"scenario"}
    return any(not trivial(part, m) and m.of != "now" and m.kind not in light for m in part.marks)


def changes_nothing(part: Text, kind: str) -> bool:
    """Whether the clause says that something stays, or that nobody comes instead."""
    said = part.masked
    if matches(said, "stays"):
        return not (sizes(part) or any(m.value for m in part.of("period"))) or kind == ""
    return matches(said, "unreplaced") and not part.of("role", "person")


def repeats(part: Text, last: Step) -> bool:
    """Whether the clause only names again what the one before named."""
    have = {(m.kind, m.ids) for m in last.text.marks}
    named = [m for m in part.marks if not trivial(part, m)]
    return (
        bool(named)
        and not sizes(part)
        and all(m.ids and (m.kind, m.ids) in have for m in named)
        and len(part.words.split()) <= 6
        and not says(part.masked, "people", "comes")
    )


def puts(part: Text) -> bool:
    """Whether "them" are put into a territory."""
    return bool(
        PRONOUN.search(part.masked)
        and part.of("territory")
        and says(part.masked, "people", "move")
        and not part.of("role", "person", "number")
    )


def chained(parts: list[Text]) -> Text:
    """The clauses as one."""
    text = parts[0]
    for part in parts[1:]:
        text = text.joined(Text(",", ())).joined(part)
    return text


def persons(step: Step) -> set[tuple[str, ...]]:
    """Whom the step names."""
    return {mark.ids for mark in step.text.of("person")}


def dated_one(last: Step, found: Step) -> Step:
    """The one of two steps for the same people that tells a day.

    Raises:
        Unclear: they tell different ones.
    """
    where = [{m.ids for m in step.text.of("territory")} for step in (last, found)]
    if found.kind == "person_moves" and where[0] != where[1]:
        raise Unclear("To which of the territories?")
    days = [{m.day for m in step.text.of("period")} for step in (last, found)]
    coarse = any(m.of == "year" for m in found.text.of("period"))
    if all(days) and days[0] != days[1] and not coarse:
        raise Unclear("On which of the days is that?")
    return found if days[1] and not (days[0] and coarse) else last


def overlap(old: Text, part: Text) -> bool:
    """Whether both name something of one kind."""
    theirs = {m.kind for m in old.marks if not trivial(old, m)}
    sized = set(QUANTITIES)
    return bool(theirs & {m.kind for m in part.marks if not trivial(part, m)}) or bool(
        theirs & sized and {m.kind for m in part.marks if not trivial(part, m)} & sized
    )


def with_day(text: Text, part: Text) -> Text:
    """The clause with the other's day."""
    mark = part.of("period")[-1]
    if re.search(r"\blast (?:working )?day\b", part.masked):
        return text.joined(Text(",", ())).joined(part.without(*part.of("number")))
    return text.joined(Text("from", ())).joined(part.part(mark.start, mark.end))


def own_words(part: Text) -> str:
    """The masked words without those that an item of a list has too."""
    return re.sub(r"\b(?:more|another|extra|additional|new|starting|start|from|in)\b|\+", "", part.masked)
