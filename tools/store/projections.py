"""What an event changes in our own records, in the transaction that stores it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import update

from loops.decision import Event
from tools.store import tables as t
from tools.store.records import StoreRecords
from tools.store.store import Tx, iso

Projection = Callable[[Tx, StoreRecords, Event, datetime], None]


def _assigned(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    records.assign(event.record, _field(event, "owner"), at)


def _parked(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    records.assign(event.record, f"queue:{_field(event, 'queue')}", at)


def _waiting(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    level = int(_field(event, "level"))
    tx.conn.execute(update(t.leads).where(t.leads.c.id == event.record).values(alerts=level))


def _touched(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    leads = t.leads.c
    first = update(t.leads).where(leads.id == event.record, leads.touched_at == "")
    tx.flush("leads")
    tx.conn.execute(first.values(touched_at=iso(at)))


def _retried(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    effect = _field(event, "effect")
    failed = update(t.outbox).where(t.outbox.c.id == effect)
    tx.conn.execute(failed.values(state="pending", tries=0, not_before=""))


def _field(event: Event, name: str) -> str:
    return str(getattr(event, name))


PROJECTIONS: dict[str, Projection] = {
    "LeadAssigned": _assigned,
    "LeadParked": _parked,
    "LeadWaiting": _waiting,
    "EffectRetried": _retried,
    "SequenceApproved": _touched,
    "SequenceRejected": _touched,
}


def project(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    """Change the records that the event is about; an event that changes none is fine."""
    projection = PROJECTIONS.get(event.kind)
    if projection:
        projection(tx, records, event, at)
