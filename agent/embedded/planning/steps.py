"""Clauses → steps: each with its changes and its words, so that a later one can leave out what it repeats."""

import re
from dataclasses import dataclass, field

from agent.embedded.planning.book import Book
from agent.embedded.planning.changes import changes
from agent.embedded.planning.clauses import is_reason, is_report, unreported
from agent.embedded.planning.frames import kind_of, sizes, trivial
from agent.embedded.planning.framing import framed, is_item, with_marks
from agent.embedded.planning.marks import Text
from agent.embedded.planning.subjects import Clause
from agent.embedded.planning.vocabulary import cues, form, matches, says
from agent.embedded.planning.ways import QUANTITIES, Unclear
from loops.design.changes import Change

FIGURES = frozenset(
    "investment price target quota compensation attrition ramp productivity exchange_rate".split()
)
PEOPLE = frozenset({"add_people", "remove_people"})
_DATED = frozenset({*PEOPLE, "person_leaves", "person_moves", "move_people"})
_PRONOUN = form("pronoun")
_SHARE = form("share")
EXCEPT = form("except")
LOST = "I don't see what changes there: say who or what, where, by how much and from when."
SUBJECTS = ("role", "person", "territory", "segment", "channel", "anybody", "hire")
_WEAK = frozenset({"period", "number"})


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


@dataclass
class _Made:
    """The steps of a message as they come, and the clauses that wait for a head."""

    book: Book
    before: tuple[Step, ...]
    turn: int
    steps: list[Step] = field(default_factory=list[Step])
    held: list[Text] = field(default_factory=list[Text])
    why: Unclear | None = None
    fewer: bool = False
    # the message is about people who go

    def built(self, text: Text, drop: int = 0) -> Step | Unclear:
        """The step of a clause; what is unclear where it can't be one."""
        earlier = (*self.before, *self.steps)
        earlier = earlier[: len(earlier) - drop]
        return tried(text, self.book, earlier, self.turn)


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


def made(parts: list[Text], book: Book, before: tuple[Step, ...], turn: int) -> tuple[Step, ...]:
    """The steps that a message's clauses tell, each after those before.

    Raises:
        Unclear: one can't be understood.
    """
    at = _Made(book, before, turn)
    if any(EXCEPT.search(part.masked) for part in parts):
        raise Unclear("Changes for all but one can't be told here: name those that change.")
    if any(form("elsewhere").search(p.masked) for p in parts) and "remove_people" in map(kind_of, parts):
        raise Unclear("To which territory?")
    telling = [part for part in parts if not is_reason(part)]
    if telling and any(kind_of(part) for part in telling):
        parts = telling
    for n, part in enumerate(parts):
        if not at.fewer and not _weighs(part) and form("fewer").search(part.masked):
            at.fewer = True
        _take(unreported(part), at, parts[n + 1 :], is_report(part))
    if at.held:
        _hang(at)
    if at.why and not at.steps:
        raise at.why
    if at.why or at.held:
        raise at.why or Unclear(LOST)
    figures = {step.changes: step for step in at.steps if step.kind in FIGURES}
    return tuple(s for s in at.steps if s is figures.get(s.changes, s))


def _take(part: Text, at: _Made, rest: list[Text], reported: bool) -> None:
    if form("day_after").search(part.masked):
        raise Unclear("Which month do you mean? Name it.")
    kind = kind_of(part)
    if (not kind and not _weighs(part)) or _changes_nothing(part, kind):
        return
    if _taken(part, kind, at):
        return
    if not kind:
        _without_head(part, at, rest, reported)
        return
    bare = kind == "add_people" and not says(part.masked, "people", "comes") and "+" not in part.words
    gone = bool(at.steps) and at.steps[-1].kind == "remove_people" and not says(part.masked, "people", "add")
    if bare and (at.fewer or gone):
        part = Text("losing", ()).joined(part)
    _with_head(part, at)


def _taken(part: Text, kind: str, at: _Made) -> bool:
    """Whether the step before, or what waits for a head, took the clause in."""
    return (bool(at.steps) and _to_last(part, at)) or (bool(at.held) and _to_held(part, kind, at))


