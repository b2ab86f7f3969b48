"""Cues in a message: words and phrases listed in YAML; where the first stands, what all are worth."""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from tools.yaml_text import read as parse

_END = r"(?![\w-])\s*"
_ANY_WORDS = r"(?:\S+\s+){1,4}?"


@lru_cache(maxsize=8)
def lists(name: str) -> dict[str, Any]:
    """The YAML file of that name beside the policies."""
    text = files("agent.embedded").joinpath(name).read_text(encoding="utf-8")
    return cast("dict[str, Any]", parse(text, name)[0])


@lru_cache(maxsize=1024)
def cue(text: str) -> re.Pattern[str]:
    """The pattern of a cue: `rout*` is any word that begins so, `is * doing` has up to four words between."""
    parts = (
        _ANY_WORDS if word == "*" else re.escape(word).replace(r"\*", r"[\w-]*") + _END
        for word in text.split()
    )
    return re.compile(rf"(?<![\w-]){''.join(parts)}", re.IGNORECASE)


def plain(text: str) -> str:
    """The text with one kind of apostrophe and single blanks, in lower case."""
    return " ".join(text.replace("’", "'").lower().split())


def first_of(cues: Iterable[str], text: str) -> int | None:
    """Where the earliest of the cues stands; None where none does."""
    found = [hit.start() for words in cues if (hit := cue(words).search(text))]
    return min(found, default=None)


def points(by_points: dict[Any, list[str]], text: str) -> int:
    """The points of all cues found, each once."""
    return sum(int(worth) for worth, cues in by_points.items() for words in cues if cue(words).search(text))
