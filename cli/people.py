"""`erase`, `suppress`, `leads`, `approver`: what concerns a person."""

import asyncio
import os
import re
import sys

import click

from cli.door import Door, command, counted, shown, table
from cli.reassigning import reassign
from loops.errors import RevloopsError

DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@command()
@click.argument("person", metavar="ID|NAME|EMAIL")
@click.option("--yes", is_flag=True, help="Don't ask; it can't be undone.")
def erase(door: Door, person: str, yes: bool) -> None:
    """Erase a person: their key, records, mails and drafts. It can't be undone; the ledger still verifies."""
    from sqlalchemy import select

    from agent.explain import find_lead
    from agent.threads import forget
    from tools.store import tables as t
    from tools.store.erase import erase as destroy
    from tools.store.erase import erased_subject

    house = door.house
    mailbox = house.workspace.data / "mailbox"
    with house.store.reading() as tx:
        gone_before = erased_subject(tx, person)
        lead = None if gone_before else find_lead(tx, person)
        row = tx.first(select(t.leads.c.person, t.leads.c.name).where(t.leads.c.id == lead))
        gone_before = gone_before or (erased_subject(tx, lead) if lead and row is None else None)
    if gone_before:
        asyncio.run(forget(house, gone_before, (person,)))
        destroy(house.store, gone_before, mailbox, house.runtime.at())
        door.give(person=gone_before, leads=0, mails=0, files=0)
        door.say(f"{gone_before} is erased already; the database was rewritten and holds nothing of them.")
        return
    if row is None:
        raise RevloopsError(f"{person} is no person, so there is nobody to erase")
    if not yes and not door.interactive:
        raise RevloopsError("erasing can't be undone and there is no terminal to ask at: give --yes")
    if (
        not yes
        and door.ask(f"Erase {row.name.title()} for good? Type their name to go on", "--yes")
        != row.name.title()
    ):
        raise RevloopsError("the name differs: nothing was erased")
    with house.store.reading() as tx:
        of = t.leads.c
        named = tx.all(select(of.id, of.email, of.name).where(of.person == row.person))
    words = tuple(word for lead_row in named for word in lead_row if word)
    threads = asyncio.run(forget(house, row.person, words))
    gone = destroy(house.store, row.person, mailbox, house.runtime.at())
    door.give(
        person=row.person,
        leads=gone.leads,
        mails=gone.mails,
        files=gone.files,
        threads=threads,
        calls=gone.calls,
        items=gone.items,
        still_named_in=list(gone.still_named),
    )
    door.say(
        f"Erased {row.person}: {counted(gone.leads, 'lead')}, {counted(gone.mails, 'mail')}, "
        f"{counted(gone.files, 'mail file')}, {counted(gone.calls, 'recorded call')}, "
        f"{counted(gone.items, 'review item')}, {counted(threads, 'chat thread')}, and the key."
    )
    if gone.still_named:
        door.say(f"Calls with others still hold their name: {', '.join(gone.still_named)}.")
        door.say("They lie under the others' keys: `revloops calls remove CALL` removes one whole.")
    door.say("Use `revloops suppress` as well if nobody may write to them again, should they come in anew.")


@command()
@click.argument("who", metavar="EMAIL|DOMAIN")
@click.option(
    "--why", default="asked not to be contacted", show_default=True, help="The reason, for the record."
)
def suppress(door: Door, who: str, why: str) -> None:
    """Never write to an address or a whole domain again; what is queued is cancelled when it comes due."""
    from tools.normalise import email_parts
    from tools.sender import suppress as note

    if not (email_parts(who) if "@" in who else DOMAIN.fullmatch(who.lower())):
        raise RevloopsError(
            f"{who} is neither an address nor a domain: write jo@acme.example or acme.example"
        )
    house = door.house
    with house.store.transaction() as tx:
        note(tx, who, why, house.runtime.at())
    door.give(suppressed=who, why=why)
    door.say(f"Suppressed {who}: {why}.")


@click.group()
def leads() -> None:
    """Leads that were merged, how to take a merge back; and having untouched ones decided again."""


