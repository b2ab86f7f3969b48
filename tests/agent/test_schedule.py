"""Schedules: a lead that nobody touches alarms its owner, then their manager, in working hours, each once."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from agent.bootstrap import House
from agent.schedule import tick
from loops.errors import RevloopsError
from tests.house import bring, change, leads, notices, one_pool, only, raw, rep, scoring_house, workspace
from tools.store import tables as t

PEOPLE = (rep("ana", manager="boss"), rep("boss", role="manager", capacity=0))


def there(day: int, hour: int, minute: int = 0) -> datetime:
    """That local time in New York in November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


def house_at(folder: Path, at: datetime, count: int = 1, page: int = 200) -> House:
    """A house in which that many leads were assigned at that instant."""
    root = workspace(folder)
    one_pool(root, PEOPLE)
    change(root, "loops/route.yaml", "page: 200", f"page: {page}")
    home = scoring_house(root, at)
    bring(home, *(raw(str(n)) for n in range(count)))
    return home


def told(home: House) -> list[str]:
    return sorted(person for person, _ in notices(home))


def at(home: House, when: datetime) -> int:
    """How many alerts went out at that instant."""
    return tick(home, when.isoformat()).alerts


@pytest.mark.feature("RO10", "AR2")
def test_four_working_hours_tell_the_owner_and_eight_the_manager_each_once(tmp_path: Path) -> None:
    home = house_at(tmp_path, there(23, 9))
    steps = [
        (there(23, 12, 59), 0),
        (there(23, 13), 1),
        (there(23, 13, 31), 0),
        (there(23, 16, 59), 0),
        (there(24, 9), 1),
        (there(24, 12), 0),
        (there(30, 12), 0),
    ]
    assert [at(home, when) for when, _ in steps] == [alerts for _, alerts in steps]
    assert told(home) == ["ana", "boss"]
    assert only(home).alerts == 2


@pytest.mark.feature("RO10")
@pytest.mark.parametrize(
    ("assigned", "quiet", "due"),
    [
        (there(20, 16), there(23, 11, 59), there(23, 12)),
        (there(25, 16), there(27, 11, 59), there(27, 12)),
    ],
    ids=["weekend", "holiday"],
)
def test_days_off_do_not_count(tmp_path: Path, assigned: datetime, quiet: datetime, due: datetime) -> None:
    home = house_at(tmp_path, assigned)
    assert (at(home, quiet), at(home, due)) == (0, 1)


@pytest.mark.feature("AR2")
def test_a_slot_runs_once_however_often_it_is_called(tmp_path: Path) -> None:
    home = house_at(tmp_path, there(23, 9))
    first, again = (tick(home, there(23, 13, minute).isoformat()) for minute in (1, 29))
    assert [slot[:2] for slot in first.slots] == [("route", "untouched")]
    assert (first.alerts, again.slots, again.alerts) == (1, [], 0)
    assert tick(home, there(23, 13, 30).isoformat()).slots


@pytest.mark.feature("RO10")
def test_a_touched_lead_alarms_nobody(tmp_path: Path) -> None:
    home = house_at(tmp_path, there(23, 9), count=2)
    first, second = leads(home)
    with home.store.transaction() as tx:
        tx.conn.execute(
            update(t.leads).where(t.leads.c.id == first).values(touched_at="2026-11-23T15:00:00+00:00")
        )
    assert at(home, there(23, 13)) == 1
    assert {id: s.alerts for id, s in leads(home).items()} == {first: 0, second: 1}


@pytest.mark.feature("RO10", "AR2")
def test_more_leads_than_a_page_are_all_looked_at(tmp_path: Path) -> None:
    home = house_at(tmp_path, there(23, 9), count=205)
    assert at(home, there(23, 13)) == 205
    assert at(home, there(23, 14)) == 0
    small = house_at(tmp_path / "small", there(23, 9), count=6, page=2)
    assert at(small, there(23, 13)) == 6


def test_an_instant_without_a_zone_is_refused_and_a_tick_leaves_the_clock_alone(tmp_path: Path) -> None:
    home = house_at(tmp_path, there(23, 9))
    for text in ("tomorrow", "2026-11-23T14:00:00"):
        with pytest.raises(RevloopsError, match="is no instant: write it as"):
            tick(home, text)
    tick(home, there(24, 9).isoformat())
    assert home.runtime.at() == there(23, 9)
