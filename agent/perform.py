"""Perform effects from the outbox: each once, with its id as the idempotency key."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from agent.runtime import GROUP, Runtime
from loops.effects import EffectFailed
from loops.values import short_id
from tools.errors import ToolFailed, ToolRetry
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

Performer = Callable[[Tx, str, Any, datetime], None]
"""Performs one effect within a transaction: (tx, effect id, effect, now)."""
TRIES = 5
_OPEN = (
    select(t.outbox, t.runs.c.loop, t.runs.c.frame, t.runs.c.trigger, t.runs.c.event, t.runs.c.subject)
    .join(t.runs, t.runs.c.id == t.outbox.c.run)
    .where(t.outbox.c.state == "pending", t.outbox.c.not_before <= bindparam("now"))
    .order_by(t.outbox.c.seq).limit(GROUP)
)
_DONE = delete(t.outbox).where(t.outbox.c.id.in_(bindparam("ids", expanding=True)))


def perform(runtime: Runtime, performers: Mapping[str, Performer]) -> int:
    """How many effects one round settled; 0 when none is due."""
    at, settled = runtime.at(), list[str]()
    with runtime.store.transaction() as tx:
        rows = tx.all(_OPEN, now=iso(at))
        for row in rows:
            effect = runtime.registry.effects[row.kind].model_validate_json(row.body)
            try:
                performer = performers.get(row.kind)
                if performer is None:
                    raise ToolFailed(f"nothing here performs {row.kind}")
                performer(tx, row.id, effect, at)
            except ToolRetry as error:
                if row.tries + 1 < TRIES:
                    _later(tx, row.id, row.tries + 1, at, str(error))
                    continue
                _failed(runtime, tx, row, effect.record, str(error), at)
            except ToolFailed as error:
                _failed(runtime, tx, row, effect.record, str(error), at)
            else:
                settled.append(row.id)
                _log(tx, row, "done", at)
        if settled:
            tx.conn.execute(_DONE, {"ids": settled})
    return len(rows)


def _log(tx: Tx, row: Any, outcome: str, at: datetime) -> None:
    tx.append(run=row.run, kind="performed", loop=row.loop, frame=row.frame, trigger=row.trigger,
              caused_by=row.id, outcome=outcome, rule=row.kind, body="", at=at)


def _later(tx: Tx, id: str, tries: int, at: datetime, why: str) -> None:
    due = iso(at + timedelta(minutes=2**tries))
    effect = update(t.outbox).where(t.outbox.c.id == id)
    tx.conn.execute(effect.values(tries=tries, not_before=due, error=why))


def _failed(runtime: Runtime, tx: Tx, row: Any, record: str, why: str, at: datetime) -> None:
    tx.conn.execute(update(t.outbox).where(t.outbox.c.id == row.id).values(state="failed", error=why))
    _log(tx, row, "failed", at)
    event = EffectFailed(record=record, loop=row.loop, effect=row.id, effect_kind=row.kind, why=why)
    runtime.emit(tx, short_id("failed", row.id, str(tx.head()[0])), event)
