"""Sentences drawn from phrase lists: deterministic, agreeing, and marked with what each claim rests on."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import cast

from loops.engage.draft import Claim
from tools.yaml_text import read as parse

Lists = Mapping[str, Sequence[str]]
_PART = re.compile(r"<(\w+)>|\{(\w+)\}")
_OPEN, _MID, _CLOSE = "\ue000", "\ue001", "\ue002"
_MARK = re.compile(f"{_OPEN}([^{_MID}]*){_MID}([^{_CLOSE}]*){_CLOSE}")
_BEFORE_PUNCTUATION = re.compile(rf",({_CLOSE}?)(?=\s*[,;:.?])")


@lru_cache(maxsize=16)
def phrases(name: str) -> dict[str, list[str]]:
    """A phrase file of this package that holds flat lists."""
    return cast(dict[str, list[str]], table(name))


@lru_cache(maxsize=16)
def table(name: str) -> dict[str, object]:
    """A phrase file of this package, parsed."""
    text = files("agent.embedded.writing").joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return cast(dict[str, object], parse(text, f"{name}.yaml")[0])


def cited(source: str, text: str) -> str:
    """The text, marked as a claim that rests on `source`."""
    return f"{_OPEN}{source}{_MID}{text}{_CLOSE}"


@lru_cache(maxsize=4096)
def _slots(option: str) -> tuple[str, ...]:
    """The slots that an option wants filled."""
    return tuple(re.findall(r"\{(\w+)\}", option))


class Voice:
    """One writer's choices: the same seed always says the same thing, and nothing twice in one sequence."""

    def __init__(self, seed: str, said: frozenset[str] = frozenset()) -> None:
        self._seed = seed
        self._drawn = 0
        self._said = set(said)

    @property
    def said(self) -> frozenset[str]:
        """Every option drawn so far, those of earlier mails among them."""
        return frozenset(self._said)

    def pick(self, options: Sequence[str]) -> str:
        """One of the options, one not yet said in this sequence where there is one."""
        self._drawn += 1
        digest = sha256(f"{self._seed}|{self._drawn}".encode()).digest()
        fresh = [option for option in options if option not in self._said or not option] or list(options)
        chosen = fresh[int.from_bytes(digest[:8]) % len(fresh)]
        self._said.add(chosen)
        return chosen

    def chance(self, part: int, of: int) -> bool:
        """True `part` times in `of`."""
        self._drawn += 1
        digest = sha256(f"{self._seed}|{self._drawn}".encode()).digest()
        return int.from_bytes(digest[:8]) % of < part

    def say(self, options: Sequence[str], lists: Lists, slots: Mapping[str, str]) -> str:
        """One option, its `<lists>` drawn and `{slots}` filled; one whose slots lack is left out."""
        possible = [option for option in options if all(slots.get(slot) for slot in _slots(option))]
        return self._fill(self.pick(possible), lists, slots) if possible else ""

    def _fill(self, text: str, lists: Lists, slots: Mapping[str, str]) -> str:
        def part(found: re.Match[str]) -> str:
            if found.group(2):
                return slots.get(found.group(2), "")
            return self.say(lists[found.group(1)], lists, slots)

        return _PART.sub(part, text)


def sentence(text: str) -> str:
    """The text with a capital at its start and no doubled punctuation."""
    clean = re.sub(r"\s+", " ", _BEFORE_PUNCTUATION.sub(r"\1", text)).strip()
    start = re.match(rf"(?:{_OPEN}[^{_MID}]*{_MID})?[\"“]?", clean)
    at = start.end() if start else 0
    return clean[:at] + clean[at : at + 1].upper() + clean[at + 1 :]


def unmarked(text: str) -> tuple[str, tuple[Claim, ...]]:
    """The plain text, and the claims that were marked in it, in order."""
    claims = tuple(Claim(span=found.group(2), source=found.group(1)) for found in _MARK.finditer(text))
    return _MARK.sub(r"\2", text), claims
