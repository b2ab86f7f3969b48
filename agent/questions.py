"""Five questions that tell a loop from a feature, each answered by a look at what is there."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from pydantic import ValidationError
from sqlalchemy import select

from agent.bootstrap import House
from agent.replay import replay
from loops.loop import Loop
from tools.git import tried
from tools.lookup.loops import measured
from tools.store import tables as t

RUNS, EVENTS = 3, 50
"""The newest of a loop that are decided again, and read again."""


@dataclass(frozen=True)
class Question:
    """One question about a loop, and its answer."""

    name: str
    asks: str
    holds: bool | None
    # None: there is nothing yet to tell it by
    shows: str
    # what was looked at


def questions(house: House, loop: str) -> tuple[Question, ...]:
    """The five, in their order; the newest decisions are made again for one of them.

    Args:
        house: the workspace.
        loop: the name of one that there is.
    """
    return tuple(ask(house, house.registry.loops[loop]) for ask in _ASKED)


def _config(house: House, loop: Loop) -> Question:
    file = f"loops/{loop.name}.yaml"
    commit = tried(house.workspace.root, "log", "-1", "--format=%h", "--", file)
    version = house.workspace.configs[loop.name].version[:8]
    shows = f"{file} at commit {commit}, version {version}" if commit else f"{file} isn't committed"
    return Question("versionable config", "Can its config be versioned?", bool(commit), shows)


def _decisions(house: House, loop: Loop) -> Question:
    name, asks = "reconstructable decisions", "Can each decision be made again from what was kept?"
    query = select(t.runs.c.id).where(t.runs.c.loop == loop.name, t.runs.c.state == "done")
    with house.store.reading() as tx:
        runs = [row[0] for row in tx.all(query.order_by(t.runs.c.at.desc(), t.runs.c.id).limit(RUNS))]
    if not runs:
        return Question(name, asks, None, "it hasn't run yet")
    done = [replay(house.runtime, house.specialists, run) for run in runs]
    decisions, wrong = sum(one.decisions for one in done), sum(len(one.differences) for one in done)
    shows = f"the newest {len(runs)} runs decided again: {decisions} decisions, {wrong} differences"
    return Question(name, asks, wrong == 0, shows)


def _chaining(house: House, loop: Loop) -> Question:
    name, asks = "stable API chaining", "Do other loops take what it gives, in a shape that is kept?"
    heard = {
        event.__name__: sorted(
            other.name for other in house.registry.loops.values()
            if any(trigger.on is event for trigger in other.triggers)
        )
        for event in loop.events
    }  # fmt: skip
    fits, kinds = 0, {event.__name__: event for event in loop.events}
    query = select(t.events.c.kind, t.events.c.body).where(t.events.c.kind.in_(kinds))
    with house.store.reading() as tx:
        rows = tx.all(query.order_by(t.events.c.seq.desc()).limit(EVENTS))
    for kind, body in rows:
        try:
            kinds[kind].model_validate_json(body)
            fits += 1
        except ValidationError:
            continue
    told = "; ".join(f"{kind} → {', '.join(who) or 'no loop yet'}" for kind, who in heard.items())
    shows = f"{told or 'it gives nothing on'}; {fits} of {len(rows)} newest fit their schema"
    return Question(name, asks, fits == len(rows) if rows else None, shows)


def _access(house: House, loop: Loop) -> Question:
    there = find_spec("mcp") is not None
    shows = f"`loops_run {loop.name}` and loop://{loop.name} over `revloops mcp`"
    shows += "" if there else ', once its SDK is there: pip install "revloops[mcp]"'
    return Question("agent access", "Can an agent ask and run it?", there, shows)


def _feedback(house: House, loop: Loop) -> Question:
    with house.store.reading() as tx:
        metrics = measured(tx, loop)
    findings = loop.feedback(metrics, house.workspace.configs[loop.name])
    sampled = sum(metric.sample > 0 for metric in metrics)
    shows = f"{sampled} of {len(metrics)} metrics have a sample; {len(findings)} depart from intent now"
    name, asks = "feedback surface", "Does it say how it does, and which config key answers for it?"
    return Question(name, asks, bool(sampled) if sampled or _ran(house, loop) else None, shows)


def _ran(house: House, loop: Loop) -> bool:
    with house.store.reading() as tx:
        return tx.first(select(t.runs.c.id).where(t.runs.c.loop == loop.name).limit(1)) is not None


_ASKED: tuple[Callable[[House, Loop], Question], ...] = (_config, _decisions, _chaining, _access, _feedback)


def scored(house: House) -> Iterator[tuple[str, tuple[Question, ...]]]:
    """Every loop of the registry with its answers."""
    for name in house.registry.loops:
        yield name, questions(house, name)
