"""Import: rows become leads, duplicates merge, changed rows are noticed; nothing is read twice."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from loops.errors import RevloopsError
from loops.qualify.outputs import LeadChanged, LeadReceived
from loops.records import Lead
from loops.values import canonical, content_hash, short_id
from tools.intake import RawLead, Rejected, content_hash_of, examined, merged, same_person
from tools.known_leads import Incoming, KnownLeads, under_new_subjects
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED

BATCH = 500
MOST_ALIKE = 5
"""Leads of one address that are compared: a shared mailbox may have hundreds."""
MOST_NOTES = 100
_BACK = (
    "this address was erased before and comes in as a new lead; "
    "`revloops suppress` keeps anybody from writing to it"
)
_SAW = update(t.imports).where(
    t.imports.c.file == bindparam("f"), t.imports.c.content == bindparam("c")
).values(batch=bindparam("b"), line=bindparam("l"))
_STALE = update(t.runs).where(
    t.runs.c.record == bindparam("lead"), t.runs.c.state == "person", t.runs.c.loop == "engage"
).values(stale="the lead changed after this was written")


_ASKED_ANEW = update(t.runs).where(
    t.runs.c.record == bindparam("lead"), t.runs.c.state == "person", t.runs.c.loop.in_(("qualify", "route"))
).values(stale=SUPERSEDED)
_FORGET = delete(t.imports).where(
    t.imports.c.lead == bindparam("l"), t.imports.c.file == bindparam("f"), t.imports.c.outcome == "read",
    t.imports.c.batch != bindparam("b"))


@dataclass(frozen=True)
class How:
    """How a source's rows are read."""

    now: datetime
    batch: str
    # one id per run of the import
    zone: str = "UTC"
    default_country: str | None = None
    day_first: bool | None = None


@dataclass
class Report:
    """What an import did."""

    rows: int = 0
    merged: int = 0
    rejected: list[Rejected] = field(default_factory=list[Rejected])
    notes: list[str] = field(default_factory=list[str])
    # at most `MOST_NOTES`; each names its line


def take(store: Store, raws: Iterable[RawLead], how: How, report: Report) -> None:
    """Import a batch of rows in one transaction, adding to the report."""
    accepted: list[tuple[RawLead, Incoming]] = []
    for raw in raws:
        report.rows += 1
        found = examined(
            raw, how.now, default_country=how.default_country, zone=how.zone, day_first=how.day_first
        )
        if isinstance(found, Rejected):
            report.rejected.append(found)
            continue
        if len(report.notes) < MOST_NOTES:
            report.notes += [f"{_where(raw)}: {note}" for note in found.notes]
        accepted.append((raw, Incoming(raw.file or raw.system, content_hash_of(raw), found.lead)))
    with store.transaction() as tx:
        rows = under_new_subjects(tx, [row for _, row in accepted])
        known = KnownLeads(tx, how.batch, rows)
        for (raw, before), row in zip(accepted, rows, strict=True):
            if row.lead.person != before.lead.person and not known.seen(row.file, row.content):
                report.notes.insert(0, f"{_where(raw)}: {_BACK}")
            _take(tx, known, raw, row, how, report)


def _take(tx: Tx, known: KnownLeads, raw: RawLead, row: Incoming, how: How, report: Report) -> None:
    lead, seen = row.lead, known.seen(row.file, row.content)
    if seen:
        report.merged += seen.outcome == "merged" or seen.batch == how.batch
        tx.flush("imports")
        tx.conn.execute(_SAW, {"f": row.file, "c": row.content, "b": how.batch, "l": raw.line or 0})
        known.note(row.file, row.content, seen.lead, seen.outcome)
        return
    here = known.lead(lead.id)
    twin = here or _twin(known, lead, raw, report)
    now, outcome, undo = lead, "read", ""
    if twin is None:
        _new(tx, lead, row.content)
    elif here and not known.taken(lead.id):
        # what it said before is forgotten, so that the same words are noticed when they come back
        tx.conn.execute(_FORGET, {"l": lead.id, "f": row.file, "b": how.batch})
        known.forget(row.file, lead.id)
        _changed(tx, lead, row.content, how.batch)
    else:
        report.merged += 1
        now, outcome, undo = _merge(tx, twin, lead, how.batch), "merged", _undo(twin, lead)
    known.put(now)
    known.note(row.file, row.content, now.id, outcome)
    said: dict[str, object] = {"file": row.file, "content": row.content, "line": raw.line or 0}
    tx.add(t.imports, **said, lead=now.id, outcome=outcome, batch=how.batch, undo=undo)


