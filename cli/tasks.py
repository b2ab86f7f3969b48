"""`tasks`: what people are to do by hand, about whom, and why."""

from typing import TYPE_CHECKING, Any

import click

from cli.door import WIDTH, Door, command, counted, shown
from cli.look import wrapped
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from tools.store import Tx

MOST = 20
"""Tasks shown unless --all asks for the rest."""


@command()
@click.option("--owner", metavar="REP", help="Only that person's.")
@click.option("--done", "done", metavar="ID", help="Mark this one as done.")
@click.option("--all", "everything", is_flag=True, help=f"More than the {MOST} oldest.")
def tasks(door: Door, owner: str | None, done: str | None, everything: bool) -> None:
    """Open tasks, the oldest first: who is to do what, about whom, why, since when."""
    if done:
        _mark_done(door, done)
        return
    with door.house.store.reading() as tx:
        rows = _open(tx, owner)
        shown_ones = rows if everything else rows[:MOST]
        about = {row.record: _about(tx, row.record) for row in shown_ones}
    door.give(
        tasks=[
            {"id": _short(row), "owner": row.owner, "record": row.record, "about": about[row.record],
             "code": row.code, "text": row.text, "since": row.at} for row in shown_ones
        ],
        open=len(rows),
    )  # fmt: skip
    if not rows:
        _say_none(door, owner)
        return
    zone = door.house.workspace.calendar.zone
    for row in shown_ones:
        why = f"{row.code.replace('_', ' ')}, since {shown(row.at, zone)[4:15]}"
        door.say(f"{_short(row)}  {row.owner}: {about[row.record]}  ({why})")
        for line in wrapped(row.text, WIDTH - 4):
            door.say(f"    {line}")
    more = f", {len(shown_ones)} shown (--all)" if len(shown_ones) < len(rows) else ""
    door.say(f"\n{counted(len(rows), 'open task')}{more}. `revloops tasks --done ID` marks one done.")


def _say_none(door: Door, owner: str | None) -> None:
    known = {rep.id for rep in door.house.workspace.scenario.roster}
    if owner and owner not in known:
        raise RevloopsError(f"there is nobody called {owner} in the roster: give a rep's id")
    door.say(f"Nothing is open{f' for {owner}' if owner else ''}.")


def _open(tx: "Tx", owner: str | None) -> list[Any]:
    from sqlalchemy import select

    from tools.store import tables as t

    query = select(t.tasks).where(t.tasks.c.done.is_(False)).order_by(t.tasks.c.at, t.tasks.c.effect)
    return list(tx.all(query.where(t.tasks.c.owner == owner) if owner else query))


def _short(row: Any) -> str:
    run, _, n = str(row.effect).partition("!")
    return run[:8] if n in ("", "0") else f"{run[:8]}!{n}"


def _about(tx: "Tx", record: str) -> str:
    """Whom a task is about: a lead by name and company, a deal or an account by the account's name."""
    from sqlalchemy import or_, select

    from loops.records import Account, Lead
    from tools.store import tables as t

    row = tx.first(select(t.leads.c.doc).where(t.leads.c.id == record))
    if row:
        lead = Lead.model_validate_json(row[0])
        name = f"{lead.first_name} {lead.last_name}".strip() or lead.id
        return ", ".join(filter(None, (name, lead.company)))
    deal = select(t.opportunities.c.account).where(t.opportunities.c.id == record).scalar_subquery()
    query = select(t.accounts.c.doc).where(or_(t.accounts.c.id == record, t.accounts.c.id == deal))
    row = tx.first(query)
    return f"{Account.model_validate_json(row[0]).name} ({record})" if row else record


def _mark_done(door: Door, what: str) -> None:
    from sqlalchemy import select, update

    from tools.store import tables as t

    run, _, n = what.strip().lower().partition("!")
    with door.house.store.transaction() as tx:
        rows = [row for row in tx.all(select(t.tasks)) if row.effect.startswith(run)] if len(run) > 5 else []
        found = [row for row in rows if row.effect.partition("!")[2] == (n or "0")] or ([] if n else rows)
        if not found:
            raise RevloopsError(f"there is no task {what}: `revloops tasks` lists the open ones")
        if len(found) > 1:
            raise RevloopsError(f"{what} means {len(found)} tasks: name one as `revloops tasks` lists it")
        was = found[0]
        tx.run(update(t.tasks).where(t.tasks.c.effect == was.effect).values(done=True))
    door.give(task=_short(was), owner=was.owner, done_before=bool(was.done))
    door.say(f"{_short(was)} was done before." if was.done else f"Done: {was.text}")
