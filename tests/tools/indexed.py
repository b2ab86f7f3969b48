"""A small sandbox workspace to search in, with a person who is in a decision and on two calls."""

import atexit
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from sqlalchemy import select

from loops.records import Call
from loops.registry import load
from tools import init
from tools.knowledge.index import StoreKnowledge
from tools.knowledge.memory import MemoryEmbedder
from tools.knowledge.ports import Embedder
from tools.knowledge.settings import KnowledgeSettings
from tools.store import Store
from tools.store import tables as t
from tools.store.calls import keep
from tools.workspace import SandboxSettings, Settings

START = datetime(2026, 11, 23, 14, tzinfo=UTC)
PERSON, OTHER = "P-quirina", "P-other"
NAME = "Quirina Zauberwald"
SAID = "Our zeppelin hangar needs territories by spring"
TRACES = (b"zauberwald", b"zeppelin", b"quarterstaff")
"""Words that stand only in passages about her."""


@lru_cache(maxsize=1)
def _made() -> Path:
    shelf = Path(tempfile.mkdtemp(prefix="revloops-tests-"))
    atexit.register(shutil.rmtree, shelf, ignore_errors=True)
    root = shelf / "workspace"
    box = SandboxSettings(seed=7, scale=0.05, start=START.isoformat())
    init.create(root, load(), Settings(sandbox=box))
    store = Store(str(root / ".revloops" / "store.db"))
    _people(store)
    store.close()
    return root


def _people(store: Store) -> None:
    with store.transaction() as tx:
        account, domain = tx.all(select(t.accounts.c.id, t.accounts.c.domain))[4]
        for person, name in ((PERSON, NAME), (OTHER, "Bo Else")):
            lead = f"L-{person}"
            tx.add(
                t.leads, id=lead, person=person, email=f"{person}@{domain}", name=name.casefold(),
                company_key="x", domain=domain, content="", doc="{}",
            )  # fmt: skip
            why = f"{name} asked for a quarterstaff demo." if person == PERSON else "Bo asked for a price."
            body = tx.put({"reasons": [{"code": "asked", "text": why}]}, person)
            tx.add(
                t.runs, id=f"run-{person}", loop="qualify", trigger="LeadReceived", event=f"e-{person}",
                record=lead, subject=person, input="", frame="", step=0, state="done", at="",
            )  # fmt: skip
            tx.append(
                run=f"run-{person}", kind="decided", loop="qualify", frame="", trigger="LeadReceived",
                caused_by="", outcome="fire", body=body, at=START,
            )  # fmt: skip
        talk = f"Rep: What hurts?\n{NAME}: {SAID}.\nRep: Anything else?\nAnother One: Nothing from me."
        call = Call(id="K-alone", account=account, opportunity=None, rep="r", at=START, transcript=talk)
        keep(tx, call, None)
        keep(tx, call.model_copy(update={"id": "K-hers", "lead": f"L-{PERSON}"}), PERSON)


@dataclass(frozen=True)
class Place:
    """A fresh copy of that workspace."""

    root: Path
    store: Store

    @property
    def data(self) -> Path:
        return self.root / ".revloops"

    @property
    def mailbox(self) -> Path:
        return self.data / "mailbox"

    @contextmanager
    def knowledge(
        self, embedder: Embedder | None = None, **settings: bool | float | str
    ) -> Generator[StoreKnowledge]:
        """Its search, on an in-memory embedder unless another is given."""
        said = KnowledgeSettings.model_validate(settings)
        found = StoreKnowledge(self.store, self.root, self.data, said, embedder or MemoryEmbedder())
        try:
            yield found
        finally:
            found.close()


@lru_cache(maxsize=1)
def _built() -> Path:
    ready = place(_made().parent / "built")
    with ready.knowledge() as search:
        search.build()
    ready.store.close()
    return ready.root


def place(folder: Path, *, built: bool = False) -> Place:
    """A fresh copy; indexed already where it was built."""
    root = folder / "workspace"
    shutil.copytree(_built() if built else _made(), root)
    return Place(root, Store(str(root / ".revloops" / "store.db")))


def traces(root: Path, words: tuple[bytes, ...] = TRACES) -> int:
    """How often the words stand in any file of the workspace's data, as bytes."""
    files = [path for path in (root / ".revloops").rglob("*") if path.is_file()]
    assert files
    return sum(path.read_bytes().lower().count(word) for path in files for word in words)
