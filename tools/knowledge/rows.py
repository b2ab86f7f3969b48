"""The vectors of the passages, as rows of the store: made once, and what every index is filled from."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, insert, select

from tools.knowledge.tables import passages, vectors
from tools.store import Tx

STAMP = "knowledge_vectors"
"""Setting: changes whenever the rows do, so that the index's owner notices."""


@dataclass(frozen=True)
class Row:
    """A passage's vector, and what a search may choose it by."""

    id: str
    kind: str
    subject: str | None
    vector: NDArray[np.float32]


def ids(tx: Tx, embedder: str) -> set[str]:
    """The passages that have a vector of this embedder."""
    query = select(vectors.c.id).join(passages, passages.c.id == vectors.c.id)
    return {row[0] for row in tx.all(query.where(vectors.c.embedder == embedder))}


def width(tx: Tx, embedder: str) -> int | None:
    """How many numbers this embedder's vectors have; None where there are none."""
    row = tx.first(select(vectors.c.vector).where(vectors.c.embedder == embedder).limit(1))
    return len(np.frombuffer(row[0], np.float32)) if row else None


def fetch(tx: Tx, embedder: str, some: Sequence[str]) -> list[Row]:
    """The vectors of these passages, by id."""
    columns = (passages.c.id, passages.c.kind, passages.c.subject, vectors.c.vector)
    query = select(*columns).join(vectors, vectors.c.id == passages.c.id).order_by(passages.c.id)
    found = tx.all(query.where(vectors.c.embedder == embedder, passages.c.id.in_(some)))
    return [Row(row.id, row.kind, row.subject, np.frombuffer(row.vector, np.float32)) for row in found]


def put(tx: Tx, embedder: str, some: Sequence[str], made: NDArray[np.float32]) -> None:
    """Store vectors, in the place of those that were there; a passage that is gone by now gets none."""
    there = {row[0] for row in tx.all(select(passages.c.id).where(passages.c.id.in_(some)))}
    new = [
        {"embedder": embedder, "id": id, "vector": np.ascontiguousarray(vector, np.float32).tobytes()}
        for id, vector in zip(some, made, strict=True)
        if id in there
    ]
    tx.conn.execute(delete(vectors).where(vectors.c.embedder == embedder, vectors.c.id.in_(some)))
    if new:
        tx.conn.execute(insert(vectors), new)
    changed(tx)


def drop(tx: Tx, embedder: str, kept: Collection[str] = ()) -> int:
    """Drop this embedder's vectors of every passage but these, and all of any other's; how many went."""
    gone = ids(tx, embedder) - set(kept)
    dropped = tx.conn.execute(delete(vectors).where(vectors.c.embedder != embedder)).rowcount
    for id in gone:
        tx.conn.execute(delete(vectors).where(vectors.c.embedder == embedder, vectors.c.id == id))
    dropped += drop_orphans(tx) + len(gone)
    if dropped:
        changed(tx)
    return dropped


def drop_orphans(tx: Tx) -> int:
    """Drop the vectors of passages that are gone; how many went."""
    orphans = vectors.c.id.not_in(select(passages.c.id))
    return tx.conn.execute(delete(vectors).where(orphans)).rowcount


def changed(tx: Tx) -> None:
    """Let the index's owner know."""
    tx.set_setting(STAMP, secrets.token_hex(8))
