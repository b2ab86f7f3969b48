"""A lead's way through the loops, read back from the ledger; and where it would go now."""

import itertools
from typing import Any, cast

from pydantic import JsonValue
from sqlalchemy import Select, or_, select

from loops.decision import Answer, Ask, Decision, Event
from loops.records import Lead
from loops.route.inputs import RouteInput
from loops.route.outputs import LeadAssigned
from tools.errors import ToolFailed, ToolRetry
from tools.ids import LeadId
from tools.lookup.context import LookupContext
from tools.store import Erased
from tools.store import tables as t

_QUEUE = "queue:"
_MOVES = frozenset({"LeadAssigned", "LeadParked", "LeadDisqualified"})
"""Events that change who owns a lead."""
_MISSED = "missed"
"""Code of the reasons that say why an earlier rule didn't take the lead."""


def explain_lead(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """Who owns a lead and every step that led there, the oldest first, each with who took it and why.

    `decided` is what settled the owner there is now, a person's decision or a rule's; `before`, where a
    person or a call's outcome overrode it, what Route had decided.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    row, found = lead_of(ctx, lead)
    owner = ctx.records.rep(row.owner)
    told = [_step(ctx, step) for step in ctx.tx.all(_steps(lead))]
    routed = next((s for s in reversed(told) if s["loop"] == "route"), None)
    settled = _settled(told)
    steps: list[JsonValue] = [{key: said for key, said in step.items() if key != "moves"} for step in told]
    return {
        **_who(found),
        "owner": str(row.owner) if row.owner and not row.owner.startswith(_QUEUE) else None,
        "owner_name": owner.name if owner else None,
        "queue": str(row.owner).removeprefix(_QUEUE) if row.owner.startswith(_QUEUE) else None,
        "assigned_at": str(row.assigned_at) or None,
        "touched_at": str(row.touched_at) or None,
        "decided": _decided(ctx, settled or routed, told),
        "before": _shown(routed) if routed and settled and routed is not settled else None,
        "routed": _shown(routed),
        "steps": steps,
        "waits": _waits(ctx, lead),
    }


def lead_match(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """The company profile a lead was matched to, who chose it and why; or the candidates still in question.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
    """
    _, found = lead_of(ctx, lead)
    steps = [row for row in ctx.tx.all(_steps(lead)) if row.loop == "qualify"]
    event = qualified(ctx, lead)
    company = event.get("company") if event else None
    profile = ctx.records.profile(str(company)) if company else None
    told = [_step(ctx, row) for row in steps]
    chosen = next((s for s in reversed(told) if s["kind"] == "answered"), None)
    latest = next((s for s in reversed(told) if s["kind"] != "answered"), None)
    return {
        **_who(found),
        "profile": profile.model_dump(mode="json") if profile else None,
        "grade": event.get("grade") if event else None,
        "score": event.get("score") if event else None,
        "by": chosen["by"] if chosen else "code",
        "confidence": chosen["confidence"] if chosen else None,
        "why": (latest or {}).get("reasons", []),
        "candidates": _candidates(ctx, steps),
        "waits": _waits(ctx, lead, "qualify"),
    }


def route_preview(ctx: LookupContext, lead: LeadId) -> JsonValue:
    """Whom a lead would go to if it came in now: Route decides with today's config, and nothing is written.

    Args:
        ctx: the runtime's side.
        lead: id of the lead.

    Raises:
        ToolRetry: there is no such lead.
        ToolFailed: it isn't graded yet.
    """
    lead_of(ctx, lead)
    graded = qualified(ctx, lead)
    if graded is None:
        raise ToolFailed(f"lead {lead} isn't graded yet, so nothing can be said about its owner")
    event: Event = ctx.registry.events["LeadQualified"].model_validate(graded)
    trigger, config = ctx.registry.trigger("route", "LeadQualified"), ctx.configs["route"]
    found = trigger.gather(event, ctx.records, config)
    if not isinstance(found, RouteInput):
        raise ToolFailed(f"lead {lead} was erased")
    # as if it came in now: who has it, and that it was touched, is what is being asked about
    fresh = found.lead.model_copy(update={"touched_at": None})
    input = found.model_copy(update={"current_owner": None, "lead": fresh})
    out = trigger.decide(input, (), config)
    if isinstance(out, Ask):
        reasons: list[JsonValue] = [r.text for r in out.evidence if r.code != _MISSED]
        return {"ends": "asks", "asks": out.to, "question": out.question, "owner": None, "reasons": reasons}
    return _preview(ctx, out, trigger.nearest(input, out, config) if trigger.nearest else None)


def _preview(ctx: LookupContext, out: Decision, nearest: str | None) -> JsonValue:
    owner = next((event.owner for event in out.events if isinstance(event, LeadAssigned)), None)
    rep = ctx.records.rep(owner) if owner else None
    return {
        "ends": out.outcome,
        "owner": owner,
        "owner_name": rep.name if rep else None,
        "rule": out.rule,
        "reasons": [reason.text for reason in out.reasons if reason.code != _MISSED],
        "missed": [reason.text for reason in out.reasons if reason.code == _MISSED],
        "nearest": nearest,
    }


def lead_of(ctx: LookupContext, lead: str) -> tuple[Any, Lead]:
    """The lead's row and the lead.

    Raises:
        ToolRetry: there is none.
    """
    row = ctx.tx.first(select(t.leads).where(t.leads.c.id == lead))
    if row is None:
        raise ToolRetry(f"there is no lead {lead}: find it with find_records")
    return row, Lead.model_validate_json(row.doc)


def name_of(lead: Lead) -> str:
    """The lead's name; their id where they have none, since models are told this and no address."""
    return f"{lead.first_name} {lead.last_name}".strip() or lead.id


def qualified(ctx: LookupContext, lead: str) -> dict[str, JsonValue] | None:
    """The newest grading of the lead, as its event says it; None while it has none."""
    body = newest(ctx, lead)
    return next(e for e in body["events"] if e["kind"] == "LeadQualified") if body else None


def newest(ctx: LookupContext, lead: str) -> dict[str, Any] | None:
    """The newest decision that graded the lead, as the ledger has it; None while there is none."""
    steps = [row for row in ctx.tx.all(_steps(lead)) if row.loop == "qualify" and row.kind == "decided"]
    for row in reversed(steps):
        try:
            body: dict[str, Any] = ctx.tx.json(row.body)
        except Erased:
            continue
        if any(event["kind"] == "LeadQualified" for event in body["events"]):
            return body
    return None


def _steps(lead: str) -> Select[Any]:
    """The ledger rows about the lead, or about a call with them."""
    joined = select(t.ledger).join(t.runs, t.runs.c.id == t.ledger.c.run)
    calls = select(t.calls.c.id).where(t.calls.c.lead == lead)
    mine = or_(t.runs.c.record == lead, t.runs.c.record.in_(calls))
    return joined.where(mine, t.ledger.c.kind != "performed").order_by(t.ledger.c.seq)


def _shown(step: dict[str, Any] | None) -> JsonValue:
    return {key: said for key, said in step.items() if key != "moves"} if step else None


def _settled(told: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The step that first gave it to whom it lies with; later ones that came out the same settled nothing."""
    moving = [step for step in told if step["moves"]]
    same = itertools.takewhile(lambda step: step["moves"] == moving[-1]["moves"], reversed(moving))
    return next(reversed(list(same)), None)


def _decided(ctx: LookupContext, step: dict[str, Any] | None, steps: list[dict[str, Any]]) -> JsonValue:
    """The step with the name of the person whose answer it took; None where nothing is decided yet."""
    if step is None:
        return None
    answers = (s for s in steps if s["run"] == step["run"] and s["kind"] == "answered" and s["by"] == "human")
    answer = next(reversed(list(answers)), None)
    who = str(answer["who"]).removeprefix("person:") if answer else None
    known = ctx.records.rep(who) if who else None
    return {
        **cast("dict[str, JsonValue]", _shown(step)),
        "person": f"{known.name} ({who})" if known else who,
        "on": str(step["at"])[:10],
    }


def _who(lead: Lead) -> dict[str, JsonValue]:
    name, company, title = name_of(lead), lead.company or None, lead.title or None
    return {"lead": lead.id, "name": name, "company": company, "title": title}


def _step(ctx: LookupContext, row: Any) -> dict[str, Any]:
    """One ledger row in words."""
    step: dict[str, Any] = {
        "loop": row.loop,
        "kind": row.kind,
        "by": "code",
        "at": row.at,
        "run": row.run,
        "who": None,
        "moves": "",
        # whom it gave the lead to
        "confidence": None,
    }
    try:
        body = ctx.tx.json(row.body)
    except Erased:
        return {**step, "text": "erased", "reasons": [], "rule": None}
    if row.kind == "answered":
        answer = Answer.model_validate(body)
        by = "human" if answer.actor == "person" else "agent"
        reasons = [answer.why] if answer.why else []
        found = {"by": by, "who": answer.by, "text": f"{answer.by} answered", "confidence": answer.confidence}
        return {**step, **found, "reasons": reasons, "rule": None}
    why = body["evidence" if row.kind == "asked" else "reasons"]
    told = {
        "reasons": [reason["text"] for reason in why if reason["code"] != _MISSED],
        "missed": [reason["text"] for reason in why if reason["code"] == _MISSED],
    }
    if row.kind == "asked":
        return {**step, **told, "text": f"asked {body['to']}: {body['question']}", "rule": None}
    by = {"agent": "agent", "person": "human"}.get(row.rule, "code")
    moves = next((_to(event) for event in body["events"] if event["kind"] in _MOVES), "")
    return {
        **step,
        **told,
        "by": by,
        "moves": moves,
        "text": row.outcome.replace("_", " "),
        "rule": row.rule or None,
    }


def _to(event: dict[str, Any]) -> str:
    return str(event.get("owner") or f"{_QUEUE}{event.get('queue', event['kind'])}")


def _candidates(ctx: LookupContext, steps: list[Any]) -> JsonValue:
    """The profiles that the newest question was about; empty where code settled it."""
    for row in reversed(steps):
        if row.kind == "asked":
            try:
                found: JsonValue = ctx.tx.json(row.body)["payload"].get("candidates", [])
            except Erased:
                return []
            return found
    return []


def _waits(ctx: LookupContext, lead: str, loop: str | None = None) -> JsonValue:
    runs = t.runs.c
    query = select(t.runs).where(runs.record == lead, runs.state != "done", runs.stale == "")
    query = query.where(runs.loop == loop) if loop else query
    row = ctx.tx.first(query.order_by(runs.at.desc(), runs.id).limit(1))
    if row is None:
        return None
    return {"item": row.id[:8], "loop": row.loop, "queue": row.queue, "for": row.ask_to, "since": row.at}
