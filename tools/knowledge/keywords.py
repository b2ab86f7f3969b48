"""Keyword match in plain Python: what the twin and a database without full-text search rank by."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from tools.knowledge.ports import Passage

K1, B = 1.2, 0.75
"""BM25's usual constants (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009)."""
_WORD = re.compile(r"\w+")


def terms(text: str) -> list[str]:
    """The words of a text, in order, without case."""
    return _WORD.findall(text.casefold())


def share(rank: float) -> float:
    """A BM25 rank as a share, 0 for none; it grows with the rank and stays below 1."""
    return round(rank / (1 + rank), 3) if rank > 0 else 0.0


def match(words: str, passages: Sequence[Passage], limit: int) -> tuple[Passage, ...]:
    """The passages that share words with the query, the best first, each with its score."""
    bags = [Counter(terms(f"{p.title} {p.text}")) for p in passages]
    lengths = [sum(bag.values()) for bag in bags]
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    ranks = [0.0] * len(bags)
    for term in set(terms(words)):
        holding = sum(term in bag for bag in bags)
        rarity = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
        for at, bag in enumerate(bags):
            often = bag[term]
            norm = K1 * (1 - B + B * lengths[at] / mean)
            ranks[at] += rarity * often * (K1 + 1) / (often + norm)
    best = sorted((at for at, rank in enumerate(ranks) if rank > 0), key=lambda at: (-ranks[at], at))
    return tuple(passages[at].model_copy(update={"score": share(ranks[at])}) for at in best[:limit])
