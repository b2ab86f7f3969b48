"""People of ours: who somebody's words name, how much they have, and who can take leads where."""

from typing import Any, cast

from agent.work import Context
from loops.errors import RevloopsError
from mcp_server.desk import Desk, Plain
from tools.lookup import find_records
from tools.lookup.loops import covers
from tools.lookup.people import person_of_ours


def person(desk: Desk, ctx: Context, words: str) -> str:
    """The id of the one person, or the role, that words name.

    Raises:
        RevloopsError: nobody in the roster is called so, or more than one is; the text lists them.
    """
    said, roster = words.strip().casefold(), desk.house.workspace.scenario.roster
    if said in {rep.role for rep in roster} | {rep.id for rep in roster}:
        return said
    found = cast("dict[str, Any]", find_records(ctx, words))["reps"]
    if len(found) == 1:
        return str(found[0]["id"])
    if not found:
        roles = ", ".join(sorted({rep.role for rep in roster}))
        raise RevloopsError(f"nobody of ours is called {words[:60]!r}: give a name or id, or a role: {roles}")
    named = "; ".join(str(rep["label"]) for rep in found)
    raise RevloopsError(f"{words[:60]!r} means more than one person, give an id: {named}")


def whose(desk: Desk, ctx: Context, words: str) -> str:
    """The id or role that words name, "me" for the caller; "" for no words.

    Raises:
        RevloopsError: nobody is called so, or a rep asks for a colleague's.
    """
    if not words.strip():
        return ""
    me = words.strip().casefold() in ("me", "myself")
    found = desk.caller.principal.id if me else person(desk, ctx, words)
    if desk.caller.book not in (None, found):
        raise RevloopsError(f"you see your own book alone, and {words[:60]!r} is somebody else: leave it out")
    return found


def standing(ctx: Context, rep: str) -> Plain:
    """What a person has on their desk, how much they can have, and when they are away."""
    told, found = cast("dict[str, Any]", person_of_ours(ctx, rep)), ctx.records.rep(rep)
    assert found is not None
    said: Plain = {
        "manager": told["manager"], "pools": told["pools"], "load": told["load"], "capacity": found.capacity,
        "can_take": told["unavailable"] is None, "unavailable": told["unavailable"],
        "away_until": told["away_until"], "away_next": told["away_next"], "left_on": told["left_on"],
    }  # fmt: skip
    return {key: value for key, value in said.items() if value not in (None, [], "")}


def takers(ctx: Context, territory: str) -> list[Plain]:
    """Who gets leads of a territory by Route's rules, those who can take one now first."""
    pools = {pool.id: pool for pool in ctx.records.scenario.pools}
    rows: dict[str, Plain] = {}
    for rule in covers(ctx):
        pool = pools.get(rule.owner.removeprefix("pool:"))
        if territory not in rule.territories or pool is None:
            continue
        for rep in pool.members:
            found = ctx.records.rep(rep)
            if found is not None and rep not in rows:
                when: Plain = {"when": rule.when} if rule.when else {}
                who: Plain = {"person": rep, "name": found.name, "rule": rule.rule, **when}
                rows[rep] = who | standing(ctx, rep)
    return sorted(rows.values(), key=lambda row: (not row["can_take"], str(row["rule"])))
