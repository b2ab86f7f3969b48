"""Word lists of the planner's parser, read from words.yaml, and the patterns made of them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from tools.yaml_text import read as parse

_NO_WORDS = frozenset(
    "plainer mended asks refuses answers because reports demonyms short_places stays forms done takes".split()
)
"""Lists that hold names of places, sentences or patterns."""


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """The lists of words.yaml, concepts.yaml and forms.yaml."""
    found: dict[str, Any] = {}
    for name in ("words.yaml", "concepts.yaml", "forms.yaml"):
        text = files("agent.embedded.planning").joinpath(name).read_text(encoding="utf-8")
        found |= cast("dict[str, Any]", parse(text, name)[0])
    return found


def section(*path: str) -> Any:
    """What stands at that place of the lists."""
    found: Any = words()
    for key in path:
        found = found[key]
    return found


def listed(*path: str) -> tuple[str, ...]:
    """The cues at that place."""
    return tuple(map(str, section(*path)))


@lru_cache(maxsize=256)
def cues(*path: str) -> re.Pattern[str]:
    """A pattern that finds any of the cues at that place."""
    return any_of(listed(*path))


def any_of(cues: Iterable[str]) -> re.Pattern[str]:
    """A pattern of cues: `rais*` is any word that begins so, `let * go` has up to four words between."""
    return re.compile("|".join(_cue(one) for one in cues))


def _cue(text: str) -> str:
    if text in {"-", "+"}:
        return rf"(?<![\w}}])\{text}\s?(?=\{{)"
    parts = [_part(word) for word in text.split()]
    body = r"\s+".join(parts).replace(r"\s+(?:\S+\s+){0,4}?\s+", r"\s+(?:\S+\s+){0,4}?")
    return rf"(?<![\w{{-])(?:{body})(?![\w}}-])" if re.match(r"\w", text) else f"(?:{body})"


def _part(word: str) -> str:
    if word == "*":
        return r"(?:\S+\s+){0,4}?"
    return re.escape(word).replace(r"\*", r"[\w'-]*")


@lru_cache(maxsize=64)
def forms(*path: str) -> tuple[re.Pattern[str], ...]:
    """The regular expressions at that place."""
    return tuple(re.compile(one) for one in listed(*path))


@lru_cache(maxsize=256)
def form(name: str) -> re.Pattern[str]:
    """The pattern of that name in forms.yaml; of several any."""
    told = cast("str | list[str]", section("forms", name))
    return re.compile("|".join(told) if isinstance(told, list) else told)


def matches(text: str, *path: str) -> bool:
    """Whether one of the regular expressions at that place is found in the text."""
    return any(form.search(text) for form in forms(*path))


def says(text: str, *path: str) -> bool:
    """Whether one of the cues at that place is found in the text."""
    return cues(*path).search(text) is not None


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Every word that the lists hold; of those with a `*` what stands before it."""
    found: set[str] = set()
    _collect({name: part for name, part in words().items() if name not in _NO_WORDS}, found)
    return frozenset(found)


def _collect(node: Any, found: set[str]) -> None:
    if isinstance(node, dict):
        pairs = cast("dict[Any, Any]", node)
        found |= {str(key) for key in pairs}
        for part in pairs.values():
            _collect(part, found)
    elif isinstance(node, list):
        for part in cast("list[Any]", node):
            _collect(part, found)
    elif isinstance(node, str):
        found |= {word for word in re.split(r"[^\w'-]+", node.replace("*", "")) if word}