def _to_last(part: Text, at: _Made) -> bool:
    """Whether the clause belongs to the step before."""
    if _repeats(part, at.steps[-1]):
        return True
    if at.steps[-1].kind == "move_regions" and _SHARE.search(part.masked):
        whole = at.built(at.steps[-1].text.joined(part), 1)
        if isinstance(whole, Step) and whole.kind == "move_regions":
            at.steps.pop()
            _accept(whole, at)
            return True
    if _puts(part) and (moved := _put(part, at)):
        at.steps.pop()
        _accept(moved, at)
        return True
    return False


def _to_held(part: Text, kind: str, at: _Made) -> bool:
    """Whether the clause takes in those that wait, or leaves them out."""
    light = all(kind_of(p) in {"", *PEOPLE} for p in at.held) and not (
        at.held and _weighs(_chain(at.held), strictly=True)
    )
    if kind and at.held and light and isinstance(alone := at.built(part), Step):
        _accept(alone, at)
        return True
    if at.why and at.held:
        whole = _chain([*at.held, part])
        found = at.built(whole)
        if isinstance(found, Step) and (not kind or kind_of(at.held[-1]) in {"", kind, found.kind}):
            _accept(found, at)
            return True
    return False


def _weighs(part: Text, strictly: bool = False) -> bool:
    """Whether a clause without a head names something that belongs to a change."""
    light = {"scenario", "anybody", "stays"} if strictly else {"scenario"}
    return any(not trivial(part, m) and m.of != "now" and m.kind not in light for m in part.marks)


def _changes_nothing(part: Text, kind: str) -> bool:
    """Whether the clause says that something stays, or that nobody comes instead."""
    said = part.masked
    if matches(said, "stays"):
        return not sizes(part) or kind == ""
    return matches(said, "unreplaced") and not part.of("role", "person")


def _repeats(part: Text, last: Step) -> bool:
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


def _puts(part: Text) -> bool:
    """Whether "them" are put into a territory."""
    return bool(
        _PRONOUN.search(part.masked)
        and part.of("territory")
        and says(part.masked, "people", "move")
        and not part.of("role", "person", "number")
    )


def _put(part: Text, at: _Made) -> Step | None:
    """The move of those whom the step before took from somewhere."""
    last = at.steps[-1]
    if last.kind not in {"remove_people", "person_leaves", "add_people"}:
        return None
    whole = at.built(last.text.joined(part), 1)
    return whole if isinstance(whole, Step) and whole.kind in {"move_people", "person_moves"} else None


def _chain(parts: list[Text]) -> Text:
    text = parts[0]
    for part in parts[1:]:
        text = text.joined(Text(",", ())).joined(part)
    return text


def _accept(found: Step, at: _Made, own: Text | None = None) -> None:
    at.steps = [*shared(at.steps, found, own or found.text, at), found]
    at.held, at.why = [], None


def _with_head(part: Text, at: _Made) -> None:
    last = at.steps[-1] if at.steps else (at.before[-1] if at.before else None)
    if at.steps and is_item(part) and at.steps[-1].kind in FIGURES:
        item = at.built(framed(at.steps[-1].text, part))
        if isinstance(item, Step):
            _accept(item, at, part)
            return
    options = _options(part, last, at)
    first: Unclear | None = None
    if not options:
        raise at.why or Unclear(LOST)
    for text in options:
        found = at.built(text)
        if isinstance(found, Step):
            if text is part and at.held:
                continue
            _accept(found, at)
            return
        first = first or found
    if last and at.steps and _PRONOUN.search(part.masked) and part.of("territory"):
        whole = at.built(last.text.joined(part), 1)
        if isinstance(whole, Step):
            at.steps.pop()
            _accept(whole, at)
            return
    at.held, at.why = [*at.held, part], first


def _options(part: Text, last: Step | None, at: _Made) -> list[Text]:
    """The clause with those that wait, with what it leaves out, and alone."""
    options: list[Text] = []
    if at.held and kind_of(at.held[-1]) in {"", kind_of(_chain([*at.held, part]))}:
        options.append(_chain([*at.held, part]))
    filled = _subject(part, last, at)
    if filled is not part:
        options.append(filled)
    if not at.held or at.why is None:
        options.append(part)
    return options


