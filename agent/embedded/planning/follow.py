"""Follow-up questions: what a message does to the changes of the thread.

A message that tells a whole change of its own starts afresh, unless it begins with "and", "also" … or says
"instead", "too" …. One that doesn't is read with the thread: it takes back, corrects or repeats a change.
"""

import re
from dataclasses import dataclass, replace

from agent.embedded.planning.book import Book
from agent.embedded.planning.frames import kind_of, sizes, trivial
from agent.embedded.planning.framing import framed, is_item
from agent.embedded.planning.marks import Text
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.step import PEOPLE, Step, tried
from agent.embedded.planning.steps import EXCEPT as _EXCEPT
from agent.embedded.planning.steps import made
from agent.embedded.planning.vocabulary import cues, form, matches, says, section
from agent.embedded.planning.ways import QUANTITIES, Unclear, is_old

SHORT = 8
"""Words of a message that can be but a piece of a question."""
_NAMES = frozenset({"territory", "role", "person", "channel", "segment", "hire"})
_LEFT = frozenset({"person_leaves", "remove_people"})
_FIELDS = {
    "territory": ("territory", "into", "source"),
    "role": ("role",),
    "person": ("person",),
    "channel": ("channel",),
    "segment": ("segment",),
    "hire": ("hire",),
    "period": ("starts_on", "leaves_on", "on", "after", "year"),
    "currency": ("currency",),
    "anybody": ("role",),
}


@dataclass(frozen=True)
class Undone:
    """What is left of the steps."""

    steps: tuple[Step, ...]


def refers(text: Text) -> bool:
    """Whether it points back to something said."""
    return says(text.masked, "follow", "words") or matches(text.masked, "follow", "begins")


def adds(text: Text) -> bool:
    """Whether it comes on top of what was said."""
    return matches(text.masked, "follow", "adds")


def corrects(text: Text) -> bool:
    """Whether it puts something right."""
    return matches(text.masked, "follow", "corrects") or any(is_old(text, m) for m in text.marks)


def is_fragment(text: Text) -> bool:
    """Whether it is no more than a name or a figure: "q3 rather", "make it three"."""
    if len(text.words.split()) > SHORT + 2 or not text.marks:
        return False
    return not kind_of(text) or (len(text.marks) == 1 and kind_of(text) in PEOPLE)


def goes_on(text: Text, steps: tuple[Step, ...], whole: bool) -> bool:
    """Whether the message builds on the thread's changes; `whole`: it tells a change by itself."""
    if not steps or matches(text.masked, "follow", "afresh"):
        return False
    if _EXCEPT.search(text.masked):
        raise Unclear("Changes for all but one can't be told here: name those that change.")
    if matches(text.masked, "follow", "begins") or adds(text):
        return True
    if (
        says(text.masked, "follow", "replacement")
        and any(s.kind in _LEFT for s in steps)
        and not says(text.masked, "people", "remove")
    ):
        return True
    return corrects(text) or (not whole and (refers(text) or bool(text.marks)))


# --- taking back ----------------------------------------------------------------------------------
def undone(text: Text, steps: tuple[Step, ...]) -> Undone | None:
    """The steps without what the message takes back; None where it takes nothing back."""
    said = text.masked
    if not steps:
        if matches(said, "follow", "undo"):
            raise Unclear("There is nothing to take back yet: name a change first.")
        return None
    if matches(said, "follow", "clear"):
        return Undone(())
    if matches(said, "follow", "spares") and not sizes(text):
        named = [step for step in steps if _meant(step, text)]
        if named:
            return Undone(tuple(step for step in steps if step not in named))
    takes = matches(said, "follow", "without")
    keeps = matches(said, "follow", "keeps")
    if (takes or keeps) and not sizes(text) and len(text.words.split()) <= 2 * SHORT:
        parts = (
            re.split(r"\b(?:keep\w*|leav\w+|but)\b", text.words.lower(), maxsplit=1)
            if takes and not keeps
            else [""]
        )
        told = text.part(0, len(parts[0])) if len(parts) > 1 and parts[0].strip() else text
        named = [step for step in steps if _meant(step, told)]
        if (named and len(named) < len(steps)) or (named and takes and not keeps):
            return Undone(tuple(s for s in steps if (s in named) == keeps))
    last_one = form("last_one").search(text.words.lower())
    if (takes and last_one) or (matches(said, "follow", "undo") and not text.of(*_NAMES)):
        last = max(step.turn for step in steps)
        return Undone(tuple(step for step in steps if step.turn < last))
    return None


