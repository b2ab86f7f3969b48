"""A loop's own step, tried without writing or begun again: the same for every loop in the registry.

What is tried or begun again is always an event that happened, or a schedule of the loop: a caller names the
record, and never what an event says. An event that bears a person's word isn't begun again: what somebody
approved once would happen twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from agent.work import Context
from loops.decision import Answer, Ask, Decision, Event
from loops.errors import RevloopsError
from loops.loop import ScheduleDue
from loops.route.again import owner_of
from loops.route.outputs import LeadAssigned
from loops.values import canonical, content_hash, short_id
from mcp_server.answer import Approval
from mcp_server.desk import Desk, Plain
from mcp_server.work import Job, begun, carry, prepare, settled
from tools.store import Erased, Tx
from tools.store import tables as t

AT_WORK = frozenset({"queued", "agent"})
"""States of a run that goes on without a person."""
NOTHING = "nothing to decide: the record is gone, or what would come of it waits already"
_SCOPES = {"qualify": "leads:write", "route": "leads:write", "engage": "drafts:write"}
"""What it takes to have a loop decide about leads."""


@dataclass(frozen=True)
class Cause:
    """What starts a run: the event, its schedule's name, and the newest run it started so far."""

    event: Event
    schedule: str
    run: str
    # "" where there is none yet


def run_of(desk: Desk, tx: Tx, loop: str, record: str) -> Any:
    """The run of the loop that the newest event about a record began; None where there is none.

    Only events that may be begun again count: of what a person's word began, none is found.
    """
    runs, kinds = t.runs.c, again(desk, loop)
    query = select(t.runs).join(t.events, t.events.c.id == runs.event)
    query = query.where(runs.loop == loop, runs.record == record, runs.trigger.in_(kinds))
    return tx.first(query.order_by(t.events.c.seq.desc()).limit(1))


def again(desk: Desk, loop: str) -> list[str]:
    """The kinds of events that anybody may have the loop decide again."""
    return [trigger.on.__name__ for trigger in desk.house.registry.loops[loop].triggers if trigger.again]


def cause_of(desk: Desk, tx: Tx, loop: str, record: str) -> Cause:
    """What started the loop's newest run about a record.

    Raises:
        RevloopsError: nothing that may be begun again ever did.
    """
    run = run_of(desk, tx, loop, record)
    body = tx.first(select(t.events.c.body).where(t.events.c.id == run.event)) if run else None
    if body is None:
        had = tx.first(select(t.runs.c.id).where(t.runs.c.loop == loop, t.runs.c.record == record))
        why = "had it by a person's word alone, which counts once" if had else f"hasn't had {record} yet"
        raise RevloopsError(f"{loop} {why}: decisions_explain says where it is")
    event = desk.house.registry.events[run.trigger].model_validate_json(body[0])
    return Cause(event, run.schedule, run.id)


def draft_of(tx: Tx, lead: str) -> Any:
    """The run that is drafting for a lead, or whose draft waits for its rep; None where there is none."""
    runs = t.runs.c
    where = (runs.loop == "engage", runs.record == lead, runs.trigger == LeadAssigned.__name__)
    query = select(t.runs).join(t.events, t.events.c.id == runs.event).where(*where, runs.stale == "")
    return tx.first(query.where(runs.state != "done").order_by(t.events.c.seq.desc()).limit(1))


def scopes(desk: Desk, loop: str) -> list[str]:
    """What a run of the loop takes, with all that follows from it: a lead that is routed is drafted for."""
    known, reached, ahead = desk.house.registry.loops, dict[str, None](), [loop]
    while ahead:
        at = ahead.pop()
        if at in reached:
            continue
        reached[at] = None
        says = known[at].events
        ahead += [one.name for one in known.values() if any(each.on in says for each in one.triggers)]
    return sorted({_SCOPES[at] for at in reached if at in _SCOPES})


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
        return {"ends": NOTHING}
    out = trigger.decide(input, tuple(_answers(ctx.tx, cause.run)), config)
    if isinstance(out, Ask):
        return {"ends": "asks", "asks": out.to, "question": out.question, "queue": out.queue}
    nearest = trigger.nearest(input, out, config) if trigger.nearest else None
    goes = owner_of(out)
    return told(out) | ({"to": goes} if goes else {}) | ({"nearest": nearest} if nearest else {})


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
    """Where a run stands: queued, at work, waiting for a person, stale, or how it ended and why."""
    row = tx.first(select(t.runs).where(t.runs.c.id == run))
    if row is None:
        return {"run": run, "state": "queued"}
    said: Plain = {"run": run, "loop": row.loop, "state": row.state, "record": row.record, "at": row.at}
    if row.state == "done":
        why = _why(tx, run)
        return {**said, "ended": row.outcome} | ({"why": why} if why else {})
    if row.stale:
        return {**said, "state": "stale", "stale": row.stale}
    return {**said, "waits_for": row.ask_to, "queue": row.queue, "step": row.step}


def _why(tx: Tx, run: str) -> str:
    """The first reason of how a run ended; "" where it has none, or was erased."""
    of = t.ledger.c
    query = select(of.body).where(of.run == run, of.kind == "decided").order_by(of.seq.desc())
    row = tx.first(query.limit(1))
    try:
        reasons: list[dict[str, str]] = tx.json(row.body)["reasons"] if row else []
    except Erased:
        return ""
    return reasons[0]["text"] if reasons else ""


def approvals(desk: Desk, tx: Tx, runs: Iterable[str], id: str = "") -> tuple[Approval, ...]:
    """What a person has to let through: of one run its own, of more than one a single one for all of them.

    Args:
        desk: whose house.
        tx: a transaction.
        runs: their ids; those that wait for nobody are left out.
        id: what the batch is called; "": by its first item.
    """
    each = [one for run in dict.fromkeys(runs) if (one := approval(desk, tx, run)) is not None]
    if len(each) < 2:
        return tuple(each)
    digest = content_hash(canonical([[one.id, one.digest] for one in each]))
    link = desk.command(f"review next {' '.join(one.id for one in each)}")
    return (Approval(id=id or each[0].id, digest=digest, link=link, holds=len(each)),)


def approval(desk: Desk, tx: Tx, run: str) -> Approval | None:
    """What a person has to let through before the run goes on; None where nobody is, or it is out of date."""
    row = tx.first(select(t.runs).where(t.runs.c.id == run, t.runs.c.state == "person"))
    if row is None or row.stale:
        return None
    return Approval(id=row.id[:8], digest=row.ask, link=desk.command(f"review show {row.id[:8]}"))
