"""What waits for people: listing it, showing it, and taking an answer into its run."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from agent.flow import settle
from agent.runtime import Runtime
from loops.decision import Answer
from loops.engage.draft import Draft, Mail
from loops.engage.tasks import ReviewItem
from loops.errors import RevloopsError
from loops.records import Lead
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED


@dataclass(frozen=True)
class Waiting:
    """One open ask to a person."""

    run: str
    step: int
    loop: str
    queue: str
    to: str
    # person:<rep> | role:<role>
    lead: str
    name: str
    company: str
    since: str
    stale: str
    # why it no longer fits the record; "" while it does
    ask: dict[str, Any]
    subject: str | None

    @property
    def sequence(self) -> ReviewItem | None:
        """The drafted sequence, where it asks about one."""
        drafted = self.loop == "engage" and "draft" in self.ask["payload"]
        return ReviewItem.model_validate(self.ask["payload"]) if drafted else None

    @property
    def short(self) -> str:
        """The run's first digits, enough to name it."""
        return self.run[:8]


def waiting(tx: Tx, queue: str | None = None, to: str | None = None) -> list[Waiting]:
    """Everything that waits for a person, the oldest first; superseded drafts left out.

    Args:
        tx: a transaction.
        queue: review or triage; None for both.
        to: a person's id or a role; None for everybody's.
    """
    query = (
        select(t.runs, t.leads.c.name, t.leads.c.doc)
        .join(t.leads, t.leads.c.id == t.runs.c.record, isouter=True)
        .where(t.runs.c.state == "person", t.runs.c.stale != SUPERSEDED)
        .order_by(t.runs.c.at, t.runs.c.id)
    )
    if queue:
        query = query.where(t.runs.c.queue == queue)
    if to:
        query = query.where(t.runs.c.ask_to.in_((f"person:{to}", f"role:{to}")))
    return [_waiting(tx, row) for row in tx.all(query)]


def _waiting(tx: Tx, row: Any) -> Waiting:
    lead = Lead.model_validate_json(row.doc) if row.doc else None
    try:
        ask: dict[str, Any] = tx.json(row.ask)
    except Erased:
        ask = {"question": "(erased)", "payload": {}, "options": [], "evidence": []}
    name = f"{lead.first_name} {lead.last_name}".strip() if lead else ""
    return Waiting(
        row.id,
        row.step,
        row.loop,
        row.queue,
        row.ask_to,
        row.record,
        name,
        lead.company if lead else "",
        row.at,
        row.stale,
        ask,
        row.subject,
    )


def find(tx: Tx, what: str) -> Waiting:
    """The open ask meant by the start of its run's id, or by its lead's id, name or address.

    Raises:
        RevloopsError: none is, or more than one.
    """
    text = what.strip().lower()
    everything = waiting(tx)
    found = [w for w in everything if len(text) > 3 and w.run.startswith(text)]
    found = found or [w for w in everything if text in (w.lead.lower(), w.name.lower(), w.company.lower())]
    if not found:
        rows = tx.all(select(t.leads.c.id).where(t.leads.c.email == text))
        found = [w for w in everything if w.lead in {row[0] for row in rows}]
    if not found:
        raise RevloopsError(f"nothing waits under {what!r}: `revloops review list` shows what does")
    if len(found) > 1:
        raise RevloopsError(
            f"{what!r} means {len(found)} open items; name one: {', '.join(w.short for w in found[:6])}"
        )
    return found[0]


def take(runtime: Runtime, tx: Tx, item: Waiting, answer: Answer) -> None:
    """Put an answer into its run.

    Raises:
        RevloopsError: the item was answered meanwhile; nothing is changed.
    """
    records = runtime.records(tx)
    if not runtime.answer(tx, records, item.run, item.step, answer):
        raise RevloopsError("it was answered meanwhile: nothing was changed")
    records.save()


def editable(draft: Draft) -> str:
    """The mails as one text that a person can edit and `edited` reads again."""
    parts = [
        f"=== mail {n} (waits {mail.wait_days} days) ===\nSubject: {mail.subject}\n\n{mail.body.strip()}\n"
        for n, mail in enumerate(draft.mails, 1)
    ]
    return "\n".join(parts)


def edited(draft: Draft, text: str) -> Draft:
    """The draft with the texts a person left in the editor; days between mails stay as they were.

    Raises:
        RevloopsError: the text no longer holds the same mails.
    """
    blocks = [b for b in text.replace("\r\n", "\n").split("=== mail ")[1:]]
    if len(blocks) != len(draft.mails):
        raise RevloopsError(
            f"{len(draft.mails)} mails are expected, each under its === mail line; {len(blocks)} are here"
        )
    mails: list[Mail] = []
    for mail, block in zip(draft.mails, blocks, strict=True):
        head, _, rest = block.partition("\n")
        subject, _, body = rest.strip("\n").partition("\n")
        if not subject.lower().startswith("subject:") or not body.strip():
            raise RevloopsError(
                f"mail {head.split()[0]} needs a line `Subject: …`, a blank line and its text"
            )
        text = body.strip() + "\n" if mail.body.endswith("\n") else body.strip()
        kept = tuple(claim for claim in mail.claims if claim.span in text)
        mails.append(mail.model_copy(update={"subject": subject[8:].strip(), "body": text, "claims": kept}))
    return Draft(mails=tuple(mails))


__all__ = ["SUPERSEDED", "Waiting", "editable", "edited", "find", "settle", "take", "waiting"]