def _meant(step: Step, text: Text) -> bool:
    """Whether the words name that step: all names in them are its own, or its topic is said."""
    named = [mark for mark in text.marks if mark.kind in _NAMES]
    have = {(mark.kind, id) for mark in step.text.marks for id in mark.ids}
    roles = {id for kind, id in have if kind == "role"}
    of_roles = {
        ("segment", id) for id in (i for m in named for i in m.ids) if any(r.startswith(id) for r in roles)
    }
    have |= of_roles
    if named and not all(any((m.kind, id) in have for id in m.ids) for m in named):
        return False
    topic = step.kind in section("topics") and cues("topics", step.kind).search(text.masked)
    kind = step.kind in section("done") and re.search(section("done", step.kind), text.words.lower())
    other = any(k != step.kind and cues("topics", str(k)).search(text.masked) for k in section("topics"))
    return bool(topic or kind or (named and not other))


# --- changing what was said -----------------------------------------------------------------------
def changed(text: Text, rest: list[Text], steps: tuple[Step, ...], book: Book, turn: int) -> tuple[Step, ...]:
    """The steps after a message that changes or copies one of them; empty where it does neither.

    Raises:
        Unclear: it can be meant in several ways.
    """
    if says(text.masked, "follow", "replacement"):
        return ()
    said = text.masked
    whole = _whole(rest, book, turn)
    part = _joined(rest)
    if part is None:
        return ()
    part = _without_asides(part)
    adding, fixing = adds(text), corrects(text)
    if form("one_more").search(said) and not part.of("role") and steps[-1].kind in PEOPLE:
        raise Unclear("Who is that, and where? Say it as a change of its own.")
    same = bool(re.search(r"\b(?:same|likewise|ditto)\b", said))
    if whole and not (same and not fixing):
        return _exchanged(steps, whole, part, book, turn) if fixing and not _on_top(said) else ()
    if same and not fixing:
        return (*steps, *_copies(steps, part, book, turn))
    if fixing and not _on_top(said):
        return _replaced(steps, part, book, turn)
    if adding:
        return _added(steps, part, book, turn)
    return _replaced(steps, part, book, turn)


def _on_top(said: str) -> bool:
    return bool(re.search(r"\b(?:as well|too|in addition|on top)\b", said)) and not re.search(
        r"\binstead\b", said
    )


def _whole(rest: list[Text], book: Book, turn: int) -> tuple[Step, ...]:
    """The steps that the message tells by itself; empty where it needs the thread."""
    if any(
        re.search(r"\b(?:it|them|they|their|him|her|he|she|his)\b", p.masked) and not p.of("person")
        for p in rest
    ):
        return ()
    try:
        found = made(rest, book, (), turn)
    except Unclear:
        return ()
    bare = [
        s
        for s in found
        if s.kind in PEOPLE and not says(s.text.masked, "people", "add") and not s.text.of("number")
    ]
    return () if len(bare) == len(found) else found


def _joined(rest: list[Text]) -> Text | None:
    parts = [p for p in rest if p.marks or kind_of(p) or matches(p.masked, "follow", "parts")]
    if not parts:
        return None
    text = parts[0]
    for part in parts[1:]:
        text = text.joined(Text(",", ())).joined(part)
    return text


def _without_asides(part: Text) -> Text:
    """The clause without what was wrong, and without a mere "a" or "one" beside another figure."""
    old = [m for m in part.marks if is_old(part, m)]
    new = [m for m in part.marks if m not in old]
    if not new:
        return part
    gone = [m for m in new if trivial(part, m) and len(new) > 1 and not part.words[m.start : m.end].isdigit()]
    return part.without(*gone)


