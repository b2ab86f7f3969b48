"""Random JSON: what an agent or a person might send instead of an answer."""

from random import Random
from typing import Any

WORDS = (
    "",
    " ",
    "none",
    "rep:",
    "rep:ana",
    "pool:",
    "pool:nowhere",
    "queue:triage",
    "queue:",
    "C-1",
    "reject",
    "drop",
    "approve",
    "null",
    "☃",
    "x" * 400,
    "rep:ana;drop",
    "-1",
    "1e999",
)


def some_json(draw: Random, keys: tuple[str, ...]) -> dict[str, Any]:
    """An object with some of the keys a loop reads, and others, each with anything in it."""
    names = [*keys, "to", "draft", "facts", "note", ""]
    return {name: _any(draw, 3) for name in draw.sample(names, draw.randint(0, len(names)))}


def _any(draw: Random, depth: int) -> Any:
    kind = draw.randrange(8 if depth else 6)
    if kind < 2:
        return draw.choice(WORDS)
    if kind == 6:
        return [_any(draw, depth - 1) for _ in range(draw.randint(0, 3))]
    if kind == 7:
        return {draw.choice(WORDS): _any(draw, depth - 1) for _ in range(draw.randint(0, 3))}
    return (None, True, draw.randint(-(10**12), 10**12), draw.random())[kind - 2]
