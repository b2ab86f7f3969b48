"""What people made of agents' choices, read off the ledger."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select

from loops.tuning.certain import Chosen
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.store import iso

PEOPLE = ("review", "triage")
"""Queues in which a person is asked."""


def chosen(tx: Tx, loop: str, until: datetime | None = None) -> tuple[Chosen, ...]:
    """Each run's last choice of an agent that has a confidence, the oldest first; erased ones are left out.

    Args:
        tx: the transaction to read in.
        loop: whose agents.
        until: nothing from then on counts; None: everything does.
    """
    rows = t.ledger.c
    query = select(rows.run, rows.kind, rows.queue, rows.body, rows.at).where(
        rows.loop == loop, rows.kind.in_(("asked", "answered"))
    )
    if until is not None:
        query = query.where(rows.at < iso(until))
    runs = groupby(tx.all(query.order_by(rows.run, rows.seq)), key=lambda row: row.run)
    found = (_of_run(tx, steps) for _, steps in runs)
    return tuple(sorted((one for one in found if one), key=lambda one: one.at))


def _of_run(tx: Tx, steps: Iterable[Any]) -> Chosen | None:
    try:
        return _last(list(_opened(tx, steps)))
    except Erased:
        return None


def _opened(tx: Tx, steps: Iterable[Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for step in steps:
        yield step.kind, step.queue, step.at, tx.json(step.body)


def _last(steps: Iterable[tuple[str, str, str, dict[str, Any]]]) -> Chosen | None:
    found: Chosen | None = None
    choice: Any = None
    employees: int | None = None
    for kind, queue, at, body in steps:
        if kind == "asked":
            payload: dict[str, Any] = body["payload"] or {}
            employees = payload.get("employees", employees)
            asked = queue in PEOPLE
            if found and asked:
                found = Chosen(found.at, found.confidence, employees, asked=True, right=None)
            continue
        by = str(body["by"])
        value: dict[str, Any] = body["value"] or {}
        if by.startswith("agent:") and body.get("confidence") is not None:
            stamp, choice = int(datetime.fromisoformat(at).timestamp()), value.get("choice")
            found = Chosen(stamp, body["confidence"], employees, asked=False, right=None)
        elif found and by.startswith("person:") and value.get("choice"):
            right = bool(value["choice"] == choice)
            return Chosen(found.at, found.confidence, employees, asked=True, right=right)
    return found