def _exchanged(
    steps: tuple[Step, ...], whole: tuple[Step, ...], part: Text, book: Book, turn: int
) -> tuple[Step, ...]:
    """The steps, with what the message tells in the place of the step of its kind, or of the last."""
    kinds = {s.kind for s in whole}
    at = next((n for n in reversed(range(len(steps))) if steps[n].kind in kinds), len(steps) - 1)
    if len(whole) == 1 and steps[at].kind == whole[0].kind:
        filled = tried(framed(steps[at].text, _fresh(part)), book, steps[:at], turn)
        if isinstance(filled, Step) and filled.kind == steps[at].kind and not _is_full(whole[0], steps[at]):
            whole = (filled,)
    return (*steps[:at], *whole, *steps[at + 1 :])


def _is_full(new: Step, old: Step) -> bool:
    """Whether the new step names everything that the old one does."""
    mine = {m.kind for m in new.text.marks}
    return {m.kind for m in old.text.marks if not trivial(old.text, m)} - set(QUANTITIES) <= mine


def _fresh(part: Text) -> Text:
    """The clause without the marks of what was wrong."""
    return part.without(*(m for m in part.marks if is_old(part, m)))


def _copies(steps: tuple[Step, ...], part: Text, book: Book, turn: int) -> tuple[Step, ...]:
    """The last step once more, with what the words name in place of its own."""
    new = _fresh(part)
    if not [
        m
        for m in new.marks
        if m.kind in _NAMES or m.kind == "period" or (m.kind in QUANTITIES and not trivial(new, m))
    ]:
        raise Unclear("The same for whom, or where?")
    old = steps[-1]
    like = next((s for s in reversed(steps) if kind_of(new) == s.kind), old)
    marks = [m for m in new.marks if m.kind in _NAMES]
    kind = marks[0].kind if marks else ""
    many = [m for m in marks if m.kind == kind]
    texts = [new.without(*(m for m in many if m is not one)) for one in many] or [new]
    return tuple(_again(_edited(like.text, text, copying=True), steps, book, turn, like) for text in texts)


def _added(steps: tuple[Step, ...], part: Text, book: Book, turn: int) -> tuple[Step, ...]:
    """The steps and another, told by what differs from the last; or the last with one thing more."""
    kind, old = kind_of(part), steps[-1]
    kinds = {m.kind for m in part.marks if not trivial(part, m)}
    if kinds == {"period"} and form("takes_until").search(part.masked):
        return _replaced(steps, part, book, turn)
    alone = kinds and not kinds & {*_NAMES, "number"} and not kind
    if alone and old.kind not in {*PEOPLE}:
        return _replaced(steps, part, book, turn)
    if (
        kinds == {"number"}
        and not kind
        and not re.search(r"\b(?:more|another|extra|additional)\b", part.masked)
    ):
        return _replaced(steps, part, book, turn)
    if (not kind and part.marks) or is_item(part):
        return (*steps, *_copies(steps, part, book, turn))
    if kind in PEOPLE and not part.of("role") and old.kind in {*PEOPLE, "move_people"}:
        return (*steps, *_copies(steps, part, book, turn))
    bare = kind in PEOPLE and not part.of("number") and not says(part.masked, "people", "add")
    if bare and old.kind not in {"person_leaves"}:
        return (*steps, *_copies(steps, part, book, turn))
    return ()


def _replaced(steps: tuple[Step, ...], part: Text, book: Book, turn: int) -> tuple[Step, ...]:
    """The steps, the one that the words are about with what they name in place of its own."""
    new = _fresh(part)
    if not new.marks and not matches(new.masked, "follow", "parts"):
        return ()
    at = _about(steps, new, kind_of(new))
    if at is None:
        raise Unclear("Which of the changes do you mean?")
    old = steps[at]
    again = _again(_edited(old.text, part), steps[:at], book, turn, old)
    if again.changes == old.changes:
        raise Unclear("What should become different? Name it, and what it should be.")
    return (*steps[:at], again, *steps[at + 1 :])


def _about(steps: tuple[Step, ...], part: Text, kind: str) -> int | None:
    """Which step the words change: the last of that kind, else the last that has what they name."""
    for at in reversed(range(len(steps))):
        if kind and kind == steps[at].kind:
            return at
    slots = {m.kind for m in part.marks if m.kind not in QUANTITIES and m.of != "now"}
    fits = [at for at in reversed(range(len(steps))) if _can_have(steps[at], slots, part)]
    return fits[0] if fits else None


