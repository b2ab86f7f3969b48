"""Private keys: made when a person is enrolled, encrypted at rest under a passphrase that only they have."""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from tools.approvals.document import signed_bytes
from tools.approvals.errors import KeyRefused
from tools.approvals.registry import (
    Approver,
    TwoPeople,
    entries,
    key_id,
    keys_dir,
    save_registry,
)

MIN_PASSPHRASE_CHARACTERS = 8
SANDBOX = "sandbox"
_SALT = "Salt: "
_SCRYPT_COST = 2**15
"""With r = 8: 32 MiB and a tenth of a second for each guess at a stolen file's passphrase (RFC 7914)."""

_PERSON = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Signer:
    """A person with their key unlocked."""

    person: str
    key_id: str
    sandbox: bool
    _key: Ed25519PrivateKey = field(repr=False)

    def sign(self, digest: str, role: str) -> bytes:
        """The signature of this person, in that role, under that digest."""
        return self._key.sign(signed_bytes(digest, self.person, role))


def enrol(
    workspace: Path, person: str, roles: tuple[str, ...], passphrase: str, secret: str, now: datetime
) -> str:
    """Make a key for a person and have the sender trust it; the key's id.

    Args:
        workspace: the workspace's directory.
        person: their id in the roster.
        roles: in which they may approve, e.g. their role in the roster.
        passphrase: at least 8 characters; it is stored nowhere.
        secret: the sender's secret.
        now: aware UTC.

    Raises:
        KeyRefused: the passphrase is too short, the secret too, or they have a key already.
    """
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        raise KeyRefused(f"Choose a passphrase of at least {MIN_PASSPHRASE_CHARACTERS} characters.")
    path = _path(workspace, person)
    known = entries(workspace, secret)
    if any(isinstance(e, Approver) and e.person == person and not e.revoked_at for e in known):
        raise KeyRefused(f"{person} has a key already: revoke it first if it is to be replaced.")
    private = Ed25519PrivateKey.generate()
    salt = secrets.token_hex(16)
    lock = BestAvailableEncryption(_stretched(passphrase, salt))
    _write(path, f"{_SALT}{salt}\n".encode() + _pem(private, lock))
    public = private.public_key().public_bytes_raw()
    fresh = Approver(person=person, roles=tuple(sorted(roles)), key=public.hex(), added_at=now)
    save_registry(workspace, secret, [*known, fresh])
    return fresh.key_id


def revoke_key(workspace: Path, person: str, secret: str, now: datetime) -> int:
    """Have the sender trust nothing this person signed; how many keys that were (0: they had none)."""
    known = entries(workspace, secret)
    hit = [e for e in known if isinstance(e, Approver) and e.person == person and not e.revoked_at]
    revoked = [entry.model_copy(update={"revoked_at": now}) if entry in hit else entry for entry in known]
    save_registry(workspace, secret, revoked)
    return len(hit)


def require_two_people(workspace: Path, on: bool, secret: str) -> None:
    """Switch the rule that each sequence needs two different people's approval."""
    kept = [entry for entry in entries(workspace, secret) if isinstance(entry, Approver)]
    save_registry(workspace, secret, [*kept, TwoPeople(on=on)])


def load_signer(workspace: Path, person: str, passphrase: str) -> Signer:
    """The person with their key unlocked.

    Raises:
        KeyRefused: they have no key, or the passphrase isn't theirs.
    """
    path = _path(workspace, person)
    try:
        head, _, pem = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        raise KeyRefused(f"{person} has no key here: enrol them first.") from None
    salt = head.decode(errors="replace").removeprefix(_SALT)
    try:
        return _signer(person, pem, _stretched(passphrase, salt), sandbox=False)
    except (ValueError, TypeError):
        raise KeyRefused(f"That isn't {person}'s passphrase: nothing was signed.") from None


def create_sandbox_key(workspace: Path) -> str:
    """Make the sandbox's key, if there is none; its id. It lies open: it serves the sandbox mailbox alone."""
    path = keys_dir(workspace) / f"{SANDBOX}.pem"
    if not path.exists():
        _write(path, _pem(Ed25519PrivateKey.generate(), NoEncryption()))
    return sandbox_signer(workspace, SANDBOX).key_id


def sandbox_signer(workspace: Path, person: str) -> Signer:
    """Somebody in the sandbox, with the sandbox's key.

    Raises:
        KeyRefused: this workspace is no sandbox.
    """
    try:
        pem = (keys_dir(workspace) / f"{SANDBOX}.pem").read_bytes()
    except FileNotFoundError:
        raise KeyRefused("This workspace has no sandbox key: approve with a person's own key.") from None
    return _signer(person, pem, None, sandbox=True)


def _path(workspace: Path, person: str) -> Path:
    if not _PERSON.fullmatch(person) or person == SANDBOX:
        raise KeyRefused(f"{person!r} can't name a key: use the person's id in the roster.")
    return keys_dir(workspace) / f"{person}.pem"


def _stretched(passphrase: str, salt: str) -> bytes:
    raw = hashlib.scrypt(passphrase.encode(), salt=salt.encode(), n=_SCRYPT_COST, r=8, p=1, maxmem=2**26)
    return raw.hex().encode()


def _pem(key: Ed25519PrivateKey, lock: KeySerializationEncryption) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def _signer(person: str, pem: bytes, password: bytes | None, *, sandbox: bool) -> Signer:
    key = load_pem_private_key(pem, password)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("an Ed25519 key was expected")
    return Signer(person, key_id(key.public_key().public_bytes_raw()), sandbox, key)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".tmp")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    os.replace(fresh, path)
