"""What a call's lines say, by word lists: topics asked about, topics answered, doubt, denial, small talk."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

from loops.engage.discovery.framework import Dimension
from tools.yaml_text import read as parse

_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+(?=\s|$)|$)", re.DOTALL)
_ABBREVIATION = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|St|No|approx|vs|e\.g|i\.e)\.$")
_WORD = re.compile(r"[a-z][a-z'’-]+")
_COMMON = frozenset(
    "about after again against also because been before being between both could does each from have "
    "having here into itself just least like made make many more most much must need needs once only other "
    "ours over said same says should some such than that their theirs them then there these they this those "
    "through under until very want wants were what when where which while whom whose will with would your "
    "yours something anything somebody anybody customer today".split()
)


@dataclass(frozen=True)
class Topic:
    """What tells that a dimension is asked about, and that it is answered."""

    asked: re.Pattern[str]
    said: re.Pattern[str]
    hints: re.Pattern[str]
    opening: bool = False
    # whether an open question about nothing in particular asks for it


@lru_cache(maxsize=1)
def lists() -> dict[str, Any]:
    """The word lists as the file has them."""
    text = files("agent.embedded").joinpath("calls.yaml").read_text(encoding="utf-8")
    return cast("dict[str, Any]", parse(text, "calls.yaml")[0])


def joined(patterns: list[str]) -> re.Pattern[str]:
    """One pattern for all of them; `<n>` in it stands for a number, in figures or in words."""
    text = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(text.replace("<n>", _number()), re.IGNORECASE)


@lru_cache(maxsize=1)
def _number() -> str:
    """The pattern of a number: figures, or number words such as `two hundred thousand` or `half`."""
    words = "|".join(str(word) for word in lists()["numbers"])
    parts = "|".join(str(word) for word in lists()["number_parts"])
    return rf"(?:\d[\d.,]*(?: (?:{parts}))?|(?:{words})(?:[- ](?:and )?(?:{words}|{parts}))*)"


@lru_cache(maxsize=16)
def listed(name: str) -> re.Pattern[str]:
    """The pattern of one of the plain lists: unknown, negative, hedged, small_talk."""
    return joined(lists()[name])


@lru_cache(maxsize=16)
def _known(name: str) -> Topic:
    found = lists()["topics"][name]
    patterns = (joined(found[part]) for part in ("asked", "said", "hints"))
    return Topic(*patterns, opening=bool(found.get("opening")))


def every_topic() -> tuple[Topic, ...]:
    """All known topics."""
    return tuple(_known(name) for name in lists()["topics"])


def topic_of(dimension: Dimension) -> Topic:
    """The topic a dimension is about: a known one by its name or label, else one of its own words."""
    name, label = _key(dimension.name), _key(dimension.label)
    topics = {known: cast("list[str]", found["names"]) for known, found in lists()["topics"].items()}
    for text in (name, label):
        if found := next((known for known, names in topics.items() if text in names), None):
            return _known(found)
    for word in reversed(name.split("_")):
        if found := next((known for known, names in topics.items() if word in names), None):
            return _known(found)
    return _of_its_words(dimension)


def _key(text: str) -> str:
    return "_".join(_WORD.findall(text.lower().replace("_", " ")))


def _of_its_words(dimension: Dimension) -> Topic:
    """A dimension of somebody's own: one of its label's words, or two of those it is explained with."""
    label = _stems(f"{dimension.name.replace('_', ' ')} {dimension.label}")
    told = _stems(f"{dimension.asks} {' '.join(dimension.follow_up)}") | label
    either = joined([rf"\b{re.escape(stem)}\w*" for stem in sorted(label)] or [r"(?!)"])
    some = joined([rf"\b{re.escape(stem)}\w*" for stem in sorted(told)] or [r"(?!)"])
    pair = f"(?:{some.pattern}).{{0,200}}(?:{some.pattern})"
    return Topic(joined([either.pattern, pair]), joined([either.pattern, pair]), some)


def _stems(text: str) -> set[str]:
    words = {word for word in _WORD.findall(text.lower()) if len(word) > 3 and word not in _COMMON}
    return {re.sub(r"(?:ing|ies|ied|ed|es|s|y)$", "", word) if len(word) > 5 else word for word in words}


def sentences(text: str) -> list[tuple[int, int]]:
    """Where each sentence starts and ends."""
    found: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        if found and _ABBREVIATION.search(text[: found[-1][1]]):
            found[-1] = (found[-1][0], match.end())
        else:
            found.append((match.start(), match.end()))
    return found


def questions(text: str) -> str:
    """What a turn asks: its questions, or its last sentence where it has none."""
    parts = [text[start:end] for start, end in sentences(text)]
    asked = [part for part in parts if part.rstrip().endswith("?")]
    return " ".join(asked or parts[-1:])
