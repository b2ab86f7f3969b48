"""What was decided lately, by loop, by how it ended, by whose lead it is."""

from typing import Annotated

from pydantic import Field
from sqlalchemy import ColumnElement, func, or_, select

from loops.errors import RevloopsError
from mcp_server.answer import PAGE, Answer, start_of
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format
from mcp_server.look import Cursor, Limit
from mcp_server.people import whose
from mcp_server.when import since as instant
from tools.store import Tx
from tools.store import tables as t


def decisions_list(
    desk: Desk,
    since: Annotated[str, Field(max_length=40)] = "yesterday",
    loop: Annotated[str, Field(max_length=40)] = "",
    outcome: Annotated[str, Field(max_length=60)] = "",
    for_person: Annotated[str, Field(max_length=80)] = "",
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
        for_person: only about leads that this person owns now: name, id or "me"; empty: everybody's.
        limit: items a page, 1 to 20.
        cursor: of the page before.
        response_format: detailed adds run, record and the exact instant.
    """
    of, runs, start = t.ledger.c, t.runs.c, instant(since, desk.at, desk.zone)
    columns = (of.at, of.loop, of.outcome, of.rule, of.run, runs.record, t.leads.c.name, t.leads.c.owner)
    query = select(*columns).join(t.runs, runs.id == of.run)
    query = query.join(t.leads, t.leads.c.id == runs.record, isouter=True)
    query = query.where(of.kind == "decided").order_by(of.seq.desc())
    for column, said in ((of.loop, loop), (of.outcome, outcome)):
        query = query.where(column == said) if said else query
    if start is not None:
        query = query.where(of.at >= start.isoformat(timespec="microseconds"))
    loop = loop.strip().lower()
    if loop and loop not in desk.house.registry.loops:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(desk.house.registry.loops)}")
    with desk.looking() as ctx:
        tx, owner = ctx.tx, whose(desk, ctx, for_person) or desk.caller.book
        if outcome:
            _ends_so(tx, loop, outcome)
        query = query.where(_theirs(owner)) if owner else query
        counted = query.subquery()
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
        items=tuple(_named(desk, row._asdict(), response_format) for row in rows),
        more=f"{left} more, narrow by since, loop or outcome" if left > 0 else "",
        cursor=str(at + len(rows)) if left > 0 else "",
    )


def _theirs(owner: str) -> ColumnElement[bool]:
    """What is about a lead of theirs, or a call with one."""
    own = select(t.leads.c.id).where(t.leads.c.owner == owner)
    calls = select(t.calls.c.id).where(t.calls.c.lead.in_(own))
    return or_(t.runs.c.record.in_(own), t.runs.c.record.in_(calls))


def _ends_so(tx: Tx, loop: str, outcome: str) -> None:
    """Refuse an outcome that nothing ever had: none of it would look like an answer.

    Raises:
        RevloopsError: it is one; the text lists those there are.
    """
    of = t.ledger.c
    query = select(of.outcome).where(of.kind == "decided").distinct().order_by(of.outcome)
    there = [row[0] for row in tx.all(query.where(of.loop == loop) if loop else query)]
    if outcome not in there:
        named = f"{loop} never ended as" if loop else "nothing ever ended as"
        raise RevloopsError(f"{named} {outcome!r}; it did as {', '.join(there) or 'nothing yet'}")


def _named(desk: Desk, row: dict[str, str | None], form: Format) -> Plain:
    """A row without what is empty, with names; short, it names the run by 8 digits."""
    said = {key: text.title() if key == "name" else text for key, text in row.items() if text}
    if "owner" in said:
        said["owner"] = desk.name_of(said["owner"])
    if form == "detailed":
        return {**said}
    named = "name" in said
    short = {"at": said["at"][:16], "run": said["run"][:8]}
    return {key: text for key, text in (said | short).items() if key != "record" or not named}
