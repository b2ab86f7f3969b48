"""The database, its transactions, and the three things every part writes: rows, bodies, ledger entries."""

import hashlib
import json
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, JsonValue
from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    Executable,
    Table,
    bindparam,
    create_engine,
    event,
    select,
)
from sqlalchemy.exc import OperationalError

from loops.errors import RevloopsError
from loops.ledger import GENESIS, LedgerRow, row_hash
from loops.values import canonical
from tools.store import tables as t
from tools.store.evidence import meta
from tools.store.inserts import insert
from tools.store.queries import Hot
from tools.store.vault import Erased, new_key, seal, unseal


def iso(at: datetime) -> str:
    """The instant as it is stored: UTC, microseconds kept, sortable as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


SCHEMA = hashlib.sha256("\n".join(sorted(map(repr, meta.tables.values()))).encode()).hexdigest()[:16]
"""Which tables and columns this version knows; a database made with others isn't opened."""

BUSY_MS = 30_000
"""How long a transaction waits for another process."""
PATIENCE_MS = 5_000
"""How long rewriting the file waits for those who read it."""


class Store:
    """One database; open it once per process."""

    def __init__(self, url: str, *, durable: bool = False, read_only: bool = False) -> None:
        """Open (and create, where it is new) the database.

        Args:
            url: SQLAlchemy URL, or the path of a SQLite file.
            durable: whether each commit waits for the disk (the sender does).
            read_only: whether SQLite is to refuse every write; the database must be there.
        """
        self.url = url if "://" in url else f"sqlite:///{Path(url).absolute()}"
        self.engine = _engine(self.url, durable, read_only)
        made = self._schema()
        if made is None:
            meta.create_all(self.engine)
            with self.transaction() as tx:
                tx.set_setting("schema", SCHEMA)
        elif made != SCHEMA:
            raise RevloopsError(f"{url} was made by another version of revloops: make a new workspace")

    def _schema(self) -> str | None:
        """Which tables it was made with; None while it isn't made, or not wholly."""
        with self.engine.connect() as conn:
            if not self.engine.dialect.has_table(conn, "settings"):
                return None
            return Tx(conn).setting("schema")

    @contextmanager
    def transaction(self) -> Generator["Tx"]:
        """A writing transaction: everything in it lands together, or nothing does."""
        with self.engine.connect() as conn:
            conn.exec_driver_sql("BEGIN IMMEDIATE" if conn.dialect.name == "sqlite" else "BEGIN")
            tx = Tx(conn)
            try:
                yield tx
                tx.flush()
                conn.exec_driver_sql("COMMIT")
            except BaseException:
                conn.exec_driver_sql("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Generator["Tx"]:
        """A reading transaction: one snapshot; what is written in it is thrown away."""
        with self.engine.connect() as conn:
            conn.exec_driver_sql("BEGIN")
            try:
                yield Tx(conn)
            finally:
                conn.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def compact(self) -> bool:
        """Rewrite the file, so that nothing deleted is left in its free pages or its log.

        False where another process read or wrote it for longer than `PATIENCE_MS`: what was deleted is still
        there, until it is done again.
        """
        if self.engine.dialect.name != "sqlite":
            return True
        with self.engine.connect() as conn:
            conn.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MS}")
            try:
                conn.exec_driver_sql("VACUUM")
                row = conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").first()
            except OperationalError as error:
                if "locked" not in str(error):
                    raise
                return False
            finally:
                conn.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_MS}")
        return row is not None and row[0] == 0


def _engine(url: str, durable: bool, read_only: bool) -> Engine:
    lite = url.startswith("sqlite")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    if lite:

        def tune(dbapi: Any, _: object) -> None:
            dbapi.execute("PRAGMA journal_mode=WAL")
            dbapi.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            dbapi.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            dbapi.execute("PRAGMA cache_size=-8192")
            dbapi.execute("PRAGMA wal_autocheckpoint=8000")
            if read_only:
                dbapi.execute("PRAGMA query_only=ON")

        event.listen(engine, "connect", tune)
    return engine


