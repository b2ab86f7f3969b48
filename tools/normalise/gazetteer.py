"""Look-up tables of countries and regions, built once from pycountry and us, and what people write."""

import gettext
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Protocol, cast

from tools.normalise.text import fold

_BRACKETS = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_NOT_WORD = re.compile(r"[\W_]+")
_LANGUAGES = ("de", "fr", "es", "it", "nl", "pt")

AMERICAN = ("US", "CA")
"""Countries whose states and provinces are read first in a region column without a country."""

CITY_DECIDES: dict[str, dict[str, str]] = {
    "georgia": {"tbilisi": "GE", "batumi": "GE", "kutaisi": "GE"},
}
"""A region's name → city → the country it then means."""

_ALIASES = {
    "US": (
        "usa, us, u s, america, united states of america, the states, united state, "
        "etats unis d amerique, eeuu"
    ),
    "GB": "uk, u k, great britain, britain, england, scotland, wales, northern ireland, grossbritannien, gb",
    "NL": "holland, the netherlands, nederland",
    "AE": "uae, emirates, vae",
    "KR": "korea, south korea, republic of korea",
    "CZ": "czech republic, czech, tschechien",
    "RU": "russia",
    "IE": "eire, republic of ireland, irland",
    "DE": "brd, germany federal republic of, bundesrepublik deutschland",
    "CH": "schweiz, suisse, svizzera, swiss",
    "AT": "osterreich, oesterreich",
    "CN": "pr china, prc, mainland china, peoples republic of china",
    "HK": "hong kong sar, hongkong",
    "TR": "turkey",
    "MK": "macedonia",
    "CI": "ivory coast",
    "SE": "sverige",
    "NO": "norge",
    "DK": "danmark",
    "FI": "suomi",
    "PL": "polska",
    "BR": "brasil",
    "JP": "nippon",
}

_REGION_ALIASES = {
    "US-DC": "washington dc, district of columbia, d c",
    "CA-NL": "newfoundland",
    "CA-QC": "pq",
    "CA-PE": "pei",
    "DE-BY": "bavaria",
    "DE-SN": "saxony",
    "DE-NI": "lower saxony",
    "DE-NW": "north rhine westphalia, nrw",
    "DE-HE": "hesse",
    "DE-TH": "thuringia",
    "DE-RP": "rhineland palatinate",
    "CH-GE": "geneva, genf, geneve",
    "CH-LU": "lucerne",
    "CH-BS": "basel, basel stadt",
    "CH-BE": "bern",
    "CH-ZG": "zoug",
    "IT-25": "lombardy",
    "IT-52": "tuscany",
    "IT-21": "piedmont",
    "ES-CT": "catalonia",
    "ES-AN": "andalusia",
    "GB-LND": "greater london, london",
    "NL-NH": "north holland",
    "NL-ZH": "south holland",
    "NL-NB": "north brabant",
    "IN-MH": "bombay",
}

# Regions of these countries are known well enough that their names say the country; with the world's 5,000
# a `Midlands` would be Zimbabwean.
_KNOWN_REGIONS = "AR AT AU BE BR CA CH CN DE ES FR GB IE IN IT JP MX NL PK US".split()

MAIN_ZONE = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PS": "Asia/Hebron",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "UA": "Europe/Kyiv",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}
"""Country with several zones → the one most of its people live in."""

REGION_ZONE = {
    "AU-ACT": "Australia/Sydney",
    "AU-NSW": "Australia/Sydney",
    "AU-NT": "Australia/Darwin",
    "AU-QLD": "Australia/Brisbane",
    "AU-SA": "Australia/Adelaide",
    "AU-TAS": "Australia/Hobart",
    "AU-VIC": "Australia/Melbourne",
    "AU-WA": "Australia/Perth",
    "BR-AM": "America/Manaus",
    "CA-AB": "America/Edmonton",
    "CA-BC": "America/Vancouver",
    "CA-MB": "America/Winnipeg",
    "CA-NB": "America/Moncton",
    "CA-NL": "America/St_Johns",
    "CA-NS": "America/Halifax",
    "CA-NT": "America/Yellowknife",
    "CA-NU": "America/Iqaluit",
    "CA-ON": "America/Toronto",
    "CA-PE": "America/Halifax",
    "CA-QC": "America/Toronto",
    "CA-SK": "America/Regina",
    "CA-YT": "America/Whitehorse",
    "ES-CN": "Atlantic/Canary",
    "ES-GC": "Atlantic/Canary",
    "ES-TF": "Atlantic/Canary",
    "MX-BCN": "America/Tijuana",
    "MX-SON": "America/Hermosillo",
    "PT-20": "Atlantic/Azores",
    "PT-30": "Atlantic/Madeira",
}
"""ISO 3166-2 → IANA zone; US states are read from `us`."""


