"""The signing half: only the people's doors (command line and pages) may import it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from loops.values import canonical, content_hash
from tools.approvals.config_change import ConfigApproval, SignedChange
from tools.approvals.document import SequenceDocument, digest
from tools.approvals.errors import ApprovalRefused
from tools.approvals.keys import (
    Signer,
    create_sandbox_key,
    enrol,
    load_signer,
    require_two_people,
    revoke_key,
    sandbox_signer,
)
from tools.approvals.verify import approval_id, find
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED
from tools.store.store import Tx, iso

__all__ = [
    "Signer",
    "approve",
    "approve_change",
    "cosign",
    "create_sandbox_key",
    "enrol",
    "load_signer",
    "require_two_people",
    "revoke",
    "revoke_key",
    "sandbox_signer",
]


def approve(
    tx: Tx,
    run: str,
    document: SequenceDocument,
    signer: Signer,
    now: datetime,
    *,
    deputies: Collection[str] = (),
    anyway: bool = False,
) -> str:
    """Sign the document and store the approval; its id.

    Nothing leaves yet: the run's decision does that, with the effect that names this id and the digest.

    Args:
        tx: the transaction in which the run gets its answer, so that both land or neither.
        run: the run whose open question this answers.
        document: what is approved.
        signer: who approves.
        now: aware UTC.
        deputies: who may approve beside the person who was asked, e.g. their manager.
        anyway: also where the lead changed after this was drafted.

    Raises:
        ApprovalRefused: it isn't this person's to approve, or not any more, or not with this key.
    """
    if document.run != run:
        raise ApprovalRefused("This sequence belongs to another run: see `revloops review show`.")
    if signer.person != document.approver:
        raise ApprovalRefused(f"{signer.person} can't approve this: it waits for {document.approver}.")
    _still_open(tx, document, deputies)
    _still_fits(tx, document, anyway)
    return _store(tx, document, signer, document.role, now)


def cosign(
    tx: Tx, approval: str, document: SequenceDocument, signer: Signer, role: str, now: datetime
) -> str:
    """Add a second person's approval to a first one; its id.

    Raises:
        ApprovalRefused: there is no such approval of this document, or the same person signs twice.
    """
    first = find(tx, approval)
    if first is None or first.digest != digest(document):
        raise ApprovalRefused("There is no first approval of this very sequence to add a second one to.")
    if first.approver == signer.person:
        raise ApprovalRefused(f"{signer.person} has approved it already: another person must be the second.")
    return _store(tx, document, signer, role, now)


def approve_change(document: ConfigApproval, signer: Signer) -> SignedChange:
    """The change of config with a person's signature; nothing is merged yet.

    Raises:
        ApprovalRefused: it isn't this person's to approve, or not with this key.
    """
    if signer.person != document.approver:
        raise ApprovalRefused(f"{signer.person} can't sign for {document.approver}.")
    if signer.sandbox and document.mode != "sandbox":
        raise ApprovalRefused("The sandbox's key lets no change through outside of a sandbox.")
    mark = signer.sign(content_hash(document), document.role).hex()
    return SignedChange(document=document, key_id=signer.key_id, signature=mark)


def revoke(tx: Tx, approval: str, now: datetime) -> None:
    """Take an approval back: the sender cancels whatever of it hasn't left.

    Raises:
        ApprovalRefused: there is no such approval.
    """
    if find(tx, approval) is None:
        raise ApprovalRefused(f"There is no approval {approval}: `revloops review list` shows what there is.")
    tx.run(t.approvals.update().where(t.approvals.c.id == approval).values(revoked_at=iso(now)))


def _still_open(tx: Tx, document: SequenceDocument, deputies: Collection[str]) -> None:
    run = tx.first(select(t.runs).where(t.runs.c.id == document.run))
    if run is None or run.state != "person":
        raise ApprovalRefused("This sequence waits for nobody's approval any more: `revloops review list`.")
    asked_them = run.ask_to in {f"person:{document.approver}", f"role:{document.role}"}
    if not asked_them and document.approver not in deputies:
        asked = run.ask_to.partition(":")[2]
        raise ApprovalRefused(f"This sequence waits for {asked}, not {document.approver}.")


def _still_fits(tx: Tx, document: SequenceDocument, anyway: bool) -> None:
    row = tx.first(select(t.runs.c.stale).where(t.runs.c.id == document.run))
    stale = row.stale if row else ""
    if stale and (stale == SUPERSEDED or not anyway):
        again = "" if stale == SUPERSEDED else ", or give --anyway"
        raise ApprovalRefused(f"{stale}: have it written again with `review revise`{again}.")
    lead = tx.first(select(t.leads.c.email).where(t.leads.c.id == document.lead))
    if lead is None or lead.email != document.recipient:
        raise ApprovalRefused("The lead's address has changed since this was drafted: have it drafted again.")


def _store(tx: Tx, document: SequenceDocument, signer: Signer, role: str, now: datetime) -> str:
    if signer.sandbox and document.mode != "sandbox":
        raise ApprovalRefused("The sandbox's key approves nothing that leaves: use the person's own key.")
    mark = digest(document)
    name = approval_id(document.run, mark, signer.key_id)
    tx.add(
        t.approvals,
        id=name,
        run=document.run,
        lead=document.lead,
        subject=document.person,
        digest=mark,
        document=tx.put(canonical(document), document.person),
        approver=signer.person,
        role=role,
        key_id=signer.key_id,
        signature=signer.sign(mark, role),
        expires_at=iso(document.expires_at),
        revoked_at="",
        at=iso(now),
    )
    tx.flush()
    return name
