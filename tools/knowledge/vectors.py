"""The index over the stored vectors, in Chroma: a cache that one process at a time owns and any can rebuild.

The vectors themselves are rows of the store. Chroma's files can hold remains of whatever was in the memory of
the process that wrote them. So a process of its own fills the index, which has seen nothing but the rows
(fill.py), and an erasure throws the whole folder away.
"""

import fcntl
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from tools.knowledge.errors import MissingExtra, NoMeaning, VectorsBusy
from tools.knowledge.ports import ANYBODY, Kind

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as Chroma

# Chroma's own types are too wide to hold under strict checking
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false

NAME = "passages"
SPACE = {"hnsw": {"space": "ip", "batch_size": 1, "sync_threshold": 1}}
"""Inner product of unit vectors is their cosine. Each batch goes to Chroma's files at once: what it
left for later would be written by whoever searches next, with
remains of that process's memory."""
SECRETS = ("REVLOOPS_", "OPENAI_")
"""Starts of the names that the filling process has no use for."""


class Vectors:
    """The index; whoever holds one of these owns its folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder.

        Args:
            folder: made where it isn't there.

        Raises:
            VectorsBusy: another process has it.
        """
        self._folder, self._lock = folder, _take(folder)
        self._client: Client | None = None
        self._stands: tuple[str, str] | None = None

    def close(self) -> None:
        """Let another process have it."""
        self._let_go()
        os.close(self._lock)

    def align(self, store: str, embedder: str, stamp: str, wanted: set[str]) -> None:
        """Make it hold exactly these passages.

        Args:
            store: the database's address.
            embedder: whose vectors, with their length.
            stamp: what the rows are known by; nothing is done where they stand so already.
            wanted: the passages that have a row.

        Raises:
            MissingExtra: Chroma isn't installed.
            NoMeaning: it can't be filled.
        """
        if self._stands == (embedder, stamp):
            return
        self._let_go()
        there = self._ids(embedder)
        self._let_go()
        if there is None or not there <= wanted:
            shutil.rmtree(self._folder)
            there = set[str]()
        if wanted - there:
            self._fill(store, embedder)
        self._client = open_chroma(self._home())
        self._stands = (embedder, stamp)

    def nearest(
        self, vector: NDArray[np.float32], kinds: tuple[Kind, ...], about: str, limit: int
    ) -> list[tuple[str, float]]:
        """(passage, likeness as a share) of the nearest, the best first; once it is aligned.

        Raises:
            NoMeaning: its files can't be read.
        """
        from chromadb.errors import ChromaError

        wanted: list[Any] = [{"kind": {"$in": list(kinds)}}] if kinds else []
        wanted += [] if about == ANYBODY else [{"subject": {"$in": ["", about]}}]
        where: Any = {"$and": wanted} if len(wanted) > 1 else (wanted[0] if wanted else None)
        asked: Any = vector[np.newaxis, :]
        try:
            chroma = cast("Client", self._client).get_collection(NAME, embedding_function=None)
            got = chroma.query(query_embeddings=asked, n_results=limit, where=where, include=["distances"])
        except ChromaError as error:
            raise _unreadable(self._folder) from error
        apart = (got["distances"] or [[]])[0]
        return [(id, _share(1 - far)) for id, far in zip(got["ids"][0], apart, strict=True)]

    def _ids(self, embedder: str) -> set[str] | None:
        """The passages it holds; None where they are another embedder's, or it can't be read."""
        try:
            self._client = open_chroma(self._home())
        except MissingExtra:
            raise
        except NoMeaning:
            return None
        if not self._client.list_collections():
            return set()
        chroma = self._client.get_collection(NAME, embedding_function=None)
        return set(chroma.get(include=[])["ids"]) if chroma.metadata["embedder"] == embedder else None

    def _fill(self, store: str, embedder: str) -> None:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(SECRETS)}
        paths = [*kept.get("PYTHONPATH", "").split(os.pathsep), *sys.path]
        done = subprocess.run(
            [sys.executable, "-m", "tools.knowledge.fill", store, str(self._home()), embedder],
            env={**kept, "PYTHONPATH": os.pathsep.join(path for path in paths if path)},
            # the lock stays held for as long as it writes, even where this process is killed
            pass_fds=(self._lock,),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise _unreadable(self._folder) from RuntimeError(done.stderr[-2000:])

    def _home(self) -> Path:
        """The folder in the folder: a new name each time, as Chroma remembers what a path held."""
        self._folder.mkdir(exist_ok=True)
        there = [entry for entry in self._folder.iterdir() if entry.is_dir()]
        return there[0] if there else self._folder / secrets.token_hex(4)

    def _let_go(self) -> None:
        self._stands = None
        if self._client is not None:
            self._client.close()
            self._client = None


def discard(folder: Path) -> None:
    """Throw the index away; the next search fills it again from the rows that are left.

    Raises:
        VectorsBusy: another process has it.
    """
    if not folder.is_dir():
        return
    lock = _take(folder)
    try:
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def open_chroma(folder: Path) -> "Client":
    """Chroma over the folder, without telemetry.

    Raises:
        MissingExtra: it isn't installed.
        NoMeaning: its files can't be read.
    """
    # onnxruntime, which Chroma may load, reports home unless this stands there before
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError
    except ImportError as error:
        raise MissingExtra from error
    try:
        made = chromadb.PersistentClient(path=str(folder), settings=Settings(anonymized_telemetry=False))
    except (ChromaError, ValueError, OSError, AttributeError) as error:
        # its own clean-up stumbles over a file that is no database, and hides the first error
        raise _unreadable(folder) from error
    return cast("Client", made)


def collection(client: "Client", embedder: str) -> "Chroma":
    """The one collection, without an embedding function of Chroma's own, which would download a model."""
    space: Any = SPACE
    return client.get_or_create_collection(
        NAME, embedding_function=None, metadata={"embedder": embedder}, configuration=space
    )


def _take(folder: Path) -> int:
    """The descriptor of the lock, which goes with the process however that ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        who = os.pread(lock, 20, 0).decode(errors="replace").strip() or "?"
        os.close(lock)
        raise VectorsBusy(f"another process (pid {who}) owns the index of vectors") from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _unreadable(folder: Path) -> NoMeaning:
    return NoMeaning(f"the index of vectors can't be read: delete {folder}; it is made again from the store")


def _share(likeness: float) -> float:
    return round(min(1.0, max(0.0, likeness)), 3)
