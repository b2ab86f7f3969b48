"""Schedules: each due slot once, however often `tick` is called."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select

from agent.bootstrap import House
from agent.flow import settle
from agent.impact import tell, waiting
from loops.calendar import local, slot_start
from loops.errors import RevloopsError
from loops.loop import ScheduleDue
from loops.values import short_id
from tools.changes.opening import change_host
from tools.connectors.ports import ChangeHost
from tools.errors import ToolFailed, ToolRetry
from tools.store import tables as t

log = logging.getLogger(__name__)


@dataclass
class Ticked:
    """What came due."""

    slots: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    # (loop, schedule, start of the slot in local time)
    alerts: int = 0


def tick(house: House, at: str | None = None) -> Ticked:
    """Run every schedule whose present slot hasn't run yet.

    Args:
        house: the workspace.
        at: an instant to take for now, ISO 8601 with a zone; None for the workspace's clock.

    Raises:
        RevloopsError: `at` is no such instant.
    """
    runtime, before = house.runtime, house.runtime.now
    if at is not None:
        runtime.now = _instant(at)
    try:
        return _tick(house)
    finally:
        runtime.now = before


def _tick(house: House) -> Ticked:
    runtime, done = house.runtime, Ticked()
    now, calendar = runtime.at(), house.workspace.calendar
    with house.store.transaction() as tx:
        before = tx.first(select(func.count()).select_from(t.notices))
        for loop in house.registry.loops.values():
            for trigger in loop.triggers:
                if trigger.schedule is None or trigger.cadence is None:
                    continue
                minutes = trigger.cadence(house.workspace.configs[loop.name])
                slot = slot_start(local(calendar, now), minutes).isoformat()
                id = short_id(loop.name, trigger.schedule, slot)
                if tx.first(select(t.events.c.seq).where(t.events.c.id == id)) is None:
                    runtime.emit(
                        tx,
                        id,
                        ScheduleDue(
                            record=trigger.schedule, loop=loop.name, schedule=trigger.schedule, slot=slot
                        ),
                    )
                    done.slots.append((loop.name, trigger.schedule, slot))
    if waiting(house):
        try:
            tell(house, merged_at(house))
        except (RevloopsError, ToolRetry, ToolFailed) as error:  # what is due runs all the same
            log.warning("%s", error)
    settle(house)
    with house.store.reading() as tx:
        after = tx.first(select(func.count()).select_from(t.notices))
    done.alerts = (after[0] if after else 0) - (before[0] if before else 0)
    return done


def merged_at(house: House) -> ChangeHost | None:
    """Where the workspace's changes are merged; None where it can't be reached, which is said in the log."""
    try:
        return change_host(house.workspace.root, house.workspace.settings.changes)
    except RevloopsError as error:
        log.warning("%s", error)
        return None


def live_on(house: House) -> int:
    """Let a sandbox's leads have what became of them until now; how many something new is known of."""
    box = house.workspace.settings.sandbox
    if box is None:
        return 0
    from tools.sandbox.outcomes import happen
    from tools.sandbox.setting import Setting

    setting = Setting(box.seed, box.scale, datetime.fromisoformat(box.start))
    with house.store.transaction() as tx:
        return happen(tx, setting, house.runtime.at())


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise RevloopsError(f"--at {text} is no instant: write it as 2026-11-23T14:00:00Z")
    return found.astimezone(UTC)