class Tx:
    """One transaction. Inserts are collected and written together, by `flush` or a read of the table."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._pending: dict[str, list[Mapping[str, object]]] = {}
        self._replacing: set[str] = set()
        self._blobs: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, bytes | None] = {}
        self._head: tuple[int, str] | None = None

    # --- rows -------------------------------------------------------------------------------------
    def add(self, table: Table, **row: object) -> None:
        """Insert a row; one whose key is there already is left as it is."""
        self._pending.setdefault(table.name, []).append(row)

    def replace(self, table: Table, **row: object) -> None:
        """Insert a row, or put it in the place of the one with its key.

        A table whose rows are replaced in a transaction isn't also added to in it.
        """
        self._replacing.add(table.name)
        self.add(table, **row)

    def flush(self, *names: str) -> None:
        """Write the collected rows (of the named tables, or all)."""
        if self._blobs and (not names or "blobs" in names):
            self._pending["blobs"], self._blobs = list(self._blobs.values()), {}
        for name in names or tuple(self._pending):
            rows = self._pending.pop(name, None)
            if rows:
                insert(self.conn, meta.tables[name], rows, replace=name in self._replacing)

    def run(self, statement: Executable, **values: object) -> CursorResult[Any]:
        """Execute a statement; collected rows are written first, so that it sees them."""
        self.flush()
        return self.conn.execute(statement, values or None)

    def all(self, statement: Executable | Hot, **values: object) -> Sequence[Any]:
        """The rows of a query that doesn't read what this transaction has collected but not yet flushed."""
        if isinstance(statement, Hot):
            return statement.execute(self.conn, **values).fetchall()
        return self.conn.execute(statement, values or None).all()

    def first(self, statement: Executable | Hot, **values: object) -> Any:
        """The first row of such a query, or None."""
        if isinstance(statement, Hot):
            return statement.execute(self.conn, **values).fetchone()
        return self.conn.execute(statement, values or None).first()

    # --- bodies -----------------------------------------------------------------------------------
    def put(
        self, data: bytes | BaseModel | JsonValue | Mapping[str, JsonValue], subject: str | None = None
    ) -> str:
        """Store a body, once; the hash of its stored bytes, 64 hex digits.

        Args:
            data: bytes, or a value whose canonical bytes are stored.
            subject: the one person it names; None where it names nobody.

        Raises:
            Erased: that person was erased; nothing is written of them any more.
        """
        raw = data if isinstance(data, bytes) else canonical(data)
        stored = seal(raw, self._key(subject, create=True) if subject else None)
        hash = hashlib.sha256(stored).hexdigest()
        self._blobs[hash] = {"hash": hash, "subject": subject, "bytes": stored}
        return hash

    def get(self, hash: str) -> bytes:
        """The body.

        Raises:
            Erased: the person it names was erased.
            ValueError: it was changed, or isn't there.
        """
        row = self._blobs.get(hash)
        found = (row["subject"], row["bytes"]) if row else self.first(_BLOB, hash=hash)
        if found is None:
            raise ValueError(f"body {hash[:12]} is missing")
        subject, stored = found
        key = self._key(subject, create=False) if subject else None
        if subject and key is None:
            raise Erased(f"{subject} was erased")
        return unseal(stored, key)

    def json(self, hash: str) -> Any:
        """The body as JSON data."""
        return json.loads(self.get(hash))

    def fetch_keys(self, subjects: Collection[str]) -> None:
        """Read these people's keys in one go, ahead of the bodies that need them."""
        unknown = [subject for subject in subjects if subject not in self._keys]
        if unknown:
            self._keys |= dict.fromkeys(unknown)
            self._keys |= {row[0]: row[1] for row in self.all(_KEYS, subjects=unknown)}

    def _key(self, subject: str, *, create: bool) -> bytes | None:
        if subject not in self._keys:
            row = self.first(_KEY, subject=subject)
            self._keys[subject] = row[0] if row else None
        if create and self._keys[subject] is None:
            if self.first(_ERASED, subject=subject):
                raise Erased(f"{subject} was erased")
            self._keys[subject] = key = new_key()
            self.add(t.keys, subject=subject, key=key)
        return self._keys[subject]

    # --- ledger -----------------------------------------------------------------------------------
    def append(self, *, run: str, kind: str, loop: str, frame: str, trigger: str, caused_by: str,
               outcome: str, body: str, at: datetime, queue: str = "", rule: str = "",
               duration_ms: int = 0) -> LedgerRow:
        """Append to the ledger; the row as written."""
        seq, prev = self.head()
        hashed = (seq + 1, run, kind, loop, frame, trigger, caused_by, outcome, queue, rule, body, prev)
        row = LedgerRow(*hashed, hash=row_hash(hashed), at=at, duration_ms=duration_ms)
        self._head = (row.seq, row.hash)
        said = {name: getattr(row, name) for name in LedgerRow.__slots__ if name != "at"}
        self.add(t.ledger, **said, at=iso(at))
        return row

    def head(self) -> tuple[int, str]:
        """Number and hash of the ledger's last row; (0, GENESIS) while it is empty."""
        if self._head is None:
            row = self.first(_HEAD)
            self._head = (row[0], row[1]) if row else (0, GENESIS)
        return self._head

    def rows(self, statement: Executable | None = None, **values: object) -> Iterator[LedgerRow]:
        """Ledger rows in order, of the whole ledger or of a query over `tables.ledger`."""
        self.flush("ledger")
        query = select(t.ledger).order_by(t.ledger.c.seq) if statement is None else statement
        for row in self.conn.execution_options(yield_per=1000).execute(query, values or None):
            *fields, at, took = row
            yield LedgerRow(*fields, at=datetime.fromisoformat(at), duration_ms=took)

    # --- settings ---------------------------------------------------------------------------------
    def setting(self, key: str) -> str | None:
        """A stored setting, or None."""
        row = self.first(select(t.settings.c.value).where(t.settings.c.key == key))
        return row[0] if row else None

    def set_setting(self, key: str, value: str) -> None:
        """Store a setting, replacing what was there."""
        self.conn.execute(t.settings.delete().where(t.settings.c.key == key))
        self.conn.execute(t.settings.insert().values(key=key, value=value))


_BLOB = select(t.blobs.c.subject, t.blobs.c.bytes).where(t.blobs.c.hash == bindparam("hash"))
_KEY = select(t.keys.c.key).where(t.keys.c.subject == bindparam("subject"))
_ERASED = Hot(select(t.erased.c.subject).where(t.erased.c.subject == bindparam("subject")))
_KEYS = select(t.keys.c.subject, t.keys.c.key).where(
    t.keys.c.subject.in_(bindparam("subjects", expanding=True))
)
_HEAD = select(t.ledger.c.seq, t.ledger.c.hash).order_by(t.ledger.c.seq.desc()).limit(1)
