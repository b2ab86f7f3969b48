"""Remove a recorded call: its words go for good, and the chain still holds."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Column, ColumnElement, delete, select, true, union, update

from loops.errors import RevloopsError
from tools.knowledge import passages
from tools.store import Store, Tx
from tools.store import tables as t
from tools.store.files import overwrite
from tools.store.store import iso

SLICE = 500
"""Hashes in one statement: databases bound the number of parameters."""


@dataclass(frozen=True)
class RemovedCall:
    """What went."""

    bodies: int
    # texts of its analysis that were emptied
    items: int
    # review items that waited


def remove_call(store: Store, call: str, data: Path, at: datetime) -> RemovedCall:
    """Delete a call and empty every body of its analysis; whose call it is stays as it was.

    Args:
        store: the database; it is rewritten, so that nothing is left in free pages.
        call: its id.
        data: the workspace's data folder, where the vectors lie.
        at: when, aware UTC.

    Raises:
        RevloopsError: there is no such call, or another process holds the file open.
    """
    with store.transaction() as tx:
        if tx.first(select(t.calls.c.id).where(t.calls.c.id == call)) is None:
            raise RevloopsError(f"there is no call {call}: `revloops calls list --all` shows their ids")
        passages.forget(tx, subject_of(call), (call,))
        gone = take_out(tx, call, at)
    overwrite(store, f"the rows of {call}", data, f"revloops calls remove {call}")
    return gone


def subject_of(call: str) -> str:
    """Whom the emptied bodies of a removed call are said to be of: nobody who has a key."""
    return f"call:{call}"


def take_out(tx: Tx, call: str, at: datetime) -> RemovedCall:
    """Delete the call's rows and empty what its analysis alone holds; its place in the chain stays."""
    tx.flush()
    runs = [row[0] for row in tx.all(select(t.runs.c.id).where(t.runs.c.record == call))]
    items = tx.all(select(t.runs.c.id).where(t.runs.c.id.in_(runs), t.runs.c.state == "person"))
    body = tx.first(select(t.calls.c.body).where(t.calls.c.id == call))
    hashes = _held_by(tx, runs) | ({str(body[0])} if body and body[0] else set[str]())
    tx.conn.execute(delete(t.calls).where(t.calls.c.id == call))
    tx.conn.execute(delete(t.qualifications).where(t.qualifications.c.call == call))
    tx.conn.execute(delete(t.outbox).where(t.outbox.c.run.in_(runs)))
    open_runs = update(t.runs).where(t.runs.c.id.in_(runs), t.runs.c.state != "done")
    tx.conn.execute(open_runs.values(state="done", queue="", ask_to="", outcome="removed"))
    theirs = sorted(hashes - _held_by_others(tx, runs, sorted(hashes)))
    for some in (theirs[n : n + SLICE] for n in range(0, len(theirs), SLICE)):
        emptied = update(t.blobs).where(t.blobs.c.hash.in_(some))
        tx.conn.execute(emptied.values(subject=subject_of(call), bytes=b""))
    tx.add(t.erased, subject=subject_of(call), at=iso(at))
    return RemovedCall(len(theirs), len(items))


def _held_by(tx: Tx, runs: list[str]) -> set[str]:
    """Hashes of the bodies that those runs name; a prompt is everybody's."""
    named = union(
        select(t.runs.c.input).where(t.runs.c.id.in_(runs)),
        select(t.runs.c.ask).where(t.runs.c.id.in_(runs)),
        select(t.ledger.c.body).where(t.ledger.c.run.in_(runs)),
        select(t.exchanges.c.response).where(t.exchanges.c.run.in_(runs)),
    )
    return {row[0] for row in tx.all(named) if row[0]}


def _held_by_others(tx: Tx, runs: list[str], hashes: list[str]) -> set[str]:
    """Those of the hashes that something else names too: it keeps them."""
    found: set[str] = set()
    elsewhere: tuple[tuple[Column[str], ColumnElement[bool]], ...] = (
        (t.ledger.c.body, t.ledger.c.run.not_in(runs)),
        (t.runs.c.input, t.runs.c.id.not_in(runs)),
        (t.runs.c.ask, t.runs.c.id.not_in(runs)),
        (t.exchanges.c.response, t.exchanges.c.run.not_in(runs)),
        (t.exchanges.c.prompt, true()),
        (t.approvals.c.document, true()),
        (t.calls.c.body, true()),
        (t.frames.c.config, true()),
        (t.frames.c.scenario, true()),
    )
    for some in (hashes[n : n + SLICE] for n in range(0, len(hashes), SLICE)):
        for column, others in elsewhere:
            found |= {row[0] for row in tx.all(select(column).where(column.in_(some), others))}
    return found

