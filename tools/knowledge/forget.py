"""What an erasure takes out of the search."""

from sqlalchemy import delete

from tools.knowledge import passages as table
from tools.knowledge.history import calls_of
from tools.store import Tx
from tools.store import tables as t


def forget(tx: Tx, person: str) -> int:
    """Delete the calls a person speaks on, and every passage that names them; how many passages went.

    Call it while their leads are still there: a call knows its speakers by name alone.
    """
    calls = calls_of(tx, person)
    tx.conn.execute(delete(t.calls).where(t.calls.c.id.in_(calls)))
    return table.forget(tx, person, calls)
