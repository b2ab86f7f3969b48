"""Cities, regions and countries as people write them, in ISO codes; or the countries in conflict."""

import re
from functools import lru_cache
from importlib.resources import files

from loops.records import Place
from tools.normalise.gazetteer import (
    AMERICAN,
    CITY_DECIDES,
    MAIN_ZONE,
    REGION_ZONE,
    countries,
    place_key,
    regions,
    regions_anywhere,
)
from tools.normalise.text import cleaned

_FOOTNOTE = re.compile(r"\[\w{0,3}\]")
_SEPARATOR = re.compile(r"[,;/|]")
_POSTCODE = re.compile(r"\b[A-Z]{0,2}\d[\w-]*\b")
_GENERIC = re.compile(r"^(?:county|co|state of|province of|canton of|kanton|land|region of|republic of) ")

# A country, and the region within it where one was named.
Found = tuple[str, str | None]


@lru_cache(maxsize=8_192)
def place(city: str, region: str, country: str) -> Place:
    """The place in ISO codes; empty parts are None, unknown words are ignored.

    The region text may be a region, a country, or a list (`Bristol, United Kingdom`), and a city may carry
    its region after a comma. Without a country, a US state wins over a country or region of the same name or
    code (`Georgia`, `CA`, `IN`): a state column holds states; only a city in the other one says otherwise.
    Where the parts name two countries, `conflict` holds them, sorted, and country and region are None.
    A two-letter code never contradicts a written-out country: too many codes have two meanings.
    """
    name, *tail = [part.strip() for part in _SEPARATOR.split(_plain(city))]
    stated = _stated(_plain(country), name)
    home = stated[0][0] if len({at for at, _ in stated}) == 1 else None
    found = stated + _whole(_plain(region), home, name) + _parts(tail, home, name)
    named = sorted({at for at, _ in found})
    if len(named) > 1:
        return Place(city=name or None, conflict=tuple(named))
    codes = {code for _, code in found if code}
    return Place(
        city=name or None,
        region=codes.pop() if len(codes) == 1 else None,
        country=named[0] if named else None,
    )


def _plain(text: str) -> str:
    return _FOOTNOTE.sub("", cleaned(text)) if text else ""


def _stated(text: str, city: str) -> list[Found]:
    """What the country column names: a country first, there `Georgia`, `CA` and `DE` are countries."""
    key = place_key(text)
    code = countries().get(key)
    return [(code, regions(code).get(key) if len(key) > 3 else None)] if code else _whole(text, None, city)


def _whole(text: str, home: str | None, city: str) -> list[Found]:
    """What the text names, read as one name (`Korea, Republic of`), or else part by part."""
    if not text:
        return []
    as_one = _named(text, home, city)
    return [as_one] if as_one else _parts(_SEPARATOR.split(text), home, city)


def _parts(parts: list[str], home: str | None, city: str) -> list[Found]:
    named = (_named(_POSTCODE.sub("", part).strip(), home, city) for part in parts)
    return [found for found in named if found]


def _named(text: str, home: str | None, city: str) -> Found | None:
    key = place_key(text)
    if not key:
        return None
    for word in (key, _GENERIC.sub("", key)):
        found = _within(word, home) if home else _anywhere(word, place_key(city))
        if found:
            return found
    return None


def _within(key: str, home: str) -> Found | None:
    """What the word names, the country being known: a region there, or, written out, another country."""
    if code := regions(home).get(key):
        return home, code
    country = countries().get(key)
    if country == home:
        return home, None
    if len(key) <= 3 and key not in {"usa", "uk"}:
        return None
    if country:
        return country, None
    code = regions_anywhere().get(key)
    return (code[:2], code) if code else None


def _anywhere(key: str, city: str) -> Found | None:
    other = CITY_DECIDES.get(key, {}).get(city)
    if other:
        return other, None
    for home in AMERICAN:
        if code := regions(home).get(key):
            return home, code
    if country := countries().get(key):
        return country, regions(country).get(key) if len(key) > 3 else None
    code = regions_anywhere().get(key)
    return (code[:2], code) if code else None


def zone_for(place: Place, default: str = "UTC") -> str:
    """The IANA zone a recipient there most likely lives in; `default` where the country isn't known.

    By state or province where a country has several zones, then by a zone named after the city, then the
    zone most of the country's people live in.
    """
    return _zone(place.country or "", place.region or "", place.city or "") or default


@lru_cache(maxsize=4_096)
def _zone(country: str, region: str, city: str) -> str | None:
    if region in REGION_ZONE:
        return REGION_ZONE[region]
    if country == "US" and region:
        return _state_zone(region[3:]) or MAIN_ZONE["US"]
    zones, key = _zones().get(country, ()), place_key(city)
    by_city = (zone for zone in zones if key and place_key(zone.rpartition("/")[2]) == key)
    return next(by_city, None) or MAIN_ZONE.get(country) or next(iter(zones), None)


def _state_zone(state: str) -> str | None:
    from us import STATES_AND_TERRITORIES

    return next((known.capital_tz for known in STATES_AND_TERRITORIES if known.abbr == state), None)


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    """Country → its zones, in the order of the tz database."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    zones: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            zones[country] = (*zones.get(country, ()), zone)
    return zones
