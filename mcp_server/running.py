"""A loop's own step, tried without writing or begun again: the same for every loop in the registry.

What is tried or begun again is always an event that happened, or a schedule of the loop: a caller names the
record, and never what an event says.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from agent.work import Context
from loops.decision import Answer, Ask, Decision, Event
from loops.effects import EffectFailed
from loops.errors import RevloopsError
from loops.loop import ScheduleDue
from loops.values import canonical, content_hash, short_id
from mcp_server.answer import Approval
from mcp_server.desk import Desk, Plain
from mcp_server.work import Job, begun, carry, prepare, settled
from tools.store import Erased, Tx
from tools.store import tables as t

AT_WORK = frozenset({"queued", "agent"})
"""States of a run that goes on without a person."""


@dataclass(frozen=True)
class Cause:
    """What starts a run: the event, its schedule's name, and the newest run it started so far."""

    event: Event
    schedule: str
    run: str
    # "" where there is none yet


def run_of(tx: Tx, loop: str, record: str) -> Any:
    """The newest run of the loop about a record; None where there is none."""
    runs = t.runs.c
    query = select(t.runs).where(runs.loop == loop, runs.record == record)
    query = query.where(runs.trigger != EffectFailed.__name__)
    return tx.first(query.order_by(runs.at.desc(), runs.id).limit(1))


def cause_of(desk: Desk, tx: Tx, loop: str, record: str) -> Cause:
    """What started the loop's newest run about a record.

    Raises:
        RevloopsError: it never ran on it.
    """
    run = run_of(tx, loop, record)
    body = tx.first(select(t.events.c.body).where(t.events.c.id == run.event)) if run else None
    if body is None:
        raise RevloopsError(f"{loop} hasn't had {record} yet: decisions_explain says where it is")
    event = desk.house.registry.events[run.trigger].model_validate_json(body[0])
    return Cause(event, run.schedule, run.id)


def due(desk: Desk, loop: str, schedule: str) -> Cause:
    """A schedule of the loop, due now.

    Raises:
        RevloopsError: it has no such schedule.
    """
    names = [found.schedule for found in desk.house.registry.loops[loop].triggers if found.schedule]
    if schedule not in names:
        there = f"it has {', '.join(names)}" if names else "it has none: give a record"
        raise RevloopsError(f"{loop} has no schedule {schedule[:40]!r}; {there}")
    slot = desk.at.isoformat()
    return Cause(ScheduleDue(record=schedule, loop=loop, schedule=schedule, slot=slot), schedule, "")


def tried(desk: Desk, ctx: Context, loop: str, cause: Cause) -> Plain:
    """How the loop would end if the event came in now, with the answers it had; nothing is written."""
    trigger = desk.house.registry.trigger(loop, cause.event.kind, cause.schedule)
    config = ctx.configs[loop]
    input = trigger.gather(cause.event, ctx.records, config)
    if input is None:
        return {"ends": "nothing to decide: the record is gone"}
    out = trigger.decide(input, tuple(_answers(ctx.tx, cause.run)), config)
    if isinstance(out, Ask):
        return {"ends": "asks", "asks": out.to, "question": out.question, "queue": out.queue}
    nearest = trigger.nearest(input, out, config) if trigger.nearest else None
    return told(out) | ({"nearest": nearest} if nearest else {})


def told(out: Decision) -> Plain:
    """A decision in plain words."""
    return {
        "ends": out.outcome,
        "rule": out.rule,
        "reasons": [reason.text for reason in out.reasons],
        "would_emit": [event.kind for event in out.events],
        "would_do": [effect.kind for effect in out.effects],
    }


def _answers(tx: Tx, run: str) -> Iterator[Answer]:
    of = t.ledger.c
    query = select(of.body).where(of.run == run, of.kind == "answered").order_by(of.seq)
    for row in tx.all(query):
        try:
            yield Answer.model_validate(tx.json(row[0]))
        except Erased:
            return


def begin(desk: Desk, tool: str, scope: str, loop: str, causes: list[Cause]) -> Job:
    """The job that carries the causes' runs as far as they go without a person; waited for as long as may be.

    Args:
        desk: whose house.
        tool: the one that was called.
        scope: what it takes.
        loop: its name.
        causes: what each run starts with; all of them begin, or none does.
    """
    runtime, runs = desk.house.runtime, list[str]()
    prepare(desk)
    with desk.house.store.transaction() as tx:
        height = str(tx.head()[0])
        for cause in causes:
            id = short_id("mcp", loop, cause.event.kind, cause.event.record, runtime.at().isoformat(), height)
            runtime.emit(tx, id, cause.event)
            runs.append(short_id(loop, cause.schedule, id))
        job = begun(desk, tx, tool, scope, runs=runs)
    carry(desk, job, settled)
    return job


def state(tx: Tx, run: str) -> Plain:
    """Where a run stands: queued, at work, waiting for a person, or how it ended."""
    row = tx.first(select(t.runs).where(t.runs.c.id == run))
    if row is None:
        return {"run": run, "state": "queued"}
    said: Plain = {"run": run, "loop": row.loop, "state": row.state, "record": row.record, "at": row.at}
    if row.state == "done":
        return {**said, "ended": row.outcome}
    return {**said, "waits_for": row.ask_to, "queue": row.queue, "step": row.step, "stale": row.stale}


def approvals(tx: Tx, runs: Iterable[str], id: str = "") -> tuple[Approval, ...]:
    """What a person has to let through: of one run its own, of more than one a single one for all of them.

    Args:
        tx: a transaction.
        runs: their ids; those that wait for nobody are left out.
        id: what the batch is called; "": by its first item.
    """
    each = [one for run in dict.fromkeys(runs) if (one := approval(tx, run)) is not None]
    if len(each) < 2:
        return tuple(each)
    digest = content_hash(canonical([[one.id, one.digest] for one in each]))
    link = f"revloops review next {' '.join(one.id for one in each)}"
    return (Approval(id=id or each[0].id, digest=digest, link=link, holds=len(each)),)


def approval(tx: Tx, run: str) -> Approval | None:
    """What a person has to let through before the run goes on; None where nobody is waited for."""
    row = tx.first(select(t.runs).where(t.runs.c.id == run, t.runs.c.state == "person"))
    if row is None:
        return None
    return Approval(id=row.id[:8], digest=row.ask, link=f"revloops review show {row.id[:8]}")
