"""Tools on the plan: what changes would do to it, its territories, who has too much or too little."""

import asyncio
from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from agent.threads import converse, open_thread
from loops.config import faults
from loops.design.changes import Change, Goal
from loops.design.config import DesignConfig
from loops.design.inputs import gather
from loops.errors import RevloopsError
from loops.loop import ScheduleDue
from loops.money import minor_digits
from mcp_server.answer import PAGE, Answer, page
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format
from mcp_server.look import Cursor
from mcp_server.people import takers
from mcp_server.work import apart
from tools.catalog import CATALOG
from tools.normalise import area, place
from tools.planning import plan_now, what_if
from tools.scopes import Principal

_CHANGES: TypeAdapter[tuple[Change, ...]] = TypeAdapter(tuple[Change, ...])
_CONCISE = ("scenario", "changes", "focus", "currency", "years", "falls_short", "reach", "assumptions")
_TAKER = ("person", "name", "rule", "load", "capacity", "can_take", "unavailable", "away_until", "away_next")
_NAMED = 5
"""Territories that are named in a sentence."""
Kind = Literal[
    "add_people", "remove_people", "person_leaves", "person_moves", "move_people", "shift_hires",
    "cancel_hires", "ramp", "productivity", "attrition", "investment", "price", "target", "quota",
    "compensation", "exchange_rate", "move_regions", "split_territory", "merge_territories",
]  # fmt: skip


def plans_what_if(
    desk: Desk,
    question: Annotated[str, Field(max_length=500)] = "",
    changes: Annotated[list[dict[str, JsonValue]], Field(max_length=20)] = [],  # noqa: B006 - never changed
    ask: Literal["what_if", "reach", "breaks_first"] = "what_if",
    goal: dict[str, JsonValue] | None = None,
    response_format: Format = "concise",
) -> Answer:
    """The promoted plan beside itself with changes: capacity, coverage, who falls short, ways to a goal.

    Use it for "what if we hire 3 AEs in EMEA in March?", in words or as changes. Nothing is written.

    Args:
        desk: whose view.
        question: a person's words for the planner; give these or changes, not both.
        changes: each {kind, ...}, e.g. {"kind": "add_people", "role": "account_executive", "count": 3,
            "starts_on": "2027-03-01"}; a wrong one is told the fields of its kind.
        ask: what to know of the changes; reach needs a goal.
        goal: what is to be reached; {} stands for the target.
        response_format: detailed adds quarters, territories, causes and the range.
    """
    if question:
        if changes or goal is not None:
            raise RevloopsError("give a question in words, or changes and a goal: not both")
        return _asked(desk, question)
    read = _read(changes)
    meant = None if goal is None else _goal(goal)
    with desk.looking() as ctx:
        found = cast("Plain", what_if(ctx, ask, read, meant))
    kept = found if response_format == "detailed" else {k: found[k] for k in _CONCISE if k in found}
    return Answer(says=_in_words(cast("dict[str, Any]", found)), items=(kept,), dry_run=True)


def _in_words(found: dict[str, Any]) -> str:
    """What the changes come to in the year of focus, and which territories fall short and by how much."""
    after, coin = found["after"], found["after"]["currency"]
    said = "; ".join(found["changes"]) or "the plan as it stands"
    gain = found["difference"]["new_acv_minor"]
    more = f" ({'+' if gain > 0 else ''}{money(gain, coin)})" if found["changes"] else ""
    share = after["coverage_share"]
    of = "" if share is None else f", {share:.0%} of the target of {money(after['target_minor'], coin)}"
    made = f"With {said}: {found['focus']} makes {money(after['new_acv_minor'], coin)}{more}{of}."
    short = [one for one in found["falls_short"] if one["short_minor"] > 0]
    if not short:
        return f"{made} No territory falls short."
    worst = sorted(short, key=lambda one: -one["short_minor"])[:_NAMED]
    each = (f"{one['name']} from {one['month']} by {money(one['short_minor'], coin)}" for one in worst)
    rest = f" and {len(short) - _NAMED} more" if len(short) > _NAMED else ""
    many = f"{len(short)} of {len(found['falls_short'])} territories fall short"
    return f"{made} {many}: {', '.join(each)}{rest}."


def _asked(desk: Desk, question: str) -> Answer:
    before, who = desk.spent_so_far(), desk.caller.principal
    asking = Principal(who.id, who.role, frozenset({tool.scope for tool in CATALOG}) & _planning(desk))
    thread, house = open_thread(desk.house, None, asking), apart(desk.house)

    async def turns() -> list[Any]:
        said: list[Any] = []
        async for part in converse(house, thread, asking, question):
            said = list(part) if isinstance(part, tuple) else said
        await house.models.close()
        return said

    with desk.aside():
        found = asyncio.run(turns())
    texts = [turn.said.text or turn.said.needs or turn.said.refused for turn in found]
    items = tuple(
        cast("Plain", {"specialist": turn.specialist, "by": turn.by, "cited": [*turn.said.cited]})
        for turn in found
    )
    return Answer(
        says="\n".join(texts) or "Nobody can answer that: say it as changes.",
        items=items,
        dry_run=True,
        cost=desk.cost(before),
    )


