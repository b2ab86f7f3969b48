"""Erase a person: their key, and every row that names them; the chain still holds."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import ColumnElement, column, delete, inspect, or_, select, table, update

from loops.values import short_id
from tools.knowledge.forget import forget
from tools.knowledge.history import calls_of
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.calls import kept
from tools.store.columns import forget_columns
from tools.store.evidence import outcomes
from tools.store.files import overwrite
from tools.store.lease import wall_clock
from tools.store.removal import take_out
from tools.store.store import iso

_JOBS = table("mcp_jobs", column("state"))
"""Of the MCP server, where there is one."""


@dataclass(frozen=True)
class ErasedPerson:
    """What went."""

    leads: int
    mails: int
    files: int
    calls: int = 0
    # recorded calls of theirs, or of their account with them speaking
    items: int = 0
    # open questions about them or their calls
    still_named: tuple[str, ...] = ()
    # calls of others that hold their name; `calls remove` removes one


def _forget_results(tx: Tx) -> None:
    """Drop the results of long calls that are kept to be read again: they may name anybody."""
    if inspect(tx.conn).has_table(_JOBS.name):
        tx.conn.execute(delete(_JOBS).where(_JOBS.c.state != "open"))


def erase(store: Store, person: str, mailbox: Path, at: datetime | None = None) -> ErasedPerson:
    """Destroy the person's key and delete what names them; done again, it finishes what was left.

    Args:
        store: the database; it is rewritten, so that nothing is left in free pages.
        person: the subject, as `Lead.person` has it.
        mailbox: folder of sandbox mail files, in the workspace's data folder, where the vectors lie too.
        at: when, aware UTC; None: the machine's time.

    Raises:
        RevloopsError: another process holds the file open, so that what was deleted can't be overwritten.
    """
    with store.transaction() as tx:
        rows = tx.all(
            select(t.leads.c.id, t.leads.c.email, t.leads.c.name, t.leads.c.owner, t.leads.c.closed_at).where(
                t.leads.c.person == person
            )
        )
        leads, addresses = [r.id for r in rows], {r.email for r in rows if r.email}
        approvals = [r[0] for r in tx.all(select(t.approvals.c.id).where(t.approvals.c.subject == person))]
        for row in rows:
            if row.owner and not row.owner.startswith("queue:") and not row.closed_at:
                tx.conn.execute(
                    update(t.loads).where(t.loads.c.rep == row.owner).values(leads=t.loads.c.leads - 1)
                )
        spoken = calls_of(tx, person)
        forget_columns(tx, person, leads)
        _forget_results(tx)
        items = tx.all(select(t.runs.c.id).where(_theirs(person, leads, spoken), t.runs.c.state == "person"))
        tx.conn.execute(
            update(t.runs)
            .where(or_(t.runs.c.record.in_(leads), t.runs.c.subject == person), t.runs.c.state != "done")
            .values(state="done", queue="", ask_to="", outcome="erased")
        )
        gone = tx.conn.execute(delete(t.mails).where(t.mails.c.approval.in_(approvals))).rowcount
        theirs = or_(t.runs.c.record.in_(leads), t.runs.c.subject == person)
        runs = select(t.runs.c.id).where(theirs)
        own = {row[0] for row in tx.all(select(t.calls.c.id).where(t.calls.c.subject == person))}
        tx.conn.execute(delete(t.qualifications).where(t.qualifications.c.call.in_(own)))
        forget(tx, person)
        for call in set(spoken) - own:
            # their account's, on which they speak: nobody's key protects it, so that its words are emptied
            take_out(tx, call, at or wall_clock())
        tx.conn.execute(delete(t.outbox).where(t.outbox.c.run.in_(runs)))
        for table, column in (
            (t.leads, t.leads.c.id),
            (t.crm_fields, t.crm_fields.c.record),
            (t.tasks, t.tasks.c.record),
            (t.imports, t.imports.c.lead),
            (outcomes, outcomes.c.lead),
        ):
            tx.conn.execute(delete(table).where(column.in_(leads)))
        tx.conn.execute(delete(t.past_leads).where(t.past_leads.c.doc.contains(f'"{person}"')))
        tx.conn.execute(delete(t.keys).where(t.keys.c.subject == person))
        tx.add(t.erased, subject=person, at=iso(at or wall_clock()))
        named = _naming(tx, {row.name for row in rows})
        # before the addresses are gone for good: a second try wouldn't know them
        files = _delete_files(mailbox, addresses)
    overwrite(store, f"the rows of {person}", mailbox.parent, f"revloops erase {person}")
    return ErasedPerson(len(leads), gone, files, len(spoken), len(items), named)


def _theirs(person: str, leads: list[str], calls: list[str]) -> ColumnElement[bool]:
    """The runs about a person: about their leads or calls, or under their key."""
    return or_(t.runs.c.record.in_([*leads, *calls]), t.runs.c.subject == person)


def _naming(tx: Tx, names: set[str]) -> tuple[str, ...]:
    """The calls, of others by now, in which one of the names is spoken or speaks."""
    full = [re.escape(name) for name in names if len(name.split()) > 1]
    if not full:
        return ()
    named = re.compile(rf"(?<!\w)(?:{'|'.join(full)})(?!\w)", re.IGNORECASE)
    return tuple(sorted(one.call.id for one in kept(tx) if named.search(one.call.transcript)))


def erased_subject(tx: Tx, what: str) -> str | None:
    """The erased subject meant by itself, by a lead's id or by an address, where no lead answers to that."""
    text = what.strip()
    leads = t.leads.c
    alive = or_(leads.id == text, leads.person == text, leads.email == text.lower())
    if tx.first(select(leads.id).where(alive).limit(1)):
        return None
    theirs = select(t.runs.c.subject).where(t.runs.c.record == text)
    named = t.erased.c.subject.in_((text, _subject_of(text.lower())))
    row = tx.first(select(t.erased.c.subject).where(or_(named, t.erased.c.subject.in_(theirs))).limit(1))
    return row[0] if row else None


def _subject_of(address: str) -> str:
    """Whom intake takes the owner of an address to be, the first time they come in."""
    return "P-" + short_id(address)[:12]


def _delete_files(mailbox: Path, addresses: set[str]) -> int:
    gone = 0
    for path in mailbox.rglob("*.eml") if mailbox.is_dir() else ():
        text = path.read_bytes().lower()
        if any(address.encode() in text for address in addresses):
            path.unlink()
            gone += 1
    return gone
