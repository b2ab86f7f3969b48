"""Every call, the denied ones too: who called which tool with what scope, and how it ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from mcp_server.access import Caller
from tools.store import Store
from tools.store.store import iso

meta = MetaData()
calls = Table(
    "mcp_calls", meta,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("principal", String, nullable=False),
    Column("role", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("scope", String, nullable=False),
    # the one it needs
    Column("arguments", String(64), nullable=False),
    # their hash: they may name somebody
    Column("outcome", String, nullable=False),
    # done | refused | denied | failed
    Column("ms", Integer, nullable=False),
)  # fmt: skip


@dataclass(frozen=True)
class Call:
    """One call as it ended."""

    tool: str
    scope: str
    arguments: str
    outcome: str
    ms: int


class Journal:
    """The table of calls in a workspace's database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        meta.create_all(store.engine)

    def note(self, caller: Caller, call: Call, at: datetime) -> None:
        """Write a call down."""
        who = caller.principal
        row = insert(calls).values(
            at=iso(at), principal=who.id, role=who.role, tool=call.tool[:64], scope=call.scope,
            arguments=call.arguments, outcome=call.outcome, ms=call.ms,
        )  # fmt: skip
        with self._store.transaction() as tx:
            tx.run(row)

    def rows(self) -> list[tuple[str, str, str]]:
        """Every call as (principal, tool, outcome), the oldest first."""
        columns = (calls.c.principal, calls.c.tool, calls.c.outcome)
        with self._store.reading() as tx:
            return [tuple(row) for row in tx.all(select(*columns).order_by(calls.c.seq))]
