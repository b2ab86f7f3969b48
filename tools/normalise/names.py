"""Names of companies and people: the key of "the same company", and how a person is greeted."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import import_module
from typing import cast

from tools.normalise.text import cleaned, fold

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SHORT_AND = re.compile(r"\b(\w{1,2})&(\w{1,2})\b")
_APOSTROPHES = re.compile("['`\u2019\u2018\u00b4]")
_DOT_COM = re.compile(r"(?<=\w)\.com\b")
_NOT_WORD = re.compile(r"[\W_]+")
_CJK_FORMS = re.compile("株式会社|有限会社|股份有限公司|有限责任公司|有限公司|주식회사")
# The article, and the Russian legal forms, which stand in front.
_LEADING = frozenset("the ооо оао зао пао ао ooo oao zao pao".split())  # noqa: RUF001 - Cyrillic
_HONORIFICS = frozenset(
    "mr mrs ms miss mx dr prof professor sir herr frau dipl ing mag m mme mlle sr sra don dona".split()
)
_PARTICLES = frozenset(
    "van von de der den da di du del della la le bin ibn al el ten ter zu zum af av".split()
)


@lru_cache(maxsize=8_192)
def company_key(name: str) -> str:
    """The key of "the same company": no legal form, no bracketed note, no article, no accents; "" for none.

    `3M LLC` → `3m`; `Trade Desk (The)` → `trade desk`; `Alphabet Inc. (Class A)` → `alphabet`.
    A name that is nothing but a legal form keeps it, so that it doesn't become the key of every blank.
    """
    text = fold(cleaned(name))
    words = _words(_BRACKETS.sub(" ", text)) or _words(text)
    if len(words) > 1 and words[0] in _LEADING:
        words = words[1:]
    return " ".join(_without_form(words))


def _words(text: str) -> list[str]:
    text = _CJK_FORMS.sub(" ", _DOT_COM.sub("", _APOSTROPHES.sub("", text)))
    text = _SHORT_AND.sub(r"\1\2", text).replace("&", " and ")
    return _joined_initials(_NOT_WORD.sub(" ", text).split())


def _joined_initials(words: list[str]) -> list[str]:
    """`a o smith` → `ao smith`: initials are written with and without dots and spaces."""
    joined: list[str] = []
    after_initial = False
    for word in words:
        initial = len(word) == 1 and word.isalnum()
        if initial and after_initial:
            joined[-1] += word
        else:
            joined.append(word)
        after_initial = initial
    return joined


def _without_form(words: list[str]) -> list[str]:
    forms = _legal_forms()
    while len(words) > 1:
        size = next((n for n in (4, 3, 2, 1) if n < len(words) and tuple(words[-n:]) in forms), 0)
        if not size:
            break
        words = words[:-size]
    return words


@cache
def _legal_forms() -> frozenset[tuple[str, ...]]:
    """Word sequences that end a company's name and say only its legal form, from cleanco's lists.

    cleanco's own `basename` walks all of them for each name (60 microseconds); a set look-up takes 2.
    """
    listed = cast(Callable[[], set[str]], import_module("cleanco.clean").get_unique_terms)()
    undotted = {term.replace(".", "") for term in listed}
    return frozenset(tuple(_words(fold(term))) for term in listed | undotted) - {()}


def person_names(full: str) -> tuple[str, str]:
    """First and last name out of one text: `Larsen, Priya`, `Dr. Priya Larsen`, `Ludwig van der Rohe`."""
    last, comma, first = full.partition(",")
    if comma and first.strip():
        return given_name(_without_honorifics(first)), given_name(_without_honorifics(last))
    words = _without_honorifics(last).split()
    if len(words) < 2:
        return given_name(" ".join(words)), ""
    cut = next((i for i, word in enumerate(words) if i and word.casefold() in _PARTICLES), len(words) - 1)
    return given_name(" ".join(words[:cut])), given_name(" ".join(words[cut:]))


def _without_honorifics(text: str) -> str:
    words = text.split()
    while len(words) > 1 and fold(words[0]).rstrip(".") in _HONORIFICS:
        words = words[1:]
    return " ".join(words)


def given_name(text: str) -> str:
    """The name as one would greet it: `PRIYA` and `priya` → `Priya`; mixed case stays as written."""
    if len(text) > 2 and text.isascii() and (text.isupper() or text.islower()):
        return re.sub(r"[A-Za-z]+", lambda word: word[0].capitalize(), text)
    return text
