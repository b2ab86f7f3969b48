"""Holds a loop's config against what became of its leads, and has a change proposed where warranted."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from sqlalchemy import func, select

from agent.bootstrap import House
from agent.flow import settle
from agent.proposing.deciding import follow
from loops.decision import Decision
from loops.errors import RevloopsError
from loops.tuning.task import Evidence, OpenProposal, TuningDue
from loops.values import short_id
from tools.changes.opening import change_host
from tools.evidence.making import Ground, evidence, midnight
from tools.store import Tx
from tools.store import tables as t
from tools.store.evidence import proposals

TUNED = ("qualify", "route")
"""The loops whose config can be held against outcomes."""


State = Literal["", "opened", "waits", "open", "merged", "rejected", "closed"]
"""waits: the host can't be reached now; the last four: the same change was proposed before, and stands so."""


@dataclass(frozen=True)
class Outcome:
    """How looking at a loop's config ended."""

    loop: str
    run: str
    outcome: str
    # proposed | not_confirmed | no_change_warranted
    says: str
    proposal: str
    # its id; "" where none was proposed
    state: State = ""
    # what became of the proposal

    @property
    def opened(self) -> bool:
        """Whether it was opened just now."""
        return self.state == "opened"


def propose(house: House, loop: str) -> Outcome:
    """Look at the loop's config once, as the ledger will have it.

    Raises:
        RevloopsError: there is no such loop, its config can't be looked at, or the agent can't be reached.
        ToolFailed: there is nowhere to open a change: the workspace isn't in git, or the host refuses.
    """
    known(house, loop)
    follow(house, change_host(house.workspace.root, house.workspace.settings.changes))
    with house.store.transaction() as tx:
        id = due(house, tx, loop)
    return ended(house, loop, id)


def due(house: House, tx: Tx, loop: str) -> str:
    """The id of the event that has the loop's config looked at, queued.

    Raises:
        RevloopsError: there is no such loop, or its config can't be looked at.
    """
    known(house, loop)
    count = tx.first(select(func.count()).select_from(t.events).where(t.events.c.kind == "TuningDue"))
    id = short_id("tuning", loop, str(count[0] if count else 0))
    house.runtime.emit(tx, id, TuningDue(record=loop, loop=loop))
    return id


def ended(house: House, loop: str, id: str) -> Outcome:
    """How the look that the event asks for ended; it is taken as far as it goes, unless it was already.

    Raises:
        RevloopsError: another process is at work, the agent can't be reached, or it couldn't be opened.
    """
    waiting: dict[str, str] = {}
    if not settle(house, waiting):
        raise RevloopsError("another process is at work on this workspace: try again when it is done")
    with house.store.reading() as tx:
        row = tx.first(select(t.runs).where(t.runs.c.event == id))
        ended = select(t.ledger.c.seq, t.ledger.c.body).where(t.ledger.c.kind == "decided")
        body = tx.first(ended.where(t.ledger.c.run == (row.id if row else "")))
        if row is None or body is None:
            why = waiting.get("config_author", "see `revloops doctor`")
            raise RevloopsError(f"the config author couldn't answer: {why}")
        decision = Decision.model_validate(tx.json(body.body) | {"effects": (), "events": ()})
        proposal = _proposed(tx, body.body)
        state = _state(tx, row.id, body.seq, proposal) if proposal else ""
    return Outcome(loop, row.id, decision.outcome, decision.reasons[-1].text, proposal, state)


def _proposed(tx: Tx, body: str) -> str:
    """The id of the proposal that a stored decision opens; "" where it opens none."""
    effects = [one for one in tx.json(body)["effects"] if one["kind"] == "OpenProposal"]
    return OpenProposal.model_validate(effects[0]).proposal.id if effects else ""


def _state(tx: Tx, run: str, seq: int, proposal: str) -> State:
    """What became of the proposal that a run made.

    Raises:
        RevloopsError: it couldn't be opened; says why.
    """
    sent = select(t.outbox.c.state, t.outbox.c.error).where(t.outbox.c.kind == "OpenProposal")
    row = tx.first(sent.where(t.outbox.c.run == run, t.outbox.c.state != "done"))
    if row is not None and row.state == "failed":
        raise RevloopsError(f"{proposal} is proposed and couldn't be opened: {row.error}")
    if row is not None:
        return "waits"
    held = tx.first(select(proposals.c.state).where(proposals.c.id == proposal))
    before = select(t.ledger.c.body).where(t.ledger.c.trigger == "TuningDue", t.ledger.c.seq < seq)
    rows = tx.all(before.where(t.ledger.c.kind == "decided", t.ledger.c.outcome == "proposed"))
    again = any(_proposed(tx, one[0]) == proposal for one in rows)
    return held[0] if held and again else "opened"


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
        ground = Ground(tx, ws.root, ws.scenario, ws.configs, at, heeds=False)
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
