"""A message cut into what it asks for, each piece in the person's own words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agent.embedded.cues import lists
from tools.normalise import place

_NAME = r"[A-Z][\w'’.&-]*(?: [A-Z][\w'’.&-]*)*"
_TAIL = re.compile(rf"^(?P<head>.*?)(?P<last>{_NAME})[ ?.!]*$", re.DOTALL)
_ONLY_NAME = re.compile(rf"^(?:also |perhaps )?(?P<name>{_NAME})[ ?.!]*$")
_IDS = re.compile(r"\b(?:qualify|route|engage)(?= loop)|\b[A-Z]-\w+|\b[a-z]+(?:-[a-z]+)*-\d\d\b|\S+@\S+")
_NOT_NAMES = frozenset("i meddic meddpicc bant crm cro ceo cfo ok a b c d q1 q2 q3 q4".split())


@lru_cache(maxsize=1)
def _joint() -> re.Pattern[str]:
    words = "|".join(re.escape(joint) for joint in lists("orchestrator.yaml")["joints"])
    asks = "|".join(lists("orchestrator.yaml")["begins"])
    return re.compile(rf",?\s+(?:{words})\s+|[;?!.]\s+(?=\S)|,\s+(?=(?:{asks})\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """Words of a message in a row."""

    message: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words as they stand there."""
        return self.message[self.start : self.end]

    def to(self, other: "Piece") -> "Piece":
        """From the first word of this one to the last of the other."""
        return Piece(self.message, self.start, other.end)


def pieces(message: str) -> list[Piece]:
    """The pieces between joints, in order; at least one where there are words."""
    joints = [*_joint().finditer(message)]
    starts = [0, *(joint.end() for joint in joints)]
    ends = [*(joint.start() for joint in joints), len(message)]
    cut = (Piece(message, start, end) for start, end in zip(starts, ends, strict=True))
    return [piece for piece in cut if piece.text.strip(" ,.?!;")]


def ellipsis(before: str, piece: str) -> str | None:
    """The piece as a question of its own, where it is but another name or place; None where it isn't.

    "Who covers Spain" and "Italy" make "Who covers Italy"; "Who owns Smith" and "Sons" make nothing.
    """
    name, tail = _ONLY_NAME.match(piece), _TAIL.match(before)
    if name is None or tail is None or not tail["head"].strip():
        return None
    alike = _is_place(name["name"]) and _is_place(tail["last"])
    both_long = " " in name["name"] and " " in tail["last"]
    return f"{tail['head']}{name['name']}" if alike or both_long else None


def names(text: str) -> Iterator[str]:
    """Words that name somebody or something: ids, addresses, capitalised words that don't begin the text."""
    yield from _IDS.findall(text)
    words = text.split()
    for at, word in enumerate(words):
        bare = word.strip(".,;:?!()“”\"'’")
        bare = re.sub(r"['’]s$", "", bare)
        if len(bare) > 1 and bare[0].isupper() and bare.lower() not in _NOT_NAMES and (at or len(words) == 1):
            yield bare


def _is_place(name: str) -> bool:
    return place("", name, "").country is not None
