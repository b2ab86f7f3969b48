"""Every call, the denied ones too: who called which tool with what scope, and how it ended.

A call that may have changed something is written before it is answered. The others are written together, a
moment later at the most: `close` writes what is left, and only a process that is killed loses that moment.
While rows can't be written, no call is answered.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from mcp_server.access import Caller
from tools.store import Store
from tools.store.store import iso

log = logging.getLogger(__name__)
PAUSE_SECONDS = 0.1
"""How long a row may wait for others to be written with."""
MOST_WAITING = 500
"""Rows that wait; the call after them writes them itself."""
meta = MetaData()
calls = Table(
    "mcp_calls", meta,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("at", String, nullable=False),
    Column("principal", String, nullable=False),
    # "nobody" where no valid token was shown
    Column("role", String, nullable=False),
    Column("tool", String, nullable=False),
    # or the protocol's method
    Column("scope", String, nullable=False),
    # the one it needs
    Column("arguments", String(64), nullable=False),
    # their hash: they may name somebody
    Column("outcome", String, nullable=False),
    # done | refused | denied | failed | cancelled | unauthenticated | too many
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
        self._rows = list[dict[str, Any]]()
        self._timer: threading.Timer | None = None
        self._here, self._out = threading.Lock(), threading.Lock()
        self._broken = False
        meta.create_all(store.engine)

    def note(self, caller: Caller, call: Call, at: datetime, *, now: bool = False) -> None:
        """Write a call down.

        Args:
            caller: who called.
            call: how it ended.
            at: when, by the workspace's clock.
            now: whether it must be on its way to the disk before this returns.

        Raises:
            SQLAlchemyError: an earlier one couldn't be written, and still can't be.
        """
        if self._broken:
            self.flush()
        who = caller.principal
        row = {
            "at": iso(at), "principal": who.id, "role": who.role, "tool": call.tool[:64], "scope": call.scope,
            "arguments": call.arguments, "outcome": call.outcome, "ms": call.ms,
        }  # fmt: skip
        with self._here:
            self._rows.append(row)
            full = now or len(self._rows) >= MOST_WAITING
            if not full and self._timer is None:
                self._timer = threading.Timer(PAUSE_SECONDS, self._late)
                self._timer.daemon = True
                self._timer.start()
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what waits; rows that can't be written stay."""
        with self._out:
            with self._here:
                rows, self._rows = self._rows, list[dict[str, Any]]()
                timer, self._timer = self._timer, None
            if timer is not None:
                timer.cancel()
            if not rows:
                return
            try:
                with self._store.transaction() as tx:
                    tx.conn.execute(insert(calls), rows)
            except BaseException:
                self._broken = True
                with self._here:
                    self._rows[:0] = rows
                raise
            self._broken = False

    def close(self) -> None:
        """Write what waits, at a clean stop."""
        self.flush()

    def _late(self) -> None:
        try:
            self.flush()
        except Exception:
            log.exception("calls couldn't be written down; none is answered until they can")

    def rows(self) -> list[tuple[str, str, str]]:
        """Every call as (principal, tool, outcome), the oldest first."""
        self.flush()
        columns = (calls.c.principal, calls.c.tool, calls.c.outcome)
        with self._store.reading() as tx:
            return [tuple(row) for row in tx.all(select(*columns).order_by(calls.c.seq))]
