"""Columns of past inputs: kept in chunks beside the ledger, and made again where they are missing."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, delete, func, or_, select

from loops.columns import Attribute, Column, Columns, Rows, column, joined
from loops.decision import Answer
from tools.store import tables as t
from tools.store.evidence import columns as kept
from tools.store.store import Store, Tx
from tools.store.vault import Erased

CHUNK = 20_000
"""Runs that one chunk holds at most."""
IDS, RUNS, STARTS, TIMES, VOCABULARY = ":ids", ":runs", ":starts", ":times", ":values"
"""Arrays of a chunk beside those of its columns, whose names have no colon."""
_SEEN = (
    select(t.ledger.c.seq, t.ledger.c.run)
    .where(t.ledger.c.loop == bindparam("loop"), t.ledger.c.kind.in_(("asked", "decided")),
           t.ledger.c.seq.between(bindparam("low"), bindparam("high")),
           t.ledger.c.trigger.in_(bindparam("triggers", expanding=True)))
    .order_by(t.ledger.c.seq)
    .limit(bindparam("most"))
)  # fmt: skip
_RUNS = (
    select(t.runs.c.id, t.runs.c.record, t.runs.c.subject, t.runs.c.input, t.runs.c.at,
           select(func.min(t.ledger.c.seq)).where(t.ledger.c.run == t.runs.c.id).scalar_subquery())
    .where(t.runs.c.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
_ANSWERS = (
    select(t.ledger.c.run, t.ledger.c.body)
    .where(t.ledger.c.run.in_(bindparam("ids", expanding=True)), t.ledger.c.kind == "answered")
    .order_by(t.ledger.c.seq)
)
PAGE = 500
"""Runs that are read in one go."""


class Kept(Protocol):
    """What a loop keeps of its inputs."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        ...

    @property
    def facts(self) -> Callable[[Any, tuple[Answer, ...]], Mapping[str, Attribute]]:
        """What they hold of an input and the answers that its run got."""
        ...


@dataclass(frozen=True)
class Source:
    """Whose inputs are kept, and how they are read."""

    loop: str
    triggers: tuple[str, ...]
    # kinds of event that start its runs
    code: str
    # hash of the code: what other code made is made again
    bulk: Kept
    read: Callable[[bytes], Any]
    # stored bytes → the input


@dataclass(frozen=True)
class Past:
    """The newest run of each record, the oldest first; every array has one entry a record."""

    ids: NDArray[np.bytes_]
    # records, in UTF-8
    keys: NDArray[np.uint64]
    # the first 64 bits of their hash, to find one in another loop's
    runs: NDArray[np.bytes_]
    starts: NDArray[np.int64]
    # number of the ledger row that each run began with, ascending
    times: NDArray[np.int64]
    # when each run was last decided, in seconds since 1970
    columns: Columns

    def __len__(self) -> int:
        return len(self.ids)

    def record(self, row: int) -> str:
        """The record of one row."""
        return bytes(self.ids[row]).decode()

    def run(self, row: int) -> str:
        """The run of one row."""
        return bytes(self.runs[row]).decode()

    def take(self, rows: Rows) -> "Past":
        """Those alone, in that order."""
        return Past(self.ids[rows], self.keys[rows], self.runs[rows], self.starts[rows], self.times[rows],
                    self.columns.take(rows))  # fmt: skip


@dataclass(frozen=True)
class _Row:
    run: str
    record: str
    start: int
    at: int
    facts: Mapping[str, Attribute]


# --- reading --------------------------------------------------------------------------------------
def past(store: Store, source: Source) -> Past:
    """What a loop decided of each record last, side by side; what is missing of it is made first."""
    fill(store, source)
    with store.reading() as tx:
        return loaded(tx, source)


def loaded(tx: Tx, source: Source) -> Past:
    """What is kept already."""
    rows = tx.all(_kept(source, kept.c.data).where(kept.c.rows > 0))
    return _newest([_unpacked(row[0], source.bulk.names) for row in rows], source.bulk.names)


def _kept(source: Source, *wanted: Any) -> Any:
    found = select(*wanted).where(kept.c.loop == source.loop, kept.c.made_by == source.code)
    return found.order_by(kept.c.first)


def _newest(parts: Sequence[Past], names: tuple[str, ...]) -> Past:
    """All parts together, each record once."""
    if not parts:
        parts = [_past([], names)]
    whole = Past(
        np.concatenate([part.ids for part in parts]),
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.runs for part in parts]),
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.times for part in parts]),
        joined([part.columns for part in parts]),
    )
    # a run that got an answer since stands there twice, with the same start: the later one counts
    order = np.argsort(whole.starts, kind="stable")[::-1]
    _, first = np.unique(whole.keys[order], return_index=True)
    rows = order[first]
    rows = rows[np.argsort(whole.starts[rows], kind="stable")]
    return whole if np.array_equal(rows, np.arange(len(whole))) else whole.take(rows)


def _unpacked(data: bytes, names: tuple[str, ...]) -> Past:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        ids, values = arrays[IDS], json.loads(arrays[VOCABULARY].tobytes())
        columns = {name: Column(arrays[name].astype(np.uint32), tuple(values[name])) for name in names}
        found = Columns(len(ids), columns)
        return Past(ids, arrays[":keys"], arrays[RUNS], arrays[STARTS], arrays[TIMES], found)


