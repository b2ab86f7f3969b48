"""Recorded calls, line by line, and what they cover; what is said in them is somebody else's words."""

from typing import Any

from pydantic import JsonValue
from sqlalchemy import ColumnElement, func, select

from tools.errors import ToolRetry
from tools.ids import AccountId, CallId, LeadId
from tools.lookup.context import LookupContext
from tools.lookup.leads import lead_of, name_of
from tools.lookup.places import account_of
from tools.store import Erased
from tools.store import tables as t

NEWEST = 5
"""Calls that are listed."""


def calls_of_account(ctx: LookupContext, account: AccountId) -> JsonValue:
    """An account's recorded calls, the newest first; the list may be empty.

    Args:
        ctx: the runtime's side.
        account: id of the account.

    Raises:
        ToolRetry: there is no such account.
    """
    found = account_of(ctx, account)
    return {"account": account, "name": found.name, **_calls(ctx, t.calls.c.account == account)}


def calls_of_lead(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """A lead's recorded calls, the newest first; the list may be empty.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    _, found = lead_of(ctx, lead)
    return {"lead": lead, "name": name_of(found), **_calls(ctx, t.calls.c.lead == lead)}


def call_text(ctx: LookupContext, call: CallId) -> JsonValue:
    """What was said in a recorded call: each line with its speaker, in order.

    Args:
        ctx: the runtime's side.
        call: id of the call.

    Raises:
        ToolRetry: there is no such call.
    """
    found = ctx.records.call(call)
    if found is None:
        raise ToolRetry(f"there is no call {call}: list an account's with calls_of_account")
    lines: list[JsonValue] = []
    for n, line in enumerate(found.transcript.splitlines(), 1):
        speaker, colon, words = line.partition(":")
        said = (words if colon else line).strip()
        lines.append({"n": n, "speaker": speaker.strip() if colon else "", "words": said})
    return {"call": call, "rep": found.rep, "at": found.at.isoformat(), "lines": lines}


def call_coverage(ctx: LookupContext, call: CallId) -> JsonValue:
    """What a call covered of the qualification, each dimension with its quote; what is open, what to ask.

    Args:
        ctx: the runtime's side.
        call: id of the call.
    """
    item = _item(ctx, call)
    if item is None:
        return {"call": call, "state": "not analysed", "covered": [], "uncovered": [], "questions": []}
    by_state: dict[str, list[JsonValue]] = {"covered": [], "partly": [], "uncovered": []}
    for known in item["dimensions"]:
        shown = ("label", "required", "quote", "speaker", "line", "why")
        by_state[known["state"]].append({name: known[name] for name in shown})
    return {
        "call": call,
        "state": "analysed",
        "framework": item["framework"],
        "covered_share": item["share"],
        **by_state,
        "questions": [question["text"] for question in item["questions"]],
        "suggestion": item["suggestion"],
        "why": item["why"],
    }


def _item(ctx: LookupContext, call: str) -> dict[str, Any] | None:
    """The newest review item about the call; None where none was made, or its person was erased."""
    joined = select(t.ledger.c.body).join(t.runs, t.runs.c.id == t.ledger.c.run)
    asked = joined.where(t.runs.c.record == call, t.ledger.c.kind == "asked", t.ledger.c.queue == "review")
    for row in ctx.tx.all(asked.order_by(t.ledger.c.seq.desc())):
        try:
            payload: dict[str, Any] = ctx.tx.json(row.body)["payload"]
        except Erased:
            return None
        if "dimensions" in payload:
            return payload
    return None


def _calls(ctx: LookupContext, where: ColumnElement[bool]) -> dict[str, JsonValue]:
    calls = t.calls.c
    query = select(calls.id, calls.at, calls.rep).where(where).order_by(calls.at.desc(), calls.id)
    count = ctx.tx.first(select(func.count()).select_from(t.calls).where(where))
    listed: list[JsonValue] = [
        {"id": row.id, "at": row.at, "rep": row.rep} for row in ctx.tx.all(query.limit(NEWEST))
    ]
    return {"count": int(count[0]), "calls": listed}
