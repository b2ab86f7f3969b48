"""Drafted, waiting and sent sequences, read back; nothing here drafts, approves or sends."""

from collections import Counter
from typing import Any

from pydantic import JsonValue
from sqlalchemy import select

from loops.route.outputs import LeadAssigned
from tools.ids import LeadId, RepId
from tools.lookup.context import LookupContext
from tools.lookup.leads import lead_of, name_of
from tools.store import Erased
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED

_TRIGGER = LeadAssigned.__name__
"""What starts a run that drafts a sequence."""
LISTED = 10
"""Waiting sequences that are listed by name; the counts are of all."""


def sequence_of_lead(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """A lead's newest drafted sequence: its mails, the criteria's points, where it stands, what was sent.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    _, found = lead_of(ctx, lead)
    runs = t.runs.c
    mine = select(t.runs).where(runs.record == lead, runs.trigger == _TRIGGER, runs.stale != SUPERSEDED)
    run = ctx.tx.first(mine.order_by(runs.at.desc(), runs.id).limit(1))
    told: dict[str, JsonValue] = {"lead": lead, "name": name_of(found), "company": found.company or None}
    if run is None:
        return {**told, "state": "none", "item": None, "mails": [], "grades": [], "deliveries": []}
    return {
        **told,
        "state": "waiting for approval"
        if run.state == "person"
        else "in progress"
        if run.state != "done"
        else run.outcome.replace("_", " "),
        "item": run.id[:8],
        "for": run.ask_to or None,
        "why": _why(ctx, run.id),
        **_drafted(ctx, run.id),
        "deliveries": _deliveries(ctx, lead),
    }


def waiting_sequences(ctx: LookupContext, rep: RepId | None = None) -> JsonValue:
    """The drafted sequences that wait for a rep: how many each has, and the oldest of them.

    Args:
        ctx: the runtime's side.
        rep: id of the person whose approval they wait for; null: anybody's.
    """
    runs = t.runs.c
    query = (
        select(t.runs, t.leads.c.name, t.leads.c.company_key)
        .join(t.leads, t.leads.c.id == runs.record, isouter=True)
        .where(
            runs.state == "person", runs.trigger == _TRIGGER, runs.queue == "review", runs.stale != SUPERSEDED
        )
        .order_by(runs.at, runs.id)
    )
    rows = ctx.tx.all(query.where(runs.ask_to == f"person:{rep}") if rep else query)
    counts = Counter(str(row.ask_to).removeprefix("person:") for row in rows)
    reps = {rep.id: rep.name for rep in ctx.records.scenario.roster}
    return {
        "rep": rep,
        "rep_name": reps.get(rep, rep) if rep else None,
        "count": len(rows),
        "by_rep": [{"rep": rep, "name": reps.get(rep, rep), "count": n} for rep, n in counts.most_common()],
        "oldest": [
            {"item": row.id[:8], "lead": row.record, "name": str(row.name or "").title(),
             "rep": str(row.ask_to).removeprefix("person:"), "since": row.at}
            for row in rows[:LISTED]
        ],
    }  # fmt: skip


def _drafted(ctx: LookupContext, run: str) -> dict[str, JsonValue]:
    """The newest draft that a person was shown, with its grades."""
    for row in reversed(_rows(ctx, run, "asked")):
        try:
            payload: dict[str, Any] = ctx.tx.json(row.body)["payload"]
        except Erased:
            break
        if "grades" not in payload:
            continue
        mails: list[JsonValue] = [
            {"n": n, "subject": mail["subject"], "body": mail["body"], "wait_days": mail["wait_days"]}
            for n, mail in enumerate(payload["draft"]["mails"], 1)
        ]
        grades: list[JsonValue] = [
            {"criterion": g["score"]["criterion"], "points": g["score"]["points"], "mark": g["mark"],
             "passes": g["score"]["points"] >= g["mark"], "reason": g["score"]["reason"]}
            for g in payload["grades"]
        ]  # fmt: skip
        return {"play": payload["play"], "mails": mails, "grades": grades}
    return {"play": None, "mails": [], "grades": []}


def _why(ctx: LookupContext, run: str) -> list[JsonValue]:
    """The reasons of the run's decision; empty while it waits."""
    for row in _rows(ctx, run, "decided"):
        try:
            return [reason["text"] for reason in ctx.tx.json(row.body)["reasons"]]
        except Erased:
            return []
    return []


def _rows(ctx: LookupContext, run: str, kind: str) -> list[Any]:
    ledger = t.ledger.c
    return list(
        ctx.tx.all(select(t.ledger).where(ledger.run == run, ledger.kind == kind).order_by(ledger.seq))
    )


def _deliveries(ctx: LookupContext, lead: str) -> list[JsonValue]:
    mails = t.mails.c
    rows = ctx.tx.all(select(t.mails).where(mails.lead == lead).order_by(mails.due_at, mails.n))
    return [
        {"n": r.n + 1, "state": r.state, "due_at": r.due_at, "changed_at": r.changed_at, "reason": r.reason}
        for r in rows
    ]
