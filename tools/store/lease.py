"""One at a time: a lease row with a heartbeat."""

import os
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Row, select

from loops.errors import RevloopsError
from tools.store.store import Store, Tx, iso
from tools.store.tables import lease


class Busy(RevloopsError):
    """Somebody else holds the lease; the text says who."""


def wall_clock() -> datetime:
    """The machine's time: a lease runs on it even where the workspace's clock stands still."""
    return datetime.now(UTC)


class Lease:
    """The right to be the only one; taken with `take`, kept with `beat`, given back with `release`."""

    def __init__(
        self, store: Store, name: str, seconds: int = 120, clock: Callable[[], datetime] = wall_clock
    ) -> None:
        """A lease not yet taken.

        Args:
            store: where its row lies.
            name: what it is for.
            seconds: after this long without a heartbeat somebody else may take it.
            clock: aware UTC.
        """
        self._store, self._name, self._clock = store, name, clock
        self._length = timedelta(seconds=seconds)
        self.holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def take(self) -> None:
        """Take it.

        Raises:
            Busy: somebody alive holds it.
        """
        with self._store.transaction() as tx:
            row = tx.first(select(lease).where(lease.c.name == self._name))
            if row and row.holder != self.holder and row.until > iso(self._clock()) and not _is_dead(row):
                raise Busy(f"Another {self._name} is at work ({row.holder}): leave it to that or stop it.")
            tx.run(lease.delete().where(lease.c.name == self._name))
            tx.run(lease.insert().values(name=self._name, holder=self.holder, until=self._until()))

    def beat(self, tx: Tx) -> None:
        """Keep it.

        Raises:
            Busy: it was lost meanwhile.
        """
        mine = lease.update().where(lease.c.name == self._name, lease.c.holder == self.holder)
        if not tx.run(mine.values(until=self._until())).rowcount:
            raise Busy(f"This {self._name} lost its turn to another one and stops.")

    def release(self) -> None:
        """Give it back."""
        with self._store.transaction() as tx:
            tx.run(lease.delete().where(lease.c.name == self._name, lease.c.holder == self.holder))

    def _until(self) -> str:
        return iso(self._clock() + self._length)


def _is_dead(row: Row[tuple[str, str, str]]) -> bool:
    """Whether the holder was a process of this machine that is gone, so that a restart needn't wait."""
    host, _, rest = row.holder.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
