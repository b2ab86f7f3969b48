"""What changes of people do to a plan: hired, leaving, moving, later, not at all."""

from calendar import monthrange
from datetime import date

from loops.calendar import add_months
from loops.design import changes as c
from loops.design.overlay import Overlay, Person, free
from loops.errors import PlanError
from loops.plan import Hire
from loops.scenario import MOVED, Rep, holder, open_hires

FIRST_DAY = date(1900, 1, 1)
"""Stands for "always": the start of people whose start isn't known."""


def add_people(plan: Overlay, change: c.AddPeople) -> Overlay:
    """The plan with new hires."""
    role = plan.role(change.role)
    land = plan.land(change.territory).id if change.territory else None
    segment = plan.segment(change.segment) if change.segment else _segment(plan, role)
    taken = {holder(one.id) for one in (*plan.scenario.roster, *plan.scenario.hires)}
    names = (f"new-{role}-{n}" for n in range(1, len(taken) + change.count + 1))
    fresh = [name for name in names if name not in taken][: change.count]
    starts = change.starts_on or plan.today
    made = [Hire(id=name, role=role, starts_on=starts, territory=land, segment=segment) for name in fresh]
    for told in _silent(plan, role, segment, land):
        plan = plan.having(told)
    return plan.with_people({}, made)


def _silent(plan: Overlay, role: str, segment: str | None, land: str | None) -> list[str]:
    """What the new people don't change, where one might think that they do."""
    told = list[str]()
    if not any(line.role == role and line.segment == segment for line in plan.scenario.productivity):
        told.append(f"The plan doesn't say what {role} sell, so the new ones add no new ACV.")
    elif not land:
        told.append(f"The new {role} have no territory: they count for the plan as a whole.")
    if role not in {line.role for line in plan.scenario.compensation}:
        told.append(f"The plan doesn't say what {role} are paid, so the new ones add no cost.")
    return told


def _segment(plan: Overlay, role: str) -> str | None:
    """The one segment that the role sells to; None for a role that doesn't sell.

    Raises:
        PlanError: it sells to several.
    """
    sold = list(dict.fromkeys(line.segment for line in plan.scenario.productivity if line.role == role))
    if len(sold) > 1:
        raise PlanError(f"{role} sell to {' and '.join(sold)}: say which segment the new ones are for")
    return sold[0] if sold else None


def remove_people(plan: Overlay, change: c.RemovePeople) -> Overlay:
    """The plan without people of a role from a day on."""
    leaves = change.leaves_on or plan.today
    going = _last_started(plan, change.role, change.territory, change.segment, change.count, leaves)
    names = ", ".join(_name(one) for one in going)
    plan = plan.having(f"Who leaves: {names} (planned people first, then who started last).")
    for one in going:
        plan = _gone(plan, one, leaves)
    return plan


def person_leaves(plan: Overlay, change: c.PersonLeaves) -> Overlay:
    """The plan without somebody from a day on, whichever seats they hold by then."""
    one, leaves = plan.person(change.person), change.leaves_on or plan.today
    return _gone(plan.having("Nobody takes the seat of who leaves."), one, leaves)


def _gone(plan: Overlay, one: Person, day: date) -> Overlay:
    """The plan in which the person holds no seat from that day on.

    Raises:
        PlanError: they hold none by then as it is.
    """
    _here(plan, one, day)
    return plan.with_people({seat.id: _left(seat, day) for seat in plan.seats(one.id)})


def _here(plan: Overlay, one: Person, day: date) -> Person:
    """The seat that the person holds on that day; their first one where they start later.

    Raises:
        PlanError: they are gone by then.
    """
    held = plan.seat_on(one.id, day)
    if held is None:
        last = max(seat.left_on or date.max for seat in plan.seats(one.id))
        raise PlanError(f"{_name(one)} is gone already on {day}: they leave on {last}")
    return held


def person_moves(plan: Overlay, change: c.PersonMoves) -> Overlay:
    """The plan with somebody in another territory from a day on."""
    return _moved(plan, plan.person(change.person), plan.land(change.territory).id, change.on or plan.today)


def move_people(plan: Overlay, change: c.MovePeople) -> Overlay:
    """The plan with people of a role in another territory from a day on."""
    day, source = change.on or plan.today, plan.land(change.source).id
    going = _last_started(plan, change.role, source, None, change.count, day, later=False)
    plan = plan.having(f"Who moves: {', '.join(_name(one) for one in going)} (who started last).")
    for one in going:
        plan = _moved(plan, one, plan.land(change.territory).id, day)
    return plan


