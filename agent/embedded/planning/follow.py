"""Follow-up questions: what a message does to the changes of the thread.

A message goes on with the thread where it begins with "and", "also", "but" …, says "instead", "then", "same"
or another word that points back, or is no more than a name or a figure. Anything else starts afresh.
"""

import re
from dataclasses import dataclass

from agent.embedded.planning.book import Book
from agent.embedded.planning.changes import changes
from agent.embedded.planning.kinds import kind_of
from agent.embedded.planning.marks import Text
from agent.embedded.planning.pieces import pieces
from agent.embedded.planning.spans import Mark
from agent.embedded.planning.steps import Step, framed, made
from agent.embedded.planning.subjects import Clause
from agent.embedded.planning.vocabulary import cues, listed, matches, says
from agent.embedded.planning.ways import QUANTITIES, Unclear

SHORT = 8
"""Words of a message that can be but a piece of a question."""
_POINTS = ("instead", "words")
_AT_START = re.compile(
    r"^\W*(?:{})(?![\w'])".format(
        "|".join(
            re.escape(w)
            for w in (
                "and",
                "plus",
                "but",
                "also",
                "or",
                "then",
                "ok",
                "okay",
                "rather",
                "no",
                "actually",
                "what about",
                "how about",
                "same",
                "instead",
                "only",
                "just",
                "make it",
                "make that",
                "additionally",
                "on top",
                "in addition",
                "now",
                "so",
            )
        )
    )
)
_SLOTS = {
    "territory": "territory",
    "role": "role",
    "person": "person",
    "channel": "channel",
    "segment": "segment",
}


@dataclass(frozen=True)
class Undone:
    """What is left of the steps."""

    steps: tuple[Step, ...]


def refers(text: Text) -> bool:
    """Whether it points back to something said."""
    return (
        says(text.masked, "follow", "words")
        or bool(_AT_START.search(text.masked))
        or says(text.masked, "follow", "replacement")
    )


def goes_on(text: Text, steps: tuple[Step, ...], tells: bool) -> bool:
    """Whether the message builds on the thread's changes."""
    if not steps:
        return False
    said = text.masked
    if re.search(
        r"\b(?:as (?:it|things) stands?|as planned|without any change|in the (?:current|original) plan)\b",
        said,
    ):
        return False
    if _AT_START.search(said) or is_fragment(text):
        return True
    whole = any(_complete(piece) for piece in pieces(text))
    back = (
        r"\b(?:instead|rather|too|as well|also|on top|in addition|in that case|with that"
        r"|with this|after that|again|same|likewise|that|those|these|on that basis|besides"
        r"|given that|then)\b"
    )
    if re.search(
        back,
        re.sub(
            (
                r"\b(?:and then|what then|that (?:we|they|is|are)|than|what does that|what would that"
                r"|rather than)\b"
            ),
            "",
            said,
        ),
    ):
        return not whole or bool(
            re.search(
                r"\b(?:also|too|as well|on top|in addition|instead|in that case|besides|additionally)\b", said
            )
        )
    return not whole and bool(
        re.search(r"\b(?:it|they|them|their|him|her|he|she|this|replacement|backfill|still)\b", said)
    )


def _complete(piece: Text) -> bool:
    return bool(kind_of(piece)) and bool(
        piece.of("role", "person", "territory", "percent", "amount", "times", "points", "channel")
    )


def is_fragment(text: Text) -> bool:
    """Whether it is no more than a name or a figure: "q3 rather", "make it three"."""
    if len(text.words.split()) > SHORT:
        return False
    rest = re.sub(r"\{\w+\}", " ", text.masked)
    known = {
        word
        for cue in (*listed("follow", "starts"), *listed("follow", "instead"), *listed("follow", "words"))
        for word in cue.split()
    }
    left = [
        w
        for w in re.findall(r"[a-z']+", rest)
        if w
        not in known
        | {
            "in",
            "for",
            "to",
            "at",
            "from",
            "by",
            "the",
            "if",
            "what",
            "of",
            "on",
            "with",
            "per",
            "starting",
            "s",
        }
    ]
    return bool(text.marks) and not left and (not kind_of(text) or len(text.marks) == 1)


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
    if matches(said, "follow", "undo") and not text.of("role", "person", "territory", "channel"):
        last = max(step.turn for step in steps)
        return Undone(tuple(step for step in steps if step.turn < last))
    if matches(said, "follow", "without") and text.marks and len(text.words.split()) <= SHORT:
        kept = tuple(step for step in steps if not _names(step, text))
        if len(kept) < len(steps):
            return Undone(kept)
    topics = kind_of(text)
    if matches(said, "follow", "without") and topics and len(text.words.split()) <= SHORT:
        kept = tuple(step for step in steps if step.kind not in {topics, _KINDS.get(topics, "")})
        return Undone(kept) if len(kept) < len(steps) else None
    return None


