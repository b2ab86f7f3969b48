"""The approvers the sender trusts: one list under one seal, a MAC that only the sender's secret makes.

The seal covers every entry and the seals of all lists before it: an agent that can write the file can neither
add, change nor leave out an entry, and a sender that has seen a newer list knows an older one for what it is.
"""

import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AwareDatetime, Field

from loops.values import Value, canonical
from tools.approvals.errors import KeyRefused

SECRET_VARIABLE = "REVLOOPS_SENDER_SECRET"
MIN_SECRET_CHARACTERS = 16


class Approver(Value):
    """A person whose signature the sender accepts."""

    kind: Literal["approver"] = "approver"
    person: str
    roles: tuple[str, ...]
    # in which they may approve
    key: str
    # Ed25519 public key, 64 hex digits
    added_at: AwareDatetime
    revoked_at: AwareDatetime | None = None
    # from when on nothing they signed leaves any more

    @property
    def key_id(self) -> str:
        """The public key's short name."""
        return key_id(bytes.fromhex(self.key))


class TwoPeople(Value):
    """Whether each sequence needs the signatures of two different people."""

    kind: Literal["two_people"] = "two_people"
    on: bool


class ApproverList(Value):
    """The list as it is sealed."""

    what: Literal["revloops/approvers/1"] = "revloops/approvers/1"
    before: tuple[str, ...] = ()
    # the seals of the lists that this one came after, oldest first
    entries: tuple[Annotated[Approver | TwoPeople, Field(discriminator="kind")], ...] = ()


class SealedList(Value):
    """What the file holds."""

    list: ApproverList
    seal: str
    # HMAC-SHA256 of the list's canonical bytes, 64 hex digits


@dataclass(frozen=True)
class Registry:
    """Whom the sender trusts; nobody where the list's seal doesn't hold."""

    approvers: dict[str, Approver] = field(default_factory=dict[str, Approver])
    # by key id
    two_people: bool = False
    sandbox: bytes | None = None
    # the sandbox key's public half; it serves documents of mode sandbox alone
    forged: bool = False
    # there is a list, and its seal doesn't hold: it counts for nothing
    seal: str = ""
    # the list's; "" without one whose seal holds
    before: tuple[str, ...] = ()
    # the seals of the lists before it

    @property
    def counter(self) -> int:
        """How many lists there have been, this one included; 0 without one whose seal holds."""
        return len(self.before) + 1 if self.seal else 0

    def follows(self, seal: str) -> bool:
        """Whether the list is the one under that seal or a later one; any follows none ("")."""
        return not seal or seal in (self.seal, *self.before)

    def public_key(self, key: str) -> bytes | None:
        """The raw public key of that id, enrolled or the sandbox's; None for a stranger's."""
        if entry := self.approvers.get(key):
            return bytes.fromhex(entry.key)
        return self.sandbox if self.is_sandbox(key) else None

    def is_sandbox(self, key: str) -> bool:
        """Whether that is the sandbox key."""
        return self.sandbox is not None and key_id(self.sandbox) == key


def key_id(public: bytes) -> str:
    """The first 128 bits of the raw public key's SHA-256, 32 hex digits."""
    return hashlib.sha256(public).hexdigest()[:32]


def signature_holds(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether that key made that signature over those bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def keys_dir(workspace: Path) -> Path:
    """Where a workspace's keys and its list of approvers lie."""
    return workspace / ".revloops" / "keys"


def derived(secret: str, purpose: str) -> bytes:
    """A key of its own for each purpose.

    Raises:
        KeyRefused: the secret is too short to be one.
    """
    if len(secret) < MIN_SECRET_CHARACTERS:
        raise KeyRefused(
            f"Set {SECRET_VARIABLE} to at least {MIN_SECRET_CHARACTERS} random characters: the "
            "sender and the person who enrols approvers need it, nobody else."
        )
    return hmac.digest(secret.encode(), f"revloops/{purpose}".encode(), "sha256")


def load_registry(workspace: Path, secret: str | None) -> Registry:
    """The registry; without the secret, no approver is trusted and only the sandbox's key serves."""
    sandbox = _sandbox_key(workspace)
    try:
        sealed = _sealed(workspace, derived(secret, "approvers")) if secret else None
    except ValueError:
        return Registry(sandbox=sandbox, forged=True)
    if sealed is None:
        return Registry(sandbox=sandbox)
    flags = [entry.on for entry in sealed.list.entries if isinstance(entry, TwoPeople)]
    return Registry(
        approvers={entry.key_id: entry for entry in sealed.list.entries if isinstance(entry, Approver)},
        two_people=bool(flags and flags[-1]),
        sandbox=sandbox,
        seal=sealed.seal,
        before=sealed.list.before,
    )


def save_registry(workspace: Path, secret: str, entries: Iterable[Approver | TwoPeople]) -> None:
    """Write the list anew, under a seal of its own that names those before it.

    Raises:
        KeyRefused: the list that is there isn't this secret's.
    """
    key, last = derived(secret, "approvers"), _trusted(workspace, secret)
    before = (*last.list.before, last.seal) if last else ()
    fresh_list = ApproverList(before=before, entries=tuple(entries))
    sealed = SealedList(list=fresh_list, seal=_seal(key, fresh_list))
    path = list_path(workspace)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(sealed.model_dump_json(indent=1) + "\n", encoding="utf-8")
    os.replace(fresh, path)


def entries(workspace: Path, secret: str) -> list[Approver | TwoPeople]:
    """The list's entries, oldest first.

    Raises:
        KeyRefused: the list isn't this secret's.
    """
    sealed = _trusted(workspace, secret)
    return list(sealed.list.entries) if sealed else []


def list_path(workspace: Path) -> Path:
    """Where a workspace's list of approvers lies."""
    return keys_dir(workspace) / "approvers.json"


def _trusted(workspace: Path, secret: str) -> SealedList | None:
    try:
        return _sealed(workspace, derived(secret, "approvers"))
    except ValueError:
        raise KeyRefused(
            f"{list_path(workspace)} was changed or was written under another secret: put the right file "
            "and secret back."
        ) from None


def _seal(key: bytes, content: ApproverList) -> str:
    return hmac.digest(key, canonical(content), "sha256").hex()


def _sealed(workspace: Path, key: bytes) -> SealedList | None:
    """The list, or None where there is none; ValueError where its seal doesn't hold."""
    try:
        sealed = SealedList.model_validate_json(list_path(workspace).read_bytes())
    except FileNotFoundError:
        return None
    if not hmac.compare_digest(_seal(key, sealed.list).encode(), sealed.seal.encode()):
        raise ValueError("the seal doesn't hold")
    return sealed


def _sandbox_key(workspace: Path) -> bytes | None:
    try:
        private = load_pem_private_key((keys_dir(workspace) / "sandbox.pem").read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    return private.public_key().public_bytes_raw() if isinstance(private, Ed25519PrivateKey) else None
