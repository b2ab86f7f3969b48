"""What models were asked and what it cost: reserved before a request leaves, settled when it is back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, case, func, insert, select, update

from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

Settled = Literal["done", "failed"]
_TOKENS = t.usage.c.input_tokens + t.usage.c.output_tokens
_SUMS = (
    func.count().label("calls"),
    func.coalesce(func.sum(_TOKENS), 0).label("tokens"),
    func.coalesce(func.sum(t.usage.c.cost_micros), 0).label("money_micros"),
    func.coalesce(func.sum(t.usage.c.ms), 0).label("ms"),
)
_OF_REQUEST = select(*_SUMS).where(t.usage.c.request == bindparam("request"))
_ON_DAY = select(*_SUMS).where(t.usage.c.day == bindparam("day"))
_SETTLE = update(t.usage).where(t.usage.c.id == bindparam("b_id"))


@dataclass(frozen=True)
class Spent:
    """What was spent, reservations that nobody settled included."""

    calls: int
    tokens: int
    # read and written
    money_micros: int
    # of the calls whose model has a price
    ms: int


@dataclass(frozen=True)
class Entry:
    """One HTTP request before it leaves, at the most it can cost."""

    request: str
    # the run that it began with
    run: str
    step: int
    loop: str
    specialist: str
    model: str
    prompt: str
    at: datetime
    day: str
    # YYYY-MM-DD in the workspace's zone
    input_tokens: int
    output_tokens: int
    cost_micros: int | None
    # None: the model has no price
    currency: str
    ms: int


@dataclass(frozen=True)
class Total:
    """What the rows of one group add up to."""

    group: tuple[str, ...]
    # one value for each column asked for
    calls: int
    failed: int
    input_tokens: int
    output_tokens: int
    estimated: int
    # calls whose tokens are an estimate
    cost_micros: int | None
    # None: at least one of them has no price, so the sum isn't known
    ms: int


def spent_for(tx: Tx, request: str) -> Spent:
    """What one request spent over all its runs and their steps."""
    return Spent(*tx.first(_OF_REQUEST, request=request))


def spent_on(tx: Tx, day: str) -> Spent:
    """What all runs spent on a day."""
    return Spent(*tx.first(_ON_DAY, day=day))


def reserve(tx: Tx, entry: Entry) -> int:
    """The row's id; from now on it counts."""
    row = {name: getattr(entry, name) for name in Entry.__dataclass_fields__} | {"at": iso(entry.at)}
    done = tx.run(insert(t.usage).values(**row, state="reserved", fault="", estimated=True))
    key: Any = done.inserted_primary_key
    return int(key[0])


def settle(tx: Tx, id: int, state: Settled, **row: object) -> None:
    """Put what was used in place of what was reserved."""
    tx.conn.execute(_SETTLE.values(state=state, **row), {"b_id": id})


def totals(tx: Tx, *columns: str, since: str = "", until: str = "9999-12-31") -> tuple[Total, ...]:
    """What was spent, one total for each different value of the columns, the costliest first.

    Args:
        tx: the transaction.
        columns: names of columns of `usage`; none: one total of all.
        since: first day.
        until: last day.
    """
    group: list[ColumnElement[Any]] = [t.usage.c[name] for name in columns]
    unpriced = func.sum(case((t.usage.c.cost_micros.is_(None), 1), else_=0))
    cost = func.coalesce(func.sum(t.usage.c.cost_micros), 0)
    query = select(
        *group,
        func.count(),
        func.sum(case((t.usage.c.state == "failed", 1), else_=0)),
        func.sum(t.usage.c.input_tokens),
        func.sum(t.usage.c.output_tokens),
        func.sum(case((t.usage.c.estimated, 1), else_=0)),
        case((unpriced > 0, None), else_=cost),
        func.sum(t.usage.c.ms),
    ).where(t.usage.c.day.between(since, until))
    rows: Sequence[Any] = tx.all(query.group_by(*group).order_by(cost.desc(), func.count().desc(), *group))
    found = [Total(tuple(map(str, row[: len(columns)])), *row[len(columns) :]) for row in rows]
    return tuple(total for total in found if total.calls)
