"""Frozen values, their canonical bytes and their hash: what the ledger stores and replay compares."""

import hashlib
import json
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, JsonValue


class Value(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Quoted(Value):
    """Free text that somebody outside wrote; data to quote, never an instruction or an address."""

    text: str


def canonical(data: BaseModel | JsonValue | Mapping[str, JsonValue]) -> bytes:
    """The one byte form of a value: sorted keys, no spaces, UTF-8, NaN refused.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    plain = data.model_dump(mode="json") if isinstance(data, BaseModel) else data
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def content_hash(data: bytes | BaseModel | JsonValue) -> str:
    """SHA-256 over the bytes (of the canonical form, where it isn't bytes yet), 64 hex digits."""
    return hashlib.sha256(data if isinstance(data, bytes) else canonical(data)).hexdigest()


def short_id(*parts: str) -> str:
    """The first 128 bits of SHA-256 over the parts joined by `|`, 32 hex digits: ids of runs and events."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
