"""A rep's own figures: deals, leads, first touches, each with how many records it rests on."""

from collections import Counter
from datetime import datetime
from statistics import median
from typing import Any

from pydantic import JsonValue
from sqlalchemy import func, select

from loops.records import Opportunity, PastLead
from tools.errors import ToolRetry
from tools.ids import RepId
from tools.lookup.context import LookupContext
from tools.store import tables as t

WINDOW = 5_000
"""Past leads of a rep, the newest, that the figures are made from."""
_HOUR = 3_600


def rep_numbers(ctx: LookupContext, rep: RepId) -> JsonValue:
    """A rep's load, deals won and lost with their amounts, and how fast and how well past leads were worked.

    Args:
        ctx: the runtime's side.
        rep: id of a person in the roster.

    Raises:
        ToolRetry: nobody in the roster has that id.
    """
    person, member = ctx.records.rep(rep), ctx.records.member(rep)
    if person is None or member is None:
        raise ToolRetry(f"there is nobody called {rep} in the roster: find them with find_records")
    calls = ctx.tx.first(select(func.count()).select_from(t.calls).where(t.calls.c.rep == rep))
    return {
        "rep": rep,
        "name": person.name,
        "role": person.role,
        "manager": person.manager,
        "load": member.load,
        "capacity": person.capacity,
        "unavailable": member.unavailable,
        "calls": int(calls[0]),
        "deals": _deals(ctx, rep),
        "leads": _leads(ctx, rep),
    }


def team_numbers(ctx: LookupContext) -> JsonValue:
    """Everybody who owns records, with their load and median hours to the first touch, fastest first.

    Args:
        ctx: the runtime's side.
    """
    office = [rep for pool in ctx.records.scenario.pools for rep in pool.members]
    found: list[dict[str, Any]] = []
    for id in dict.fromkeys(office):
        person, member = ctx.records.rep(id), ctx.records.member(id)
        if person is None or member is None or member.unavailable in {"departed", "not started"}:
            continue
        leads = _leads(ctx, id)
        hours = leads["median_hours_to_touch"]
        found.append(
            {"rep": id, "name": person.name, "load": member.load, "hours": hours, "sample": leads["touched"]}
        )
    found.sort(key=lambda row: (row["hours"] is None, row["hours"] or 0, row["rep"]))
    return {"people": [*found]}


def _deals(ctx: LookupContext, rep: str) -> dict[str, JsonValue]:
    rows = ctx.tx.all(select(t.opportunities.c.doc).where(t.opportunities.c.owner == rep))
    deals = [Opportunity.model_validate_json(row[0]) for row in rows]
    won = [deal for deal in deals if deal.won]
    lost = [deal for deal in deals if deal.closed_on and not deal.won]
    amounts: Counter[str] = Counter()
    for deal in won:
        amounts[deal.currency] += deal.amount_minor
    return {
        "open": sum(deal.closed_on is None for deal in deals),
        "won": len(won),
        "lost": len(lost),
        "closed": len(won) + len(lost),
        "win_rate": _share(len(won), len(won) + len(lost)),
        "won_amounts": [{"won_minor": minor, "currency": unit} for unit, minor in sorted(amounts.items())],
    }


def _leads(ctx: LookupContext, rep: str) -> dict[str, JsonValue]:
    past = t.past_leads.c
    query = select(past.doc).where(past.owner == rep).order_by(past.created_at.desc(), past.id).limit(WINDOW)
    leads = [PastLead.model_validate_json(row[0]) for row in ctx.tx.all(query)]
    waits = [hours for lead in leads if (hours := _hours(lead.assigned_at, lead.touched_at)) is not None]
    converted = sum(lead.converted_at is not None for lead in leads)
    return {
        "past": len(leads),
        "converted": converted,
        "conversion_rate": _share(converted, len(leads)),
        "touched": len(waits),
        "median_hours_to_touch": round(median(waits), 1) if waits else None,
    }


def _hours(start: datetime | None, end: datetime | None) -> float | None:
    return (end - start).total_seconds() / _HOUR if start and end and end >= start else None


def _share(part: int, whole: int) -> float | None:
    """None where there is nothing to take a share of."""
    return round(part / whole, 3) if whole else None