def _planning(desk: Desk) -> frozenset[str]:
    """The look-ups' scopes that a question about the plan opens: never more than the caller's own."""
    own = {"plan": {"plan"}, "records": {"records", "reps"}, "loops": {"loops"}}
    return frozenset(scope for mine, opens in own.items() if desk.caller.may(mine) for scope in opens)


def _read(changes: list[dict[str, JsonValue]]) -> tuple[Change, ...]:
    try:
        return _CHANGES.validate_python(changes)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, at))}: {why}" for at, why in faults(error)[:6])
        kinds = [str(one.get("kind", "")) for one in changes]
        raise RevloopsError(f"changes: {told}. {'; '.join(map(_takes, dict.fromkeys(kinds)))}") from None


def _takes(kind: str) -> str:
    """What a kind of change takes; the kinds there are, where it is none."""
    for model in get_args(get_args(Change)[0]):
        if model.model_fields["kind"].default == kind:
            return f"{kind} takes {', '.join(name for name in model.model_fields if name != 'kind')}"
    return f"kind is one of {', '.join(get_args(Kind))}"


def _goal(goal: dict[str, JsonValue]) -> Goal:
    try:
        return Goal.model_validate(goal)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, at))}: {why}" for at, why in faults(error))
        raise RevloopsError(f"goal: {told}; it takes {', '.join(Goal.model_fields)}") from None


def territories_plan(
    desk: Desk,
    territory: Annotated[str, Field(max_length=80)] = "",
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """Territories of the promoted plan with target, capacity and coverage; who takes leads of one; desks.

    Use it for "which territories are short", "who can take DACH leads this week" or "who has too much".
    Changes are tried with plans_what_if.

    Args:
        desk: whose view.
        territory: its id or name, e.g. dach: also who gets its leads, their load and when they are away;
            empty: all.
        cursor: of the page before.
        response_format: detailed adds regions, and the moves that would even the desks out.
    """
    detailed = response_format == "detailed"
    with desk.looking() as ctx:
        plan = cast("dict[str, Any]", plan_now(ctx))
        config = desk.house.workspace.configs["design"]
        assert isinstance(config, DesignConfig)
        due = ScheduleDue(record="balance", loop="design", schedule="balance", slot="")
        proposal = gather(due, ctx.records, config).proposal if detailed else None
        lands = _meant(plan, territory)
        people = [one for land in lands for one in takers(ctx, land["id"])] if territory.strip() else []
    drop = () if detailed else ("countries", "regions", "parent")
    coin = plan["currency"]
    rows: list[Plain] = [_row(one, coin, drop) for one in lands]
    rows += [{k: v for k, v in one.items() if detailed or k in _TAKER} for one in people]
    if proposal:
        found = proposal.findings
        for f in found:
            rows.append({"desk": f.rep, "is": f.state, "load": f.load, "capacity": f.capacity})
        for move in proposal.moves if desk.caller.may("records") else ():
            rows.append({"lead": move.holding.lead, "from": move.holding.owner, "to": move.to})
    items, more, after = page(rows, cursor, PAGE, "territory")
    free = sum(bool(one["can_take"]) for one in people)
    able = f" {free} of {len(people)} can take a lead now." if people else ""
    many = f"{len(lands)} territories" if len(lands) > 1 else lands[0]["name"]
    says = f"{many} of {plan['scenario']} in {plan['focus']}; *_minor are minor units of {coin}.{able}"
    return Answer(says=says, items=items, more=more, cursor=after)


def money(minor: int, currency: str) -> str:
    """An amount as a person reads it, to the last digit."""
    return f"{Decimal(minor).scaleb(-minor_digits(currency)):,} {currency}"


def _row(land: dict[str, Any], currency: str, drop: Collection[str]) -> Plain:
    """A territory, with its figures as a person reads them too."""
    target, made = money(land["target_minor"], currency), money(land["new_acv_minor"], currency)
    return {**{k: v for k, v in land.items() if k not in drop}, "in_words": f"{made} of {target}"}


def _meant(plan: dict[str, Any], words: str) -> list[dict[str, Any]]:
    """The territories that words mean: an id, a name, a country, region or group of countries; "": all.

    Raises:
        RevloopsError: none is meant; the text lists them.
    """
    said, lands = words.strip(), cast("list[dict[str, Any]]", plan["territories"])
    if not said:
        return lands
    named = [one for one in lands if said.casefold() in (one["id"].casefold(), one["name"].casefold())]
    where = place("", "", said)
    countries = area(said) or {where.country}
    within = [one for one in lands if countries & {*one["countries"]}]
    region = [one for one in within if where.region and where.region in one["regions"]]
    if found := named or region or within:
        return found
    there = ", ".join(one["id"] for one in lands[:PAGE])
    raise RevloopsError(f"there is no territory {words[:60]!r}; there are {there}")
