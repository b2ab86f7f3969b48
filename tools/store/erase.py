"""Erase a person: their key, and every row that names them; the chain still holds."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select, update

from tools.store import Store
from tools.store import tables as t


@dataclass(frozen=True)
class ErasedPerson:
    """What went."""

    leads: int
    mails: int
    files: int


def erase(store: Store, person: str, mailbox: Path) -> ErasedPerson:
    """Destroy the person's key and delete what names them.

    Args:
        store: the database; it is rewritten, so that nothing is left in free pages.
        person: the subject, as `Lead.person` has it.
        mailbox: folder of sandbox mail files.
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
            .where(t.runs.c.record.in_(leads), t.runs.c.state != "done")
            .values(state="done", queue="", ask_to="", outcome="erased")
        )
        gone = tx.conn.execute(delete(t.mails).where(t.mails.c.approval.in_(approvals))).rowcount
        runs = select(t.runs.c.id).where(t.runs.c.record.in_(leads))
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
    store.compact()
    return ErasedPerson(len(leads), gone, _delete_files(mailbox, addresses))


def _delete_files(mailbox: Path, addresses: set[str]) -> int:
    gone = 0
    for path in mailbox.rglob("*.eml") if mailbox.is_dir() else ():
        text = path.read_bytes().lower()
        if any(address.encode() in text for address in addresses):
            path.unlink()
            gone += 1
    return gone