def _where(raw: RawLead) -> str:
    """What to call the row in a note."""
    return f"line {raw.line}" if raw.line else raw.key


def _twin(known: KnownLeads, lead: Lead, raw: RawLead, report: Report) -> Lead | None:
    """The lead we have of the same person, if they are to be merged."""
    for other in known.of_address(lead.email, MOST_ALIKE):
        same = same_person(other, lead)
        if same.verdict == "merge":
            return other
        if len(report.notes) < MOST_NOTES:
            report.notes.append(f"{_where(raw)}: not merged with {other.id}: {same.reason}")
    return None


def _new(tx: Tx, lead: Lead, content: str) -> None:
    tx.add(t.leads, **columns(lead, content))
    event = LeadReceived(record=lead.id)
    _emit(tx, short_id(lead.origin.source, lead.id, content), event)


def _changed(tx: Tx, lead: Lead, content: str, batch: str) -> None:
    values = columns(lead, content)
    tx.flush("leads")
    tx.conn.execute(update(t.leads).where(t.leads.c.id == lead.id).values(**{k: values[k] for k in _TEXT}))
    event = LeadChanged(record=lead.id, content=content)
    _emit(tx, short_id(lead.origin.source, lead.id, content, batch), event)
    tx.conn.execute(_STALE, {"lead": lead.id})
    tx.conn.execute(_ASKED_ANEW, {"lead": lead.id})


def _merge(tx: Tx, into: Lead, lead: Lead, batch: str) -> Lead:
    """The lead with its blanks filled from the other."""
    both = merged(into, lead)
    if both != into:
        _changed(tx, both, content_hash(both), batch)
    return both


def _undo(into: Lead, lead: Lead) -> str:
    return json.dumps({"before": into.model_dump(mode="json"), "dropped": lead.model_dump(mode="json")})


def unmerge(store: Store, lead: str) -> str:
    """Undo the newest merge into a lead; the id of the lead that stands on its own again.

    Raises:
        RevloopsError: nothing was merged into it.
    """
    with store.transaction() as tx:
        where = (t.imports.c.lead == lead, t.imports.c.outcome == "merged")
        row = tx.first(select(t.imports).where(*where).order_by(t.imports.c.line.desc()).limit(1))
        if row is None:
            raise RevloopsError(f"nothing was merged into {lead}; `revloops leads merges` lists what was")
        undo = json.loads(row.undo)
        before, dropped = Lead.model_validate(undo["before"]), Lead.model_validate(undo["dropped"])
        alone = dropped.model_copy(update={"id": "L-" + short_id(dropped.id, row.content)[:12]})
        _changed(tx, before, content_hash(before), "unmerge" + row.content)
        _new(tx, alone, row.content)
        here = (t.imports.c.file == row.file, t.imports.c.content == row.content)
        tx.conn.execute(update(t.imports).where(*here).values(lead=alone.id, outcome="read", undo=""))
        return alone.id


def columns(lead: Lead, content: str) -> dict[str, str | int | None]:
    """The lead's row: the columns it is found by, and the whole as JSON."""
    name = f"{lead.first_name} {lead.last_name}".strip().lower()
    return {"id": lead.id, "person": lead.person, "email": lead.email, "name": name,
            "company_key": lead.company_key, "domain": lead.domain, "owner": "", "assigned_at": "",
            "touched_at": "", "closed_at": "", "alerts": 0, "content": content, "doc": lead.model_dump_json()}


_TEXT = ("person", "email", "name", "company_key", "domain", "content", "doc")


def _emit(tx: Tx, id: str, event: LeadReceived | LeadChanged) -> None:
    tx.add(t.events, id=id, kind=event.kind, body=canonical(event).decode(), done=False)
