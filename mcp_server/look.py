"""Tools that look around: who calls, records, what waits, runs, what was decided lately."""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import Field
from sqlalchemy import select

from agent.models.port import NoModels
from agent.review import Waiting, waiting
from agent.specialists import NAMES
from loops.errors import RevloopsError
from loops.records import Lead
from mcp_server.access import WRITE
from mcp_server.answer import PAGE, Answer, page, start_of
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format
from mcp_server.people import standing, whose
from mcp_server.reading import as_text
from mcp_server.running import approval, approvals
from mcp_server.shown import item, shown
from tools.cost import LABEL
from tools.lookup.find import find_in_book
from tools.lookup.leads import qualified
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


def records_search(
    desk: Desk,
    query: Annotated[str, Field(max_length=200)] = "",
    owner: Annotated[str, Field(max_length=80)] = "",
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """Find leads, accounts, companies and people of ours by a person's words; gives ids for the other tools.

    Use it when a name is unclear or only part of it is known, or with owner alone for "what is on my desk".
    Not for reasons: decisions_explain.

    Args:
        desk: whose view.
        query: a name, e-mail address, company, domain or id, e.g. "Gemma at Brightfold".
        owner: instead of query: list the open leads of this person, by name, id or "me".
        cursor: of the page of leads before.
        response_format: concise gives id and label alone; detailed adds of people load and when away.
    """
    if bool(query.strip()) == bool(owner.strip()):
        raise RevloopsError("give query, or owner for all open leads of a person: one of the two")
    if owner:
        return _book(desk, owner, cursor)
    detailed = response_format == "detailed"
    with desk.looking() as ctx:
        found = cast("dict[str, Any]", find_in_book(ctx, query, desk.caller.book))
        people = [
            one | (standing(ctx, one["id"]) if detailed and desk.caller.book in (None, one["id"]) else {})
            for one in found["reps"]
        ]
    kinds = {"lead": found["leads"] or found["elsewhere"], "account": desk.own(found["accounts"])}
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


def _book(desk: Desk, owner: str, cursor: str) -> Answer:
    """The open leads of one person, those they have longest first."""
    of = t.leads.c
    with desk.looking() as ctx:
        who = whose(desk, ctx, owner)
        query = select(of.id, of.assigned_at, of.touched_at, of.doc).where(of.owner == who)
        rows = ctx.tx.all(query.where(of.closed_at == "").order_by(of.assigned_at, of.id))
        at = start_of(cursor, len(rows))
        items: list[Plain] = []
        for row in rows[at : at + PAGE]:
            lead, graded = Lead.model_validate_json(row.doc), qualified(ctx, row.id) or {}
            days = (desk.at - datetime.fromisoformat(row.assigned_at)).days if row.assigned_at else None
            label = f"{lead.first_name} {lead.last_name}, {lead.company or 'no company'}".strip()
            items.append(
                {"kind": "lead", "id": row.id, "label": label, "grade": graded.get("grade"),
                 "days_with_them": days, "touched": bool(row.touched_at)}
            )  # fmt: skip
    left = len(rows) - at - len(items)
    fresh = sum(not row.touched_at for row in rows)
    return Answer(
        says=f"{desk.name_of(who)} has {len(rows)} open leads, {fresh} of them untouched.",
        items=tuple(items),
        more=f"{left} more, narrow by query" if left else "",
        cursor=str(at + len(items)) if left else "",
    )


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
        response_format: detailed adds the loop, whom it is put to, and since when.
    """
    if review:
        return _one(desk, review)
    with desk.looking() as ctx:
        tx, who = ctx.tx, whose(desk, ctx, for_person) or desk.caller.book
        found = [one for one in waiting(tx, queue, who) if desk.may_answer(tx, one.lead)]
        rows = [_item(desk, one, response_format) for one in found]
        items, more, after = page(rows, cursor, limit, "queue or for_person")
        links = approvals(desk, tx, [str(one["run"]) for one in items])
    said = f" for {desk.name_of(who)}" if who else ""
    return Answer(
        says=f"{len(rows)} wait{said or ' for a person'}.",
        items=tuple({k: v for k, v in one.items() if k != "run"} for one in items),
        more=more,
        cursor=after,
        approval_required=links,
    )


def _one(desk: Desk, what: str) -> Answer:
    """One item whole, for the card and as text."""
    with desk.looking() as ctx:
        found = item(desk, ctx, what)
        whole, waits = shown(desk, ctx.tx, found), approval(desk, ctx.tx, found.run)
    return Answer(
        says=f"{whole.question} It waits for {whole.waits_for}, who decides it and no tool.",
        items=(cast("Plain", whole.model_dump(mode="json", exclude_defaults=True)),),
        approval_required=(waits,) if waits else (),
        reading=as_text(whole),
    )


def _item(desk: Desk, one: Waiting, form: Format) -> Plain:
    kept = ("id", "run", "queue", "for", "lead", "name", "company", "question", "stale", "days")
    days = (desk.at - datetime.fromisoformat(one.since)).days
    said: Plain = {**one.row(), "for": desk.name_of(one.to.partition(":")[2]), "days": days}
    return {k: v for k, v in said.items() if v != "" and (form == "detailed" or k in kept)}
