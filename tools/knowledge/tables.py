"""The index's own tables: made when first used, thrown away and rebuilt when their shape changes.

They lie in the store's file, so that an erasure rewrites them with it, but aren't part of its schema: an
older workspace opens, and `revloops knowledge build` fills them again.
"""

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from tools.store import Store, Tx

SHAPE = "1"
meta = MetaData()

passages = Table(
    "passages", meta,
    Column("n", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", String),
    # as `Passage.subject`; NULL: names nobody
    Index("passages_subject", "subject"),
)  # fmt: skip
vectors = Table(
    "passage_vectors", meta,
    Column("embedder", String), Column("id", String(32)),
    # of the passage
    Column("vector", LargeBinary, nullable=False),
    # float32, of unit length
    PrimaryKeyConstraint("embedder", "id"),
)  # fmt: skip
embeddings_counted = Table(
    "embeddings_counted", meta,
    Column("embedder", String), Column("day", String),
    # UTC day, ISO 8601
    Column("calls", Integer, nullable=False),
    Column("texts", Integer, nullable=False),
    Column("tokens", Integer),
    # NULL where the embedder counts none
    PrimaryKeyConstraint("embedder", "day"),
)  # fmt: skip

FULL_TEXT = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS passages_fts USING fts5("
    "title, text, content='passages', content_rowid='n', tokenize='porter unicode61')"
)


def prepare(store: Store) -> None:
    """Make the tables where they aren't there, or are of another shape."""
    with store.reading() as tx:
        if tx.setting("knowledge_shape") == SHAPE:
            return
    with store.transaction() as tx:
        if is_sqlite(tx):
            tx.conn.exec_driver_sql("DROP TABLE IF EXISTS passages_fts")
        meta.drop_all(tx.conn)
        meta.create_all(tx.conn)
        if is_sqlite(tx):
            tx.conn.exec_driver_sql(FULL_TEXT)
        tx.set_setting("knowledge_shape", SHAPE)


def prepared(tx: Tx) -> bool:
    """Whether the tables are there."""
    return tx.setting("knowledge_shape") == SHAPE


def is_sqlite(tx: Tx) -> bool:
    """Whether SQLite's full-text search is to be had."""
    return tx.conn.dialect.name == "sqlite"