def _can_have(step: Step, slots: set[str], part: Text) -> bool:
    have = set(type(step.changes[0]).model_fields) if step.changes else set[str]()
    if step.kind == "move_regions":
        have |= {"territory"}
    told = sizes(part)
    if slots == {"currency"} and step.text.of("amount"):
        return True
    if told and not have & {"count", "factor", "by_months", "parts", "to_value", "target_share"}:
        return False
    if set(told) - {"number"} and not have & {"factor", "by_months", "to_value", "target_share"}:
        return False
    return all(have & set(_FIELDS.get(slot, ())) for slot in slots)


def _edited(old: Text, part: Text, copying: bool = False) -> Text:
    """The old clause with what the new one names in place of its own."""
    wrong = [m for m in part.marks if is_old(part, m)]
    new = _fresh(part)
    if {m.kind for m in new.marks} == {"currency"} and old.of("amount"):
        unit = new.of("currency")[0].ids[0]
        return Text(old.words, tuple(replace(m, unit=unit) if m.kind == "amount" else m for m in old.marks))
    for mark in wrong:
        same = [m for m in old.marks if m.kind == mark.kind and (m.ids, m.value) == (mark.ids, mark.value)]
        fits = [m for m in new.marks if m.kind == mark.kind]
        if len(same) == 1 and len(fits) == 1 and len(old.of(mark.kind)) > 1:
            return _hiding(old, same[0], new)
    marks = old.of("territory")
    if new.of("territory") and len(marks) > 1:
        source = re.search(r"\b(?:from|out of) (?:the )?\{territory\}", new.masked)
        to = re.search(r"\b(?:to|into|in|under|onto) (?:the )?\{territory\}", new.masked)
        place = bool(marks[0].places) and bool(new.of("territory")[0].places) and not to
        first = bool(source) or place or (copying and not to)
        if first and len(marks) > 2:
            return _hiding(old.without(*marks[1:-1]), marks[0], new)
        return _hiding(old, marks[0] if first else marks[-1], new)
    return framed(old, new)


def _hiding(old: Text, gone: Mark, new: Text) -> Text:
    """The old clause with one of its marks replaced where it stands, and the rest of what is new."""
    put = next(m for m in new.marks if m.kind == gone.kind)
    text = (
        old.part(0, gone.start)
        .joined(new.part(put.start, put.end))
        .joined(old.part(gone.end, len(old.words)))
    )
    rest = new.without(*new.of(gone.kind))
    return framed(text, rest) if any(not trivial(rest, m) for m in rest.marks) else text


def _again(text: Text, before: tuple[Step, ...], book: Book, turn: int, old: Step) -> Step:
    found = tried(text, book, before, turn)
    if isinstance(found, Unclear):
        raise found
    if found.kind != old.kind:
        raise Unclear("Which of the changes do you mean, and what should it become?")
    return found


# --- answers to what was asked back ---------------------------------------------------------------
def completed(waiting: Text, answer: Text) -> Text:
    """The words that waited, with what the answer names in the place of what was unclear."""
    named = {mark.kind for mark in answer.marks if len(mark.ids) <= 1}
    unclear = [m for m in waiting.marks if m.kind in named and (len(m.ids) != 1 or m.kind == "anybody")]
    if "role" in named:
        unclear += [m for m in waiting.marks if m.kind == "anybody"]
    if unclear:
        old = unclear[0]
        like = {old.kind, "role"} if old.kind == "anybody" else {old.kind}
        new = next(m for m in answer.marks if m.kind in like)
        ahead, behind = waiting.part(0, old.start), waiting.part(old.end, len(waiting.words))
        return ahead.joined(answer.part(new.start, new.end)).joined(behind)
    lead = ""
    if answer.of("territory") and not re.match(r"(?:in|to|from|into)\b", answer.masked):
        goes = not waiting.of("territory") or re.search(r"\b(?:mov|merg|shift)", waiting.masked)
        lead = "to" if goes and not waiting.of("role") else "in"
    return waiting.joined(Text(lead, ())).joined(answer) if lead else waiting.joined(answer)
