"""Simulate: a changed config on past leads; who moves, from whom to whom, and why. Nothing is decided."""

import numpy as np
from sqlalchemy import select

from agent.runtime import Runtime
from agent.simulate.engines import by_columns, by_rows, decided, source_of
from agent.simulate.figures import came, desks, speed
from agent.simulate.results import Came, Desk, Move, Next, Simulated, Speed, Tried, Window
from loops.config import LoopConfig
from loops.loop import Loop
from loops.simulate import Floor, moves, repointed
from tools.store import Tx
from tools.store import tables as t
from tools.store.columns import Past, past, runs_alone
from tools.store.records import is_rep, unavailable

_OPEN_LEADS = select(t.leads.c.id, t.leads.c.owner).where(t.leads.c.closed_at == "", t.leads.c.owner != "")
_LOADS = select(t.loads.c.rep, t.loads.c.opportunities, t.loads.c.leads)
NO_BULK = "this loop has no columns: its leads are decided one after the other"



def simulate(
    runtime: Runtime, loop: Loop, candidate: LoopConfig, window: Window, *, by_row: bool = False
) -> Simulated:
    """Decide a window of past leads under today's config and under the candidate, as if they came in now.

    They are taken off the desks, then decided in their order, loads running along. What is known of each is
    what its stored input holds; who is there and how much they can take is as of now. Nobody is asked: a
    question is an end of its own, but for those that the loop's runs have answers to already.

    Args:
        runtime: the workspace's runtime; nothing of it changes but the columns, which are derived.
        loop: the loop whose config would change.
        candidate: the changed config, checked.
        window: which leads.
        by_row: whether the loop's own `decide` is called for each, where columns could do it.
    """
    tried = _tried(runtime, loop, candidate)
    taken = _windowed(_past(runtime, tried), window)
    with runtime.store.reading() as tx:
        floor = _floor(runtime, tx, taken)
        bulk = None if by_row else tried.bulk
        if bulk is None:
            before, after = by_rows(runtime, tx, tried, taken, floor)
        else:
            before, after = by_columns(runtime, tried, bulk, taken, floor)
        causes = None
        if tried.bulk is not None and tried.bulk.causes is not None:
            causes = tried.bulk.causes(taken.columns, tried.today, candidate)
        moved = moves(before, after, causes, repointed(tried.today, candidate))
        ids = [taken.record(int(row)) for group in moved.groups for row in group.rows]
        return Simulated(
            tried, taken, before, after, moved,
            desks=desks(floor, before, after),
            speed=speed(tx, before, after, moved),
            came=came(tx, ids),
            engine="columns" if bulk else "rows",
            note="" if tried.bulk or by_row else NO_BULK,
        )  # fmt: skip


def _tried(runtime: Runtime, loop: Loop, candidate: LoopConfig) -> Tried:
    """The loop with the one that takes up what it decides, where that one can be decided in bulk."""
    configs = runtime.workspace.configs
    return Tried(loop, loop.triggers[0], configs[loop.name], candidate, _next(runtime, loop))


def _next(runtime: Runtime, loop: Loop) -> Next | None:
    for other in runtime.registry.loops.values():
        trigger = other.triggers[0]
        bulk = other.bulk() if other.bulk and other is not loop and trigger.on in loop.events else None
        if bulk is not None and bulk.follows is not None:
            return Next(other.name, trigger, bulk, runtime.workspace.configs[other.name])
    return None


def _past(runtime: Runtime, tried: Tried) -> Past:
    """The newest run of each lead; of a loop without columns its runs alone."""
    bulk = tried.bulk
    if bulk is not None:
        return past(runtime.store, source_of(runtime, tried.loop))
    names = tuple(trigger.on.__name__ for trigger in tried.loop.triggers if not trigger.schedule)
    with runtime.store.reading() as tx:
        return runs_alone(tx, tried.loop.name, names)


def _windowed(whole: Past, window: Window) -> Past:
    rows = np.arange(len(whole))
    if window.since is not None:
        rows = rows[whole.times >= int(window.since.timestamp())]
    if window.last is not None:
        rows = rows[max(0, len(rows) - window.last) :]
    return whole if len(rows) == len(whole) else whole.take(rows)


def _floor(runtime: Runtime, tx: Tx, taken: Past) -> Floor:
    """The desks as they are, without the leads of the window."""
    at, scenario = runtime.at(), runtime.workspace.scenario
    loads = {rep: opportunities + leads for rep, opportunities, leads in tx.all(_LOADS)}
    window = {bytes(id) for id in taken.ids.tolist()}
    for id, owner in tx.conn.execution_options(yield_per=5000).execute(_OPEN_LEADS):
        if is_rep(owner) and id.encode() in window:
            loads[owner] = loads.get(owner, 0) - 1
    away = {rep.id: why for rep in scenario.roster if (why := unavailable(rep, at))}
    return Floor(at, scenario, loads, away)


__all__ = [
    "Came", "Desk", "Move", "Simulated", "Speed", "Tried", "Window", "decided", "simulate", "source_of",
]  # fmt: skip
