"""Whether a text is about the very company one looks for, or about another one of that name."""

import re
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlsplit

import pycountry

_HOME = re.compile(
    r"\b(?:based|headquartered|head office|registered|located)\s(?:in|at|near)\s((?:the )?[A-Z][\w.'’-]+"
    r"(?:[ ,]+[A-Z]"
    r"[\w.'’-]+){0,3})|\b([A-Z][\w'’]+(?: [A-Z][\w'’]+)?)-(?:based|headquartered)\b|"
    r"\b(?:out of|from its (?:headquarters|base|home) in|whose home is)\s([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?)"
)
_ADJECTIVE = re.compile(
    r"\b(German|British|French|Dutch|Spanish|Irish|Canadian|American|Australian|Singaporean|Japanese|"
    r"Indian|Swedish|"
    r"Danish|Norwegian|Finnish|Swiss|Austrian|Belgian|Italian|Polish|Portuguese|Brazilian|Mexican)\s"
    r"(?:company|firm|maker|group|business|startup|start-up|manufacturer|"
    r"retailer|provider|namesake|operator|bank|insurer)"
)
_NATIONS = {
    "German": "DE",
    "British": "GB",
    "French": "FR",
    "Dutch": "NL",
    "Spanish": "ES",
    "Irish": "IE",
    "Canadian": "CA",
    "American": "US",
    "Australian": "AU",
    "Singaporean": "SG",
    "Japanese": "JP",
    "Indian": "IN",
    "Swedish": "SE",
    "Danish": "DK",
    "Norwegian": "NO",
    "Finnish": "FI",
    "Swiss": "CH",
    "Austrian": "AT",
    "Belgian": "BE",
    "Italian": "IT",
    "Polish": "PL",
    "Portuguese": "PT",
    "Brazilian": "BR",
    "Mexican": "MX",
}
_NAMESAKE = re.compile(
    r"\b(no relation|not related|unrelated to|not to be confused|namesake|same name|shares? its name|"
    r"not the company of)\b",
    re.IGNORECASE,
)
_COMMON = {
    "UK": "GB",
    "U.K.": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "US": "US",
    "U.S.": "US",
    "USA": "US",
    "the United States": "US",
    "the Netherlands": "NL",
}


_WORLD = cast(Any, pycountry)  # the package has no types


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    for code in ("US", "CA"):
        known |= {str(part.name): code for part in _WORLD.subdivisions.get(country_code=code)}
    known |= {str(country.name): str(country.alpha_2) for country in _WORLD.countries}
    return known | _COMMON


@lru_cache(maxsize=4096)
def _region_name(region: str) -> str:
    found = _WORLD.subdivisions.get(code=region)
    return str(found.name) if found else ""


def another(
    text: str,
    url: str,
    kind: str,
    domain: str | None,
    city: str | None,
    region: str | None,
    country: str | None,
) -> str | None:
    """Why the text is about another company, or None where nothing says so."""
    if _NAMESAKE.search(text):
        return "is about a company of the same name, as it says itself"
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    if kind == "page" and domain and host and host != domain and not host.endswith(f".{domain}"):
        return f"is a page of {host}, not of {domain}"
    if domain and domain in text:
        return None
    foreign = _foreign_domain(text, domain)
    return foreign or _elsewhere(text, city, region, country)


def _foreign_domain(text: str, domain: str | None) -> str | None:
    found = re.search(
        r"\b(?:website|site|online|visit|at)\W{1,3}(?:www\.)?"
        r"([a-z0-9-]+\.(?:example|com|de|co\.uk|io|net|ie|fr|nl))\b",
        text,
    )
    return (
        f"points to {found.group(1)}, not to {domain}"
        if found and domain and found.group(1) != domain
        else None
    )


def _elsewhere(text: str, city: str | None, region: str | None, country: str | None) -> str | None:
    own = {part.casefold() for part in (city, _region_name(region) if region else None) if part}
    for found in _HOME.finditer(text):
        place = next(part for part in found.groups() if part).rstrip(".,")
        parts = [part.strip() for part in place.split(",")]
        if any(part.casefold() in own for part in parts):
            return None
        codes = {code for part in parts if (code := _countries().get(part))}
        if (country and codes and country not in codes) or (city and not codes):
            return f"is about a company in {place}"
    for found in _ADJECTIVE.finditer(text):
        if country and _NATIONS[found.group(1)] != country:
            return f"is about a company that is {found.group(1)}"
    return None
