"""The index's files: one owner at a time, nothing lost in a crash, nothing left of whoever was erased."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from sqlalchemy import select

from loops.errors import RevloopsError
from tests.tools.indexed import PERSON, Place, place, traces
from tools.knowledge import passages
from tools.knowledge.memory import MemoryEmbedder
from tools.knowledge.ports import Passage
from tools.knowledge.vectors import collection, open_chroma
from tools.store import tables as t
from tools.store.erase import erase

pytest.importorskip("chromadb", reason="the extra `knowledge` isn't installed")
PROJECT = Path(__file__).parents[2]
OWNER = """
    import sys
    from pathlib import Path
    from tools.knowledge.vectors import Vectors
    vectors = Vectors(Path(sys.argv[1]))
    print("owned", flush=True)
    sys.stdin.read()
"""
BUILDER = """
    import os, signal, sys
    from pathlib import Path
    from tools.knowledge.index import StoreKnowledge
    from tools.knowledge.memory import MemoryEmbedder
    from tools.knowledge.settings import KnowledgeSettings
    from tools.store import Store
    class Killed(MemoryEmbedder):
        def embed(self, texts):
            if len(self.given) >= int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            return super().embed(texts)
    root = Path(sys.argv[1])
    data = root / ".revloops"
    store = Store(str(data / "store.db"))
    StoreKnowledge(store, root, data, KnowledgeSettings(batch=10), Killed()).build()
"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Place]:
    """A workspace that is indexed."""
    home = place(tmp_path, built=True)
    yield home
    home.store.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Place]:
    """One that isn't."""
    home = place(tmp_path)
    yield home
    home.store.close()


def child(program: str, *words: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", dedent(program), *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=PROJECT)


@pytest.fixture
def owner(home: Place) -> Iterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts another process that owns the vectors."""
    started: list[subprocess.Popen[str]] = []

    def start() -> "subprocess.Popen[str]":
        process = child(OWNER, str(home.data / "vectors"))
        started.append(process)
        assert process.stdout and process.stdout.readline() == "owned\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


# --- one owner ------------------------------------------------------------------------------------
def test_beside_another_process_a_search_goes_by_keyword_and_says_who_owns_the_vectors(
    home: Place, owner: Callable[[], "subprocess.Popen[str]"]
) -> None:
    other = owner()
    with home.knowledge() as search:
        found = search.search("undercut the price")
        assert found.how == "keyword match" and f"another process (pid {other.pid})" in found.why
        assert found.passages[0].source.startswith("battlecards/switchgrove.md")
        built = search.build()
        assert built.how == "keyword match" and built.embedded == 0
        other.kill()
        other.wait()
        assert search.search("undercut the price").how == "meaning"


def test_a_build_that_is_killed_loses_nothing_and_the_next_one_goes_on(fresh: Place) -> None:
    for given in (10, 30):
        process = child(BUILDER, str(fresh.root), str(given))
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    again = MemoryEmbedder()
    with fresh.knowledge(again) as search:
        built = search.build()
        assert built.vectors == built.passages > len(again.given) == built.embedded
        # 10 before the first kill; the second process embeds 30 more before its own
        assert built.embedded == built.passages - 40
        assert search.status().vectors == built.passages
        assert search.build().embedded == 0


def test_an_index_that_lacks_something_or_can_t_be_read_is_filled_again(home: Place) -> None:
    with home.knowledge() as search:
        before = search.search("price", limit=50)
    (folder,) = [entry for entry in (home.data / "vectors").iterdir() if entry.is_dir()]
    client = open_chroma(folder)
    gone = [p.id for p in before.passages]
    collection(client, "memory/64").delete(ids=gone)
    client.close()
    with home.knowledge() as search:
        assert search.search("price", limit=50) == before
    for file in folder.glob("*.sqlite3"):
        file.write_bytes(b"no database" * 1000)
    with home.knowledge() as search:
        assert search.search("price", limit=50) == before


def test_what_the_owner_s_neighbour_builds_the_owner_finds_at_its_next_search(home: Place) -> None:
    with home.knowledge() as owner:
        owner.build()
        card = home.root / "battlecards" / "switchgrove.md"
        card.write_text(card.read_text(encoding="utf-8") + "\n## Ballast\nZinc ballast.\n", encoding="utf-8")
        with home.knowledge() as neighbour:
            built = neighbour.build()
            assert (built.embedded, built.how) == (1, "keyword match")
        found = owner.search("zinc ballast")
        assert found.how == "meaning" and found.passages[0].title == "Switchgrove: Ballast"


# --- erase ----------------------------------------------------------------------------------------
def hers(home: Place) -> list[Passage]:
    with home.store.reading() as tx:
        everything = passages.fetch(tx, passages.ids(tx)).values()
    return [p for p in everything if p.subject == PERSON]


def _left_alone(*_: object) -> None:
    """Does nothing, in place of a guard."""


def stored(home: Place, found: list[Passage]) -> tuple[bytes, ...]:
    """Their vectors' bytes."""
    made = MemoryEmbedder().embed([f"{p.title}. {p.text}" for p in found]).vectors
    return tuple(np.ascontiguousarray(row).tobytes().lower() for row in made)


def test_nothing_of_an_erased_person_is_left_in_the_index(home: Place) -> None:
    with home.knowledge() as search:
        built = search.build()
        assert search.search("zeppelin", ("call",)).passages
    found = hers(home)
    vectors = stored(home, found)
    assert len(found) == 4
    assert traces(home.root) >= 4
    assert traces(home.root, vectors) >= 2 * len(vectors)
    erase(home.store, PERSON, home.mailbox)
    assert traces(home.root) == 0
    assert traces(home.root, vectors) == 0
    with home.knowledge() as search:
        assert search.status().vectors == built.vectors - 5
        again = search.build()
        assert (again.added, again.dropped, again.embedded) == (0, 0, 0)
        assert search.search("price").how == "meaning"
    assert traces(home.root) == traces(home.root, vectors) == 0
    with home.store.reading() as tx:
        assert not tx.all(select(t.calls.c.id).where(t.calls.c.id.in_(("K-alone", "K-hers"))))


def test_without_the_full_text_index_being_rebuilt_an_erased_person_s_words_would_stay(
    home: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passages, "_reindex", _left_alone)
    erase(home.store, PERSON, home.mailbox)
    assert traces(home.root) > 0


def test_without_the_index_being_thrown_away_an_erased_person_s_vectors_would_stay(
    home: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = stored(home, hers(home))
    monkeypatch.setattr("tools.store.files.discard", _left_alone)
    erase(home.store, PERSON, home.mailbox)
    assert traces(home.root) == 0 < traces(home.root, vectors)


def test_an_erasure_beside_the_vectors_owner_says_so_and_is_finished_by_the_next(
    home: Place, owner: Callable[[], "subprocess.Popen[str]"]
) -> None:
    vectors = stored(home, hers(home))
    other = owner()
    with pytest.raises(
        RevloopsError, match=rf"pid {other.pid}\) owns the index of vectors.* stop it and run"
    ):
        erase(home.store, PERSON, home.mailbox)
    assert traces(home.root) == 0 < traces(home.root, vectors)
    other.kill()
    other.wait()
    erase(home.store, PERSON, home.mailbox)
    assert traces(home.root, vectors) == 0