_KINDS = {"shift_hires": "cancel_hires"}


def _names(step: Step, text: Text) -> bool:
    """Whether the step has everything that the words name."""
    named = [mark for mark in text.marks if mark.kind in _SLOTS]
    have = {(mark.kind, id) for mark in step.text.marks for id in mark.ids}
    return bool(named) and all(any((mark.kind, id) in have for id in mark.ids) for mark in named)


# --- changing what was said -----------------------------------------------------------------------
def changed(text: Text, rest: list[Text], steps: tuple[Step, ...], book: Book, turn: int) -> tuple[Step, ...]:
    """The steps after a message that changes or copies one of them; empty where it does neither."""
    if says(text.masked, "follow", "replacement"):
        return ()
    said = text.masked
    whole = [piece for piece in rest if piece.marks or kind_of(piece)]
    if len(whole) != 1:
        return ()
    part = whole[0]
    adds = bool(
        re.search(
            (
                r"^\W*(?:and|plus|also|then|what if we also)\b|\b(?:too|as well|also|in addition)\W*$"
                r"|\banother\b|\bmore\b"
            ),
            said,
        )
    )
    instead = bool(
        re.search(
            (
                r"\b(?:instead|rather|actually|make it|make that|only|just|what about|how about"
                r"|change (?:it|that) to|same but|but)\b"
            ),
            said,
        )
    )
    same = bool(re.search(r"\b(?:same|likewise|ditto)\b", said))
    if same and not instead:
        return (*steps, _copied(steps, part, book, turn))
    pronoun = re.search(r"\b(?:it|they|them|that|this|he|she|those|these)\b", said)
    if instead or (not adds and (is_fragment(text) or (pronoun and not _complete(part)))):
        return _replaced(steps, part, book, turn)
    theirs = steps[-1].kind in {
        "person_leaves",
        "person_moves",
        "shift_hires",
        "cancel_hires",
        "merge_territories",
    }
    if adds and not kind_of(part) and theirs and not part.of("person", "role", "territory"):
        return _replaced(steps, part, book, turn)
    if adds and not kind_of(part) and part.marks:
        return (*steps, _copied(steps, part, book, turn))
    if adds and _bare(part):
        return ()
    if adds and kind_of(part) in {"add_people", "remove_people"} and not part.of("role"):
        return (*steps, _copied(steps, part, book, turn))
    return ()


def _copied(steps: tuple[Step, ...], part: Text, book: Book, turn: int) -> Step:
    """The last step once more, with what the words name in place of its own."""
    if not part.marks:
        raise Unclear("The same for whom, or where?")
    text = framed(steps[-1].text, part)
    return _again(text, steps[:-1], book, turn, steps[-1])


def _replaced(steps: tuple[Step, ...], part: Text, book: Book, turn: int) -> tuple[Step, ...]:
    """The steps, the one that the words are about with what they name in place of its own."""
    kind = "" if _bare(part) else kind_of(part)
    at = _about(steps, part, kind)
    if kind and at is None:
        last = made([part], book, steps, turn)
        return (*steps[:-1], *last) if last else ()
    if at is None:
        raise Unclear("Which of the changes do you mean?")
    old = steps[at]
    stands_alone = (
        kind in {old.kind} and _complete(part) and not re.search(r"\b(?:it|them|they|that)\b", part.masked)
    )
    text = (
        part
        if stands_alone and kind not in {"add_people", "remove_people"} and _sayable(part, book)
        else framed(_kept(old.text, part), part)
    )
    new = _again(text, steps[:at], book, turn, old)
    return (*steps[:at], new, *steps[at + 1 :])


def _bare(part: Text) -> bool:
    """Whether a role stands there by itself, and nobody is added or gone."""
    said = part.masked
    return kind_of(part) == "add_people" and not part.of("number") and not says(said, "people", "add")


