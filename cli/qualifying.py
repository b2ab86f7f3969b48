"""`review commit`, and how a call's qualification is shown: enough to decide in a minute."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from cli.door import WIDTH, Door, command, counted
from cli.look import wrapped
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from loops.engage.discovery.tasks import DiscoveryItem, Known

SIGNS = {"covered": "[x]", "partly": "[~]", "uncovered": "[ ]"}


def say_discovery(door: Door, short: str, item: "DiscoveryItem") -> None:
    """The dimensions with their quotations, what is open, what to ask, and what to answer."""
    door.say(f"Call {item.call} of {item.on}, {item.framework}; deal {item.deal}\n")
    if item.no_contact:
        asked = item.no_contact
        _say(door, f"THEY ASK NOT TO BE CONTACTED (line {asked.line}): “{asked.quote}”")
        door.say("    Disqualifying it for that suppresses their address; anything else takes --why.\n")
    if item.unread:
        _say(door, f"Nobody analysed this call: {item.unread}")
    wide = max(len(known.label) for known in item.dimensions) + 1
    for known in item.dimensions:
        star = "*" if known.required else ""
        lines = wrapped(_shown(known, item), WIDTH - wide - 8)
        door.say(f"  {SIGNS[known.state]} {known.label + star:<{wide}}  {lines[0]}")
        for line in lines[1:]:
            door.say(f"  {'':<{wide + 6}}{line}")
    door.say("\n  * takes this to be handed on; [x] covered, [~] partly, [ ] uncovered")
    for concern in item.concerns:
        if concern == item.no_contact:
            continue
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
    on = " --why REASON" if item.no_contact else ""
    door.say(f"\n{take}   as suggested; with --cover NAME[=NOTE] or --uncover NAME as you know better; or")
    door.say(f"{take} --confirm{why} | --continue{on} | --disqualify REASON")
    _say(door, f"  reasons: {', '.join(reason.name for reason in item.reasons)}")
    door.say(f"revloops review reject {short} --why …   throws the analysis away")


@command(name="commit")
@click.argument("what", metavar="ID|NAME|EMAIL")
@click.option("--as", "person", metavar="REP", help="Who you are (default: the person who is asked).")
@click.option("--cover", multiple=True, metavar="NAME[=NOTE]", help="This dimension is covered after all.")
@click.option("--uncover", multiple=True, metavar="NAME", help="This dimension isn't covered after all.")
@click.option("--confirm", is_flag=True, help="It is an opportunity.")
@click.option("--continue", "go_on", is_flag=True, help="Another meeting is needed.")
@click.option("--disqualify", "reasons", multiple=True, metavar="REASON", help="Give it up, for this reason.")
@click.option("--why", default="", help="Why, below the criteria or against a request not to be contacted.")
def commit(
    door: Door,
    what: str,
    person: str | None,
    cover: tuple[str, ...],
    uncover: tuple[str, ...],
    confirm: bool,
    go_on: bool,
    reasons: tuple[str, ...],
    why: str,
) -> None:
    """Commit a call's qualification: as suggested, adjusted, or to an outcome of your own."""
    from cli.review import give_answer, item_of

    item = item_of(door, what)
    shown = item.discovery
    if shown is None:
        raise RevloopsError("this is no call's qualification: `revloops review show` says what it takes")
    ends = {"confirm": confirm, "continue": go_on, "disqualify": bool(reasons)}
    said = [end for end, given in ends.items() if given]
    if len(said) > 1:
        named = ", ".join(f"--{end}" for end in said)
        raise RevloopsError(f"say one of {named}, not both: nothing was changed")
    keys = {label: known.name for known in shown.dimensions for label in (known.name, known.label)}
    because = {label: reason.name for reason in shown.reasons for label in (reason.name, reason.label)}
    parts = (text.partition("=") for text in cover)
    covers: list[JsonValue] = [{"dimension": _key(n, keys), "note": note.strip()} for n, _, note in parts]
    value: dict[str, JsonValue] = {
        "verdict": said[0] if said else "commit",
        "cover": covers,
        "uncover": [_key(name, keys) for name in uncover],
        "reasons": [_key(name, because) for name in reasons],
        "override_reason": why.strip() or None,
    }
    before = _out(door, shown.lead)
    give_answer(door, item, person, value, why)
    if _say_end(door, item.run):
        _say_stopped(door, item.run, shown.lead, before)


def _key(text: str, keys: Mapping[str, str]) -> str:
    """The name that is meant by itself or by its label; what means none is left for the loop to refuse."""
    return {_plain(label): name for label, name in keys.items()}.get(_plain(text), text.strip())


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").replace("-", " ").casefold().split())


def _say_end(door: Door, run: str) -> bool:
    """Whether it ended; otherwise the rep is shown what their changes led to."""
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
        return False
    outcome = str(row[0]) if row else ""
    door.give(outcome=outcome)
    door.say(f"Committed: {outcome.replace('_', ' ')}.")
    return True


def _out(door: Door, lead: str | None) -> tuple[int, int]:
    """How many mails to a lead may still leave, and how many drafts of theirs wait."""
    from sqlalchemy import func, select

    from tools.sender.states import OPEN
    from tools.store import tables as t

    mails, runs = t.mails.c, t.runs.c
    drafts = (runs.record == lead, runs.loop == "engage", runs.trigger == "LeadAssigned")
    counts = (
        select(func.count()).select_from(t.mails).where(mails.lead == lead, mails.state.in_(OPEN)),
        select(func.count()).select_from(t.runs).where(*drafts, runs.state != "done"),
    )
    with door.house.store.reading() as tx:
        mail, draft = (tx.first(count)[0] for count in counts)
    return mail, draft


def _say_stopped(door: Door, run: str, lead: str | None, before: tuple[int, int]) -> None:
    """What the outcome did to the lead's mails and drafts."""
    from sqlalchemy import select

    from tools.store import tables as t

    of = t.ledger.c
    with door.house.store.reading() as tx:
        done = {row[0] for row in tx.all(select(of.rule).where(of.run == run, of.kind == "performed"))}
    mails, drafts = (was - now for was, now in zip(before, _out(door, lead), strict=True))
    if "StopOutreach" in done:
        door.give(mails_cancelled=mails, drafts_closed=drafts)
        waiting = counted(drafts, "waiting draft")
        door.say(f"No more cold mail: {mails} that hadn't left are cancelled, {waiting} closed.")
    if "Suppress" in done:
        door.give(suppressed=True)
        door.say("Their address is on the suppression list: nobody writes to it again.")
