"""Simulate: a changed config on recent leads; who moves, from whom to whom, and why. Nothing is written."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import select

from agent.runtime import Runtime
from loops.config import LoopConfig
from loops.decision import Ask, Event
from loops.loop import Loop, Trigger
from loops.records import Lead
from tools.store import tables as t
from tools.store.records import StoreCompanies, StoreRecords


@dataclass(frozen=True)
class Stand:
    """Where a lead ends; it moves when another rule decides or, where none does, when the end differs."""

    end: str
    # a decision's outcome with its owner, or whom it asks
    rule: str
    why: str


@dataclass(frozen=True)
class Move:
    """A lead that ends otherwise."""

    lead: str
    before: Stand
    after: Stand


@dataclass
class Simulated:
    """What a change would do to recent leads."""

    leads: int = 0
    moves: list[Move] = field(default_factory=list[Move])
    before: Counter[str] = field(default_factory=Counter[str])
    # end → leads, under today's config
    after: Counter[str] = field(default_factory=Counter[str])
    rules_before: Counter[str] = field(default_factory=Counter[str])
    # rule → leads it decides; "" where somebody is asked
    rules_after: Counter[str] = field(default_factory=Counter[str])


class AsIfNew(StoreRecords):
    """The records as if these leads came in now: nobody owns or has touched them yet."""

    def lead(self, lead: str) -> Lead | None:
        """The lead, untouched."""
        found = super().lead(lead)
        return found and found.model_copy(update={"touched_at": None})

    def owner(self, lead: str) -> str | None:
        """Nobody."""
        return None

    def release(self, lead: str) -> None:
        """Take the lead off its owner's load."""
        owner = super().owner(lead)
        if owner:
            self.count(owner, -1)


def simulate(runtime: Runtime, loop: Loop, candidate: LoopConfig, limit: int) -> Simulated:
    """Decide the loop's newest leads under today's config and the candidate, both as if they came in now.

    The very function that decides live decides here, so what differs is the config's doing. Questions to
    agents and people are ends of their own: they aren't asked.

    Args:
        runtime: the workspace's runtime; only read from.
        loop: the loop whose config would change.
        candidate: the changed config, checked.
        limit: how many leads, the newest first.
    """
    found, ws = Simulated(), runtime.workspace
    today = ws.configs[loop.name]
    with runtime.store.reading() as tx:
        query = (
            select(t.events.c.kind, t.events.c.body)
            .where(
                t.events.c.kind.in_(
                    [trigger.on.__name__ for trigger in loop.triggers if not trigger.schedule]
                )
            )
            .order_by(t.events.c.seq.desc())
            .limit(limit)
        )
        rows = tx.all(query)
        enricher = runtime.enricher(StoreCompanies(tx))
        now, then = (AsIfNew(tx, runtime.at(), ws.calendar, ws.scenario, enricher) for _ in range(2))
        events = [runtime.registry.events[kind].model_validate_json(body) for kind, body in reversed(rows)]
        for event in events:
            now.release(event.record)
            then.release(event.record)
        for event in events:
            trigger = runtime.registry.trigger(loop.name, event.kind)
            before = _stand(trigger, event, now, today)
            after = _stand(trigger, event, then, candidate)
            if before is None or after is None:
                continue
            found.leads += 1
            found.before[before.end] += 1
            found.after[after.end] += 1
            found.rules_before[before.rule] += 1
            found.rules_after[after.rule] += 1
            if before.rule != after.rule or (not before.rule and before.end != after.end):
                found.moves.append(Move(event.record, before, after))
    return found


def _stand(trigger: Trigger, event: Event, records: StoreRecords, config: LoopConfig) -> Stand | None:
    input = trigger.gather(event, records, config)
    out = trigger.decide(input, (), config) if input is not None else None
    if out is None:
        return None
    if isinstance(out, Ask):
        return Stand(f"asks {out.to}", "", out.evidence[-1].text if out.evidence else out.question)
    owners = [str(getattr(e, "owner")) for e in out.events if hasattr(e, "owner")]  # noqa: B009
    for owner in owners:
        records.count(owner, 1)
    end = " ".join((out.outcome.replace("_", " "), *(f"to {owner}" for owner in owners)))
    close = trigger.nearest(input, out, config) if trigger.nearest and not out.rule else None
    return Stand(end, out.rule or "", close or out.reasons[-1].text)
