"""Dates as exports write them: ISO, day or month first, month names, epoch milliseconds, serial days."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_NUMBERS = re.compile(r"^(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,]+(.+))?$")
_NAMED = re.compile(r"^(?:([a-z]+)\.? (\d{1,2})|(\d{1,2})\.? ([a-z]+)\.?),? (\d{4})(?:[ t,]+(.+))?$")
_TIME = re.compile(
    r"^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap])?\.?(?:m\.?)?\s*(z|utc|gmt)?$", re.IGNORECASE
)
_ENGLISH = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTHS = {name: at for at, name in enumerate(_ENGLISH, 1)} | {"mai": 5, "okt": 10, "dez": 12, "mär": 3}
_MONTH_FIRST_COUNTRIES = frozenset({"US", "PH", "FM", "MH", "PW", "GU", "PR"})
_SPREADSHEET_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a serial counts local days
_OLDEST_YEAR = 1990  # no CRM is older: what claims to be is a default such as 1970-01-01


def day_first_of(texts: Iterable[str]) -> bool | None:
    """Whether a file's dates stand day first, by those that can only be read one way; None: none tells."""
    votes = 0
    for text in texts:
        if found := _NUMBERS.match(text.strip()):
            votes += (int(found[1]) > 12) - (int(found[3]) > 12)
    return votes > 0 if votes else None


def is_ambiguous(text: str) -> bool:
    """Whether both orders give a date, and not the same one."""
    found = _NUMBERS.match(text.strip())
    if not found or found[2] == "." or found[1] == found[3]:
        return False
    return int(found[1]) <= 12 and int(found[3]) <= 12


def read_instant(
    text: str, now: datetime, zone: str, day_first: bool | None, country: str | None
) -> datetime | None:
    """The instant, aware UTC; None when the text isn't a date that a record can have been created on.

    Args:
        text: as written; without a zone it is local time in `zone`, without a time local midnight.
        now: an ambiguous date whose likelier reading lies in the future is read the other way.
        zone: IANA name.
        day_first: the file's order; None: month first in countries that write so, otherwise day first.
        country: ISO alpha-2 of the workspace, or None.
    """
    text = " ".join(text.split())
    likelier = day_first if day_first is not None else country not in _MONTH_FIRST_COUNTRIES
    local = _read(text, likelier)
    if local and is_ambiguous(text) and _utc(local, zone) > now:
        other = _read(text, not likelier)
        local = other if other and _utc(other, zone) <= now else local
    return _utc(local, zone) if local and local.year >= _OLDEST_YEAR else None


def _utc(at: datetime, zone: str) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=_zone(zone))).astimezone(UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _read(text: str, day_first: bool) -> datetime | None:
    try:
        return _iso(text) or _serial(text) or _numbers(text, day_first) or _named(text)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    if len(text) < 8 or not text[:4].isdigit() or (text.isdigit() and len(text) != 8):
        return None
    try:
        return datetime.fromisoformat(text.replace("/", "-").removesuffix(" UTC"))
    except ValueError:
        return None


def _serial(text: str) -> datetime | None:
    if text.isdigit() and len(text) == 13:
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    days = re.fullmatch(r"(\d{5})(\.\d+)?", text)
    return _SPREADSHEET_EPOCH + timedelta(days=float(text)) if days else None


def _numbers(text: str, day_first: bool) -> datetime | None:
    found = _NUMBERS.match(text)
    if not found:
        return None
    a, b, year = int(found[1]), int(found[3]), int(found[4])
    # Dots are the continental way, and it puts the day first; a number above 12 can only be the day.
    first = b <= 12 and (day_first or found[2] == "." or a > 12)
    day, month = (a, b) if first else (b, a)
    return _with_time(date(year if year > 99 else 2000 + year, month, day), found[5])


def _named(text: str) -> datetime | None:
    found = _NAMED.match(text.lower())
    if not found:
        return None
    name, day = (found[1], found[2]) if found[1] else (found[4], found[3])
    month = _MONTHS.get(name) or _MONTHS.get(name[:3])
    return _with_time(date(int(found[5]), month, int(day)), found[6]) if month else None


def _with_time(day: date, text: str | None) -> datetime | None:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local until `_utc`
    if not text:
        return midnight
    found = _TIME.match(text.strip())
    if not found:
        return None
    hour = int(found[1])
    if found[4]:
        hour = hour % 12 + (12 if found[4] in "pP" else 0)
    at = midnight.replace(hour=hour, minute=int(found[2]), second=int(found[3] or 0))
    return at.replace(tzinfo=UTC) if found[5] else at
