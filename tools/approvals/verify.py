"""Whether an approval holds: small named checks, each of which alone can refuse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, select

from loops.values import content_hash, short_id
from tools.approvals.document import SequenceDocument, parse, signed_bytes
from tools.approvals.registry import Registry, signature_holds
from tools.store.store import Tx
from tools.store.tables import approvals


@dataclass(frozen=True)
class Refusal:
    """Why something may not leave: the check that refused, and a sentence."""

    check: str
    reason: str


@dataclass(frozen=True)
class Approval:
    """An approval as the store has it; nothing in it is believed before it was checked."""

    id: str
    run: str
    lead: str
    digest: str
    document: str
    # hash of the stored document
    approver: str
    role: str
    key_id: str
    signature: bytes
    revoked_at: str
    # "" while it stands


@dataclass(frozen=True)
class Presented:
    """An approval with all that it is judged by."""

    approval: Approval
    document: SequenceDocument
    digest: str
    # of the stored document's bytes, computed now
    others: tuple[Approval, ...]
    # further approvals of the same run
    registry: Registry
    now: datetime
    revoked: bool = False
    # the sender has seen this approval or its key revoked, whatever the store says today
    two_people: bool = False
    # what the config asks for; the registry can only ask for more


Check = Callable[[Presented], str | None]


def approval_id(run: str, digest: str, key_id: str) -> str:
    """The one id an approval of that digest under that key can have."""
    return short_id("approval", run, digest, key_id)


def _digest(case: Presented) -> str | None:
    return None if case.digest == case.approval.digest else "the sequence was changed after it was approved"


def _identity(case: Presented) -> str | None:
    own = approval_id(case.document.run, case.digest, case.approval.key_id)
    same = (case.approval.id, case.approval.run, case.approval.lead) == (
        own,
        case.document.run,
        case.document.lead,
    )
    return None if same else "this approval was given for something else"


def _approver(case: Presented) -> str | None:
    same = (case.approval.approver, case.approval.role) == (case.document.approver, case.document.role)
    return None if same else "it was approved by somebody other than the person who was asked"


def _enrolled(case: Presented) -> str | None:
    return _trusted(case, case.approval)


def _trusted(case: Presented, approval: Approval) -> str | None:
    if case.registry.is_sandbox(approval.key_id):
        return None if case.document.mode == "sandbox" else "the sandbox's key can't approve real mail"
    entry = case.registry.approvers.get(approval.key_id)
    if entry is None:
        return "it is signed with a key that nobody enrolled"
    if entry.person != approval.approver:
        return "it is signed with somebody else's key"
    return None if approval.role in entry.roles else f"{entry.person} may not approve as {approval.role}"


def _signature(case: Presented) -> str | None:
    return None if _signed(case, case.approval) else "the signature doesn't fit the sequence"


def _signed(case: Presented, approval: Approval) -> bool:
    public = case.registry.public_key(approval.key_id)
    data = signed_bytes(case.digest, approval.approver, approval.role)
    return public is not None and signature_holds(public, approval.signature, data)


def _expiry(case: Presented) -> str | None:
    return None if case.now <= case.document.expires_at else "the approval has expired"


def _revocation(case: Presented) -> str | None:
    entry = case.registry.approvers.get(case.approval.key_id)
    if entry and entry.revoked_at:
        return f"{entry.person}'s key was revoked"
    return "the approval was revoked" if case.revoked or case.approval.revoked_at else None


def _two_people(case: Presented) -> str | None:
    if not (case.two_people or case.registry.two_people) or case.document.mode == "sandbox":
        return None
    second = {
        other.approver
        for other in case.others
        if other.approver != case.approval.approver
        and not other.revoked_at
        and not _revoked_key(case, other)
        and _trusted(case, other) is None
        and _signed(case, other)
    }
    return None if second else "it needs the approval of a second person"


def _revoked_key(case: Presented, approval: Approval) -> bool:
    entry = case.registry.approvers.get(approval.key_id)
    return entry is None or entry.revoked_at is not None


CHECKS: Mapping[str, Check] = {
    "digest": _digest,
    "identity": _identity,
    "approver": _approver,
    "enrolled": _enrolled,
    "signature": _signature,
    "expiry": _expiry,
    "revocation": _revocation,
    "two_people": _two_people,
}
"""Every check, in the order it is asked."""


def judge(case: Presented, checks: Mapping[str, Check] = CHECKS) -> Refusal | None:
    """The first refusal, or None where the approval holds."""
    for name, check in checks.items():
        if reason := check(case):
            return Refusal(name, reason)
    return None


def verify(
    approval: Approval,
    raw: bytes,
    registry: Registry,
    now: datetime,
    *,
    others: tuple[Approval, ...] = (),
    two_people: bool = False,
) -> Refusal | None:
    """Why nothing may leave under this approval, or None.

    Args:
        approval: as the store has it.
        raw: the stored document's bytes.
        registry: whom we trust.
        now: aware UTC.
        others: further approvals of the same run, for the rule of two people.
        two_people: whether the config asks for two.
    """
    try:
        document = parse(raw)
    except ValueError:
        return Refusal("digest", "the stored sequence can't be read")
    return judge(
        Presented(approval, document, content_hash(raw), others, registry, now, two_people=two_people)
    )


_COLUMNS = tuple(approvals.c[name] for name in Approval.__dataclass_fields__)


def find(tx: Tx, approval: str) -> Approval | None:
    """The approval of that id, or None."""
    row = tx.first(select(*_COLUMNS).where(approvals.c.id == approval))
    return _of(row) if row else None


def others(tx: Tx, approval: Approval) -> tuple[Approval, ...]:
    """Further approvals of the same run, by id."""
    query = select(*_COLUMNS).where(approvals.c.run == approval.run, approvals.c.id != approval.id)
    return tuple(_of(row) for row in tx.all(query.order_by(approvals.c.id)))


def _of(row: Row[tuple[object, ...]]) -> Approval:
    return Approval(**row._mapping)  # pyright: ignore[reportPrivateUsage, reportArgumentType]