def _without_head(part: Text, at: _Made, rest: list[Text], reported: bool) -> None:
    """A clause of names and figures: an item of a list, a rest of the one before, or a heading."""
    if not at.steps or at.held:
        if reported and not sizes(part):
            return
        whole = _chain([*at.held, part]) if at.held else part
        found = at.built(whole) if at.held and kind_of(whole) else None
        if isinstance(found, Step):
            _accept(found, at)
            return
        at.held = [*at.held, part]
        return
    last = at.steps[-1]
    kinds = {m.kind for m in part.marks if not trivial(part, m)}
    counted = part.of("number") and not re.search(r"\b(?:both|all|each)\b", part.words.lower())
    if (
        kinds <= _WEAK
        and "period" in kinds
        and counted
        and last.kind in PEOPLE
        and not last.text.of("period")
    ):
        raise Unclear("How many of them when? Say for each day how many come or go.")
    if kinds == {"period"} and not (counted and last.kind in PEOPLE):
        _dated(part, at)
        return
    item = at.built(framed(last.text, part))
    complement = at.built(last.text.joined(part), 1)
    if isinstance(complement, Step) and not _overlap(last.text, part):
        at.steps.pop()
        _accept(complement, at)
        return
    ahead = rest and kind_of(rest[0]) and not sizes(part)
    if isinstance(item, Step) and not ahead:
        _accept(item, at, part)
        return
    at.held = [part]


def _overlap(old: Text, part: Text) -> bool:
    theirs = {m.kind for m in old.marks if not trivial(old, m)}
    sized = set(QUANTITIES)
    return bool(theirs & {m.kind for m in part.marks if not trivial(part, m)}) or bool(
        theirs & sized and {m.kind for m in part.marks if not trivial(part, m)} & sized
    )


def _dated(part: Text, at: _Made) -> None:
    """The day that the steps before share."""
    for n, step in enumerate(at.steps):
        if step.kind in {*_DATED, "cancel_hires"} and not step.text.of("period"):
            found = at.built(_with_day(step.text, part), len(at.steps) - n)
            if isinstance(found, Step):
                at.steps[n] = found


def _with_day(text: Text, part: Text) -> Text:
    mark = part.of("period")[-1]
    if re.search(r"\blast (?:working )?day\b", part.masked):
        return text.joined(Text(",", ())).joined(part.without(*part.of("number")))
    return text.joined(Text("from", ())).joined(part.part(mark.start, mark.end))


def _hang(at: _Made) -> None:
    """What waits at the end goes to the step before, where it fits there."""
    if not at.steps:
        at.why = at.why or Unclear(LOST)
        return
    if at.why:
        return
    last = at.steps[-1]
    whole = at.built(_chain([last.text, *at.held]), 1)
    if isinstance(whole, Step):
        at.steps[-1] = whole
        at.held = []


def _subject(part: Text, last: Step | None, at: _Made) -> Text:
    """The clause with what its pronoun stands for; with the place of a bare "two more"."""
    kind = kind_of(part)
    if last is None:
        return part
    named = part.of(*SUBJECTS)
    within = bool(at.steps)
    if _PRONOUN.search(part.masked) and not named and kind in FIGURES:
        return with_marks(part, [m for m in last.text.marks if m.kind in SUBJECTS], last.text)
    paid = {"compensation", "quota"}
    if kind in paid and last.kind in paid and within and not named and last.text.of("role"):
        return with_marks(part, last.text.of("role")[:1], last.text)
    again = re.search(r"\b(?:too|as well|also)\b", part.masked) and kind == last.kind
    again = again or form("same_day").search(part.masked)
    if again and not part.of("period") and (days := last.text.of("period")):
        part = part.joined(last.text.part(days[-1].start, days[-1].end))
    if (
        kind in {"person_moves", "move_people"}
        and within
        and not part.of("territory")
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


def shared(steps: list[Step], found: Step, own: Text, at: _Made) -> list[Step]:
    """The steps before, the last with the day and place that a list tells only at its end."""
    if not steps or steps[-1].kind not in PEOPLE or found.kind != steps[-1].kind:
        return steps
    if len(steps) > 1:
        steps = [*shared(steps[:-1], found, own, at), steps[-1]]
    last = steps[-1]
    if cues("people", "add").search(_own(own)) or says(_own(own), "people", "remove"):
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
    new = tried(text, at.book, (), at.turn)
    return [*steps[:-1], new] if isinstance(new, Step) else steps


def _own(part: Text) -> str:
    return re.sub(r"\b(?:more|another|extra|additional|new|starting|start|from|in)\b|\+", "", part.masked)
