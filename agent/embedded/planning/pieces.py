"""A message cut into clauses, where it isn't in the middle of a name."""

import re
from collections.abc import Iterator

from agent.embedded.planning.marks import Text

_JOINTS = re.compile(
    r"\s*(?:[;?!]|\.(?=\s|$)|:(?=\s)|,)\s*(?:and then|and also|and|but|then|plus|also|while)?\b\s*"
    r"|\s+(?:and then|and also|and|but|then|plus|as well as|while|whereas|whilst|also)\s+"
    r"|\s+(?:\+|&|-|/)\s+|(?<=\w)\s+(?=if\s)|\s+(?=(?:assuming|provided|when|once|given that"
    r"|in case|supposing) )",
    re.IGNORECASE,
)


def pieces(text: Text) -> list[Text]:
    """Its clauses, in order, without empty ones."""
    cuts = [hit for hit in _JOINTS.finditer(text.words) if not _inside(hit, text)]
    starts = [0, *(hit.end() for hit in cuts)]
    ends = [*(hit.start() for hit in cuts), len(text.words)]
    return [
        _trimmed(text.part(a, b))
        for a, b in zip(starts, ends, strict=True)
        if text.words[a:b].strip(" ,.?!;:")
    ]


def _inside(hit: re.Match[str], text: Text) -> bool:
    return any(mark.start < hit.end() and hit.start() < mark.end for mark in text.marks)


def _trimmed(text: Text) -> Text:
    ahead = len(text.words) - len(text.words.lstrip(" ,.?!;:"))
    return text.part(ahead, len(text.words.rstrip(" ,.?!;:")))


def cut_out(text: Text, start: int, end: int) -> Iterator[Text]:
    """What is left of a text on both sides of a span."""
    for piece in (text.part(0, start), text.part(end, len(text.words))):
        if piece.words.strip(" ,.?!;:-"):
            yield _trimmed(piece)
