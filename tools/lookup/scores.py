"""A lead's score: what gave how many points, where the grades begin, and what would lift it."""

from typing import Any, Literal, cast

from pydantic import JsonValue
from sqlalchemy import func, select

from loops.qualify.config import QualifyConfig
from loops.records import Lead
from tools.ids import LeadId, RepId
from tools.lookup.context import LookupContext
from tools.lookup.leads import lead_of, name_of, newest
from tools.store import tables as t

LISTED = 8
Where = Literal["nurture", "triage", "nobody"]


def score_of_lead(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """A lead's grade and score: each factor's points, the grades' thresholds, what reaches the next grade.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    _, found = lead_of(ctx, lead)
    told: dict[str, JsonValue] = {"lead": lead, "name": name_of(found), "thresholds": _thresholds(ctx)}
    body = newest(ctx, lead)
    if body is None:
        return {**told, "grade": None, "score": None, "factors": [], "next": None, "lifts": []}
    event = next(e for e in body["events"] if e["kind"] == "LeadQualified")
    score = int(event["score"])
    above = _config(ctx).grades.next_above(score)
    up: JsonValue = {"grade": above[0], "from": above[1], "missing": above[1] - score} if above else None
    return {
        **told,
        "grade": event["grade"],
        "score": score,
        "factors": [reason["text"] for reason in body["reasons"] if reason["code"] == "factor"],
        "match": next((r["text"] for r in body["reasons"] if r["code"] in {"matched", "unmatched"}), None),
        "next": up,
        "lifts": list(event["lifts"]),
    }


def grade_thresholds(ctx: LookupContext) -> JsonValue:
    """The lowest score of each grade, and the most points each factor can give.

    Args:
        ctx: the runtime's side.
    """
    factors = _config(ctx).factors
    return {
        "thresholds": _thresholds(ctx),
        "factors": [{"name": factor.name, "weight": factor.weight} for factor in factors],
    }


def leads_by(
    ctx: LookupContext,
    owner: RepId | None = None,
    grade: Literal["A", "B", "C", "D"] | None = None,
    where: Where | None = None,
) -> JsonValue:
    """How many leads a person owns, have a grade now, or lie in a queue; and those assigned last.

    Args:
        ctx: the runtime's side.
        owner: id of a person of ours; null: anybody's.
        grade: the grade a lead has now; null: any.
        where: the queue they lie in, or nobody owns them; null: anywhere.
    """
    leads = t.leads.c
    query = select(t.leads).order_by(leads.assigned_at.desc(), leads.id)
    if owner:
        query = query.where(leads.owner == owner)
    if where:
        query = query.where(leads.owner == ("" if where == "nobody" else f"queue:{where}"))
    rows = list(ctx.tx.all(query))
    grades = _grades(ctx)
    if grade:
        rows = [row for row in rows if grades.get(row.id) == grade]
    rep = ctx.records.rep(owner) if owner else None
    return {
        "owner": owner,
        "owner_name": rep.name if rep else None,
        "grade": grade,
        "queue": where if where != "nobody" else None,
        "unowned": where == "nobody" or None,
        "count": len(rows),
        "of": int(ctx.tx.first(select(func.count()).select_from(t.leads))[0]),
        "leads": [_listed(row, grades) for row in rows[:LISTED]],
        "more": max(0, len(rows) - LISTED) or None,
    }


def _listed(row: Any, grades: dict[str, str]) -> JsonValue:
    lead = Lead.model_validate_json(row.doc)
    return {
        "id": lead.id,
        "name": name_of(lead),
        "company": lead.company or None,
        "grade": grades.get(lead.id),
        "owner": row.owner or None,
    }


def _grades(ctx: LookupContext) -> dict[str, str]:
    """Lead → its grade now."""
    of, runs = t.ledger.c, t.runs.c
    query = select(runs.record, of.outcome).join(t.runs, runs.id == of.run).order_by(of.seq)
    graded = query.where(of.loop == "qualify", of.kind == "decided", of.outcome.startswith("graded_"))
    return {row[0]: str(row[1]).removeprefix("graded_") for row in ctx.tx.all(graded)}


def _config(ctx: LookupContext) -> QualifyConfig:
    return cast("QualifyConfig", ctx.configs["qualify"])


def _thresholds(ctx: LookupContext) -> JsonValue:
    grades = _config(ctx).grades
    return [{"grade": name, "from": at} for name, at in (("A", grades.A), ("B", grades.B), ("C", grades.C))]
