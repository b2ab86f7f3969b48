"""Tools that look around: who calls, records, what waits, runs, what was decided lately."""

from typing import Annotated, Any, Literal, cast

from pydantic import Field
from sqlalchemy import func, or_, select

from agent.models.port import NoModels
from agent.review import waiting
from agent.specialists import NAMES
from mcp_server.access import WRITE
from mcp_server.answer import PAGE, Answer, page, start_of
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format, Text
from mcp_server.people import person, standing
from mcp_server.reading import as_text
from mcp_server.running import approval, approvals
from mcp_server.shown import item, shown
from mcp_server.when import since as instant
from tools.cost import LABEL
from tools.lookup import find_records
from tools.store import tables as t

Cursor = Annotated[str, Field(max_length=20)]
Limit = Annotated[int, Field(ge=1, le=PAGE)]


def whoami(desk: Desk, response_format: Format = "concise") -> Answer:
    """Who you act for: person, role, scopes, workspace, sandbox or live, the clock, and which models answer.

    Use it first, or when a call was denied.

    Args:
        desk: whose view.
        response_format: detailed adds the version of each loop's config, and the model of each specialist.
    """
    ws, who = desk.house.workspace, desk.caller.principal
    box, embedded = ws.settings.sandbox, isinstance(desk.house.models, NoModels)
    item: Plain = {
        "person": who.id,
        "name": desk.caller.name or who.id,
        "role": who.role,
        "scopes": [*sorted(who.scopes)],
        "sees": "own book" if desk.caller.book else "every record",
        "writes": any(desk.caller.may(scope) for scope in WRITE),
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
    if response_format == "detailed":
        item["configs"] = {name: config.version[:10] for name, config in ws.configs.items()}
        item["model_of"] = {name: desk.house.models.model_for(name) for name in NAMES}
        item["revision"] = ws.revision
    return Answer(says=f"{item['name']} ({who.role}) on a {item['mode']} workspace.", items=(item,))


def records_search(desk: Desk, query: Text, response_format: Format = "concise") -> Answer:
    """Find leads, accounts, companies and people of ours by a person's words; gives ids for the other tools.

    Use it when a name is unclear or only part of it is known. Not for reasons: decisions_explain.

    Args:
        desk: whose view.
        query: a name, e-mail address, company, domain or id, e.g. "Gemma at Brightfold".
        response_format: concise gives id and label alone; detailed adds of people load and when away.
    """
    detailed = response_format == "detailed"
    with desk.looking() as ctx:
        found = cast("dict[str, Any]", find_records(ctx, query))
        people = [
            one | (standing(ctx, one["id"]) if detailed and desk.caller.book in (None, one["id"]) else {})
            for one in found["reps"]
        ]
    kinds = {"lead": desk.own(found["leads"] or found["elsewhere"]), "account": desk.own(found["accounts"])}
    if desk.caller.book is None:
        kinds["company"] = found["companies"]
    kinds["person"] = people
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
    review: Annotated[str, Field(max_length=200)] = "",
    queue: Literal["review", "triage"] | None = None,
    for_person: Annotated[str, Field(max_length=80)] = "",
    limit: Limit = PAGE,
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """What waits for a person, the oldest first: drafts, owners, matches; with the link where they decide.

    Use it for "what is on my desk", or with review to read one: its exact mails, sources and criteria. It
    can't answer any of them: only the person can, at the link.

    Args:
        desk: whose view.
        review: one item, by its id or its lead's name or e-mail address, shown whole; empty: list them.
        queue: review or triage; null: both.
        for_person: name or id of a person, or a role such as ops; empty: everybody's you may see.
        limit: items a page, 1 to 20.
        cursor: of the page before.
        response_format: detailed adds ids and age.
    """
    if review:
        return _one(desk, review)
    with desk.looking() as ctx:
        tx, who = ctx.tx, desk.caller.book or (person(desk, ctx, for_person) if for_person else None)
        found = waiting(tx, queue, who)
        rows = [_item(one.row(), response_format) for one in found]
        items, more, after = page(rows, cursor, limit, "queue or for_person")
        links = approvals(tx, [str(one["run"]) for one in items])
    return Answer(
        says=f"{len(rows)} wait for a person.",
        items=tuple({k: v for k, v in one.items() if k != "run"} for one in items),
        more=more,
        cursor=after,
        approval_required=links,
    )


def _one(desk: Desk, what: str) -> Answer:
    """One item whole, for the card and as text."""
    with desk.looking() as ctx:
        found = item(desk, ctx, what)
        whole, waits = shown(desk, ctx.tx, found), approval(ctx.tx, found.run)
    return Answer(
        says=f"{whole.question} It waits for {whole.waits_for}, who decides it and no tool.",
        items=(cast("Plain", whole.model_dump(mode="json", exclude_defaults=True)),),
        approval_required=(waits,) if waits else (),
        reading=as_text(whole),
    )


def _item(row: dict[str, str], form: Format) -> Plain:
    kept = ("id", "run", "queue", "to", "lead", "name", "company", "question")
    return {k: v for k, v in row.items() if v and (form == "detailed" or k in kept)}


def decisions_list(
    desk: Desk,
    since: Annotated[str, Field(max_length=40)] = "yesterday",
    loop: Annotated[str, Field(max_length=40)] = "",
    outcome: Annotated[str, Field(max_length=60)] = "",
    limit: Limit = PAGE,
    cursor: Cursor = "",
    response_format: Format = "concise",
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
        response_format: detailed adds run, record and the exact instant.
    """
    of, runs, start = t.ledger.c, t.runs.c, instant(since, desk.at, desk.zone)
    columns = (of.at, of.loop, of.outcome, of.rule, of.run, runs.record, t.leads.c.name)
    query = select(*columns).join(t.runs, runs.id == of.run)
    query = query.join(t.leads, t.leads.c.id == runs.record, isouter=True)
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
        at = start_of(cursor, total)
        rows = tx.all(query.limit(limit).offset(at))
    left = total - at - len(rows)
    mix = ", ".join(f"{loop} {outcome} {count}" for loop, outcome, count in counts[:PAGE])
    return Answer(
        says=f"{total} decisions{f' since {start.isoformat()}' if start else ''}: {mix or 'none'}.",
        items=tuple(cast("list[Plain]", [_named(row._asdict(), response_format) for row in rows])),
        more=f"{left} more, narrow by since, loop or outcome" if left > 0 else "",
        cursor=str(at + len(rows)) if left > 0 else "",
    )


def _named(row: dict[str, str | None], form: Format) -> dict[str, str]:
    """A row without what is empty, its lead's name as it is written; short, it names the run by 8 digits."""
    said = {key: text.title() if key == "name" else text for key, text in row.items() if text}
    if form == "detailed":
        return said
    named = "name" in said
    short = {"at": said["at"][:16], "run": said["run"][:8]}
    return {key: text for key, text in (said | short).items() if key != "record" or not named}
