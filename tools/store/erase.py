"""Erase a person: their key, and every row that names them; the chain still holds."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, or_, select, update

from loops.errors import RevloopsError
from loops.values import short_id
from tools.knowledge.errors import VectorsBusy
from tools.knowledge.forget import forget
from tools.knowledge.index import vectors_in
from tools.knowledge.vectors import discard
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.lease import wall_clock
from tools.store.store import iso


@dataclass(frozen=True)
class ErasedPerson:
    """What went."""

    leads: int
    mails: int
    files: int


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
            select(t.leads.c.id, t.leads.c.email, t.leads.c.owner, t.leads.c.closed_at).where(
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
        tx.conn.execute(
            update(t.runs)
            .where(or_(t.runs.c.record.in_(leads), t.runs.c.subject == person), t.runs.c.state != "done")
            .values(state="done", queue="", ask_to="", outcome="erased")
        )
        gone = tx.conn.execute(delete(t.mails).where(t.mails.c.approval.in_(approvals))).rowcount
        theirs = or_(t.runs.c.record.in_(leads), t.runs.c.subject == person)
        runs = select(t.runs.c.id).where(theirs)
        calls = select(t.calls.c.id).where(t.calls.c.subject == person)
        tx.conn.execute(delete(t.qualifications).where(t.qualifications.c.call.in_(calls)))
        tx.conn.execute(delete(t.calls).where(t.calls.c.subject == person))
        forget(tx, person)
        tx.conn.execute(delete(t.outbox).where(t.outbox.c.run.in_(runs)))
        for table, column in (
            (t.leads, t.leads.c.id),
            (t.crm_fields, t.crm_fields.c.record),
            (t.tasks, t.tasks.c.record),
            (t.imports, t.imports.c.lead),
        ):
            tx.conn.execute(delete(table).where(column.in_(leads)))
        tx.conn.execute(delete(t.past_leads).where(t.past_leads.c.doc.contains(f'"{person}"')))
        tx.conn.execute(delete(t.keys).where(t.keys.c.subject == person))
        tx.add(t.erased, subject=person, at=iso(at or wall_clock()))
        # before the addresses are gone for good: a second try wouldn't know them
        files = _delete_files(mailbox, addresses)
    _overwrite(store, person, mailbox.parent)
    return ErasedPerson(len(leads), gone, files)


def _overwrite(store: Store, person: str, data: Path) -> None:
    """Leave nothing of what was deleted in the database's free pages, nor in the index of vectors."""
    if not store.compact():
        raise RevloopsError(
            f"the rows of {person} are deleted, but another process holds the file open, so that it still "
            f"contains them: stop it and run `revloops erase {person}` again"
        )
    try:
        discard(vectors_in(data))
    except VectorsBusy as error:
        raise RevloopsError(
            f"the rows of {person} are deleted, but {error}, which still contains them: stop it and run "
            f"`revloops erase {person}` again"
        ) from error


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