@command(name="merges")
def merges(door: Door) -> None:
    """Every merged row: its file and line, and the lead it went into."""
    from sqlalchemy import select

    from tools.store import tables as t

    with door.house.store.reading() as tx:
        query = select(
            t.imports.c.file, t.imports.c.line, t.imports.c.lead, t.leads.c.name, t.leads.c.company_key
        )
        rows = tx.all(
            query.join(t.leads, t.leads.c.id == t.imports.c.lead)
            .where(t.imports.c.outcome == "merged")
            .order_by(t.imports.c.file, t.imports.c.line)
        )
    door.give(merges=[{"file": row.file, "line": row.line, "lead": row.lead} for row in rows])
    door.say(
        table(
            [(r.file, str(r.line), r.lead, r.name.title(), r.company_key) for r in rows],
            ("file", "line", "lead", "name", "company"),
        )
        if rows
        else "Nothing was merged."
    )


@command(name="unmerge")
@click.argument("lead", metavar="ID|NAME|EMAIL")
def unmerge(door: Door, lead: str) -> None:
    """Undo the newest merge into a lead: the other row becomes a lead of its own again."""
    from agent.explain import find_lead
    from agent.flow import settle
    from tools.importing import unmerge as split

    house = door.house
    with house.store.reading() as tx:
        id = find_lead(tx, lead)
    alone = split(house.store, id)
    settle(house)
    door.give(lead=id, split_off=alone)
    door.say(f"{alone} stands on its own again; both are scored anew.")


leads.add_command(merges)
leads.add_command(unmerge)
leads.add_command(reassign)


@click.group()
def approver() -> None:
    """Who may approve mail. Each has a key that only their passphrase opens."""


@command(name="enrol")
@click.argument("person", metavar="REP")
@click.option(
    "--role", "roles", multiple=True, help="What they approve as (default: their role in the roster)."
)
@click.option("--passphrase-fd", type=int, metavar="N", help="Read the passphrase from this file descriptor.")
def enrol(door: Door, person: str, roles: tuple[str, ...], passphrase_fd: int | None) -> None:
    """Enrol REP. Needs REVLOOPS_SENDER_SECRET, which the sender's environment alone should hold otherwise."""
    from tools.approvals.keys import enrol as add

    house = door.house
    if house.workspace.settings.sandbox:
        raise RevloopsError(
            "a sandbox signs with a key of its own that no passphrase opens, for whoever says --as: "
            "nobody is enrolled in one; in your own workspace they are"
        )
    rep = next((rep for rep in house.workspace.scenario.roster if rep.id == person), None)
    if rep is None:
        raise RevloopsError(
            f"there is nobody called {person} in the roster: give an id of the promoted scenario"
        )
    secret = _secret()
    words = passphrase(door, passphrase_fd)
    roles = roles or (rep.role,)
    add(door.root, person, roles, words, secret, house.runtime.at())
    door.give(person=person, roles=list(roles))
    door.say(f"{person} may now approve as {', '.join(roles)}.")


@command(name="list")
def listing(door: Door) -> None:
    """Everybody who may approve."""
    from tools.approvals.registry import Approver, entries

    found = [e for e in entries(door.root, _secret()) if isinstance(e, Approver)]
    zone = door.house.workspace.calendar.zone
    door.give(approvers=[e.model_dump(mode="json") for e in found])
    door.say(
        table(
            [
                (e.person, ", ".join(e.roles), shown(e.added_at, zone), "revoked" if e.revoked_at else "")
                for e in found
            ],
            ("person", "roles", "since", ""),
        )
        if found
        else "Nobody may approve yet."
    )


@command(name="revoke")
@click.argument("person", metavar="REP")
def revoke(door: Door, person: str) -> None:
    """Take a person's key out of use; what it approved and wasn't sent yet stays unsent."""
    from tools.approvals.keys import revoke_key

    count = revoke_key(door.root, person, _secret(), door.house.runtime.at())
    door.give(person=person, keys=count)
    door.say(f"{counted(count, 'key')} of {person} revoked.")


def _secret() -> str:
    secret = os.environ.get("REVLOOPS_SENDER_SECRET", "")
    if not secret:
        raise RevloopsError("REVLOOPS_SENDER_SECRET is not set: give the sender's secret in this environment")
    return secret


def passphrase(door: Door, descriptor: int | None) -> str:
    """The passphrase: from the file descriptor, or typed at a terminal."""
    if descriptor is not None:
        try:
            with os.fdopen(descriptor, encoding="utf-8", closefd=descriptor != sys.stdin.fileno()) as handle:
                return handle.readline().rstrip("\n")
        except OSError as error:
            raise RevloopsError(f"file descriptor {descriptor} can't be read: open it first") from error
    return door.ask("Passphrase", "--passphrase-fd N", hide=True)


for found in (enrol, listing, revoke):
    approver.add_command(found)
