"""Finding one lead's rows in a long ledger."""

import random
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import bindparam, select

from loops.values import content_hash, short_id
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.store import iso

KINDS = ("asked", "answered", "decided", "performed")
LOOPS = ("qualify", "route")
TRIGGER = "LeadReceived"
CHUNK = 2_500
"""Leads that one transaction writes."""
LOOKUPS = 301
AT = datetime(2026, 1, 5, tzinfo=UTC)
_OF_LEAD = (
    select(t.ledger)
    .where(t.ledger.c.run.in_(select(t.runs.c.id).where(t.runs.c.record == bindparam("lead"))))
    .order_by(t.ledger.c.seq)
)


def lookup_ms(path: Path, rows: int) -> float:
    """Median milliseconds to read one lead's rows out of so many, each time in a transaction of its own."""
    store, dice = Store(str(path)), random.Random(rows)
    leads = _fill(store, rows)
    times = [_one(store, f"L-{dice.randrange(leads)}") for _ in range(LOOKUPS)]
    store.close()
    return round(1000 * median(times), 3)


def _one(store: Store, lead: str) -> float:
    started = perf_counter()
    with store.reading() as tx:
        found = list(tx.rows(_OF_LEAD, lead=lead))
    seconds = perf_counter() - started
    assert found
    return seconds


def _fill(store: Store, rows: int) -> int:
    """Write a chained ledger; the number of its leads."""
    leads = max(1, rows // (len(KINDS) * len(LOOPS)))
    for start in range(0, leads, CHUNK):
        with store.transaction() as tx:
            for lead in range(start, min(start + CHUNK, leads)):
                for loop in LOOPS:
                    _write_run(tx, f"L-{lead}", loop)
    return leads


def _write_run(tx: Tx, lead: str, loop: str) -> None:
    run, body = short_id(loop, lead), content_hash(lead)
    told: dict[str, object] = {"id": run, "loop": loop, "trigger": TRIGGER, "event": lead, "record": lead}
    tx.add(t.runs, **told, input=body, frame=body, step=1, state="done", at=iso(AT))
    for kind in KINDS:
        tx.append(
            run=run,
            kind=kind,
            loop=loop,
            frame=body,
            trigger=TRIGGER,
            caused_by=lead,
            outcome=kind,
            body=body,
            at=AT,
        )
