"""Where leads stand: one outcome a lead, from its runs."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, func, select

from tools.store import Tx
from tools.store import tables as t
from tools.store.evidence import outcomes as said

SUPERSEDED = "a newer one took its place"
"""Why an open ask is shown to nobody any more."""
ORDER = ("engage", "route", "qualify")
_RUNS = (
    select(t.runs.c.record, t.runs.c.loop, t.runs.c.state, t.runs.c.queue, t.runs.c.outcome, t.runs.c.trigger)
    .where(t.runs.c.record.in_(bindparam("leads", expanding=True)))
    .order_by(select(func.min(t.ledger.c.seq)).where(t.ledger.c.run == t.runs.c.id).scalar_subquery())
)


def outcome(runs: list[tuple[str, str, str, str]]) -> str:
    """A lead's one outcome.

    Args:
        runs: (loop, state, queue, outcome) of its runs, the oldest first.
    """
    latest = {loop: (state, queue, end) for loop, state, queue, end in runs}
    for loop in ORDER:
        state, queue, end = latest.get(loop, ("", "", ""))
        if state == "person":
            return (
                "triage" if queue == "triage" else "sequence_review" if loop == "engage" else "routing_review"
            )
        if state == "agent":
            return "in_progress"
        if state == "done" and loop == "engage" and end == "rejected":
            return "sequence_rejected"
        if state == "done" and (loop == "engage" or end not in ("assigned", "pool_chosen", "kept")):
            return end
        if state == "done":
            return "assigned"
    return "received"


def outcomes(tx: Tx, leads: list[str]) -> dict[str, str]:
    """Each lead's outcome."""
    runs: dict[str, list[tuple[str, str, str, str]]] = {lead: [] for lead in leads}
    for record, loop, state, queue, end, trigger in tx.all(_RUNS, leads=leads):
        if trigger != "EffectFailed":
            runs[record].append((loop, state, queue, end))
    return {lead: outcome(found) for lead, found in runs.items()}


def ended(tx: Tx, file: str, batch: str) -> Counter[str]:
    """How the leads that an import saw stand now; merged rows aren't among them."""
    counts: Counter[str] = Counter()
    for leads in pages(tx, file, batch):
        counts.update(outcomes(tx, leads).values())
    return counts


def pages(tx: Tx, file: str, batch: str) -> Iterator[list[str]]:
    """The leads an import saw, a page at a time, each once."""
    after = ""
    query = (
        select(t.imports.c.content, t.imports.c.lead)
        .where(
            t.imports.c.file == bindparam("file"),
            t.imports.c.batch == bindparam("batch"),
            t.imports.c.outcome == "read",
            t.imports.c.content > bindparam("after"),
        )
        .order_by(t.imports.c.content)
        .limit(500)
    )
    while rows := tx.all(query, file=file, batch=batch, after=after):
        yield list(dict.fromkeys(row[1] for row in rows))
        after = rows[-1][0]


def first_events(tx: Tx, kind: str) -> dict[str, dict[str, Any]]:
    """Record → the first event of that kind about it."""
    rows = tx.all(select(t.events.c.body).where(t.events.c.kind == kind).order_by(t.events.c.seq.desc()))
    return {body["record"]: body for body in (json.loads(row[0]) for row in rows)}


def moved_by_people(tx: Tx) -> dict[str, str]:
    """Lead → to whom somebody gave it after its first owner; other leads are left out.

    What its CRM says (`outcomes`) goes before a move made here; batches of ours are nobody's move.
    """
    query = select(t.events.c.body).where(t.events.c.kind == "LeadAssigned").order_by(t.events.c.seq)
    first: dict[str, str] = {}
    moved: dict[str, str] = {}
    for (text,) in tx.all(query):
        body = json.loads(text)
        lead, owner = body["record"], str(body["owner"])
        if lead in first and body["by"] == "person":
            moved[lead] = owner
        first.setdefault(lead, owner)
    told = tx.all(select(said.c.lead, said.c.owner).where(said.c.owner != ""))
    moved |= {lead: owner for lead, owner in told if lead in first}
    return {lead: owner for lead, owner in moved.items() if owner != first[lead]}
