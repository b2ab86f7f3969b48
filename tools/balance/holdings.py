"""What Route assigned and what became of it: from events and the assignment columns, never from a record."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true

from loops.route.outputs import LeadAssigned
from loops.workload import Holding
from tools.store import tables as t
from tools.store.store import Tx, iso

_SAID = ("by", "pool", "territory", "region", "grade", "score", "company", "account", "account_status")
"""What is taken over from the newest assignment."""
_ENDED = ("sent", "cancelled")
"""States of a mail that won't leave any more."""


def read_holdings(tx: Tx, at: datetime) -> tuple[Holding, ...]:
    """Every open lead that a rep holds, by id.

    Args:
        tx: a transaction.
        at: now; an approval that expired before it holds nothing up.
    """
    return _read(tx, at, _assignments(tx), None)


def read_holding(tx: Tx, lead: str, at: datetime) -> Holding | None:
    """That lead as it lies now, without how it was assigned; None where no rep holds it or it is closed."""
    tx.flush()
    found = _read(tx, at, {}, lead)
    return found[0] if found else None


def _assignments(tx: Tx) -> dict[str, dict[str, Any]]:
    """Lead → the newest assignment's own words."""
    events = t.events.c
    query = select(events.body).where(events.kind == LeadAssigned.__name__).order_by(events.seq)
    bodies = (json.loads(row[0]) for row in tx.all(query))
    return {body["record"]: body for body in bodies}


def _read(
    tx: Tx, at: datetime, said: Mapping[str, dict[str, Any]], lead: str | None
) -> tuple[Holding, ...]:
    leads = t.leads.c
    open_ones = (leads.closed_at == "", leads.assigned_at != "")
    held = (*open_ones, leads.owner != "", leads.owner.not_like("queue:%"))
    query = select(leads.id, leads.owner, leads.assigned_at, leads.touched_at).where(*held)
    rows = tx.all(query.where(_about(leads.id, lead)).order_by(leads.id))
    touched, waiting = _touches(tx, lead), _in_sequence(tx, at, lead)
    return tuple(
        Holding(
            lead=id,
            owner=owner,
            assigned_at=datetime.fromisoformat(assigned_at),
            touched_at=_latest(touched_at, touched.get(id, "")),
            in_sequence=id in waiting,
            **_of(said.get(id), owner),
        )
        for id, owner, assigned_at, touched_at in rows
    )


def _about(column: ColumnElement[Any], lead: str | None) -> ColumnElement[bool]:
    return true() if lead is None else column == lead


def _of(body: dict[str, Any] | None, owner: str) -> dict[str, Any]:
    """What the assignment said; nothing where it was to somebody else."""
    return {name: body.get(name) for name in _SAID} if body and body["owner"] == owner else {}


def _latest(first: str, last: str) -> datetime | None:
    found = max(first, last)
    return datetime.fromisoformat(found) if found else None


def _touches(tx: Tx, lead: str | None) -> dict[str, str]:
    """Lead → when a mail to it last left or it last wrote back."""
    mails, replies = t.mails.c, t.replies.c
    sent = select(mails.lead, func.max(mails.changed_at)).where(mails.state == "sent").group_by(mails.lead)
    found = {row[0]: row[1] for row in tx.all(sent.where(_about(mails.lead, lead)))}
    for who, at in tx.all(select(replies.lead, replies.at).where(_about(replies.lead, lead))):
        found[who] = max(at, found.get(who, ""))
    return found


def _in_sequence(tx: Tx, at: datetime, lead: str | None) -> set[str]:
    """Leads to which approved mails still leave, or may."""
    mails, approvals = t.mails.c, t.approvals.c
    begun = select(mails.approval)
    running = begun.where(mails.state.not_in(_ENDED))
    still = or_(approvals.id.in_(running), approvals.id.not_in(begun))
    query = select(approvals.lead).where(approvals.revoked_at == "", approvals.expires_at > iso(at), still)
    return {row[0] for row in tx.all(query.where(_about(approvals.lead, lead)))}
