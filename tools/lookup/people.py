"""People of ours: what they do, whom they report to, where they belong, and when they are away."""

from pydantic import JsonValue

from loops.scenario import Rep
from tools.errors import ToolRetry
from tools.ids import RepId
from tools.lookup.context import LookupContext


def person_of_ours(ctx: LookupContext, rep: RepId) -> JsonValue:
    """A person in the roster: role, manager, who reports to them, pools, absences, whether they are away.

    Args:
        ctx: the runtime's side.
        rep: id of a person in the roster.

    Raises:
        ToolRetry: nobody in the roster has that id.
    """
    found, member = ctx.records.rep(rep), ctx.records.member(rep)
    if found is None or member is None:
        raise ToolRetry(f"there is nobody called {rep} in the roster: find them with find_records")
    plan, today = ctx.records.scenario, ctx.records.at.date()
    chief = ctx.records.rep(found.manager) if found.manager else None
    away = next((a for a in found.absences if a.start <= today <= a.end), None)
    coming = sorted((a for a in found.absences if a.start > today), key=lambda a: a.start)
    return {
        "rep": rep,
        "name": found.name,
        "role": found.role.replace("_", " "),
        "manager": _named(chief) if chief else found.manager,
        "reports": [_named(other) for other in plan.roster if other.manager == rep],
        "pools": [f"{pool.name} ({pool.id})" for pool in plan.pools if rep in pool.members],
        "unavailable": member.unavailable,
        "away_until": away.end.isoformat() if away else None,
        "away_next": [f"{a.start.isoformat()} to {a.end.isoformat()}" for a in coming],
        "starts_on": found.starts_on.isoformat() if found.starts_on and found.starts_on > today else None,
        "left_on": found.left_on.isoformat() if found.left_on else None,
        "load": member.load,
    }


def _named(rep: Rep) -> str:
    return f"{rep.name} ({rep.id})"
