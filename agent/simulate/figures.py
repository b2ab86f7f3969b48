"""What a change comes to: load, grades, speed, and what became of the leads that move."""

from collections.abc import Sequence
from datetime import datetime
from statistics import median

import numpy as np
from sqlalchemy import bindparam, select

from agent.simulate.results import Came, Desk, Speed
from loops.simulate import END, GRADE, OWNER, Floor, Moves, Stands
from tools.store import Tx
from tools.store import tables as t
from tools.store.evidence import outcomes

PAGE = 500
_TOUCHED = (
    select(t.leads.c.owner, t.leads.c.assigned_at, t.leads.c.touched_at)
    .where(t.leads.c.assigned_at != "", t.leads.c.touched_at != "")
)  # fmt: skip
_OUTCOMES = select(outcomes.c.lead, outcomes.c.converted_at, outcomes.c.closed_at).where(
    outcomes.c.lead.in_(bindparam("ids", expanding=True))
)


def desks(floor: Floor, before: Stands, after: Stands) -> tuple[Desk, ...]:
    """Everybody who gets a lead of the window, or would, by id."""
    was, now = _grades(before), _grades(after)
    return tuple(
        Desk(
            rep,
            before.loads.get(rep, 0),
            after.loads.get(rep, 0),
            floor.roster[rep].capacity,
            was.get(rep, {}),
            now.get(rep, {}),
        )
        for rep in sorted({*was, *now})
        if rep in floor.roster
    )


def _grades(stands: Stands) -> dict[str, dict[str, int]]:
    """Rep → grade → how many of those they get."""
    owner, grade = stands.ends[OWNER], stands.ends[GRADE]
    width = len(grade.values)
    counts = np.bincount(owner.codes.astype(np.int64) * width + grade.codes)
    found: dict[str, dict[str, int]] = {}
    for at, count in enumerate(counts.tolist()):
        rep, letter = owner.values[at // width], grade.values[at % width]
        if count and rep is not None:
            found.setdefault(str(rep), {})[str(letter or "none")] = count
    return found


def speed(tx: Tx, before: Stands, after: Stands, moved: Moves) -> Speed:
    """What is known of how fast the owners are that leads leave and go to, and how many nobody looks at."""
    hours: dict[str, list[float]] = {}
    people = {name for group in moved.groups for name in (group.source, group.target)}
    for owner, assigned, touched in tx.all(_TOUCHED) if people else ():
        if owner in people:
            waited = datetime.fromisoformat(touched) - datetime.fromisoformat(assigned)
            hours.setdefault(owner, []).append(waited.total_seconds() / 3600)
    typical = {owner: median(waits) for owner, waits in hours.items()}
    return Speed(
        _median([(typical.get(group.source), len(group.rows)) for group in moved.groups]),
        _median([(typical.get(group.target), len(group.rows)) for group in moved.groups]),
        _alone(before),
        _alone(after),
    )


def _median(weighted: Sequence[tuple[float | None, int]]) -> float | None:
    """The median of the numbers that are known, each as often as it is weighted."""
    known = sorted((value, weight) for value, weight in weighted if value is not None)
    half, passed = sum(weight for _, weight in known) / 2, 0
    for value, weight in known:
        passed += weight
        if passed >= half:
            return round(value, 2)
    return None


def _alone(stands: Stands) -> float | None:
    end = stands.ends[END]
    asks = end.lookup(lambda value: str(value).startswith("asks "), np.bool_)[end.codes]
    return round(1 - float(asks.mean()), 4) if len(asks) else None


def came(tx: Tx, leads: Sequence[str]) -> dict[str, Came]:
    """What is known of those leads; a lead that came to something counts as settled."""
    found: dict[str, Came] = {}
    for start in range(0, len(leads), PAGE):
        for lead, converted, closed in tx.all(_OUTCOMES, ids=list(leads[start : start + PAGE])):
            if converted or closed:
                found[lead] = Came(1, int(bool(converted)))
    return found
