"""What a search is: the port, its values, and what turns words into vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from loops.decision import Confidence
from loops.values import Value, content_hash

Kind = Literal["playbook", "play", "reference", "battlecard", "decision", "call"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PERSONAL: frozenset[Kind] = frozenset({"decision", "call"})
"""Kinds whose passages name people."""
How = Literal["meaning", "keyword match"]
ANYBODY, NOBODY = "*", ""
"""Whose passages a search may find beside those about nobody: everybody's, or no one's."""


class Passage(Value):
    """A piece of text that can be found."""

    id: str
    # 32 hex digits, the content's hash: the same text from the same place is the same passage
    kind: Kind
    title: str
    text: str
    source: str
    # file:line, `decision <run>` or `call <id>:<line>`
    subject: str | None = None
    # the person it names, or `call:<id>` for speakers that are no lead of ours; None: names nobody
    score: Confidence = 0.0
    # share; comparable within one answer only; 0 for a passage that wasn't searched for


def passage(kind: Kind, title: str, text: str, source: str, subject: str | None = None) -> Passage:
    """The passage, with its id."""
    id = content_hash([kind, title, text, source, subject])[:32]
    return Passage(id=id, kind=kind, title=title, text=text, source=source, subject=subject)


class Found(Value):
    """What a search found."""

    passages: tuple[Passage, ...]
    # the best first; may be empty
    how: How
    why: str
    # one sentence: what searched, or why it went by keyword, and what isn't up to date


class Knowledge(Protocol):
    """The port."""

    def search(
        self, words: str, kinds: tuple[Kind, ...] = (), limit: int = 8, *, about: str = ANYBODY
    ) -> Found:
        """The passages nearest to the words.

        Args:
            words: what is looked for, in plain words.
            kinds: only these; empty: every kind.
            limit: at most so many.
            about: ANYBODY; NOBODY: only passages that name no one; a subject: those and that person's.
        """
        ...


@dataclass(frozen=True)
class Embedded:
    """Texts as vectors."""

    vectors: NDArray[np.float32]
    # one unit-length row per text
    tokens: int | None = None
    # what the endpoint counted; None where nothing is counted


class Embedder(Protocol):
    """Turns texts into vectors."""

    @property
    def name(self) -> str:
        """Provider and model: vectors of two names are never compared."""
        ...

    @property
    def outside(self) -> bool:
        """Whether texts leave this machine."""
        ...

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector per text.

        Raises:
            NoMeaning: it can't, now.
        """
        ...
