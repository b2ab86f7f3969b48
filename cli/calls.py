"""`calls`: bring recorded calls in; list them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.door import Door, command, counted, shown, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from loops.scenario import Rep
    from tools.calls import Meeting
    from tools.store import Tx
    from tools.store.records import StoreRecords


@click.group()
def calls() -> None:
    """Recorded calls: what was said becomes a qualification that its rep reviews."""


@command(name="add")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@click.option("--lead", metavar="ID|NAME|EMAIL", help="Whose call it is.")
@click.option("--account", metavar="ID|NAME|DOMAIN", help="The account, where the lead isn't known.")
@click.option("--rep", metavar="REP", help="Who of ours led it, and reviews it (default: the owner).")
@click.option("--at", metavar="INSTANT", help="When it was, ISO 8601 (default: now).")
@click.option("--ours", multiple=True, metavar="NAME", help="A speaker who is ours, where names don't tell.")
@click.option("--again", is_flag=True, help="File it although the same words are filed for another customer.")
@click.option("--sandbox", type=click.IntRange(min=1), metavar="N", help="Take N of the sandbox's calls.")
def add(
    door: Door,
    file: Path | None,
    lead: str | None,
    account: str | None,
    rep: str | None,
    at: str | None,
    ours: tuple[str, ...],
    again: bool,
    sandbox: int | None,
) -> None:
    """Bring in a call's transcript and have it analysed.

    A .txt file with a `Speaker: words` line for each turn, a .vtt or an .srt. Its qualification then waits
    for the rep: `revloops review list`. The same call again changes nothing.
    """
    if (file is None) == (sandbox is None):
        raise RevloopsError("name one source: a transcript file, or --sandbox N in a sandbox")
    if file is None:
        _say(door, _of_the_sandbox(door, sandbox or 0), 0)
        return
    if (lead is None) == (account is None):
        raise RevloopsError("say whose call it is: --lead EMAIL, or --account NAME")
    from tools.calls import analyse, filed_already, is_named, ours_among, read_turns, record

    house, turns = door.house, read_turns(file)
    roster = house.workspace.scenario.roster
    with house.store.transaction() as tx:
        records = house.runtime.records(tx)
        meeting = _of_lead(door, tx, records, lead, rep, at) if lead else _of_account(
            door, tx, records, account or "", rep, at
        )  # fmt: skip
        named = ours_among(turns, meeting, ours, house.workspace.settings.company, roster)
        before = filed_already(tx, turns, meeting)
        if before and not before[1] and not again:
            whose = _whose(tx, before[0].lead, before[0].account)
            known_as = f"this call is known already as {before[0].id} for {whose}"
            raise RevloopsError(f"{known_as}; --again files it for both")
        known = before[0] if before and before[1] else None
        id, new = (known.id, analyse(tx, known)) if known else record(tx, turns, named, meeting)
    theirs = [who for who in dict.fromkeys(who for who, _ in turns) if who and who not in named]
    door.give(ours=list(named), theirs=theirs)
    door.say(f"{counted(len(turns), 'turn')}. Ours: {', '.join(named)}. The customer's: {', '.join(theirs)}.")
    if meeting.lead and not is_named(meeting.lead, theirs):
        name = f"{meeting.lead.first_name} {meeting.lead.last_name}".strip()
        door.give(warning="the lead doesn't speak by name")
        door.say(f"Look: nobody in it is called {name}; if it is no colleague's call, `calls remove {id}`.")
    _say(door, [id] if new else [], 0 if new else 1)


def _of_the_sandbox(door: Door, count: int) -> list[str]:
    from tools.calls import analyse
    from tools.store.calls import kept

    house = door.house
    if house.workspace.settings.sandbox is None:
        raise RevloopsError("this workspace is no sandbox: name a transcript file instead")
    with house.store.transaction() as tx:
        fresh = sorted((k.call for k in kept(tx) if k.call.lead is None), key=lambda call: call.id)
        done: list[str] = []
        for call in fresh:
            if len(done) < count and analyse(tx, call):
                done.append(call.id)
    return done


def _say(door: Door, new: list[str], known: int) -> None:
    from agent.flow import settle
    from agent.review import waiting

    house = door.house
    alone = settle(house)
    with house.store.reading() as tx:
        items = [w for w in waiting(tx) if w.call in new]
    door.give(calls=new, known=known, items=[w.short for w in items])
    if not new:
        door.say("This call is known already: nothing was changed." if known else "There is no other call.")
        return
    door.say(f"{counted(len(new), 'call')} kept ({', '.join(new[:5])}{', …' if len(new) > 5 else ''}).")
    for item in items:
        who = item.to.partition(":")[2]
        door.say(f"  {item.short}  waits for {who} in {item.queue}: {item.ask['question']}")
    if not alone:
        door.say("Another process is at work on this workspace and takes them on.")
    elif items:
        door.say("Next: `revloops review show ID`.")
    elif not items:
        door.say("None waits for anybody: `revloops calls list` says how they ended.")


def _whose(tx: "Tx", lead: str | None, account: str | None) -> str:
    """Whom a call is with, as a person says it: the lead's name and company, else the account's name."""
    from sqlalchemy import select

    from loops.records import Account, Lead
    from tools.store import tables as t

    row = tx.first(select(t.leads.c.doc).where(t.leads.c.id == lead)) if lead else None
    if row:
        found = Lead.model_validate_json(row[0])
        name = f"{found.first_name} {found.last_name}".strip()
        return ", ".join(filter(None, (name, found.company))) or found.id
    row = tx.first(select(t.accounts.c.doc).where(t.accounts.c.id == account)) if account else None
    return Account.model_validate_json(row[0]).name if row else lead or account or "nobody"


def _of_lead(
    door: Door, tx: "Tx", records: "StoreRecords", what: str, rep: str | None, at: str | None
) -> "Meeting":
    from agent.explain import find_lead
    from tools.calls import Meeting

    id = find_lead(tx, what)
    lead = records.lead(id)
    if lead is None:
        raise RevloopsError(f"{what} was erased: nothing of theirs is kept")
    match = records.account_for(lead, None)
    owner = rep or records.owner(id)
    return Meeting(
        rep=_rep(records, owner, f"{what} has no rep as owner: say with --rep REP who led the call"),
        at=_instant(door, at),
        lead=lead,
        account=match.account.id if match else None,
        opportunity=match.open_deal if match else None,
    )


def _of_account(
    door: Door, tx: "Tx", records: "StoreRecords", what: str, rep: str | None, at: str | None
) -> "Meeting":
    from tools.calls import Meeting
    from tools.store.accounts import find_account

    account, deal = find_account(tx, what)
    return Meeting(
        rep=_rep(records, rep or account.owner, f"{what} has no owner: say with --rep REP who led the call"),
        at=_instant(door, at),
        account=account.id,
        opportunity=deal,
    )


def _rep(records: "StoreRecords", id: str | None, otherwise: str) -> "Rep":
    if not id:
        raise RevloopsError(otherwise)
    found = records.rep(id)
    if found is None:
        raise RevloopsError(f"there is nobody called {id} in the roster: give a rep's id with --rep")
    return found


def _instant(door: Door, text: str | None) -> datetime:
    from zoneinfo import ZoneInfo

    now = door.house.runtime.at()
    if text is None:
        return now
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RevloopsError(f"{text} is no instant: write it as 2026-11-23T14:00") from None
    at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(door.house.workspace.calendar.zone))
    if at > now:
        raise RevloopsError(f"{text} lies ahead: give the instant at which the call was")
    return at.astimezone(now.tzinfo)


@command(name="list")
@click.option("--all", "everything", is_flag=True, help="Those that weren't analysed, too.")
def listing(door: Door, everything: bool) -> None:
    """Recorded calls, the newest first, and what became of each."""
    from tools.store.calls import kept

    with door.house.store.reading() as tx:
        found = [k for k in kept(tx) if k.state or everything]
    door.give(
        calls=[
            {"id": k.call.id, "lead": k.call.lead, "account": k.call.account, "rep": k.call.rep,
             "at": k.call.at.isoformat(), "state": k.state, "outcome": k.outcome} for k in found
        ]
    )  # fmt: skip
    if not found:
        door.say("No call was analysed yet: `revloops calls add FILE --lead EMAIL`.")
        return
    with door.house.store.reading() as tx:
        named = {(k.call.lead, k.call.account): "" for k in found}
        named = {key: _whose(tx, *key) for key in named}
    zone = door.house.workspace.calendar.zone
    ends = {"": "not analysed", "agent": "being read", "person": "waits for a person"}
    rows = [
        (
            k.call.id,
            shown(k.call.at, zone)[4:15],
            named[k.call.lead, k.call.account][:44],
            k.call.rep,
            ends.get(k.state) or k.outcome.replace("_", " "),
        )
        for k in found
    ]
    door.say(table(rows, ("call", "on", "with", "rep", "stands")))


@command(name="remove")
@click.argument("call", metavar="CALL")
@click.option("--yes", is_flag=True, help="Don't ask; it can't be undone.")
def remove(door: Door, call: str, yes: bool) -> None:
    """Remove a recorded call with every word of it: transcript, analysis, what was committed by it."""
    from tools.store.removal import remove_call

    if not yes and not door.interactive:
        raise RevloopsError("removing a call can't be undone and there is no terminal to ask at: give --yes")
    if not yes and door.ask(f"Remove {call} for good? Type its id to go on", "--yes") != call:
        raise RevloopsError("the id differs: nothing was removed")
    house = door.house
    gone = remove_call(house.store, call, house.workspace.data, house.runtime.at())
    door.give(call=call, bodies=gone.bodies, items=gone.items)
    door.say(
        f"Removed {call}: its transcript, {counted(gone.bodies, 'body', 'bodies')} of its analysis and "
        f"{counted(gone.items, 'review item')}. The ledger still verifies."
    )


for one in (add, listing, remove):
    calls.add_command(one)
