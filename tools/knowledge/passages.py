"""The passages in the store: what is indexed, the truth that vectors are rebuilt from."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, delete, func, insert, or_, select, text

from tools.knowledge import keywords, rows, tables
from tools.knowledge.ports import ANYBODY, Embedded, Kind, Passage
from tools.knowledge.tables import embeddings_counted, is_sqlite
from tools.knowledge.tables import passages as table
from tools.store import Tx

SLICE = 500
"""Ids in one statement: databases bound the number of parameters."""
_FIELDS = (table.c.id, table.c.kind, table.c.title, table.c.text, table.c.source, table.c.subject)
_MATCH = (
    "SELECT p.id, p.kind, p.title, p.text, p.source, p.subject, bm25(passages_fts) AS rank "
    "FROM passages_fts JOIN passages p ON p.n = passages_fts.rowid WHERE passages_fts MATCH :words"
)


@dataclass(frozen=True)
class Synced:
    """What a build changed in the table."""

    added: int
    dropped: int


def sync(tx: Tx, wanted: Sequence[Passage]) -> Synced:
    """Make the table hold exactly these passages."""
    due = {p.id: p for p in wanted}
    there = set(ids(tx))
    new = [_row(p) for id, p in due.items() if id not in there]
    if new:
        tx.conn.execute(insert(table), new)
    gone = there - due.keys()
    _drop(tx, gone)
    if new or gone:
        _reindex(tx)
    return Synced(len(new), len(gone))


def forget(tx: Tx, subject: str, calls: Collection[str] = ()) -> int:
    """Drop what names a person, and everything said on these calls; how many passages went."""
    if not tables.prepared(tx):
        return 0
    theirs: list[ColumnElement[bool]] = [table.c.subject == subject]
    theirs += [table.c.source.startswith(f"call {call}:", autoescape=True) for call in calls]
    gone = tx.conn.execute(delete(table).where(or_(*theirs))).rowcount
    if gone:
        _reindex(tx)
        rows.drop_orphans(tx)
        rows.changed(tx)
    return gone


def _drop(tx: Tx, gone: Collection[str]) -> None:
    for some in _sliced(sorted(gone)):
        tx.conn.execute(delete(table).where(table.c.id.in_(some)))


def _reindex(tx: Tx) -> None:
    # deleting from a full-text index only marks words as gone: rebuilding it leaves none behind
    if is_sqlite(tx):
        tx.conn.exec_driver_sql("INSERT INTO passages_fts(passages_fts) VALUES ('rebuild')")


def ids(tx: Tx) -> list[str]:
    """Every passage's id."""
    return [row[0] for row in tx.all(select(table.c.id))]


def fetch(tx: Tx, wanted: Sequence[str]) -> dict[str, Passage]:
    """Those of these passages that are there, by id."""
    found: dict[str, Passage] = {}
    for some in _sliced(wanted):
        read = tx.all(select(*_FIELDS).where(table.c.id.in_(some)))
        found |= {row.id: _passage(row) for row in read}
    return found


def counts(tx: Tx) -> Counter[str]:
    """How many passages there are of each kind."""
    counted = tx.all(select(table.c.kind, func.count()).group_by(table.c.kind))
    return Counter({row[0]: row[1] for row in counted})


def match(tx: Tx, words: str, kinds: tuple[Kind, ...], about: str, limit: int) -> tuple[Passage, ...]:
    """The passages that share words with the query, the best first."""
    if not is_sqlite(tx):
        return keywords.match(words, [_passage(row) for row in tx.all(_among(kinds, about))], limit)
    asked = " OR ".join(f'"{term}"' for term in dict.fromkeys(keywords.terms(words)))
    if not asked:
        return ()
    query, values = _MATCH, dict[str, object]()
    if kinds:
        query, values = f"{query} AND p.kind IN :kinds", {"kinds": kinds}
    if about != ANYBODY:
        query, values = f"{query} AND (p.subject IS NULL OR p.subject = :about)", {**values, "about": about}
    statement = text(f"{query} ORDER BY rank, p.id LIMIT :limit")
    if kinds:
        statement = statement.bindparams(bindparam("kinds", expanding=True, type_=String))
    found = tx.all(statement, **values, words=asked, limit=limit)
    return tuple(_passage(row, keywords.share(-row.rank)) for row in found)


def _among(kinds: tuple[Kind, ...], about: str) -> Any:
    query = select(*_FIELDS).order_by(table.c.id)
    query = query.where(table.c.kind.in_(kinds)) if kinds else query
    whose = or_(table.c.subject.is_(None), table.c.subject == about)
    return query if about == ANYBODY else query.where(whose)


def count_embedding(tx: Tx, embedder: str, texts: int, made: Embedded, at: datetime) -> None:
    """Note a request to an embedder."""
    day, c = at.date().isoformat(), embeddings_counted.c
    mine = (c.embedder == embedder) & (c.day == day)
    row = tx.first(select(c.calls, c.texts, c.tokens).where(mine))
    calls, before, tokens = row or (0, 0, None)
    tx.conn.execute(delete(embeddings_counted).where(mine))
    total = made.tokens if tokens is None else tokens + (made.tokens or 0)
    tx.conn.execute(
        insert(embeddings_counted).values(
            embedder=embedder, day=day, calls=calls + 1, texts=before + texts, tokens=total
        )
    )


def embeddings(tx: Tx) -> list[dict[str, str | int | None]]:
    """Requests to embedders by day: embedder, day, calls, texts, tokens; the newest day first."""
    c = embeddings_counted.c
    days = tx.all(select(embeddings_counted).order_by(c.day.desc(), c.embedder))
    return [dict(day._mapping) for day in days]


def _sliced(all_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (all_ids[at : at + SLICE] for at in range(0, len(all_ids), SLICE))


def _row(p: Passage) -> dict[str, object]:
    return p.model_dump(exclude={"score"})


def _passage(row: Any, score: float = 0.0) -> Passage:
    return Passage(
        id=row.id, kind=row.kind, title=row.title, text=row.text, source=row.source,
        subject=row.subject, score=score,
    )  # fmt: skip
