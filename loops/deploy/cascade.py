"""Who takes what comes to an open seat: a defined outcome for each, with the reason."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from loops.calendar import local
from loops.deploy.config import Cascade
from loops.deploy.declared import open_hires
from loops.deploy.outputs import Step
from loops.plan import Hire
from loops.records import Member, Records
from loops.scenario import Pool, Rep, Scenario
from loops.structure import Item
from loops.values import Value

AWAY = {"absent", "departed", "not started"}
WORDS: dict[Step, str] = {
    "same_role_in_pool": "of the same role in its pool",
    "backup_pool": "of the pool that takes over from it",
    "territory_manager": "who manages it",
    "queue": "where nobody could be found",
}


class Candidate(Value):
    """Somebody who could cover a seat."""

    rep: str
    step: Step
    load: int = 0
    # open opportunities + open leads
    unavailable: str | None = None
    # absent, departed, not started; None when they are there


class Seat(Value):
    """An open seat, and who could cover it."""

    id: str
    # a planned hire's id, or that of the rep who holds it
    role: str
    territory: str | None = None
    pools: tuple[str, ...] = ()
    why: str
    # why it is open, to be read after "it is open:"
    candidates: tuple[Candidate, ...] = ()
    # by step; in each in the scenario's order
    held: str | None = None
    # who covers it now; None: nobody does


class Covered(Value):
    """Who covers a seat, and why."""

    seat: str
    role: str
    territory: str | None
    owner: str
    # rep id, or queue:<id>
    step: Step
    text: str


# --- reading --------------------------------------------------------------------------------------
def open_seats(records: Records, held: dict[str, str]) -> tuple[Seat, ...]:
    """Every open seat of the promoted scenario: planned hires first, then reps who aren't there.

    Args:
        records: the scenario, the pools' loads and absences.
        held: seat → who covers it now.
    """
    plan, at = records.scenario, records.at
    today = local(records.calendar, at).date()
    seats: list[Seat] = []
    for hire in open_hires(plan, today):
        late = "was to be filled on" if hire.starts_on <= today else "is to be filled on"
        pools = (hire.pool,) if hire.pool else ()
        seats.append(_seat(records, hire, pools, f"nobody holds it; it {late} {hire.starts_on}", held))
    for rep in plan.roster:
        pools = tuple(pool.id for pool in plan.pools if rep.id in pool.members)
        why = _why(records, rep, at) if rep.territory or pools else None
        if why:
            seats.append(_seat(records, rep, pools, why, held))
    return tuple(seats)


def _why(records: Records, rep: Rep, at: datetime) -> str | None:
    member = records.member(rep.id)
    match member.unavailable if member else None:
        case "departed":
            return f"{rep.id} left on {rep.left_on}"
        case "not started":
            return f"{rep.id} starts on {rep.starts_on}"
        case "absent":
            day = local(records.calendar, at).date()
            end = max((a.end for a in rep.absences if a.start <= day), default=day)
            return f"{rep.id} is away until {end}"
        case _:
            return None


def _seat(
    records: Records, of: Rep | Hire, pools: tuple[str, ...], why: str, held: dict[str, str]
) -> Seat:
    found = (
        *_same_role(records, of, pools),
        *_backup(records, of, pools),
        *_managers(records, of),
    )
    return Seat(
        id=of.id,
        role=of.role,
        territory=of.territory,
        pools=pools,
        why=why,
        candidates=tuple(dict.fromkeys(found)),
        held=held.get(of.id),
    )


def _same_role(records: Records, of: Rep | Hire, pools: tuple[str, ...]) -> Iterator[Candidate]:
    for pool in pools:
        for member in records.members(pool):
            person = records.rep(member.rep)
            if person and member.rep != of.id and person.role == of.role:
                yield _candidate(member, "same_role_in_pool")


def _backup(records: Records, of: Rep | Hire, pools: tuple[str, ...]) -> Iterator[Candidate]:
    known: dict[str, Pool] = {pool.id: pool for pool in records.scenario.pools}
    for pool in pools:
        seen, at = {*pools}, known[pool].backup if pool in known else None
        while at and at not in seen:
            yield from (_candidate(m, "backup_pool") for m in records.members(at) if m.rep != of.id)
            seen.add(at)
            at = known[at].backup if at in known else None


def _managers(records: Records, of: Rep | Hire) -> Iterator[Candidate]:
    """Their manager, and that one's, up to the top; never round in a circle."""
    seen, at = {of.id}, of.manager or _manager_of(records.scenario, of.territory)
    while at and at not in seen:
        member, person = records.member(at), records.rep(at)
        if member:
            yield _candidate(member, "territory_manager")
        seen.add(at)
        at = person.manager if person else None


def _manager_of(scenario: Scenario, territory: str | None) -> str | None:
    """Who manages most of those who sell there; None where nobody does."""
    sellers = (rep.manager for rep in scenario.roster if territory and rep.territory == territory)
    counted = Counter(manager for manager in sellers if manager)
    return min(counted, key=lambda manager: (-counted[manager], manager)) if counted else None


def _candidate(member: Member, step: Step) -> Candidate:
    away = member.unavailable if member.unavailable in AWAY else None
    return Candidate(rep=member.rep, step=step, load=member.load, unavailable=away)


# --- deciding -------------------------------------------------------------------------------------
def covered(seats: tuple[Seat, ...], cascade: Cascade) -> tuple[Covered, ...]:
    """Each seat's outcome, in their order.

    Whoever covers it already keeps it while they can and no earlier step has anybody: a load that changes
    from day to day moves no seat.
    """
    taken: Counter[str] = Counter()
    return tuple(_outcome(seat, cascade, taken) for seat in seats)


def _outcome(seat: Seat, cascade: Cascade, taken: Counter[str]) -> Covered:
    passed: list[str] = []
    for step in cascade.order:
        here = [c for c in seat.candidates if c.step == step]
        able = [c for c in here if c.unavailable is None]
        if able:
            best = next((c for c in able if c.rep == seat.held), None) or min(able, key=_by_load(taken))
            taken[best.rep] += 1
            return _said(seat, best.rep, step, passed)
        if step != "queue":
            passed.append(_missed(step, here))
    return _said(seat, f"queue:{cascade.queue}", "queue", passed)


def _by_load(taken: Counter[str]) -> Callable[[Candidate], tuple[int, int, str]]:
    return lambda candidate: (taken[candidate.rep], candidate.load, candidate.rep)


def _missed(step: Step, here: list[Candidate]) -> str:
    away = ", ".join(f"{c.rep} is {c.unavailable}" for c in here)
    return f"nobody {WORDS[step]} ({away})" if away else f"nobody {WORDS[step]}"


def _said(seat: Seat, owner: str, step: Step, passed: list[str]) -> Covered:
    before = f"{'; '.join(passed)}: " if passed else ""
    what = f"{seat.role} {seat.id}{f' in {seat.territory}' if seat.territory else ''}"
    text = f"{what} is open: {seat.why}. {before}{owner} covers it, {WORDS[step]}."
    return Covered(
        seat=seat.id, role=seat.role, territory=seat.territory, owner=owner, step=step, text=text
    )


def coverage(outcome: Covered) -> Item:
    """The outcome as a thing that stands in the systems of work."""
    fields = {"owner": outcome.owner, "step": outcome.step, "role": outcome.role}
    return Item(
        part="coverage", key=outcome.seat, fields={**fields, "territory": outcome.territory or ""}
    )


