"""Bodies at rest: compressed, and encrypted under the key of the one person they name."""

import secrets
import zlib
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from loops.errors import RevloopsError

NONCE = bytes(12)
"""Constant on purpose: AES-GCM-SIV (RFC 8452) stays safe with it, and equal bodies get equal bytes."""


class Erased(RevloopsError):
    """The person this body names was erased; their key is gone."""


def new_key() -> bytes:
    """A fresh 256-bit key."""
    return secrets.token_bytes(32)


def seal(raw: bytes, key: bytes | None) -> bytes:
    """The bytes to store; the same for the same body and key."""
    packed = zlib.compress(raw, 6)
    return packed if key is None else _cipher(key).encrypt(NONCE, packed, None)


def unseal(stored: bytes, key: bytes | None) -> bytes:
    """The body.

    Raises:
        ValueError: the bytes were changed.
    """
    try:
        return zlib.decompress(stored if key is None else _cipher(key).decrypt(NONCE, stored, None))
    except (InvalidTag, zlib.error) as error:
        raise ValueError("the stored bytes were changed") from error


@lru_cache(maxsize=1024)
def _cipher(key: bytes) -> AESGCMSIV:
    return AESGCMSIV(key)
