"""Tools that look around: who calls, records, what waits, runs, what was decided lately."""

from typing import Annotated, Any, Literal, cast

from pydantic import Field
from sqlalchemy import func, or_, select

from agent.explain import explain
from agent.models.port import NoModels
from agent.review import waiting
from loops.errors import RevloopsError
from mcp_server.answer import PAGE, Answer, page
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format, Text
from mcp_server.running import approval, state
from mcp_server.when import since as instant
from tools.cost import LABEL
from tools.lookup import find_records
from tools.store import tables as t

Cursor = Annotated[str, Field(max_length=20)]
Limit = Annotated[int, Field(ge=1, le=PAGE)]


def whoami(desk: Desk) -> Answer:
    """Who you act for: person, role, scopes, workspace, sandbox or live, the clock, and which models answer.

    Use it first, or when a call was denied.

    Args:
        desk: whose view.
    """
    ws, who = desk.house.workspace, desk.caller.principal
    box, embedded = ws.settings.sandbox, isinstance(desk.house.models, NoModels)
    item: Plain = {
        "person": who.id,
        "name": desk.caller.name or who.id,
        "role": who.role,
        "scopes": [*sorted(who.scopes)],
        "sees": "own book" if desk.caller.book else "every record",
        "note": desk.caller.note,
        "workspace": ws.root.name,
        "company": ws.settings.company,
        "mode": "sandbox" if box else "live",
        "now": desk.at.isoformat(),
        "zone": desk.zone,
        "scenario": ws.scenario.name,
        "loops": [*desk.house.registry.loops],
        "models": LABEL if embedded else "language models: `revloops models show` names them",
    }
    return Answer(says=f"{item['name']} ({who.role}) on a {item['mode']} workspace.", items=(item,))


def records_search(desk: Desk, query: Text, response_format: Format = "concise") -> Answer:
    """Find leads, accounts, companies and people of ours by a person's words; gives ids for the other tools.

    Use it when a name is unclear or only part of it is known. Not for reasons: decisions_explain.

    Args:
        desk: whose view.
        query: a name, e-mail address, company, domain or id, e.g. "Gemma at Brightfold".
        response_format: concise gives id and label alone.
    """
    with desk.looking() as ctx:
        found = cast("dict[str, Any]", find_records(ctx, query))
    detailed = response_format == "detailed"
    kinds = {"lead": desk.own(found["leads"] or found["elsewhere"]), "account": desk.own(found["accounts"])}
    if desk.caller.book is None:
        kinds["company"] = found["companies"]
    kinds["person"] = found["reps"]
    items: list[Plain] = [
        {"kind": kind, "id": one["id"], "label": one["label"], **(one if detailed else {})}
        for kind, rows in kinds.items()
        for one in rows
    ]
    alike: list[str] = [] if desk.caller.book else found["similar"]
    near = f" Spelt nearly so: {', '.join(alike)}." if alike else ""
    more = "more leads than these, narrow by a name or an e-mail address" if found["more_leads"] else ""
    return Answer(says=f"{len(items)} records match.{near}", items=tuple(items), more=more)


