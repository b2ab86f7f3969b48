"""The search over a workspace: passages in the store, vectors beside it; keyword match without those."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tools.knowledge import passages as table
from tools.knowledge import rows, tables
from tools.knowledge.errors import MissingExtra, NoMeaning
from tools.knowledge.history import calls, decisions, names_a_lead
from tools.knowledge.ports import (
    ANYBODY,
    KINDS,
    PERSONAL,
    Embedded,
    Embedder,
    Found,
    How,
    Kind,
    Passage,
)
from tools.knowledge.settings import KnowledgeSettings
from tools.knowledge.texts import fingerprint, texts
from tools.knowledge.vectors import Vectors
from tools.store import Store, Tx

TEXTS = "knowledge_texts"
"""Setting: fingerprint of the workspace's texts when they were indexed."""
BUILD = "run `revloops knowledge build`"
DEEPER = 4
"""How many times as many neighbours are looked at as are wanted: some may be gone from the table."""


@dataclass(frozen=True)
class Built:
    """What a build did."""

    passages: int
    added: int
    dropped: int
    embedded: int
    # vectors made now
    vectors: int
    # passages that have one
    how: How
    why: str


@dataclass(frozen=True)
class Status:
    """How the index stands."""

    passages: dict[str, int]
    # by kind
    vectors: int
    how: How
    why: str
    embeddings: list[dict[str, str | int | None]]
    # requests by day, as `passages.embeddings`