def runs_alone(tx: Tx, loop: str, triggers: Sequence[str]) -> Past:
    """The newest run of each record of a loop that keeps no columns."""
    start = select(func.min(t.ledger.c.seq)).where(t.ledger.c.run == t.runs.c.id).scalar_subquery()
    query = select(t.runs.c.id, t.runs.c.record, t.runs.c.at, start).where(
        t.runs.c.loop == loop, t.runs.c.trigger.in_(triggers)
    )
    rows = [_Row(row[0], row[1], row[3], _seconds(row[2]), {}) for row in tx.all(query)]
    return _newest([_past(rows, ())], ())


# --- making ---------------------------------------------------------------------------------------
def fill(store: Store, source: Source) -> int:
    """How many runs were added: those that no chunk holds yet, or only one that other code made."""
    with store.transaction() as tx:
        tx.flush()
        tx.conn.execute(delete(kept).where(kept.c.loop == source.loop, kept.c.made_by != source.code))
        gaps = list(_gaps(tx, source))
    return sum(_fill(store, source, low, high) for low, high in gaps)


def _gaps(tx: Tx, source: Source) -> Iterator[tuple[int, int]]:
    """The ranges of the ledger that no chunk covers."""
    after = 0
    for first, last in tx.all(_kept(source, kept.c.first, kept.c.last)):
        if first > after + 1:
            yield after + 1, first - 1
        after = last
    head, _ = tx.head()
    if head > after:
        yield after + 1, head


def _fill(store: Store, source: Source, low: int, high: int) -> int:
    """Cover a range of the ledger, a chunk a transaction."""
    made = 0
    while low <= high:
        with store.transaction() as tx:
            seen = tx.all(_SEEN, loop=source.loop, low=low, high=high, most=CHUNK,
                          triggers=list(source.triggers))  # fmt: skip
            last = seen[-1][0] if len(seen) == CHUNK else high
            rows = list(_rows(tx, source, {run: seq for seq, run in seen}))
            data = packed(_past(rows, source.bulk.names)) if rows else b""
            tx.replace(kept, loop=source.loop, first=low, last=last, rows=len(rows), made_by=source.code,
                       data=data)  # fmt: skip
            tx.flush()
        made, low = made + len(rows), last + 1
    return made


def _rows(tx: Tx, source: Source, seen: Mapping[str, int]) -> Iterator[_Row]:
    """The runs in the order of their last row; nobody's who was erased."""
    runs = list(seen)
    for start in range(0, len(runs), PAGE):
        ids = runs[start : start + PAGE]
        found = {row[0]: row for row in tx.all(_RUNS, ids=ids)}
        tx.fetch_keys({row[2] for row in found.values() if row[2]})
        answers: dict[str, list[str]] = {}
        for run, body in tx.all(_ANSWERS, ids=ids):
            answers.setdefault(run, []).append(body)
        for id in ids:
            row = found.get(id)
            made = row and _row(tx, source, row, answers.get(id, ()))
            if made:
                yield made


def _row(tx: Tx, source: Source, row: Sequence[Any], answers: Sequence[str]) -> _Row | None:
    id, record, _, input, at, start = row
    try:
        given = tuple(Answer.model_validate_json(tx.get(body)) for body in answers)
        facts = source.bulk.facts(source.read(tx.get(input)), given)
    except Erased:
        return None
    return _Row(id, record, start, _seconds(at), facts)


def _seconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp())


def _past(rows: Sequence[_Row], names: tuple[str, ...]) -> Past:
    return Past(
        np.array([row.record.encode() for row in rows], dtype=np.bytes_),
        np.array([key_of(row.record) for row in rows], dtype=np.uint64),
        np.array([row.run.encode() for row in rows], dtype=np.bytes_),
        np.array([row.start for row in rows], dtype=np.int64),
        np.array([row.at for row in rows], dtype=np.int64),
        Columns(len(rows), {name: column(row.facts.get(name) for row in rows) for name in names}),
    )


def key_of(record: str) -> int:
    """The first 64 bits of its hash."""
    return int.from_bytes(hashlib.sha256(record.encode()).digest()[:8])


def packed(past: Past) -> bytes:
    """A chunk's bytes: arrays alone, the values they point to as JSON."""
    columns = past.columns.columns
    values = json.dumps({name: list(one.values) for name, one in columns.items()}).encode()
    arrays: dict[str, NDArray[Any]] = {
        IDS: past.ids,
        ":keys": past.keys,
        RUNS: past.runs,
        STARTS: past.starts,
        TIMES: past.times,
        VOCABULARY: np.frombuffer(values, dtype=np.uint8),
        **{name: one.codes.astype(np.min_scalar_type(len(one.values))) for name, one in columns.items()},
    }
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, **arrays)
    return out.getvalue()


# --- erasing --------------------------------------------------------------------------------------
def forget_columns(tx: Tx, person: str, leads: Sequence[str]) -> None:
    """Delete every chunk that holds a run about the person; it is made again without them once needed."""
    theirs = or_(t.runs.c.subject == person, t.runs.c.record.in_(leads))
    query = select(t.ledger.c.loop, t.ledger.c.seq).join(t.runs, t.runs.c.id == t.ledger.c.run).where(theirs)
    tx.flush()
    for loop, seq in tx.all(query):
        held = (kept.c.loop == loop, kept.c.first <= seq, kept.c.last >= seq)
        tx.conn.execute(delete(kept).where(*held))
