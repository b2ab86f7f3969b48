"""Fills the index from the rows of the store, in a process of its own: see vectors.py."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tools.knowledge import rows
from tools.knowledge.vectors import collection, open_chroma
from tools.store import Store

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

PAGE = 500


def main(url: str, folder: str, key: str) -> None:
    """Add what the index lacks; what is there already stays as it is."""
    embedder = key.rpartition("/")[0]
    store, client = Store(url), open_chroma(Path(folder))
    chroma = collection(client, key)
    with store.reading() as tx:
        missing = sorted(rows.ids(tx, embedder) - set(chroma.get(include=[])["ids"]))
        for at in range(0, len(missing), PAGE):
            some = rows.fetch(tx, embedder, missing[at : at + PAGE])
            vectors: Any = np.stack([row.vector for row in some])
            labels: Any = [{"kind": row.kind, "subject": row.subject or ""} for row in some]
            chroma.upsert(ids=[row.id for row in some], embeddings=vectors, metadatas=labels)
            if at + PAGE >= len(missing):
                # the first search writes Chroma's graph to its files: it must not be the owner's
                chroma.query(query_embeddings=vectors[:1], n_results=1, include=[])
    client.close()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
