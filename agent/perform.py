"""Perform effects from the outbox: each once, with its id as the idempotency key."""

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from agent.runtime import GROUP, Runtime
from loops.effects import EffectFailed
from loops.errors import RevloopsError
from loops.values import short_id
from tools.errors import ToolFailed, ToolRetry
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

log = logging.getLogger(__name__)
Performer = Callable[[Tx, str, Any, datetime], bool | None]
"""Performs one effect within a transaction: (tx, effect id, effect, now). False: nothing was left to do."""
TRIES = 5
_OPEN = (
    select(t.outbox, t.runs.c.loop, t.runs.c.frame, t.runs.c.trigger, t.runs.c.event, t.runs.c.subject)
    .join(t.runs, t.runs.c.id == t.outbox.c.run)
    .where(t.outbox.c.state == "pending", t.outbox.c.not_before <= bindparam("now"))
    .order_by(t.outbox.c.seq)
)
_DONE = delete(t.outbox).where(t.outbox.c.id.in_(bindparam("ids", expanding=True)))


def perform(runtime: Runtime, performers: Mapping[str, Performer], group: int = GROUP) -> int:
    """How many effects one round settled; 0 when none is due.

    They share a transaction, `group` of them at most. When one of them fails it is rolled back, and each gets
    a transaction of its own: so nothing half done stays, and one effect holds up no other.
    """
    at = runtime.at()
    try:
        with runtime.store.transaction() as tx:
            rows = tx.all(_OPEN.limit(group), now=iso(at))
            for row in rows:
                _do(runtime, tx, performers, row, at)
            if rows:
                tx.conn.execute(_DONE, {"ids": [row.id for row in rows]})
            return len(rows)
    except Exception:  # whatever it is shows again below, where it is handled
        return _one_by_one(runtime, performers, at, group)


def _do(runtime: Runtime, tx: Tx, performers: Mapping[str, Performer], row: Any, at: datetime) -> None:
    performer = performers.get(row.kind)
    if performer is None:
        raise ToolFailed(f"nothing here performs {row.kind}")
    effect = runtime.registry.effects[row.kind].model_validate_json(row.body)
    made = performer(tx, row.id, effect, at)
    _log(tx, row, "done" if made is not False else "stale", at)


def _one_by_one(
    runtime: Runtime, performers: Mapping[str, Performer], at: datetime, group: int
) -> int:
    with runtime.store.reading() as tx:
        rows = tx.all(_OPEN.limit(group), now=iso(at))
    for row in rows:
        try:
            with runtime.store.transaction() as tx:
                _do(runtime, tx, performers, row, at)
                tx.conn.execute(_DONE, {"ids": [row.id]})
        except Exception as error:
            if not isinstance(error, RevloopsError):
                log.exception("effect %s broke", row.id)
            with runtime.store.transaction() as tx:
                _put_off(runtime, tx, row, error, at)
    return len(rows)


def _put_off(runtime: Runtime, tx: Tx, row: Any, error: Exception, at: datetime) -> None:
    known = isinstance(error, RevloopsError)
    why = str(error) if known else f"it broke ({type(error).__name__}); see the log"
    if isinstance(error, ToolRetry) and row.tries + 1 < TRIES:
        _later(tx, row.id, row.tries + 1, at, why)
    else:
        _failed(runtime, tx, row, str(json.loads(row.body).get("record", "")), why, at)


def _log(tx: Tx, row: Any, outcome: str, at: datetime) -> None:
    tx.append(
        run=row.run,
        kind="performed",
        loop=row.loop,
        frame=row.frame,
        trigger=row.trigger,
        caused_by=row.id,
        outcome=outcome,
        rule=row.kind,
        body="",
        at=at,
    )


def _later(tx: Tx, id: str, tries: int, at: datetime, why: str) -> None:
    due = iso(at + timedelta(minutes=2**tries))
    effect = update(t.outbox).where(t.outbox.c.id == id)
    tx.conn.execute(effect.values(tries=tries, not_before=due, error=why))


def _failed(runtime: Runtime, tx: Tx, row: Any, record: str, why: str, at: datetime) -> None:
    tx.conn.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(state="failed", error=why))
    _log(tx, row, "failed", at)
    event = EffectFailed(record=record, loop=row.loop, effect=row.id, effect_kind=row.kind, why=why)
    runtime.emit(tx, short_id("failed", row.id, str(tx.head()[0])), event)
