"""Clauses → steps: each with its changes and its words, so that a later one can leave out what it repeats."""

import re
from dataclasses import dataclass, field

from agent.embedded.planning.book import Book
from agent.embedded.planning.clauses import is_reason, is_report, unreported
from agent.embedded.planning.frames import kind_of, sizes, trivial
from agent.embedded.planning.framing import framed, is_item
from agent.embedded.planning.lists import directed, shared, subject
from agent.embedded.planning.marks import Text
from agent.embedded.planning.step import (
    FIGURES,
    LOST,
    PEOPLE,
    PRONOUN,
    Step,
    chained,
    changes_nothing,
    dated_one,
    is_part,
    overlap,
    persons,
    puts,
    repeats,
    tried,
    weighs,
    with_day,
)
from agent.embedded.planning.vocabulary import form, says
from agent.embedded.planning.ways import Unclear

_DATED = frozenset({*PEOPLE, "person_leaves", "person_moves", "move_people"})
_SHARE = form("share")
EXCEPT = form("except")
_WEAK = frozenset({"period", "number"})


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


def made(parts: list[Text], book: Book, before: tuple[Step, ...], turn: int) -> tuple[Step, ...]:
    """The steps that a message's clauses tell, each after those before.

    Raises:
        Unclear: one can't be understood.
    """
    at = _Made(book, before, turn)
    if any(EXCEPT.search(part.masked) for part in parts):
        raise Unclear("Changes for all but one can't be told here: name those that change.")
    if any(form("same_out").search(p.masked) for p in parts):
        raise Unclear("How much goes where? Say each change with its own figure.")
    if any(form("elsewhere").search(p.masked) for p in parts) and "remove_people" in map(kind_of, parts):
        raise Unclear("To which territory?")
    telling = [part for part in parts if not is_reason(part)]
    if telling and any(kind_of(part) for part in telling):
        parts = telling
    for n, part in enumerate(parts):
        if not at.fewer and not weighs(part) and form("fewer").search(part.masked):
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
    if (
        not kind
        and not weighs(part)
        and (form("loose_change").match(part.masked) or form("loose_share").search(part.masked))
    ):
        raise Unclear(LOST)
    if not kind and not part.marks and at.steps and is_part(part):
        whole = at.built(at.steps[-1].text.joined(part), 1)
        if isinstance(whole, Step) and at.steps[-1].kind == "compensation":
            at.steps = [*at.steps[:-1], whole]
            return
    if (not kind and not weighs(part)) or changes_nothing(part, kind):
        return
    if _restates(part, kind, at) or _taken(part, kind, at):
        return
    if kind == "unknown_person" and at.steps and not re.match(r"\W*(?:and )?(?:he|she|they)\b", part.masked):
        kind = ""
    if not kind:
        _without_head(part, at, rest, reported)
        return
    bare = kind == "add_people" and not says(part.masked, "people", "comes") and "+" not in part.words
    gone = bool(at.steps) and at.steps[-1].kind == "remove_people" and not says(part.masked, "people", "add")
    if bare and (at.fewer or gone):
        part = Text("losing", ()).joined(part)
    _with_head(part, at)


def _restates(part: Text, kind: str, at: _Made) -> bool:
    """Whether the clause says in other words, as a whole change, what the ones before were about."""
    if not kind or not form("restates").match(part.masked):
        return False
    last = at.steps[-1] if at.steps else None
    whole = framed(last.text, part) if last and last.kind == kind else part
    found = at.built(whole, int(whole is not part))
    if not isinstance(found, Step):
        return False
    at.steps = at.steps[:-1] if whole is not part else at.steps
    _accept(found, at)
    return True


def _taken(part: Text, kind: str, at: _Made) -> bool:
    """Whether the step before, or what waits for a head, took the clause in."""
    return (bool(at.steps) and _to_last(part, at)) or (bool(at.held) and _to_held(part, kind, at))


def _to_last(part: Text, at: _Made) -> bool:
    """Whether the clause belongs to the step before."""
    if repeats(part, at.steps[-1]):
        return True
    if at.steps[-1].kind == "move_regions" and _SHARE.search(part.masked):
        whole = at.built(at.steps[-1].text.joined(part), 1)
        if isinstance(whole, Step) and whole.kind == "move_regions":
            at.steps.pop()
            _accept(whole, at)
            return True
    if puts(part) and (moved := _put(part, at)):
        at.steps.pop()
        _accept(moved, at)
        return True
    return False


def _to_held(part: Text, kind: str, at: _Made) -> bool:
    """Whether the clause takes in those that wait, or leaves them out."""
    light = all(kind_of(p) in {"", *PEOPLE} for p in at.held) and not (
        at.held and weighs(chained(at.held), strictly=True)
    )
    if kind and at.held and light and isinstance(alone := at.built(part), Step):
        _accept(alone, at)
        return True
    if at.why and at.held:
        whole = chained([*at.held, part])
        found = at.built(whole)
        if isinstance(found, Step) and (not kind or kind_of(at.held[-1]) in {"", kind, found.kind}):
            _accept(found, at)
            return True
    return False


