"""Quantities in a text: counts, amounts of money, per cent and points, fractions, factors, durations."""

import re
from collections.abc import Iterator
from functools import lru_cache

from agent.embedded.planning.spans import Mark
from agent.embedded.planning.vocabulary import section

_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SHORTER = {"week": 12 / 52, "wk": 12 / 52, "day": 12 / 365}
_MONTHS = {"month": 1.0, "mo": 1.0, "quarter": 3.0, "year": 12.0, "half-year": 6.0, **_SHORTER}
_PER_CENT = r"\s*(?:%|percentage(?! point)|percent|per cent|pct)(?!\w)"
_POINTS = r"[\s-]*(?:percentage[\s-]points?|percent points?|%[\s-]points?|points?|pts|pp|ppts?)(?!\w)"


@lru_cache(maxsize=1)
def number_form() -> str:
    """A number, in digits or a word, as a pattern."""
    named = sorted((str(word) for word in section("numbers")), key=len, reverse=True)
    return rf"(?:{_DIGITS}|(?<![\w-])(?:{'|'.join(map(re.escape, named))})(?![\w-]))"


@lru_cache(maxsize=1)
def _scale() -> str:
    return "|".join(sorted(map(str, section("scales")), key=len, reverse=True))


@lru_cache(maxsize=1)
def _money() -> tuple[str, str]:
    names = sorted(map(str, section("currencies")), key=len, reverse=True)
    signs = "|".join(re.escape(name) for name in names if not name.isalpha())
    return rf"(?:{signs}|us\$|{'|'.join(n for n in names if n.isalpha() and len(n) == 3)})", "|".join(
        f"{re.escape(n)}" + ("(?!\\w)" if n.isalpha() else "") for n in names
    )


def value_of(said: str) -> float:
    """What a number says."""
    text = said.strip().replace(",", "")
    known = section("numbers")
    if text in {"zero", "nil"}:
        return 0.0
    return float(known[text]) if text in known else float(text)


_SPOKEN = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)"
)


def spoken(text: str) -> str:
    """The text with numbers of several words in digits: "thirty two", "four hundred thousand"."""
    year = re.compile(
        r"\btwenty[\s-](twenty|thirty)(?:[\s-](one|two|three|four|five|six|seven|eight|nine))?\b", re.I
    )
    text = year.sub(
        lambda hit: str(2000 + int(value_of(hit[1].lower())) + int(value_of((hit[2] or "zero").lower()))),
        text,
    )
    small = "one|two|three|four|five|six|seven|eight|nine|zero"
    text = re.sub(
        rf"\b({_SPOKEN}|\d+|zero) point ({small})(?: ({small}))?\b(?! (?:cut|rise|bump|more|less|drop|lift))",
        lambda hit: (
            f"{hit[1] if hit[1].isdigit() else int(value_of(hit[1].lower()))}."
            + "".join(str(int(value_of(one.lower()))) for one in hit.groups()[1:] if one)
        ),
        text,
        flags=re.I,
    )
    run = re.compile(rf"\b{_SPOKEN}(?:(?:[\s-]+and)?[\s-]+{_SPOKEN})+\b", re.I)
    return run.sub(lambda hit: _summed(hit.group()), text)


def _summed(said: str) -> str:
    words = [word for word in re.split(r"[\s-]+", said.lower()) if word != "and"]
    total = 0
    last = 10**6
    for word in words:
        value = 100 if word == "hundred" else int(value_of(word))
        if word == "hundred":
            total, last = max(total, 1) * 100, 100
        elif value >= last or (value >= 10 and last < 100):
            return said
        else:
            total, last = total + value, 10 if value >= 20 else 1 if value < 20 else last
    return str(total)