def place_key(text: str) -> str:
    """The text as the tables key it: folded, dots out, one space between words, no leading `the`."""
    return _NOT_WORD.sub(" ", fold(text).replace(".", "")).strip().removeprefix("the ")


@cache
def countries() -> dict[str, str]:
    """Country as written (code, English, German, French, Spanish, Italian, Dutch, Portuguese) → alpha-2."""
    import pycountry

    table: dict[str, str] = {}
    for code, aliases in _ALIASES.items():
        table |= {place_key(alias): code for alias in aliases.split(",")}
    names = [(country.alpha_2, country.name) for country in pycountry.countries]
    for country in pycountry.countries:
        for attribute in ("alpha_2", "alpha_3", "name", "common_name", "official_name"):
            _enter(table, str(getattr(country, attribute, "")), country.alpha_2)
    for language in _LANGUAGES:
        told = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for code, name in names:
            _enter(table, told.gettext(name), code)
    return table


def _enter(table: dict[str, str], name: str, code: str) -> None:
    for written in _written(name):
        table.setdefault(written, code)


def _written(name: str) -> Iterator[str]:
    """`Korea, Republic of` → itself, and `Republic of Korea`; `Bristol, City of` → `Bristol` too."""
    plain = _BRACKETS.sub("", name)
    before, comma, after = plain.partition(", ")
    keys = [place_key(plain), place_key(f"{after} {before}")] if comma else [place_key(plain)]
    if comma and place_key(after) in {"city of", "county", "county of"}:
        keys.append(place_key(before))
    return (key for key in keys if key)


@cache
def regions(country: str) -> dict[str, str]:
    """Region of that country as written (name, code) → ISO 3166-2; empty for a country without any."""
    return _all_regions().get(country, {})


class _Subdivision(Protocol):
    """What we read of pycountry's records, whose own types say nothing."""

    code: str
    name: str
    parent_code: str | None


@cache
def _all_regions() -> dict[str, dict[str, str]]:
    import pycountry

    parts = cast(Iterable[_Subdivision], pycountry.subdivisions)
    tables: dict[str, dict[str, str]] = {}
    for code, aliases in _REGION_ALIASES.items():
        tables.setdefault(code[:2], {}).update({place_key(alias): code for alias in aliases.split(",")})
    # A province and its capital district may share a name: the larger one, which has no parent, enters first.
    for part in sorted(parts, key=lambda part: (bool(part.parent_code), part.code)):
        table = tables.setdefault(part.code[:2], {})
        for name in (part.name, part.code, part.code[3:]):
            _enter(table, name, part.code)
    tables["US"] |= _ap_abbreviations()
    return tables


def _ap_abbreviations() -> dict[str, str]:
    """`calif` → `US-CA`: how American newspapers shorten the states."""
    from us import STATES_AND_TERRITORIES

    return {place_key(state.ap_abbr): f"US-{state.abbr}" for state in STATES_AND_TERRITORIES if state.ap_abbr}


@cache
def regions_anywhere() -> dict[str, str]:
    """Names of more than three letters that only one well-known country has as a region → ISO 3166-2."""
    table: dict[str, str] = {}
    twice: set[str] = set()
    for country in _KNOWN_REGIONS:
        for key, code in regions(country).items():
            if len(key) > 3 and table.setdefault(key, code)[:2] != country:
                twice.add(key)
    return {key: code for key, code in table.items() if key not in twice}