class StoreKnowledge:
    """The search over one workspace; `close` it, so that another process may own the vectors."""

    def __init__(
        self, store: Store, root: Path, data: Path, settings: KnowledgeSettings, embedder: Embedder | None
    ) -> None:
        """A search; nothing is opened yet.

        Args:
            store: the database.
            root: the workspace.
            data: its data folder.
            settings: what it says about the search.
            embedder: None: keyword match alone.
        """
        self._store, self._root, self._settings = store, root, settings
        self._embedder, self._folder = embedder, vectors_in(data)
        self._vectors: Vectors | None = None

    def close(self) -> None:
        """Let go of the vectors."""
        if self._vectors:
            self._vectors.close()
            self._vectors = None

    # --- search -----------------------------------------------------------------------------------
    def search(
        self, words: str, kinds: tuple[Kind, ...] = (), limit: int = 8, *, about: str = ANYBODY
    ) -> Found:
        """The passages nearest to the words: by meaning where that can be had, else by keyword, with why."""
        with self._store.reading() as tx:
            built = tx.setting(TEXTS) if tables.prepared(tx) else None
        if built is None:
            return Found(passages=(), how="keyword match", why=f"nothing is indexed yet: {BUILD}")
        how: How = "meaning"
        try:
            found, why = self._by_meaning(words, kinds, limit, about)
        except NoMeaning as error:
            how, why = "keyword match", str(error)
            with self._store.reading() as tx:
                found = table.match(tx, words, kinds, about, limit)
        if built != fingerprint(self._root):
            why = f"{why}; the workspace's texts changed since they were indexed: {BUILD}"
        return Found(passages=found, how=how, why=why)

    def _by_meaning(
        self, words: str, kinds: tuple[Kind, ...], limit: int, about: str
    ) -> tuple[tuple[Passage, ...], str]:
        embedder = self._may_search(words, kinds)
        vectors = self._aligned(embedder)
        asked = self._embed(embedder, [words]).vectors[0]
        with self._store.reading() as tx:
            stored = rows.width(tx, embedder.name)
        if stored != len(asked):
            raise NoMeaning(f"{embedder.name} gives vectors of {len(asked)} numbers, not {stored}: {BUILD}")
        near = vectors.nearest(asked, kinds, about, limit * DEEPER)
        with self._store.reading() as tx:
            there = table.fetch(tx, [id for id, _ in near])
        good = [(id, score) for id, score in near if id in there and score >= self._settings.least_score]
        found = tuple(there[id].model_copy(update={"score": score}) for id, score in good[:limit])
        return found, self._told(embedder)

    def _may_search(self, words: str, kinds: tuple[Kind, ...]) -> Embedder:
        """The embedder, where these words may be given to it.

        Raises:
            NoMeaning: they may not, or there is none.
        """
        embedder = self._embedder
        if embedder is None:
            raise NoMeaning('[knowledge] embedder is "none"')
        if not words.strip():
            raise NoMeaning("no words were given")
        if self._kept_home(embedder):
            if kinds and PERSONAL.issuperset(kinds):
                raise NoMeaning("decisions and calls stay here: [knowledge] send_personal is off")
            with self._store.reading() as tx:
                if names_a_lead(tx, words):
                    raise NoMeaning("the words name a person, and [knowledge] send_personal is off")
        return embedder

    def _aligned(self, embedder: Embedder) -> Vectors:
        """The index, holding what the store holds.

        Raises:
            NoMeaning: it can't, now.
        """
        with self._store.reading() as tx:
            stamp, wanted = tx.setting(rows.STAMP) or "", rows.ids(tx, embedder.name)
            key = f"{embedder.name}/{rows.width(tx, embedder.name)}"
        if not wanted:
            raise NoMeaning(f"there are no vectors of {embedder.name} yet: {BUILD}")
        if self._vectors is None:
            self._vectors = Vectors(self._folder)
        self._vectors.align(self._store.url, key, stamp, wanted)
        return self._vectors

    def _told(self, embedder: Embedder) -> str:
        kept = "; passages that name a person are found by keyword alone" if self._kept_home(embedder) else ""
        return f"{embedder.name}{kept}"

    def _kept_home(self, embedder: Embedder) -> bool:
        """Whether texts that name a person may not be given to the embedder."""
        return embedder.outside and not self._settings.send_personal

    def _embed(self, embedder: Embedder, said: Sequence[str]) -> Embedded:
        made = embedder.embed(said)
        with self._store.transaction() as tx:
            table.count_embedding(tx, embedder.name, len(said), made, datetime.now(UTC))
        return made

    # --- build ------------------------------------------------------------------------------------
    def build(self, beat: Callable[[int, int], None] = lambda done, of: None) -> Built:
        """Index the workspace as it stands; done again, it does what is missing and nothing else.

        Args:
            beat: called with (passages that have a vector, passages that should have one).

        Raises:
            ConfigError: a text that can't be read.
            EmbedderFailed: the embedder broke off; what it gave is kept, and the next build goes on there.
        """
        tables.prepare(self._store)
        print_, own = fingerprint(self._root), list(texts(self._root, self._settings.snippet_characters))
        with self._store.transaction() as tx:
            # read in the transaction that writes: nobody who is erased meanwhile comes back
            wanted = [*own, *self._history(tx)]
            synced = table.sync(tx, wanted)
            tx.set_setting(TEXTS, print_)
        try:
            have, made = self._embed_missing(wanted, beat)
            how, why = self._how()
        except MissingExtra as error:
            have, made, how, why = 0, 0, "keyword match", str(error)
        return Built(len(wanted), synced.added, synced.dropped, made, have, how, why)

    def _history(self, tx: Tx) -> list[Passage]:
        longest = self._settings.snippet_characters
        return [*decisions(tx, self._settings.decisions, longest), *calls(tx, longest)]

    def _embed_missing(self, wanted: list[Passage], beat: Callable[[int, int], None]) -> tuple[int, int]:
        """(passages that have a vector, vectors made now)."""
        embedder = self._embedder
        if embedder is None:
            return 0, 0
        home = self._kept_home(embedder)
        due = {p.id: p for p in wanted if p.subject is None or not home}
        with self._store.transaction() as tx:
            rows.drop(tx, embedder.name, due)
            there = rows.ids(tx, embedder.name)
        missing, made = [p for id, p in due.items() if id not in there], 0
        while missing:
            some, missing = missing[: self._settings.batch], missing[self._settings.batch :]
            if self._made(embedder, some):
                # vectors of another length than before: those that were there are of no use
                missing += [due[id] for id in there]
            made += len(some)
            beat(len(due) - len(missing), len(due))
        return len(due), made

    def _made(self, embedder: Embedder, some: list[Passage]) -> bool:
        """Embed and store these; whether every vector from before had to go."""
        vectors = self._embed(embedder, [f"{p.title}. {p.text}" for p in some]).vectors
        with self._store.transaction() as tx:
            other = rows.width(tx, embedder.name) not in (None, vectors.shape[1])
            if other:
                rows.drop(tx, embedder.name)
            rows.put(tx, embedder.name, [p.id for p in some], vectors)
        return other

    def _how(self) -> tuple[How, str]:
        """How a search would go now, and why."""
        try:
            embedder = self._may_search("anything", ())
            self._aligned(embedder)
        except NoMeaning as error:
            return "keyword match", str(error)
        return "meaning", self._told(embedder)

    # --- status -----------------------------------------------------------------------------------
    def status(self) -> Status:
        """How the index stands; nothing is embedded."""
        tables.prepare(self._store)
        with self._store.reading() as tx:
            counted, made = table.counts(tx), table.embeddings(tx)
            built = tx.setting(TEXTS)
            have = len(rows.ids(tx, self._embedder.name)) if self._embedder else 0
        how, why = self._how()
        if built is not None and built != fingerprint(self._root):
            why = f"{why}; the workspace's texts changed since they were indexed: {BUILD}"
        by_kind = {kind: counted[kind] for kind in KINDS}
        return Status(by_kind, have, how, why, made)


def vectors_in(data: Path) -> Path:
    """Where the vectors lie, in a workspace's data folder."""
    return data / "vectors"
