"""What a person signs before a change of config is merged, and when that signature counts."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from loops.values import Value, content_hash
from tools.approvals.document import Mode, signed_bytes
from tools.approvals.registry import Registry, signature_holds

ROLE = "ops"
"""In which role a change of config is let through."""
COMMIT = r"^[0-9a-f]{40}(?:[0-9a-f]{24})?$"


class ConfigApproval(Value):
    """A change of config as a person lets it through: just this diff, from this commit into that one."""

    what: Literal["revloops/config/1"] = "revloops/config/1"
    mode: Mode
    # sandbox: it counts in sandboxes alone
    proposal: str
    branch: str
    head: Annotated[str, Field(pattern=COMMIT)]
    # the branch's newest commit
    base: Annotated[str, Field(pattern=COMMIT)]
    # what it is merged into
    diff: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    # SHA-256 of the diff that the person was shown
    approver: str
    role: Literal["ops"] = "ops"
    expires_at: AwareDatetime
    nonce: Annotated[str, Field(min_length=16, max_length=64)]


class SignedChange(Value):
    """An approval of a change with its signature; nothing in it is believed before it was checked."""

    document: ConfigApproval
    key_id: str
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]
    # Ed25519, hex


class Merging(Value):
    """What is about to be merged, as it is found now."""

    mode: Mode
    proposal: str
    branch: str
    head: str
    base: str
    diff: str


def change_approved(signed: SignedChange, change: Merging, registry: Registry, now: datetime) -> str | None:
    """Why the change may not be merged under this signature; None where it holds.

    Args:
        signed: as the store has it.
        change: what would be merged.
        registry: whom we trust.
        now: aware UTC.
    """
    return (
        _trusted(signed, registry)
        or _signed(signed, registry)
        or _same(signed.document, change)
        or (None if now <= signed.document.expires_at else "its approval has expired: accept it again")
    )


def _trusted(signed: SignedChange, registry: Registry) -> str | None:
    document = signed.document
    if registry.forged:
        return "the list of approvers isn't the sealed one: nobody on it is trusted"
    if registry.is_sandbox(signed.key_id):
        return None if document.mode == "sandbox" else "the sandbox's key lets nothing through outside of one"
    entry = registry.approvers.get(signed.key_id)
    if entry is None:
        return "it is signed with a key that nobody enrolled"
    if entry.person != document.approver:
        return "it is signed with somebody else's key"
    if entry.revoked_at:
        return f"{entry.person}'s key was revoked"
    return None if document.role in entry.roles else f"{entry.person} may not approve as {document.role}"


def _signed(signed: SignedChange, registry: Registry) -> str | None:
    document, public = signed.document, registry.public_key(signed.key_id)
    data = signed_bytes(content_hash(document), document.approver, document.role)
    holds = public is not None and signature_holds(public, bytes.fromhex(signed.signature), data)
    return None if holds else "the signature doesn't fit what it is said to approve"


def _same(document: ConfigApproval, change: Merging) -> str | None:
    told = {
        "mode": "it was approved for another kind of workspace",
        "proposal": "the approval is of another proposal",
        "branch": "the approval is of another branch",
        "head": "the branch has moved since it was accepted: look at it and accept it again",
        "base": "what it is merged into has moved since it was accepted: look at it and accept it again",
        "diff": "the diff isn't the one that was accepted: look at it and accept it again",
    }
    return next((why for name, why in told.items() if getattr(document, name) != getattr(change, name)), None)