def reviews_list(
    desk: Desk,
    queue: Literal["review", "triage"] | None = None,
    for_person: Annotated[str, Field(max_length=80)] = "",
    limit: Limit = PAGE,
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """What waits for a person, the oldest first: drafts, owners, matches; with the link where they decide.

    Use it for "what is on my desk". It can't answer any of them: only the person can, at the link.

    Args:
        desk: whose view.
        queue: review or triage; null: both.
        for_person: id of a rep, or a role such as ops; empty: everybody's you may see.
        limit: items a page, 1 to 20.
        cursor: of the page before.
        response_format: detailed adds ids and age.
    """
    with desk.house.store.reading() as tx:
        found = waiting(tx, queue, desk.caller.book or for_person or None)
        rows = [_item(one.row(), response_format) for one in found]
        items, more, after = page(rows, cursor, limit, "queue or for_person")
        links = [approval(tx, str(one["run"])) for one in items]
    return Answer(
        says=f"{len(rows)} wait for a person.",
        items=tuple({k: v for k, v in one.items() if k != "run"} for one in items),
        more=more,
        cursor=after,
        approval_required=tuple(filter(None, links)),
    )


def _item(row: dict[str, str], form: Format) -> Plain:
    kept = ("id", "run", "queue", "to", "lead", "name", "company", "question")
    return {k: v for k, v in row.items() if v and (form == "detailed" or k in kept)}


def runs_get(desk: Desk, run: Text, response_format: Format = "concise") -> Answer:
    """Where a run stands: queued, at work, waiting for whom, or how it ended; works after a restart too.

    Use it with the run id that a writing tool gave. For all that led to a lead use decisions_explain.

    Args:
        desk: whose view.
        run: its id, or the first 8 digits of it.
        response_format: detailed adds every step with its reasons.
    """
    with desk.house.store.reading() as tx:
        begun = t.runs.c.id.startswith(run, autoescape=True)
        runs = tx.all(select(t.runs.c.id, t.runs.c.record).where(begun))
        rows = [row for row in runs if desk.sees(tx, row.record)]
        if len(rows) != 1:
            why = "more than one begins so" if rows else "there is none, or it isn't in your book"
            raise RevloopsError(f"no one run {run[:40]!r} ({why}): decisions_list gives the ids of late ones")
        said = state(tx, rows[0].id)
        waits = approval(tx, rows[0].id)
    steps: list[Plain] = []
    if response_format == "detailed":
        told = explain(desk.house.runtime, str(rows[0].record)).told
        steps = [
            {"at": one.at, "by": one.by, "step": one.text, "reasons": list(one.details)}
            for one in told if one.run == rows[0].id
        ]  # fmt: skip
    return Answer(
        says=f"{said['loop']} on {said['record']}: {said.get('ended') or said['state']}.",
        items=(said, *steps),
        approval_required=(waits,) if waits else (),
    )


def decisions_list(
    desk: Desk,
    since: Annotated[str, Field(max_length=40)] = "yesterday",
    loop: Annotated[str, Field(max_length=40)] = "",
    outcome: Annotated[str, Field(max_length=60)] = "",
    limit: Limit = PAGE,
    cursor: Cursor = "",
) -> Answer:
    """What was decided since a day, the newest first, and how many ended how.

    Use it for "what changed since yesterday?". For one lead's reasons use decisions_explain.

    Args:
        desk: whose view.
        since: yesterday, today, monday, 12h, 7d or 2026-11-01, in the workspace's zone; empty: all.
        loop: one loop's, e.g. route; empty: every loop's.
        outcome: one outcome, e.g. assigned or graded_A; empty: any.
        limit: items a page, 1 to 20.
        cursor: of the page before.
    """
    of, runs, start = t.ledger.c, t.runs.c, instant(since, desk.at, desk.zone)
    query = select(of.at, of.loop, of.outcome, of.rule, of.run, runs.record).join(t.runs, runs.id == of.run)
    query = query.where(of.kind == "decided").order_by(of.seq.desc())
    for column, said in ((of.loop, loop), (of.outcome, outcome)):
        query = query.where(column == said) if said else query
    if start is not None:
        query = query.where(of.at >= start.isoformat(timespec="microseconds"))
    if desk.caller.book:
        own = select(t.leads.c.id).where(t.leads.c.owner == desk.caller.book)
        theirs = select(t.calls.c.id).where(t.calls.c.lead.in_(own))
        query = query.where(or_(runs.record.in_(own), runs.record.in_(theirs)))
    counted = query.subquery()
    with desk.house.store.reading() as tx:
        ends = (counted.c.loop, counted.c.outcome)
        counts = tx.all(select(*ends, func.count()).group_by(*ends))
        counts = sorted(counts, key=lambda row: (-row[2], row[0], row[1]))
        total = sum(row[2] for row in counts)
        at = int(cursor) if cursor.isdecimal() else 0
        rows = tx.all(query.limit(limit).offset(at))
    left = total - at - len(rows)
    mix = ", ".join(f"{loop} {outcome} {count}" for loop, outcome, count in counts[:PAGE])
    return Answer(
        says=f"{total} decisions{f' since {start.isoformat()}' if start else ''}: {mix or 'none'}.",
        items=tuple(cast("list[Plain]", [{k: v for k, v in row._asdict().items() if v} for row in rows])),
        more=f"{left} more, narrow by since, loop or outcome" if left > 0 else "",
        cursor=str(at + len(rows)) if left > 0 else "",
    )
