"""What an event changes in our own records, in the transaction that stores it."""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from sqlalchemy import update

from loops.decision import Event
from loops.deploy.account_outputs import Placing
from loops.records import Mark
from tools.store import tables as t
from tools.store.records import StoreRecords
from tools.store.store import Tx, iso

Projection = Callable[[Tx, StoreRecords, Event, datetime], None]


def _assigned(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    was, owner = records.owner(event.record), _field(event, "owner")
    records.assign(event.record, owner, at)
    if was and was != owner:
        # what waits for whom it was taken from is out of date, also where nothing new comes of it
        runs = t.runs.c
        drafts = (runs.record == event.record, runs.loop == "engage", runs.state == "person")
        tx.flush("runs")
        gone = update(t.runs).where(*drafts, runs.stale == "").values(stale=f"the lead went to {owner}")
        tx.conn.execute(gone)


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


def _qualified(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    framework = _field(event, "framework")
    marks = cast("tuple[Mark, ...]", getattr(event, "marks"))  # noqa: B009
    for mark in marks:
        where = {"deal": event.record, "dimension": mark.dimension, "framework": framework}
        said = {"state": mark.state, "call": mark.call, "line": mark.line, "on": mark.on.isoformat()}
        tx.replace(t.qualifications, **where, **said)
    tx.flush("qualifications")
    # whoever was spoken with was touched
    first = update(t.leads).where(t.leads.c.id == _field(event, "lead"), t.leads.c.touched_at == "")
    tx.flush("leads")
    tx.conn.execute(first.values(touched_at=iso(at)))


def _disqualified(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    _qualified(tx, records, event, at)
    lead: str | None = getattr(event, "lead")  # noqa: B009
    if lead:
        records.assign(lead, f"queue:{_field(event, 'queue')}", at)
        drafts = (t.runs.c.record == lead, t.runs.c.loop == "engage", t.runs.c.state == "person")
        tx.flush("runs")
        tx.conn.execute(update(t.runs).where(*drafts).values(stale="disqualified after a call"))


def _placed(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    placings = cast("tuple[Placing, ...]", getattr(event, "placings"))  # noqa: B009
    silent = {one.account for one in placings if one.owner is None}
    owners = {id: account.owner for id, account in records.book.accounts(silent).items()}
    records.book.place((p.account, p.territory, p.owner or owners.get(p.account)) for p in placings)
    for one in placings:
        if one.basis:
            records.book.ask(one.account, one.basis)


def _doubtful(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    records.book.ask(event.record, _field(event, "basis"))


def _field(event: Event, name: str) -> str:
    return str(getattr(event, name))


PROJECTIONS: dict[str, Projection] = {
    "LeadAssigned": _assigned,
    "LeadParked": _parked,
    "LeadWaiting": _waiting,
    "EffectRetried": _retried,
    "OpportunityConfirmed": _qualified,
    "DiscoveryContinued": _qualified,
    "LeadDisqualified": _disqualified,
    "AccountsPlaced": _placed,
    "AccountDoubtful": _doubtful,
    "SequenceApproved": _touched,
    "SequenceRejected": _touched,
}


def project(tx: Tx, records: StoreRecords, event: Event, at: datetime) -> None:
    """Change the records that the event is about; an event that changes none is fine."""
    projection = PROJECTIONS.get(event.kind)
    if projection:
        projection(tx, records, event, at)
