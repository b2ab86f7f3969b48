"""Working time as pure functions of a calendar value: zones, working hours, holidays, recipients' windows."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from loops.values import Value

MINUTES_A_DAY = 24 * 60


def known_zone(zone: str) -> str:
    """The zone itself.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no zone {zone}; use an IANA name such as Europe/Amsterdam") from None
    return zone


class Calendar(Value):
    """A workspace's working time."""

    zone: str = "UTC"
    # IANA name
    opens: time = time(9)
    # local time, inclusive
    closes: time = time(17)
    # local time, exclusive; after `opens`
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    # Monday is 0
    holidays: tuple[date, ...] = ()
    # sorted
    fiscal_year_starts_month: int = Field(default=1, ge=1, le=12)
    fiscal_year_named_by: Literal["end", "start"] = "end"
    # FY27 with a start in February: February 2026 to January 2027 by its end, a year later by its start

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        return known_zone(zone)

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> Self:
        if self.opens >= self.closes:
            raise ValueError("the day must open before it closes")
        return self

    def is_working_day(self, day: date) -> bool:
        """Whether people work on that local day."""
        return day.weekday() in self.weekdays and day not in self.holidays


def local(calendar: Calendar, at: datetime) -> datetime:
    """The instant in the calendar's zone."""
    return at.astimezone(ZoneInfo(calendar.zone))


def _hours(calendar: Calendar, day: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(calendar.zone)
    opens, closes = (
        datetime.combine(day, t, zone).astimezone(UTC) for t in (calendar.opens, calendar.closes)
    )
    return opens, closes


def working_seconds(calendar: Calendar, start: datetime, end: datetime) -> int:
    """Working seconds between two aware instants; 0 where `end` isn't after `start`.

    Counted on real (UTC) time, so a day on which the clocks change has its true length.
    """
    total, day, last = 0.0, local(calendar, start).date(), local(calendar, end).date()
    while day <= last:
        if calendar.is_working_day(day):
            opens, closes = _hours(calendar, day)
            total += max(0.0, (min(closes, end) - max(opens, start)).total_seconds())
        day += timedelta(days=1)
    return int(total)


def next_working_instant(calendar: Calendar, at: datetime) -> datetime:
    """`at` itself when it is working time, otherwise the next opening; aware UTC."""
    day = local(calendar, at).date()
    for _ in range(400):
        if calendar.is_working_day(day):
            opens, closes = _hours(calendar, day)
            if at < closes:
                return max(at, opens)
        day += timedelta(days=1)
    raise ValueError("calendar.yaml leaves no working day within a year: give it weekdays or fewer holidays")


def send_times(calendar: Calendar, approved_at: datetime, wait_days: tuple[int, ...]) -> tuple[datetime, ...]:
    """When each mail leaves, aware UTC, ascending.

    Args:
        calendar: the recipient's working time.
        approved_at: when the person approved; the first mail leaves at the next working instant.
        wait_days: days before each mail since the one before it; the first is usually 0. A mail that
            would fall on a day off moves to the next working day at the same local time.
    """
    times: list[datetime] = []
    for days in wait_days:
        base = local(calendar, times[-1] if times else approved_at)
        moved = base.replace(tzinfo=None) + timedelta(days=days)
        wanted = moved.replace(tzinfo=ZoneInfo(calendar.zone)).astimezone(UTC)
        times.append(next_working_instant(calendar, wanted))
    return tuple(times)


def slot_start(at: datetime, minutes: int) -> datetime:
    """The start of the slot of that length `at` lies in, counted from local midnight; same zone as `at`.

    Slots of several days are counted from a Monday: those of seven days start on Mondays.
    """
    days = minutes // MINUTES_A_DAY
    if days > 1:
        begun = at.date() - timedelta(days=(at.toordinal() - 1) % days)
        return at.replace(year=begun.year, month=begun.month, day=begun.day, hour=0, minute=0, second=0,
                          microsecond=0)
    since_midnight = at.hour * 60 + at.minute
    begin = since_midnight - since_midnight % minutes
    return at.replace(hour=begin // 60, minute=begin % 60, second=0, microsecond=0)


@dataclass(frozen=True)
class Period:
    """A fiscal month, quarter or year."""

    label: str
    # 2027-02, Q1 FY28 or FY28
    start: date
    end: date
    # the first day after it


def fiscal_year_of(calendar: Calendar, day: date) -> int:
    """The number of the fiscal year that the day lies in, e.g. 2028 for FY28."""
    first = calendar.fiscal_year_starts_month
    started = day.year if day.month >= first else day.year - 1
    return started + (first > 1 and calendar.fiscal_year_named_by == "end")


def fiscal_year(calendar: Calendar, year: int) -> Period:
    """The fiscal year of that number."""
    first = calendar.fiscal_year_starts_month
    begins = date(year - (first > 1 and calendar.fiscal_year_named_by == "end"), first, 1)
    return Period(f"FY{year % 100:02d}", begins, add_months(begins, 12))


def fiscal_quarter_of(calendar: Calendar, day: date) -> Period:
    """The fiscal quarter that the day lies in."""
    year = fiscal_year(calendar, fiscal_year_of(calendar, day))
    number = months_between(year.start, day) // 3
    start = add_months(year.start, 3 * number)
    return Period(f"Q{number + 1} {year.label}", start, add_months(start, 3))


def fiscal_months(calendar: Calendar, year: int, count: int) -> tuple[Period, ...]:
    """`count` months, the first one of that fiscal year first."""
    begins = fiscal_year(calendar, year).start
    starts = [add_months(begins, n) for n in range(count + 1)]
    return tuple(Period(f"{a:%Y-%m}", a, b) for a, b in pairwise(starts))


def add_months(day: date, months: int) -> date:
    """The first of the month that many months after the day's month."""
    at = day.year * 12 + day.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)


def months_between(start: date, end: date) -> int:
    """Calendar months from the one month to the other; negative where `end` lies in an earlier one."""
    return (end.year - start.year) * 12 + end.month - start.month


def working_days(calendar: Calendar, start: date, end: date) -> int:
    """Working days from `start` until before `end`; 0 where `end` isn't after `start`."""
    days = max(0, (end - start).days)
    weeks, rest = divmod(days, 7)
    odd = ((start + timedelta(days=7 * weeks + n)).weekday() for n in range(rest))
    off = sum(start <= day < end and day.weekday() in calendar.weekdays for day in set(calendar.holidays))
    return weeks * len(set(calendar.weekdays)) + sum(day in calendar.weekdays for day in odd) - off
