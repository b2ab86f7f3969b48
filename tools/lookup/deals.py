"""What was committed of a deal after its calls: opportunity, disqualified, another meeting; what is open."""

from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import ColumnElement, select

from loops.engage.config import EngageConfig
from loops.engage.discovery.framework import Framework
from tools.ids import AccountId, LeadId
from tools.lookup.context import LookupContext
from tools.lookup.leads import lead_of, name_of
from tools.lookup.places import account_of
from tools.store import Erased
from tools.store import tables as t

_OUTCOMES = {
    "OpportunityConfirmed": "a confirmed opportunity",
    "LeadDisqualified": "disqualified",
    "DiscoveryContinued": "still in discovery, another meeting is needed",
}


def deal_of_lead(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """What a person committed of a lead's deal: its state, what is covered and open, by whom, and when.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    _, found = lead_of(ctx, lead)
    return {"lead": lead, "name": name_of(found), **_committed(ctx, t.calls.c.lead == lead)}


def deal_of_account(ctx: LookupContext, account: AccountId) -> JsonValue:
    """What a person committed of an account's deal: its state, what is covered and open, after which call.

    Args:
        ctx: the runtime's side.
        account: id of the account.

    Raises:
        ToolRetry: there is no such account.
    """
    found = account_of(ctx, account)
    return {"account": account, "name": found.name, **_committed(ctx, t.calls.c.account == account)}


def framework_now(ctx: LookupContext) -> JsonValue:
    """The qualification framework in use: its dimensions, what each asks, and which are required.

    Args:
        ctx: the runtime's side.
    """
    config = _config(ctx)
    found = next(f for f in config.frameworks if f.name == config.discovery.framework)
    return {
        "framework": found.name.upper(),
        "others": [f.name.upper() for f in config.frameworks if f is not found],
        "dimensions": [
            {"name": d.name, "label": d.label, "asks": d.asks, "required": d.required}
            for d in found.dimensions
        ],
        "handoff_share": config.discovery.handoff.least_share,
    }


def _committed(ctx: LookupContext, where: ColumnElement[bool]) -> dict[str, JsonValue]:
    """The newest commitment after any of those calls."""
    joined = select(t.ledger).join(t.runs, t.runs.c.id == t.ledger.c.run)
    calls = joined.where(t.runs.c.record.in_(select(t.calls.c.id).where(where)))
    for row in ctx.tx.all(calls.where(t.ledger.c.kind == "decided").order_by(t.ledger.c.seq.desc())):
        try:
            events: list[dict[str, Any]] = ctx.tx.json(row.body)["events"]
        except Erased:
            continue
        if event := next((e for e in events if e["kind"] in _OUTCOMES), None):
            return _told(ctx, event, str(row.at))
    return {"deal": None, "state": None}


def _told(ctx: LookupContext, event: dict[str, Any], at: str) -> dict[str, JsonValue]:
    config, rep = _config(ctx), ctx.records.rep(event["rep"])
    used = next((f for f in config.frameworks if f.name == event["framework"]), None)
    stands = {mark["dimension"]: mark["state"] for mark in event["marks"]}
    stands |= {mark.dimension: mark.state for mark in ctx.records.qualification(event["record"])}
    by_state: dict[str, list[JsonValue]] = {"covered": [], "partly": [], "uncovered": []}
    for name, state in stands.items():
        by_state[state].append(_label(used, name))
    why = {reason.name: reason.label for reason in config.discovery.disqualify}
    return {
        "deal": event["record"],
        "state": _OUTCOMES[event["kind"]],
        "on": at[:10],
        "rep": event["rep"],
        "rep_name": rep.name if rep else event["rep"],
        "call": event["call"],
        "framework": event["framework"].upper(),
        "covered_share": event["share"],
        "reasons": [why.get(name, name) for name in event.get("reasons", ())],
        "overridden": event.get("overridden") or None,
        **by_state,
    }


def _label(framework: Framework | None, name: str) -> str:
    found = framework.dimension(name) if framework else None
    return found.label if found else name


def _config(ctx: LookupContext) -> EngageConfig:
    return cast("EngageConfig", ctx.configs["engage"])
