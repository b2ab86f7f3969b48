"""`balance`: desks outside their bounds, the fewest moves that even them out, and putting it to a person."""

from typing import TYPE_CHECKING, Any, get_args

import click

from cli.door import WIDTH, Door, command, counted, first, table
from cli.look import wrapped
from loops.design.outputs import Why

if TYPE_CHECKING:
    from agent.review import Waiting
    from loops.decision import Event
    from loops.design.inputs import BalanceInput

SHOWN = 20
"""Desks and moves shown unless --all asks for the rest."""
CALLED = tuple(why for why in get_args(Why) if why not in ("period", "split"))
"""What a person may call a new plan for."""


@command()
@click.option("--ask", "asks", is_flag=True, help="Put the moves to whoever approves them, now.")
@click.option("--because", type=click.Choice(CALLED), help="Call for a new plan instead, for that reason.")
@click.option("--all", "everything", is_flag=True, help=f"More than {SHOWN} desks and flows.")
def balance(door: Door, asks: bool, because: Why | None, everything: bool) -> None:
    """Who has too much or too little on their desk, and the fewest moves that would even it out.

    Looking writes nothing. A person approves or rejects what --ask, or the weekly schedule, puts to them.
    """
    from loops.design.outputs import ReplanCalled

    if because:
        _put(door, ReplanCalled(record=f"plan {because}", reason=because), "")
        return
    found = _looked(door)
    proposal = found.proposal
    door.give(**_plain(proposal.model_dump(mode="json")))
    _say_desks(door, found, everything)
    _say_plan(door, found, everything)
    if asks and proposal.findings:
        from loops.loop import ScheduleDue

        at = door.house.runtime.at().isoformat()
        _put(door, ScheduleDue(record="balance", loop="design", schedule="balance", slot=at), "balance")
    elif asks:
        door.say("There is nothing to put to anybody: nothing was asked and nothing written.")
    elif proposal.moves or proposal.splits:
        door.say("\nNothing was moved. `revloops balance --ask` puts it to whoever approves it.")


def _looked(door: Door) -> "BalanceInput":
    from loops.design.config import DesignConfig
    from loops.design.inputs import gather
    from loops.loop import ScheduleDue

    runtime, config = door.house.runtime, door.house.workspace.configs["design"]
    assert isinstance(config, DesignConfig)
    due = ScheduleDue(record="balance", loop="design", schedule="balance", slot="")
    with door.house.store.reading() as tx:
        return gather(due, runtime.records(tx), config)


def _plain(proposal: dict[str, Any]) -> dict[str, Any]:
    """The proposal with a line a move."""
    plan = proposal["plan"]
    moves = [
        {"lead": m["holding"]["lead"], "from": m["holding"]["owner"], "to": m["to"], "group": m["group"],
         "overflow": m["overflow"]} for m in proposal["moves"]
    ]  # fmt: skip
    return {
        "findings": proposal["findings"],
        "moves": plan["moves"],
        "bound": plan["bound"],
        "short": plan["short"],
        "short_bound": plan["short_bound"],
        "by": plan["by"],
        "trouble": plan["trouble"],
        "flows": plan["flows"],
        "leads": moves,
        "splits": proposal["splits"],
        "asked": None,
    }


def _say_desks(door: Door, found: "BalanceInput", everything: bool) -> None:
    desks = len(found.problem.desks)
    outside = found.proposal.findings
    if not outside:
        door.say(f"In balance: every one of {counted(desks, 'desk')} lies between its bounds.")
        return
    shown = first(outside, SHOWN, everything)
    rows = [
        (f.rep, f.state, f"{f.load}", f"{f.low}-{f.high}", f"{f.capacity}", f"{f.stale}",
         f"{f.oldest_days}" if f.stale else "", f"{f.movable}", ", ".join(f.groups)) for f in shown
    ]  # fmt: skip
    head = ("rep", "is", "open", "bounds", "capacity", "stale", "days", "may go", "of")
    door.say(table(rows, head))
    more = f"; {len(shown)} shown (--all)" if len(shown) < len(outside) else ""
    door.say(f"{len(outside)} of {counted(desks, 'desk')} lie outside their bounds{more}.\n")