def _sayable(part: Text, book: Book) -> bool:
    try:
        return bool(changes(Clause(part, book)))
    except Unclear:
        return False


def _kept(old: Text, part: Text) -> Text:
    """The old clause; of several territories the one that is left stays, where another is to go to."""
    marks = old.of("territory")
    if part.of("territory") and len(marks) > 1:
        to = re.search(r"\bfrom (?:the )?\{territory\}", part.masked)
        gone = marks[0] if to else marks[-1]
        shown = old.without(gone)
        return _hidden(shown, [m for m in marks if m is not gone])
    return old


def _hidden(old: Text, marks: list[Mark]) -> Text:
    """The clause whose territories stay although another is named: they get a kind of their own."""
    kept = tuple(Mark("stays", m.start, m.end, m.ids, m.places) if m in marks else m for m in old.marks)
    return Text(old.words, kept)


def _about(steps: tuple[Step, ...], part: Text, kind: str) -> int | None:
    """Which step the words change: the last of that kind, else the last that has what they name."""
    for at in reversed(range(len(steps))):
        if kind and kind == steps[at].kind:
            return at
    slots = {mark.kind for mark in part.marks if mark.kind not in QUANTITIES}
    if part.of("period"):
        slots.add("period")
    pronoun = re.search(r"\b(?:it|they|them|that|this|he|she|those|these|start|starts)\b", part.masked)
    if kind and not pronoun and not (kind == "add_people" and steps[-1].kind == "remove_people"):
        return None
    for at in reversed(range(len(steps))):
        if _can_have(steps[at], slots, part):
            return at
    return None


def _can_have(step: Step, slots: set[str], part: Text) -> bool:
    fields = {
        "territory": ("territory", "into", "source"),
        "role": ("role",),
        "person": ("person",),
        "channel": ("channel",),
        "segment": ("segment",),
        "period": ("starts_on", "leaves_on", "on", "after", "year"),
        "currency": ("currency",),
        "anybody": ("role",),
    }
    have = set(type(step.changes[0]).model_fields) if step.changes else set[str]()
    quantities = part.of(*QUANTITIES)
    if quantities and not have & {"count", "factor", "by_months", "parts", "to_value", "target_share"}:
        return False
    return all(have & set(fields.get(slot, ())) for slot in slots)


def _again(text: Text, before: tuple[Step, ...], book: Book, turn: int, old: Step) -> Step:
    marks = tuple(
        Mark("territory", m.start, m.end, m.ids, m.places) if m.kind == "stays" else m for m in text.marks
    )
    whole = Text(text.words, marks)
    told = tuple(change for step in before for change in step.changes)
    found = changes(Clause(whole, book, told))
    if not found or found[0].kind != old.kind:
        raise Unclear("Which of the changes do you mean, and what should it become?")
    return Step(whole, found, turn)


# --- answers to what was asked back ---------------------------------------------------------------
def completed(waiting: Text, answer: Text) -> Text:
    """The words that waited, with what the answer names in the place of what was unclear."""
    named = {mark.kind for mark in answer.marks if len(mark.ids) <= 1}
    unclear = [m for m in waiting.marks if m.kind in named and (len(m.ids) != 1 or m.kind == "anybody")]
    if "role" in named:
        unclear += [m for m in waiting.marks if m.kind == "anybody"]
    lead = Text("", ())
    if answer.of("territory") and not unclear and not re.match(r"(?:in|to|from|into)\b", answer.masked):
        lead = Text(
            "to"
            if "{territory}" not in waiting.masked
            or re.search(r"\b(?:move|moves|merge|shift)", waiting.masked)
            else "in",
            (),
        )
    rest = waiting
    if unclear:
        mark, new = (
            unclear[0],
            next(
                m
                for m in answer.marks
                if m.kind == unclear[0].kind or (m.kind == "role" and unclear[0].kind == "anybody")
            ),
        )
        return (
            waiting.part(0, mark.start)
            .joined(answer.part(new.start, new.end))
            .joined(waiting.part(mark.end, len(waiting.words)))
        )
    return rest.joined(lead).joined(answer) if lead.words else rest.joined(answer)


__all__ = ["SHORT", "Undone", "changed", "completed", "cues", "goes_on", "is_fragment", "refers", "undone"]
