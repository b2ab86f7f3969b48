"""The ledger's row and its hash chain, and the metric value that is computed from rows."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import cast

from pydantic import JsonValue

from loops.values import content_hash

GENESIS = "0" * 64
ABOUT_ITSELF = frozenset({"ConfigRevised", "PromiseJudged", "TuningDue"})
"""Triggers of runs that are about the loop and decide no record: its metrics leave them out."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One thing that happened, chained to the one before it; nothing in it is personal."""

    seq: int
    run: str
    kind: str
    # asked | answered | decided | performed
    loop: str
    frame: str
    # hash of (code, config, git revision, scenario) it was made under
    trigger: str
    caused_by: str
    # id of the event that started the run
    outcome: str
    # a decision's outcome code; an ask's addressee; an answer's giver; an effect's result
    queue: str
    rule: str
    body: str
    # hash of the stored bytes of its body
    prev: str
    hash: str
    at: datetime
    duration_ms: int


def row_hash(fields: Iterable[object]) -> str:
    """SHA-256 over the hashed fields (seq … prev, so neither `at` nor `duration_ms`) as a list."""
    return content_hash(cast("JsonValue", list(fields)))


def holds(row: LedgerRow, prev: str) -> bool:
    """Whether the row is what its hash says, and follows `prev`."""
    return row.prev == prev and row_hash(astuple(row)[:12]) == row.hash


@dataclass(frozen=True)
class Metric:
    """A figure about a loop."""

    name: str
    value: float
    unit: str
    # share, count, ms, points
    sample: int
    # how many rows it rests on


def run_metrics(rows: Iterable[LedgerRow]) -> tuple[Metric, ...]:
    """What every loop measures: runs decided, shares without a person and to triage, median time."""
    mine = [row for row in rows if row.trigger not in ABOUT_ITSELF]
    decided = [row for row in mine if row.kind == "decided"]
    asked_people = {row.run for row in mine if row.kind == "asked" and row.queue != "agent"}
    triaged = {row.run for row in mine if row.kind == "asked" and row.queue == "triage"}
    runs = len({row.run for row in mine})
    if not runs:
        return ()
    times = sorted(row.duration_ms for row in decided)
    return (
        Metric("runs", float(runs), "count", runs),
        Metric("decided", len(decided) / runs, "share", runs),
        Metric("without_a_person", 1 - len(asked_people) / runs, "share", runs),
        Metric("triaged", len(triaged) / runs, "share", runs),
        Metric("median_ms", float(times[len(times) // 2]) if times else 0.0, "ms", len(times)),
    )
