"""The one tool that reaches every loop of the registry, those of other packages too."""

from importlib.resources import files
from typing import Annotated, Literal, cast

from pydantic import Field, JsonValue, ValidationError

from agent.questions import questions
from loops.config import faults
from loops.errors import RevloopsError
from loops.loop import Loop
from loops.values import Value
from mcp_server.answer import PAGE, Answer, page
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format
from mcp_server.look import Cursor
from mcp_server.running import (
    AT_WORK,
    NOTHING,
    Cause,
    approvals,
    begin,
    cause_of,
    due,
    run_of,
    scopes,
    state,
    tried,
)
from tools.lookup import loop_metrics


class RunInput(Value):
    """What a loop is run on: a record it has had before, or one of its schedules."""

    record: str = Field("", max_length=200)
    schedule: str = Field("", max_length=60)


def loops_run(
    desk: Desk,
    loop: Annotated[str, Field(max_length=40)],
    verb: Literal["describe", "metrics", "decide", "start"],
    input: Annotated[dict[str, JsonValue], Field(max_length=4)] = {},  # noqa: B006 - never changed
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """Reach any loop there is: its card and triggers, its metrics, a dry decision, or a run begun again.

    Use it where no tool of its own fits, e.g. deploy or a loop of another package. Only start writes, and it
    begins nothing again that rests on a person's word.

    Args:
        desk: whose view.
        loop: its name, as whoami lists them.
        verb: describe, metrics, decide (dry) or start.
        input: for decide and start {"record": id, name or e-mail address} or {"schedule": name}.
        cursor: of the page of metrics before.
        response_format: detailed adds to describe the whole card and how five questions about it come out.
    """
    known, loop = desk.house.registry.loops, loop.strip().lower()
    if loop not in known:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(known)}")
    if verb in ("describe", "metrics") and input:
        raise RevloopsError(f"{verb} takes no input: it is of all runs; decisions_list counts since a day")
    if verb == "describe":
        says = f"{loop} {known[loop].version}, owned by {known[loop].owner}."
        told = card(desk, loop)
        told = _short(told) if response_format == "concise" else _whole(desk, told)
        return Answer(says=says, items=(told,))
    if verb == "metrics":
        shown, more, after = page(metrics(desk, known[loop]), cursor, PAGE, f"reading loop://{loop}")
        return Answer(says=f"{loop}'s metrics.", items=shown, more=more, cursor=after)
    given = _given(input)
    with desk.looking() as ctx:
        if given.schedule:
            cause = due(desk, loop, given.schedule)
        else:
            desk.needs("records")
            had = run_of(desk, ctx.tx, loop, given.record) is not None and desk.sees(ctx.tx, given.record)
            cause = cause_of(desk, ctx.tx, loop, given.record if had else desk.lead(ctx, given.record))
        would = tried(desk, ctx, loop, cause)
    if verb == "decide" or would["ends"] == NOTHING:
        says = f"{loop} would end: {would['ends']}; nothing was written."
        return Answer(says=says, items=(would,), dry_run=True)
    return _started(desk, loop, cause)


def _started(desk: Desk, loop: str, cause: Cause) -> Answer:
    """The loop's run from that cause, as far as it goes."""
    for scope in ("loops:write", *scopes(desk, loop)):
        desk.needs(scope)
    before = desk.spent_so_far()
    job = begin(desk, "loops_run", "loops:write", loop, [cause])
    with desk.house.store.reading() as tx:
        said, waits = state(tx, job.runs[0]), approvals(desk, tx, job.runs)
    still = f"; ask runs_get for {job.id}" if said["state"] in AT_WORK else ""
    return Answer(
        says=f"{loop} began run {job.runs[0]}: {said['state']}{still}.",
        items=(said,),
        dry_run=False,
        job=job.id,
        approval_required=waits,
        cost=desk.cost(before),
    )


def card(desk: Desk, loop: str) -> Plain:
    """What a loop is: its card, what starts it, what it may do, the version of its config."""
    found = desk.house.registry.loops[loop]
    said: dict[str, object] = {
        "loop": loop,
        "chain": str(found.chain),
        "owner": found.owner,
        "version": found.version,
        "config": desk.house.workspace.configs[loop].version,
        "starts_on": sorted({trigger.on.__name__ for trigger in found.triggers}),
        "schedules": [trigger.schedule for trigger in found.triggers if trigger.schedule],
        "events": [event.__name__ for event in found.events],
        "effects": [effect.__name__ for effect in found.effects],
        "card": files(found.package).joinpath("README.md").read_text(encoding="utf-8"),
    }
    return cast("Plain", said)


def _whole(desk: Desk, told: Plain) -> Plain:
    """What a loop is, and how the five questions about it come out."""
    five: list[JsonValue] = [
        {"question": one.asks, "holds": one.holds, "shows": one.shows}
        for one in questions(desk.house, str(told["loop"]))
    ]
    return {**told, "questions": five}


def _short(told: Plain) -> Plain:
    """What a loop is without its card but for its objective."""
    first = str(told["card"]).partition("## B")[0].partition("## A. Objective")[2].strip()
    return {**{key: value for key, value in told.items() if key != "card"}, "objective": first}


def metrics(desk: Desk, loop: Loop) -> list[Plain]:
    """What is measured of a loop, each figure with its sample."""
    with desk.looking() as ctx:
        found = cast("dict[str, list[Plain]]", loop_metrics(ctx, loop.name))
    return found["metrics"]


def _given(input: dict[str, JsonValue]) -> RunInput:
    try:
        given = RunInput.model_validate(input)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, at))}: {why}" for at, why in faults(error))
        raise RevloopsError(f"input: {told}; it takes record or schedule") from None
    if bool(given.record) == bool(given.schedule):
        raise RevloopsError('input: give {"record": ...} or {"schedule": ...}, one of the two')
    return given
