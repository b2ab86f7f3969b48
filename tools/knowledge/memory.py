"""The in-memory twins: of the search, and of an embedder."""

from collections.abc import Iterable, Sequence
from zlib import crc32

import numpy as np

from tools.knowledge.keywords import match, terms
from tools.knowledge.ports import ANYBODY, Embedded, Found, Kind, Passage


class MemoryKnowledge:
    """A search over passages given to it, by keyword."""

    def __init__(self, passages: Iterable[Passage] = ()) -> None:
        self._passages = tuple(passages)

    def search(
        self, words: str, kinds: tuple[Kind, ...] = (), limit: int = 8, *, about: str = ANYBODY
    ) -> Found:
        """The passages that share words with the query."""
        open_to = [p for p in self._passages if visible(p, kinds, about)]
        return Found(passages=match(words, open_to, limit), how="keyword match", why="held in memory")


def visible(found: Passage, kinds: tuple[Kind, ...], about: str) -> bool:
    """Whether a search over these kinds, about these people, may find the passage."""
    whose = about == ANYBODY or found.subject is None or found.subject == about
    return whose and (not kinds or found.kind in kinds)


class MemoryEmbedder:
    """The in-memory twin of an embedder: counts words in a few slots; texts that share words are near."""

    def __init__(self, name: str = "memory", *, outside: bool = False, width: int = 64) -> None:
        """A twin.

        Args:
            name: its name.
            outside: whether it stands for an embedder beyond this machine.
            width: how long its vectors are.
        """
        self.name, self.outside, self._width = name, outside, width
        self.given: list[str] = []
        # every text it was given, in order

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector per text."""
        self.given += texts
        vectors = np.zeros((len(texts), self._width), np.float32)
        for at, text in enumerate(texts):
            for term in terms(text) or [text]:
                vectors[at, crc32(term.encode()) % self._width] += 1
        return Embedded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
