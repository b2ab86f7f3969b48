"""Every call, the denied ones too: who called which tool with what scope, and how it ended.

A call that may have changed something is written before it is answered. The others are written together, a
moment later at the most: `close` writes what is left, and only a process that is killed loses that moment.
While rows can't be written, no call is answered.
"""

import hashlib
import hmac
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, MetaData, String, Table, delete, insert, select

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
    # their hash under a key of this workspace's: they may name somebody, and nobody can try out whom
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

    def __init__(self, store: Store, key: bytes, days: int = 365) -> None:
        """Write into a database.

        Args:
            store: the workspace's.
            key: what arguments are hashed under; it lies outside the database.
            days: after which a row is dropped; looked at at the start and once a day.
        """
        self._store, self._key, self._days, self._day = store, key, days, ""
        self._rows = list[dict[str, Any]]()
        self._timer: threading.Timer | None = None
        self._here, self._out = threading.Lock(), threading.Lock()
        self._broken, self._pruned = False, ""
        meta.create_all(store.engine)

    def hashed(self, said: bytes) -> str:
        """What stands for arguments: the same for the same ones, and nothing to guess them by."""
        return hmac.new(self._key, said, hashlib.sha256).hexdigest()

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
        day, self._day = self._day, iso(at)[:10]
        with self._here:
            self._rows.append(row)
            full = now or day != self._day or len(self._rows) >= MOST_WAITING
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
                    if self._pruned != self._day:
                        tx.run(delete(calls).where(calls.c.at < self._oldest()))
                        self._pruned = self._day
            except BaseException:
                self._broken = True
                with self._here:
                    self._rows[:0] = rows
                raise
            self._broken = False

    def _oldest(self) -> str:
        return iso(datetime.fromisoformat(f"{self._day}T00:00:00+00:00") - timedelta(days=self._days))

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
