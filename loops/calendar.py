"""Working time as pure functions of a calendar value: zones, working hours, holidays, recipients' windows."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import field_validator, model_validator

from loops.values import Value


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
    fiscal_year_starts_month: int = 1
    # 1-12

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
    """The start of the slot of that length `at` lies in, counted from local midnight; same zone as `at`."""
    since_midnight = at.hour * 60 + at.minute
    begin = since_midnight - since_midnight % minutes
    return at.replace(hour=begin // 60, minute=begin % 60, second=0, microsecond=0)
