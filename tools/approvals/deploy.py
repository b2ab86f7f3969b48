"""The effect that follows an approval: its mails are put in line for the sender."""

from datetime import datetime

from loops.values import content_hash
from tools.approvals.document import SequenceDocument, parse
from tools.approvals.verify import find
from tools.errors import ToolFailed
from tools.store import tables as t
from tools.store.store import Tx, iso
from tools.store.vault import Erased


def deploy(tx: Tx, effect: str, approval: str, digest: str, now: datetime) -> int:
    """Put the approved mails in line; how many the sequence has. A second time changes nothing.

    The sender believes none of it: it checks the approval again when each mail is due.

    Args:
        tx: the transaction that marks the effect done.
        effect: its id, `run!n`.
        approval: the approval's id.
        digest: of the document that was approved.
        now: aware UTC.

    Raises:
        ToolFailed: there is no such approval, or it is of another document or run.
    """
    document = _document(tx, effect, approval, digest)
    for n, message in enumerate(document.messages):
        tx.add(
            t.mails,
            approval=approval,
            n=n,
            lead=document.lead,
            due_at=iso(message.send_at),
            state="pending",
            reason="",
            changed_at=iso(now),
        )
    return len(document.messages)


def _document(tx: Tx, effect: str, approval: str, digest: str) -> SequenceDocument:
    tx.flush()
    row = find(tx, approval)
    if row is None:
        raise ToolFailed(f"There is no approval {approval}: nothing was put in line.")
    if row.run != effect.partition("!")[0]:
        raise ToolFailed(f"Approval {approval} belongs to another run: nothing was put in line.")
    try:
        raw = tx.get(row.document)
        document = parse(raw)
    except (Erased, ValueError) as error:
        raise ToolFailed(f"The approved sequence can't be read ({error}).") from error
    if not digest == row.digest == content_hash(raw):
        raise ToolFailed("The sequence isn't the one that was approved: nothing was put in line.")
    return document
