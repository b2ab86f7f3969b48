"""Holds a loop's config against what became of its leads, and has a change proposed where warranted."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select

from agent.bootstrap import House
from agent.flow import settle
from loops.decision import Decision
from loops.errors import RevloopsError
from loops.tuning.task import Evidence, OpenProposal, TuningDue
from loops.values import short_id
from tools.evidence.making import Ground, evidence, midnight
from tools.store import tables as t

TUNED = ("qualify", "route")
"""The loops whose config can be held against outcomes."""


@dataclass(frozen=True)
class Outcome:
    """How looking at a loop's config ended."""

    loop: str
    run: str
    outcome: str
    # proposed | not_confirmed | no_change_warranted
    says: str
    proposal: str
    # its id; "" where none was opened


def propose(house: House, loop: str) -> Outcome:
    """Look at the loop's config once, as the ledger will have it.

    Raises:
        RevloopsError: there is no such loop, or its config can't be looked at, or the agent can't be reached.
    """
    known(house, loop)
    with house.store.transaction() as tx:
        count = tx.first(select(func.count()).select_from(t.events).where(t.events.c.kind == "TuningDue"))
        id = short_id("tuning", loop, str(count[0] if count else 0))
        house.runtime.emit(tx, id, TuningDue(record=loop, loop=loop))
    waiting: dict[str, str] = {}
    if not settle(house, waiting):
        raise RevloopsError("another process is at work on this workspace: try again when it is done")
    with house.store.reading() as tx:
        row = tx.first(select(t.runs).where(t.runs.c.event == id))
        ended = select(t.ledger.c.body).where(t.ledger.c.kind == "decided")
        body = tx.first(ended.where(t.ledger.c.run == (row.id if row else "")))
        if row is None or body is None:
            why = waiting.get("config_author", "see `revloops doctor`")
            raise RevloopsError(f"the config author couldn't answer: {why}")
        decision = Decision.model_validate(tx.json(body[0]) | {"effects": (), "events": ()})
        effects = [one for one in tx.json(body[0])["effects"] if one["kind"] == "OpenProposal"]
    opened = OpenProposal.model_validate(effects[0]).proposal.id if effects else ""
    return Outcome(loop, row.id, decision.outcome, decision.reasons[-1].text, opened)


def looked_at(house: House, loop: str, until: date | None = None) -> Evidence:
    """The evidence alone: nothing is asked, written or opened.

    Args:
        house: the workspace.
        loop: its name.
        until: leads and outcomes from that day on (UTC) don't count; None: from today on.

    Raises:
        RevloopsError: there is no such loop.
    """
    known(house, loop)
    ws = house.workspace
    at = datetime.combine(until, time(), UTC) if until else midnight(house.runtime.at())
    with house.store.reading() as tx:
        ground = Ground(tx, ws.root, ws.scenario, ws.configs, at)
        return evidence(ground, loop, ws.configs[loop])


def known(house: House, loop: str) -> None:
    """Refuse a loop that can't be looked at.

    Raises:
        RevloopsError: there is no such loop, or its config can't be held against outcomes yet.
    """
    if loop not in house.registry.loops:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(house.registry.loops)}")
    if loop not in TUNED:
        raise RevloopsError(f"{loop}'s config can't be held against outcomes yet; {' and '.join(TUNED)} can")
