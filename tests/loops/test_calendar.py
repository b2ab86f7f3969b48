"""Working time: weekends, holidays, clock changes and send times."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from loops.calendar import Calendar, next_working_instant, send_times, slot_start, working_seconds

NEW_YORK = Calendar(zone="America/New_York", holidays=(date(2026, 11, 26),))
HOUR = 3600


def there(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """That local time in New York in 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (there(23, 9), there(23, 13), 4),
        (there(23, 6), there(23, 20), 8),
        (there(20, 16), there(23, 10), 2),
        (there(25, 16), there(27, 10), 2),
        (there(21, 9), there(22, 17), 0),
        (there(23, 13), there(23, 9), 0),
    ],
)
def test_only_working_hours_count(start: datetime, end: datetime, hours: int) -> None:
    assert working_seconds(NEW_YORK, start, end) == hours * HOUR


def test_without_the_holiday_its_hours_count() -> None:
    plain = NEW_YORK.model_copy(update={"holidays": ()})
    assert working_seconds(plain, there(25, 16), there(27, 10)) == 10 * HOUR


def test_a_day_on_which_the_clocks_change_has_its_true_length() -> None:
    night = Calendar(zone="America/New_York", opens=time(0), closes=time(6), weekdays=(6,))
    assert working_seconds(night, there(1, 0), there(1, 12)) == 7 * HOUR
    assert working_seconds(night, there(8, 0, month=3), there(8, 12, month=3)) == 5 * HOUR


def test_working_time_adds_up_over_any_cut() -> None:
    draw = Random(2)
    for _ in range(300):
        a, b, c = sorted(there(1, 0) + timedelta(minutes=draw.randrange(60 * 24 * 40)) for _ in range(3))
        whole = working_seconds(NEW_YORK, a, c)
        assert whole == working_seconds(NEW_YORK, a, b) + working_seconds(NEW_YORK, b, c)


def test_the_next_working_instant_is_now_or_the_next_opening() -> None:
    assert next_working_instant(NEW_YORK, there(23, 11)) == there(23, 11)
    assert next_working_instant(NEW_YORK, there(23, 17)) == there(24, 9)
    assert next_working_instant(NEW_YORK, there(25, 18)) == there(27, 9)


def test_send_times_skip_days_off_and_keep_the_local_hour() -> None:
    times = send_times(NEW_YORK, there(23, 14), (0, 3, 4))
    assert times == (there(23, 14), there(27, 9), there(1, 9, month=12))


def test_a_calendar_without_working_days_says_so() -> None:
    with pytest.raises(ValueError, match="no working day"):
        next_working_instant(Calendar(weekdays=()), there(23, 9))


def test_a_slot_starts_at_a_multiple_of_its_length_from_local_midnight() -> None:
    at = there(23, 13, 47).astimezone(ZoneInfo("America/New_York"))
    assert slot_start(at, 30).strftime("%H:%M") == "13:30"
    assert slot_start(at, 24 * 60).strftime("%H:%M") == "00:00"
