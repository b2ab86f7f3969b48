"""`review commit`, and how a call's qualification is shown: enough to decide in a minute."""

from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from cli.door import WIDTH, Door, command
from cli.look import wrapped
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from loops.engage.discovery.tasks import DiscoveryItem, Known

SIGNS = {"covered": "[x]", "partly": "[~]", "uncovered": "[ ]"}


def say_discovery(door: Door, short: str, item: "DiscoveryItem") -> None:
    """The dimensions with their quotations, what is open, what to ask, and what to answer."""
    door.say(f"Call {item.call} of {item.on}, {item.framework}; deal {item.deal}\n")
    wide = max(len(known.label) for known in item.dimensions) + 1
    for known in item.dimensions:
        star = "*" if known.required else ""
        lines = wrapped(_shown(known, item), WIDTH - wide - 8)
        door.say(f"  {SIGNS[known.state]} {known.label + star:<{wide}}  {lines[0]}")
        for line in lines[1:]:
            door.say(f"  {'':<{wide + 6}}{line}")
    door.say("\n  * takes this to be handed on; [x] covered, [~] partly, [ ] uncovered")
    for concern in item.concerns:
        label = next(reason.label for reason in item.reasons if reason.name == concern.reason)
        _say(door, f"Speaks against it ({label.lower()}), line {concern.line}: “{concern.quote}”")
    for reason in item.dropped:
        _say(door, f"Not used for {reason.code}: {reason.text}")
    if item.questions:
        door.say("\nAsk next time:")
        for question in item.questions:
            _say(door, f"  - {question.text}   ({question.dimension})")
    door.say(f"\nSuggested: {item.suggestion}. {item.why}")
    _say_answers(door, short, item)


def _shown(known: "Known", item: "DiscoveryItem") -> str:
    """What stands behind a dimension, in one line."""
    if not known.quote:
        return known.why or "the rep knows it"
    where = f"line {known.line}" if known.call == item.call else f"call {known.call}, {known.on}"
    note = f" ({known.why})" if known.why else ""
    return f"“{known.quote}” {known.speaker}, {where}{note}"


def _say(door: Door, text: str) -> None:
    for n, line in enumerate(wrapped(text, WIDTH - 4)):
        door.say(line if n == 0 else f"    {line}")


def _say_answers(door: Door, short: str, item: "DiscoveryItem") -> None:
    take = f"revloops review commit {short}"
    why = "" if item.meets else " --why REASON"
    door.say(f"\n{take}   as suggested; with --cover NAME[=NOTE] or --uncover NAME as you know better; or")
    door.say(f"{take} --confirm{why} | --continue | --disqualify REASON")
    _say(door, f"  reasons: {', '.join(reason.name for reason in item.reasons)}")
    door.say(f"revloops review reject {short} --why …   throws the analysis away")


@command(name="commit")
@click.argument("what", metavar="ID|NAME|EMAIL")
@click.option("--as", "person", metavar="REP", help="Who you are (default: the person who is asked).")
@click.option("--cover", multiple=True, metavar="NAME[=NOTE]", help="This dimension is covered after all.")
@click.option("--uncover", multiple=True, metavar="NAME", help="This dimension isn't covered after all.")
@click.option("--confirm", "outcome", flag_value="confirm", help="It is an opportunity.")
@click.option("--continue", "outcome", flag_value="continue", help="Another meeting is needed.")
@click.option("--disqualify", "reasons", multiple=True, metavar="REASON", help="Give it up, for this reason.")
@click.option("--why", default="", help="Why it is confirmed below the handoff criteria.")
def commit(
    door: Door,
    what: str,
    person: str | None,
    cover: tuple[str, ...],
    uncover: tuple[str, ...],
    outcome: str | None,
    reasons: tuple[str, ...],
    why: str,
) -> None:
    """Commit a call's qualification: as suggested, adjusted, or to an outcome of your own."""
    from cli.review import give_answer, item_of

    item = item_of(door, what)
    shown = item.discovery
    if shown is None:
        raise RevloopsError("this is no call's qualification: `revloops review show` says what it takes")
    if reasons and outcome:
        raise RevloopsError(f"say either --{outcome} or --disqualify, not both")
    parts = (text.partition("=") for text in cover)
    covers: list[JsonValue] = [{"dimension": n.strip(), "note": note.strip()} for n, _, note in parts]
    value: dict[str, JsonValue] = {
        "verdict": "disqualify" if reasons else outcome or "commit",
        "cover": covers,
        "uncover": list(uncover),
        "reasons": list(reasons),
        "override_reason": why or None,
    }
    give_answer(door, item, person, value, why)
    _say_end(door, item.run)


def _say_end(door: Door, run: str) -> None:
    from sqlalchemy import select

    from agent.review import waiting
    from tools.store import tables as t

    with door.house.store.reading() as tx:
        open_item = next((w for w in waiting(tx) if w.run == run), None)
        row = tx.first(select(t.runs.c.outcome).where(t.runs.c.id == run))
    if open_item and open_item.discovery:
        door.give(outcome=None, suggestion=open_item.discovery.suggestion)
        door.say("Your changes lead to another suggestion than the one you saw; it is yours to commit:\n")
        say_discovery(door, open_item.short, open_item.discovery)
        return
    outcome = str(row[0]) if row else ""
    door.give(outcome=outcome)
    door.say(f"Committed: {outcome.replace('_', ' ')}.")
