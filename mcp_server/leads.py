"""Tools on leads: what a loop makes of them, why they are where they are, drafts for them."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import Field, JsonValue, StringConstraints

from agent.explain import explain
from agent.work import Context
from loops.errors import RevloopsError
from mcp_server.answer import MOST_IDS, NOTHING, PAGE, Answer
from mcp_server.desk import Desk, Plain
from mcp_server.running import AT_WORK, approvals, begin, cause_of, draft_of, scopes, state, tried
from mcp_server.when import since as instant
from tools.errors import ToolFailed, ToolRetry
from tools.lookup import explain_lead, route_preview, score_of_lead

Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Leads = Annotated[list[Text], Field(min_length=1, max_length=MOST_IDS)]
Format = Literal["concise", "detailed"]
_CONCISE = ("asked", "lead", "name", "company", "grade", "score", "owner", "owner_name", "to", "ends", "rule",
            "question", "why", "waits", "nearest", "run", "state", "ended", "waits_for", "stale",
            "error", "queue")  # fmt: skip
_WRITES = {"qualify": "leads_qualify", "route": "leads_route", "engage": "sequences_draft"}
"""The tool that has a loop run on leads."""


def leads_qualify(
    desk: Desk, leads: Leads, dry_run: bool = True, response_format: Format = "concise"
) -> Answer:
    """Grade and score leads as today's config has it, with each factor's points when detailed.

    Use it for "how good is this lead", or to grade again after a change: what is written goes on to routing
    and drafting, as for a new lead. Not for who gets it: leads_route.

    Args:
        desk: whose view.
        leads: ids, e-mail addresses, names or companies; at most 50.
        dry_run: true: say what would come of it; false: decide and write it.
        response_format: detailed adds factors and reasons.
    """

    def look(ctx: Context, id: str) -> Plain:
        would = tried(desk, ctx, "qualify", cause_of(desk, ctx.tx, "qualify", id))
        return cast("Plain", score_of_lead(ctx, id)) | would

    return _worked(desk, "qualify", leads, look, dry_run, response_format)


def leads_route(
    desk: Desk, leads: Leads, dry_run: bool = True, response_format: Format = "concise"
) -> Answer:
    """Route leads again by today's rules and loads, as each stands: an owner they have is respected.

    Use it to have leads assigned; what is assigned is drafted for. To ask who would get one if it were new,
    use leads_preview_routing.

    Args:
        desk: whose view.
        leads: ids, e-mail addresses, names or companies; at most 50.
        dry_run: true: say what would come of it; false: decide and write it.
        response_format: detailed adds reasons and the nearest change.
    """

    def look(ctx: Context, id: str) -> Plain:
        would = tried(desk, ctx, "route", cause_of(desk, ctx.tx, "route", id))
        owner = ctx.records.owner(id)
        names: Plain = {"owner_name": desk.name_of(owner)} if owner else {}
        names |= {"to": desk.name_of(str(would["to"]))} if "to" in would else {}
        return {**would, "owner": owner, **names}

    return _worked(desk, "route", leads, look, dry_run, response_format)


def leads_preview_routing(desk: Desk, leads: Leads, response_format: Format = "concise") -> Answer:
    """Whom leads would go to if they came in now, owners they have set aside; nothing is ever written.

    Use it before a change of rules or for "who would get this". Not for past decisions: decisions_explain.

    Args:
        desk: whose view.
        leads: ids, e-mail addresses, names or companies; at most 50.
        response_format: detailed adds reasons, the rules that missed and the nearest change.
    """
    items = _each(desk, leads, lambda ctx, id: cast("Plain", route_preview(ctx, id)), response_format)
    return Answer(says=f"{_good(items)} of {len(items)} previewed; nothing was written.", items=tuple(items))


def decisions_explain(
    desk: Desk,
    leads: Leads,
    since: str = "",
    response_format: Format = "concise",
) -> Answer:
    """Why leads are where they are: who owns each, which rule or person decided, and what would change it.

    Use it for "why did Luis get the Acme lead?". For many leads by date use decisions_list.

    Args:
        desk: whose view.
        leads: ids, e-mail addresses, names or companies, e.g. "Acme"; at most 50.
        since: only steps from then on: yesterday, monday, 7d, 2026-11-01 (workspace's zone).
        response_format: detailed adds every step of every loop, and the config each was decided under.
    """
    start = instant(since, desk.at, desk.zone)

    def look(ctx: Context, id: str) -> Plain:
        found = cast("Plain", explain_lead(ctx, id))
        decided = cast("Plain | None", found["decided"]) or {}
        told = explain(desk.house.runtime, id)
        steps: list[JsonValue] = [
            f"{step.at[:16]} {step.loop}: {step.text}" for step in told.told if _since(step.at, start)
        ]  # fmt: skip
        early = len(steps) - PAGE
        more = [f"{early} earlier steps, narrow by since"] if early > 0 else []
        under: list[JsonValue] = [
            {"at": one.at[:16], "loop": one.loop, "outcome": one.outcome, "config": one.config,
             "revision": one.revision, "run": one.run}
            for one in told.told if one.text.startswith("decided") and _since(one.at, start)
        ]  # fmt: skip
        return {
            "decided_under": under,
            "name": found["name"], "company": found["company"], "owner": found["owner"],
            "owner_name": found["owner_name"], "rule": decided.get("rule"), "why": decided.get("reasons"),
            "queue": found["queue"], "by": decided.get("by"), "waits": found["waits"],
            "nearest": list(told.nearest), "steps": [*more, *steps[-PAGE:]],
        }  # fmt: skip

    items = _each(desk, leads, look, response_format)
    said = [_lies(desk, item) for item in items if "error" not in item]
    return Answer(says=f"{'; '.join(said[:PAGE]) or 'Nothing found'}.", items=tuple(items))


def sequences_draft(
    desk: Desk, leads: Leads, dry_run: bool = True, response_format: Format = "concise"
) -> Answer:
    """Have e-mail sequences drafted and graded for leads; each then waits for its rep. Nothing is ever sent.

    Use it for "draft for these 8". A draft that waits already is named, not written again. A person approves.

    Args:
        desk: whose view.
        leads: ids, e-mail addresses, names or companies; at most 50.
        dry_run: true: say for whom one would be drafted; false: research and write it.
        response_format: detailed adds reasons.
    """

    def look(ctx: Context, id: str) -> Plain:
        run = draft_of(ctx.tx, id)
        if run is not None:
            at_work = run.state == "agent"
            ends = "is being drafted already" if at_work else "waits for its rep already"
            return {"ends": ends, **state(ctx.tx, run.id)}
        return tried(desk, ctx, "engage", cause_of(desk, ctx.tx, "engage", id))

    return _worked(desk, "engage", leads, look, dry_run, response_format)


def _lies(desk: Desk, item: Plain) -> str:
    """Whose a lead is, and whom it waits for, in words."""
    owner = item.get("owner_name") or item.get("owner") or item.get("queue") or "nobody"
    waits = cast("dict[str, str]", item.get("waits") or {})
    kind, _, who = waits.get("for", "").partition(":")
    ask = f"a {waits['loop']} question" if waits else ""
    if waits and kind == "agent":
        return f"{item.get('name')} is owned by {owner} and {ask} is with the {who.replace('_', ' ')}"
    waiting = f" and waits for {desk.name_of(who)} with {ask}" if waits else ""
    return f"{item.get('name')} is owned by {owner}{waiting}"


# --- their parts ----------------------------------------------------------------------------------
def _worked(
    desk: Desk,
    loop: str,
    leads: list[str],
    look: Callable[[Context, str], Plain],
    dry_run: bool,
    form: Format,
) -> Answer:
    """What would come of it; where it isn't dry, what came of it, and what now waits for a person."""
    items, before, job = _each(desk, leads, look, form, cut=False), desk.spent_so_far(), ""
    asked = {str(item["run"]) for item in items if "run" in item}
    if not dry_run:
        needs = scopes(desk, loop)
        for scope in needs:
            desk.needs(scope)
        job = _begin(desk, _WRITES[loop], needs[-1], loop, items)
    with desk.house.store.reading() as tx:
        runs = [str(item["run"]) for item in items if "run" in item]
        drafts = [] if dry_run else [draft_of(tx, str(one["lead"])) for one in items if "error" not in one]
        drafted = [draft.id for draft in drafts if draft is not None and draft.id not in asked]
        waiting = approvals(desk, tx, [*runs, *drafted], job)
    return Answer(
        says=f"{_done(loop, items, dry_run, job, len(set(drafted) - {*runs}))}.",
        items=tuple(_cut(item, form) for item in items),
        dry_run=dry_run,
        job=job,
        approval_required=waiting,
        cost=NOTHING if dry_run else desk.cost(before),
    )


def _done(loop: str, items: list[Plain], dry_run: bool, job: str, drafts: int) -> str:
    """What became of the items, in words."""
    there, all = [item for item in items if "error" not in item], len(items)
    if dry_run:
        fresh = sum("run" not in item for item in there) if loop == "engage" else len(there)
        does = "would be researched and drafted" if loop == "engage" else f"would be decided by {loop}"
        return f"{fresh} of {all} {does}; nothing was written"
    still = sum(str(item.get("state", "")) in AT_WORK for item in there)
    if still:
        taken = f"{len(there)} of {all} were taken up by {loop}"
        return f"{taken}, {still} are still at work: ask runs_get for {job}"
    waits = sum(item.get("state") == "person" for item in there)
    if loop == "engage":
        rest = Counter(str(item["why"]) for item in there if item.get("state") == "done" and "why" in item)
        less = "".join(f"; {count} not: {why.rstrip('.')}" for why, count in rest.most_common(3))
        return f"{waits} of {all} have a draft that waits for its rep{less}"
    said = f"; {waits} wait for a person" if waits else ""
    said += f"; {drafts} drafts wait for their reps now" if drafts else ""
    return f"{len(there)} of {all} were decided by {loop}{said}"


def _begin(desk: Desk, tool: str, scope: str, loop: str, items: list[Plain]) -> str:
    """The job that runs each item that has no run yet; each item then says how its run stands."""
    fresh = [item for item in items if "error" not in item and "run" not in item]
    if not fresh:
        return ""
    with desk.looking() as ctx:
        causes = [cause_of(desk, ctx.tx, loop, str(item["lead"])) for item in fresh]
    job = begin(desk, tool, scope, loop, causes)
    with desk.house.store.reading() as tx:
        for item, run in zip(fresh, job.runs, strict=True):
            item.update(state(tx, run))
    return job.id


def _each(
    desk: Desk, leads: list[str], look: Callable[[Context, str], Plain], form: Format, *, cut: bool = True
) -> list[Plain]:
    """A result for each of the words, in their order; one that can't be had says why.

    Raises:
        RevloopsError: more is asked of more leads than anybody reads.
    """
    if form == "detailed" and len(leads) > PAGE:
        raise RevloopsError(f"detailed takes at most {PAGE} leads: ask for fewer, or concise for {MOST_IDS}")
    items: list[Plain] = []
    for words in dict.fromkeys(leads):
        with desk.looking() as ctx:
            try:
                id = desk.lead(ctx, words)
                found: Plain = {"asked": words, "lead": id, **look(ctx, id)}
            except (RevloopsError, ToolRetry, ToolFailed) as error:
                found = {"asked": words, "error": str(error)}
        items.append(_cut(found, form) if cut else found)
    return items


def _cut(item: Plain, form: Format) -> Plain:
    kept = item if form == "detailed" else {key: item[key] for key in _CONCISE if key in item}
    return {key: value for key, value in kept.items() if value not in (None, [], "")}


def _since(at: str, start: datetime | None) -> bool:
    return start is None or at >= start.isoformat()


def _good(items: list[Plain]) -> int:
    return sum("error" not in item for item in items)


__all__ = [
    "Format", "Leads", "Text", "decisions_explain", "leads_preview_routing", "leads_qualify", "leads_route",
    "sequences_draft",
]  # fmt: skip
