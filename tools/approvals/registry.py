"""The approvers the sender trusts: a file whose every entry has a MAC that only the sender's secret makes.

An agent that can write the file can take an entry out, but it can't put one in or change one.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AwareDatetime, JsonValue, ValidationError

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


@dataclass(frozen=True)
class Registry:
    """Whom the sender trusts, as far as the file's MACs hold."""

    approvers: dict[str, Approver] = field(default_factory=dict[str, Approver])
    # by key id
    two_people: bool = False
    sandbox: bytes | None = None
    # the sandbox key's public half; it serves documents of mode sandbox alone
    forged: tuple[str, ...] = ()
    # names on entries whose MAC doesn't hold; they count for nothing

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
    entries, forged = _checked(workspace, derived(secret, "approvers")) if secret else ([], ())
    flags = [entry.on for entry in entries if isinstance(entry, TwoPeople)]
    return Registry(
        approvers={entry.key_id: entry for entry in entries if isinstance(entry, Approver)},
        two_people=bool(flags and flags[-1]),
        sandbox=_sandbox_key(workspace),
        forged=tuple(forged),
    )


def save_registry(workspace: Path, secret: str, entries: Iterable[Approver | TwoPeople]) -> None:
    """Write the file anew, each entry under its MAC."""
    key = derived(secret, "approvers")
    lines = [{"entry": entry.model_dump(mode="json"), "mac": _mac(key, entry)} for entry in entries]
    path = keys_dir(workspace) / "approvers.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".tmp")
    fresh.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    os.replace(fresh, path)


def entries(workspace: Path, secret: str) -> list[Approver | TwoPeople]:
    """The entries whose MAC holds, oldest first."""
    return _checked(workspace, derived(secret, "approvers"))[0]


def _mac(key: bytes, entry: Approver | TwoPeople) -> str:
    return hmac.digest(key, canonical(entry), "sha256").hex()


def _checked(workspace: Path, key: bytes) -> tuple[list[Approver | TwoPeople], tuple[str, ...]]:
    good: list[Approver | TwoPeople] = []
    forged: list[str] = []
    for item in _items(keys_dir(workspace) / "approvers.json"):
        entry = _entry(item.get("entry"))
        if entry and hmac.compare_digest(_mac(key, entry), str(item.get("mac"))):
            good.append(entry)
        else:
            forged.append(entry.person if isinstance(entry, Approver) else "an entry that can't be read")
    return good, tuple(forged)


def _items(path: Path) -> list[dict[str, JsonValue]]:
    try:
        found: JsonValue = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    except ValueError:
        return [{}]
    rows = found if isinstance(found, list) else [found]
    return [cast("dict[str, JsonValue]", row) if isinstance(row, dict) else {} for row in rows]


def _entry(data: JsonValue) -> Approver | TwoPeople | None:
    kind = data.get("kind") if isinstance(data, dict) else None
    try:
        return (TwoPeople if kind == "two_people" else Approver).model_validate(data)
    except ValidationError:
        return None


def _sandbox_key(workspace: Path) -> bytes | None:
    try:
        private = load_pem_private_key((keys_dir(workspace) / "sandbox.pem").read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return None
    return private.public_key().public_bytes_raw() if isinstance(private, Ed25519PrivateKey) else None
