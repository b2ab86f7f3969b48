"""Instants in a person's words, read in the workspace's zone."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from loops.errors import RevloopsError

_SPAN = re.compile(r"(\d{1,4}) ?(h|d|w|hours?|days?|weeks?)(?: ago)?")
_HOURS = {"h": 1, "d": 24, "w": 168}
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def since(text: str, now: datetime, zone: str) -> datetime | None:
    """The instant meant; None for no text.

    Args:
        text: today, yesterday, a weekday, a month, "this week", "7d", "12 hours", or a date (2026-11-01).
        now: the workspace's.
        zone: whose days they are.

    Raises:
        RevloopsError: it says no instant; the text lists what does.
    """
    said = text.strip().lower().removeprefix("since ").removeprefix("last ")
    if not said:
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    if span := _SPAN.fullmatch(said):
        return now - timedelta(hours=int(span[1]) * _HOURS[span[2][0]])
    day = _day(said, today)
    if day is None:
        raise RevloopsError(f"since {text[:40]!r}: give today, yesterday, monday, 7d, 12h or 2026-11-01")
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _day(said: str, today: date) -> date | None:
    named = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "this week": today - timedelta(days=today.weekday()),
        "week": today - timedelta(days=7),
        "this month": today.replace(day=1),
    }
    if said in named:
        return named[said]
    if said in _DAYS:
        return today - timedelta(days=(today.weekday() - _DAYS.index(said)) % 7 or 7)
    if said in _MONTHS:
        month = _MONTHS.index(said) + 1
        return date(today.year - (month > today.month), month, 1)
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