def quantities(text: str) -> Iterator[Mark]:
    """Every quantity that the text may hold; some over others."""
    low = text.lower()
    yield from _amounts(low)
    number = number_form()
    for hit in re.finditer(rf"({number}){_PER_CENT}", low):
        yield Mark("percent", *hit.span(), value=value_of(hit.group(1)))
    for hit in re.finditer(rf"({number}){_POINTS}", low):
        yield Mark("points", *hit.span(), value=value_of(hit.group(1)))
    for hit in re.finditer(rf"({number})[\s-]*(months?|mos?|quarters?|years?|weeks?|wks?|days?)(?!\w)", low):
        unit = hit.group(2).rstrip("s")
        yield Mark("duration", *hit.span(), value=value_of(hit.group(1)) * _MONTHS[unit], unit=unit)
    for hit in re.finditer(r"\b(?:half a year|half-year)\b", low):
        yield Mark("duration", *hit.span(), value=6.0, unit="month")
    yield from _factors(low)
    for hit in re.finditer(rf"(?<![\w.$€£])(?<!\w-)({number})(?![\w%])(?!\.\d)", low):
        yield Mark("number", *hit.span(), value=value_of(hit.group(1)))


def _factors(low: str) -> Iterator[Mark]:
    for word, factor in section("times").items():
        for hit in re.finditer(rf"(?<![\w-]){word}(?![\w-])", low):
            yield Mark("times", *hit.span(), value=float(factor))
    for hit in re.finditer(
        rf"({number_form()})\s*(?:x|×|times|-fold|fold)(?!\w)|(?<!\w)x\s*({_DIGITS})(?!\w)", low
    ):
        yield Mark("times", *hit.span(), value=value_of(hit.group(1) or hit.group(2)))
    for hit in re.finditer(rf"({number_form()}) and a half times\b", low):
        yield Mark("times", *hit.span(), value=value_of(hit.group(1)) + 0.5)
    for hit in re.finditer(rf"\b(?:by a )?factor (?:of )?({number_form()})", low):
        yield Mark("times", *hit.span(), value=value_of(hit.group(1)))
    names = "|".join(map(str, section("fractions")))
    many = r"a|an|one|two|three|four"
    for hit in re.finditer(
        rf"\b(?:({many})[\s-])({names})s?\b(?! (?:a )?(?:million|dozen|year|m\b|mil\b))", low
    ):
        value = value_of(hit.group(1)) * float(section("fractions")[hit.group(2)])
        yield Mark("fraction", *hit.span(), value=value, unit=hit.group(2))


def _amounts(low: str) -> Iterator[Mark]:
    before, after = _money()
    number = number_form()
    tail = rf"(?:[\s-]*(?P<scale>{_scale()})(?!\w))?(?:\s*(?P<unit>{after})(?!\s*\d))?"
    form = rf"(?:(?<![\w])(?P<cur>{before})\s*)?(?P<n>{number}){tail}"
    for hit in re.finditer(form, low):
        named = hit["cur"] or hit["unit"]
        plain = not named and not hit["scale"]
        value = value_of(hit["n"]) * 10 ** int(section("scales").get(hit["scale"], 0))
        if plain and (value < 1000 or 1990 < value < 2100 or not re.search(r"\d", hit["n"])):
            continue
        if named and not hit["scale"] and not re.search(r"\d", hit["n"]):
            continue  # "a euro": no amount
        yield Mark("amount", hit.start(), hit.end(), value=round(value, 6), unit=_code(named))
    halves = (
        rf"(?P<cur>{before})?\s*(?P<f>half|quarter"
        rf"|three quarters) (?:of )?an? (?P<scale>{_scale()})(?:\s*(?P<unit>{after}))?"
        rf"|(?P<n>{number}) and a half (?P<s2>{_scale()})(?:\s*(?P<u2>{after}))?"
    )
    for hit in re.finditer(rf"(?:a )?(?:{halves})", low):
        if hit["f"]:
            part = {"half": 0.5, "quarter": 0.25, "three quarters": 0.75}[hit["f"]]
            value, unit = part * 10 ** int(section("scales")[hit["scale"]]), hit["cur"] or hit["unit"]
        else:
            value, unit = (value_of(hit["n"]) + 0.5) * 10 ** int(section("scales")[hit["s2"]]), hit["u2"]
        yield Mark("amount", hit.start(), hit.end(), value=value, unit=_code(unit))


def _code(named: str | None) -> str:
    return "USD" if named == "us$" else str(section("currencies")[named]) if named else ""