def _put(part: Text, at: _Made) -> Step | None:
    """The move of those whom the step before took from somewhere."""
    last = at.steps[-1]
    if last.kind not in {"remove_people", "person_leaves", "add_people"}:
        return None
    whole = at.built(last.text.joined(part), 1)
    return whole if isinstance(whole, Step) and whole.kind in {"move_people", "person_moves"} else None


def _accept(found: Step, at: _Made, own: Text | None = None) -> None:
    last = at.steps[-1] if at.steps else None
    if (
        last
        and found.kind == last.kind
        and found.kind in {"person_leaves", "person_moves"}
        and persons(found) == persons(last)
    ):
        at.steps = [*at.steps[:-1], dated_one(last, found)]
        at.held, at.why = [], None
        return
    if (
        last
        and {last.kind, found.kind} == {"person_leaves", "person_moves"}
        and persons(found) & persons(last)
    ):
        if found.kind == "person_leaves" or last.text.of("period"):
            raise Unclear("Does that person leave, or move?")
        at.steps = at.steps[:-1]
    at.steps = _alike(at, found)
    at.steps = [*shared(at.steps, found, own or found.text, at.book), found]
    at.held, at.why = [], None


def _alike(at: _Made, found: Step) -> list[Step]:
    """The steps before, a bare "four SDRs" before "two AEs gone" as a loss too."""
    last = at.steps[-1] if at.steps else None
    if last is None or last.kind != "add_people" or found.kind not in {"remove_people", "person_leaves"}:
        return at.steps
    said = last.text.masked
    if (
        says(said, "people", "comes")
        or says(said, "people", "add")
        or last.turn != at.turn
        or last.text.of("period")
    ):
        return at.steps
    text = Text("losing", ()).joined(last.text)
    if days := found.text.of("period"):
        text = text.joined(Text("from", ())).joined(found.text.part(days[-1].start, days[-1].end))
    new = at.built(text, 1)
    if not isinstance(new, Step):
        raise Unclear("Who comes and who goes?")
    return [*at.steps[:-1], new]


def _with_head(part: Text, at: _Made) -> None:
    last = at.steps[-1] if at.steps else (at.before[-1] if at.before else None)
    if at.steps and is_item(part) and at.steps[-1].kind in FIGURES:
        item = at.built(framed(at.steps[-1].text, part))
        if isinstance(item, Step):
            _accept(item, at, part)
            return
    options = [*_options(part, last, at), *directed(part, at.steps[-1] if at.steps else None)]
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
    if not _with_others(part, last, at):
        at.held, at.why = [*at.held, part], first


def _with_others(part: Text, last: Step | None, at: _Made) -> bool:
    """Whether the clause goes together with the step before it, or with one that waits."""
    if last and at.steps and PRONOUN.search(part.masked) and part.of("territory"):
        whole = at.built(last.text.joined(part), 1)
        if isinstance(whole, Step):
            at.steps.pop()
            _accept(whole, at)
            return True
    if pair := _shared_head(part, at):
        at.held, at.why = [], None
        for one in pair:
            _accept(one, at)
        return True
    return False


def _shared_head(part: Text, at: _Made) -> list[Step]:
    """Two people's changes told with one verb at the end: "one AE in DACH and one in UKI join in May"."""
    if len(at.held) != 1 or not kind_of(chained([*at.held, part])):
        return []
    first = at.held[0]
    second = framed(first, part)
    found = [at.built(text) for text in (framed(second, first), second)]
    steps = [one for one in found if isinstance(one, Step)]
    alike = (
        len(steps) == len(found) and {s.kind for s in steps} <= _DATED and len({s.kind for s in steps}) == 1
    )
    return steps if alike and steps[0].changes != steps[1].changes else []


def _options(part: Text, last: Step | None, at: _Made) -> list[Text]:
    """The clause with those that wait, with what it leaves out, and alone."""
    options: list[Text] = []
    if at.held and kind_of(at.held[-1]) in {"", kind_of(chained([*at.held, part]))}:
        options.append(chained([*at.held, part]))
    filled = subject(part, last, bool(at.steps))
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
        whole = chained([*at.held, part]) if at.held else part
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
    if isinstance(complement, Step) and not overlap(last.text, part):
        at.steps.pop()
        _accept(complement, at)
        return
    ahead = rest and kind_of(rest[0]) and not sizes(part)
    if isinstance(item, Step) and not ahead:
        _accept(item, at, part)
        return
    at.held = [part]


def _dated(part: Text, at: _Made) -> None:
    """The day that the steps before share."""
    for n, step in enumerate(at.steps):
        if step.kind in {*_DATED, "cancel_hires"} and not step.text.of("period"):
            found = at.built(with_day(step.text, part), len(at.steps) - n)
            if isinstance(found, Step):
                at.steps[n] = found


def _hang(at: _Made) -> None:
    """What waits at the end goes to the step before, where it fits there."""
    if not at.steps:
        at.why = at.why or Unclear(LOST)
        return
    if at.why:
        return
    last = at.steps[-1]
    whole = at.built(chained([last.text, *at.held]), 1)
    if isinstance(whole, Step):
        at.steps[-1] = whole
        at.held = []