def _say_plan(door: Door, found: "BalanceInput", everything: bool) -> None:
    from loops.design.telling import told_plan, told_splits

    told = [*told_plan(found.proposal), *told_splits(found.proposal)]
    flows = [reason for reason in told if reason.code in ("reassign", "overflow")]
    dropped = flows[len(first(flows, SHOWN, everything)) :]
    for reason in told:
        if reason not in dropped:
            indent = "  " if reason in flows else ""
            for line in wrapped(reason.text, WIDTH - 2):
                door.say(f"{indent}{line}")
    if dropped:
        door.say(f"  and {len(dropped)} more (--all)")


def _put(door: Door, event: "Event", schedule: str) -> None:
    """Queue the event, let its run go as far as it goes without a person, and say where it waits."""
    from agent.flow import settle
    from agent.review import waiting
    from loops.values import short_id

    house = door.house
    with house.store.transaction() as tx:
        id = short_id("cli", event.kind, event.record, house.runtime.at().isoformat(), str(tx.head()[0]))
        house.runtime.emit(tx, id, event)
    settle(house)
    run = short_id("design", schedule, id)
    with house.store.reading() as tx:
        asked = next((item for item in waiting(tx) if item.run == run), None)
    door.give(asked=asked and asked.row())
    if asked is None:
        door.say("It was written down; nobody has to be asked.")
        return
    door.say(f"Waits for {asked.to.partition(':')[2]}: {asked.ask['question']}")
    choices = " | ".join(asked.options)
    door.say(f"revloops review show {asked.short}; review answer {asked.short} --choice {choices}")


# --- the question in review -----------------------------------------------------------------------
def say_proposal(door: Door, item: "Waiting") -> None:
    """The moves and splits that are asked about; desks that are too full, and how many others are outside."""
    from loops.design.outputs import BalanceProposal
    from loops.design.telling import told_findings, told_plan, told_splits

    proposal = BalanceProposal.model_validate(item.ask["payload"])
    giving = {flow.source for flow in proposal.plan.flows}
    told = zip(proposal.findings, told_findings(proposal), strict=True)
    of_moves = [reason for found, reason in told if found.rep in giving or found.state != "idle"]
    for reason in (*told_plan(proposal), *told_splits(proposal), *of_moves):
        for n, line in enumerate(wrapped(reason.text, WIDTH - 4)):
            door.say(f"  {'  ' if n else '- '}{line}")
    others = len(proposal.findings) - len(of_moves)
    if others:
        few = counted(others, "desk lies", "desks lie")
        door.say(f"  {few} outside their bounds besides: `revloops balance` lists them.")


def say_approved(door: Door, item: "Waiting") -> None:
    """What became of the moves that were approved, and what comes next."""
    from agent.review import owners_of, waiting
    from loops.design.outputs import BalanceProposal

    proposal = BalanceProposal.model_validate(item.ask["payload"])
    with door.house.store.reading() as tx:
        now = owners_of(tx, [move.holding.lead for move in proposal.moves])
        plans = [one for one in waiting(tx) if one.lead.startswith("split ") and one.loop == item.loop]
    stayed = [m.holding.lead for m in proposal.moves if now.get(m.holding.lead) != m.to]
    moved = len(proposal.moves) - len(stayed)
    door.give(moved=moved, stayed=stayed)
    if proposal.moves:
        approved = f"Approved: {counted(len(proposal.moves), 'move')}"
        door.say(f"{approved}. {counted(moved, 'lead')} went to the new owner.")
    if stayed:
        why = f"`revloops explain {stayed[0]}` says why"
        door.say(f"{counted(len(stayed), 'lead')} stayed, as things are otherwise since it was asked: {why}.")
    for one in plans:
        door.say(f"Next: {one.ask['question']} `revloops review show {one.short}`")
    if not plans:
        door.say("Next: `revloops balance` shows the desks as they are now.")
