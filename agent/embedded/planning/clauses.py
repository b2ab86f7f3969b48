"""A message cut into clauses; what only says why, or who said so, is cut off."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent.embedded.planning.marks import Text, masked
from agent.embedded.planning.vocabulary import cues, form, listed, section

_JOINTS = form("joints")
_EDGES = " ,.?!;:()"


def pieces(text: Text) -> list[Text]:
    """Its clauses, in order, without empty ones."""
    cuts = [hit for hit in _JOINTS.finditer(text.words) if not _inside(hit, text)]
    starts = [0, *(hit.end() for hit in cuts)]
    ends = [*(hit.start() for hit in cuts), len(text.words)]
    found: list[Text] = []
    heading: Text | None = None
    for a, b in zip(starts, ends, strict=True):
        if not text.words[a:b].strip(_EDGES):
            continue
        part = trimmed(text.part(a, b))
        colon = text.words[b : b + 2].strip() == ":"
        if colon and heads(part):
            heading = part
            continue
        found.append(_under_heading(heading, part) if heading else part)
    return found or ([heading] if heading else [])


def heads(part: Text) -> bool:
    """Whether the words before a colon only say what the rest is about."""
    names = [
        m for m in part.marks if m.kind in {"role", "territory", "channel", "segment", "person", "currency"}
    ]
    left = re.sub(r"\{\w+\}", " ", part.masked).split()
    topic = form("acv_or_logos").fullmatch(part.masked.strip()) or any(
        cues("topics", str(kind)).search(part.masked) for kind in section("topics")
    )
    if len(part.marks) == len(names) + 1 == 2 and part.of("number") and part.of("role") and len(left) < 4:
        return True
    if len(part.marks) != len(names) or len(left) > 4:
        return False
    return bool((names or topic) and len(left) <= (3 if topic else 1 + len(names)))


def _under_heading(heading: Text, part: Text) -> Text:
    """The clause with the heading's names that it hasn't itself; its topic too."""
    own = {m.kind for m in part.marks}
    if heading.of("number") and not own & {"territory", "number"}:
        return part
    lead = heading.without(*(m for m in heading.marks if m.kind in own))
    if "role" in own or "person" in own:
        lead = lead.without(*lead.of("role", "person", "segment"))
    if not lead.words.strip() or own <= {"period"} or is_reason(part):
        return part
    return trimmed(lead.joined(part))


def _inside(hit: re.Match[str], text: Text) -> bool:
    return any(mark.start < hit.end() and hit.start() < mark.end for mark in text.marks)


def trimmed(text: Text) -> Text:
    """It without what stands around a clause."""
    ahead = len(text.words) - len(text.words.lstrip(_EDGES))
    return text.part(ahead, len(text.words.rstrip(_EDGES)))


def cut_out(text: Text, start: int, end: int) -> Iterator[Text]:
    """What is left of a text on both sides of a span."""
    for piece in (text.part(0, start), text.part(end, len(text.words))):
        if piece.words.strip(_EDGES + "-"):
            yield trimmed(piece)


@lru_cache(maxsize=1)
def _because() -> re.Pattern[str]:
    return re.compile(r"^\W*(?:and |but |so |just |also |only )*(?:" + "|".join(listed("because")) + ")")


@lru_cache(maxsize=1)
def _reports() -> re.Pattern[str]:
    return re.compile(str(section("reports")))


def is_reason(piece: Text) -> bool:
    """Whether the clause says why, or what somebody feels about it."""
    return bool(_because().search(piece.masked))


def unreported(piece: Text) -> Text:
    """The clause without who said so."""
    said, at = masked(piece)
    hit = _reports().search(said)
    rest = piece.part(at[hit.end()], len(piece.words)) if hit and hit.end() else piece
    own = piece.of("person") and form("wants_away").match(rest.masked)
    return piece if own else rest


def is_report(piece: Text) -> bool:
    """Whether the clause tells what somebody says or wants."""
    hit = _reports().search(piece.masked)
    return bool(hit and hit.end())