def shift_hires(plan: Overlay, change: c.ShiftHires) -> Overlay:
    """The plan with planned people starting later or earlier; where they move later on, they still do."""
    for hire in _hires(plan, change.hire, change.role, change.territory, None):
        starts = _months_on(hire.starts_on, change.by_months)
        seats = plan.seats(hire.id)
        kept = [seat for seat in seats if seat.left_on is None or seat.left_on > starts]
        changed: dict[str, Person | None] = {seat.id: None for seat in seats}
        joins = hire.since in {None, hire.starts_on}
        for at, seat in enumerate(kept):
            begins = starts if at == 0 else seat.starts_on
            since = {"since": starts} if joins and seat.since else {}
            changed[seat.id] = seat.model_copy(update={"starts_on": begins, **since})
        plan = plan.with_people(changed)
    return plan


def cancel_hires(plan: Overlay, change: c.CancelHires) -> Overlay:
    """The plan without planned people."""
    chosen = _hires(plan, change.hire, change.role, change.territory, change.after)
    return plan.with_people({seat.id: None for hire in chosen for seat in plan.seats(hire.id)})


def _hires(
    plan: Overlay, id: str | None, role: str | None, land: str | None, after: date | None
) -> list[Hire]:
    """Planned people who haven't come yet, each in the seat they hold first."""
    if role:
        plan.role(role)
    if land:
        plan.land(land)
    if id:
        plan.person(id)
    first = {one.id for one in plan.people if plan.seats(one.id)[0].id == one.id}
    chosen = [
        hire
        for hire in open_hires(plan.scenario)
        if hire.id in first
        and id in {None, holder(hire.id)}
        and role in {None, hire.role}
        and land in {None, hire.territory}
        and (after is None or hire.starts_on >= after)
    ]
    if not chosen:
        named = [
            f"planned {role or 'people'}",
            f"for {land}" if land else "",
            f"from {after} on" if after else "",
        ]
        raise PlanError(f"{plan.scenario.name} has no {' '.join(filter(None, named))}")
    return chosen


def _last_started(
    plan: Overlay,
    role: str,
    land: str | None,
    segment: str | None,
    count: int,
    day: date,
    later: bool = True,
) -> list[Person]:
    """Those of the role there on that day, with `later` also who start after it; who started last first.

    Each in the seat they hold then, so nobody counts twice.
    """
    plan.role(role)
    if land:
        plan.land(land)
    held = (plan.seat_on(id, day) for id in dict.fromkeys(holder(one.id) for one in plan.people))
    there = [
        one
        for one in held
        if one is not None
        and one.role == role
        and land in {None, one.territory}
        and segment in {None, one.segment}
        and (later or one.starts_on is None or one.starts_on <= day)
    ]
    where = f" in {land}" if land else ""
    if len(there) < count:
        raise PlanError(f"there are only {len(there)} {role}{where} on {day}, so {count} can't go")

    def order(one: Person) -> tuple[bool, int, str]:
        started = (one.since or one.starts_on or date.min).toordinal()
        return not (later and isinstance(one, Hire)), -started, one.id

    return sorted(there, key=order)[:count]


def _left(one: Person, day: date) -> Person | None:
    """The person gone from that day on, or earlier as planned; None where they don't even start before it."""
    if (isinstance(one, Hire) or MOVED in one.id) and one.starts_on is not None and one.starts_on >= day:
        return None
    return one.model_copy(update={"left_on": min(day, one.left_on or day)})


def _moved(plan: Overlay, one: Person, land: str, day: date) -> Overlay:
    """The plan with the person in another territory from that day on, up to where they go next."""
    held = _here(plan, one, day)
    if held.territory == land:
        raise PlanError(f"{_name(one)} is in {land} already on {day}")
    if held.starts_on is not None and held.starts_on >= day:
        return plan.with_people({held.id: held.model_copy(update={"territory": land})})
    taken = {seat.id for seat in plan.seats(one.id)}
    fresh = free(f"{holder(one.id)}{MOVED}{land} {day}", taken)
    since = held.since or held.starts_on or FIRST_DAY
    there = {"id": fresh, "territory": land, "starts_on": day, "since": since}
    own = next((q for q in plan.scenario.quotas if q.person == held.id), None)
    asked = [own.model_copy(update={"person": fresh})] if own else []
    plan = plan.having(quotas=(*plan.scenario.quotas, *asked))
    return plan.with_people({held.id: _left(held, day)}, [held.model_copy(update=there)])


def _months_on(day: date, months: int) -> date:
    """The same day so many months on, or the last one of a month that is shorter."""
    first = add_months(day, months)
    return first.replace(day=min(day.day, monthrange(first.year, first.month)[1]))


def _name(one: Person) -> str:
    return f"{one.name} ({holder(one.id)})" if isinstance(one, Rep) else holder(one.id)
