"""What an address line, a web domain and a phone number say about where somebody is."""

import re
from functools import cache, lru_cache

from loops.territories import units
from tools.normalise.gazetteer import countries
from tools.normalise.text import fold

_NUMBER = re.compile(r"\d")
_SPACES = re.compile(r"[\s.]+")
_GENERIC = frozenset({"ai", "co", "io", "me", "tv", "fm", "cc", "ly", "gg", "so", "to", "sh", "ac", "im"})
"""Endings of countries that companies anywhere use as plain words."""


def site(street: str | None, city: str | None, country: str | None) -> str:
    """The building in one written form, floors and recipients apart; "" where none is named.

    Args:
        street: the address line, parts separated by commas.
        city: its city; without one no building is told from its namesakes elsewhere.
        country: ISO alpha-2.
    """
    own = units(street)
    parts = [part for part in map(str.strip, (street or "").split(",")) if part and part not in own]
    named = next((part for part in parts if _NUMBER.search(part)), parts[0] if parts else "")
    if not named or not city:
        return ""
    return "|".join(_SPACES.sub(" ", fold(part)).strip() for part in (named, city, country or ""))


@lru_cache(maxsize=4_096)
def domain_country(domain: str | None) -> str | None:
    """The country that a web domain ends in; None for an ending that names none."""
    ending = (domain or "").rpartition(".")[2].lower()
    if ending in _GENERIC:
        return None
    return "GB" if ending == "uk" else ending.upper() if ending.upper() in _codes() else None


@cache
def _codes() -> frozenset[str]:
    return frozenset(countries().values())


@lru_cache(maxsize=4_096)
def phone_country(number: str | None) -> str | None:
    """The country that a number in E.164 belongs to; None where it isn't known."""
    if not number:
        return None
    from phonenumbers import NumberParseException, parse, region_code_for_number

    try:
        return region_code_for_number(parse(number, None))
    except NumberParseException:
        return None
