"""`leads reassign` and `runs`: untouched leads decided again as one batch, and taking a batch back."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cli.door import WIDTH, Door, command, counted, first, shown, table

if TYPE_CHECKING:
    from agent.reassigning import Fate

SHOWN = 12
"""Reasons, rows of each, and leads left that a page shows; --json has all."""


@command()
@click.option("--rule", default="", metavar="NAME", help="Only leads that this rule gave to their owner.")
@click.option("--owner", default="", metavar="REP", help="Only leads on this desk.")
@click.option("--since", default="", metavar="DATE|7d", help="Assigned from then on (h, d or w).")
@click.option("--loop-config", default="", metavar="VERSION", help="Decided under this version of Route.")
@click.option("--dry-run", is_flag=True, help="Show who would move; change nothing.")
def reassign(door: Door, rule: str, owner: str, since: str, loop_config: str, dry_run: bool) -> None:
    """Decide leads again that lie untouched on somebody's desk, by today's rules.

    A lead stays with its owner where its rule still leads to them; one that was worked on stays too, and one
    about which somebody would have to be asked. `revloops runs undo RUN` takes it back.
    """
    from agent.reassigning import Which, carry_out, look
    from cli.simulating import instant

    house = door.house
    looked = look(house, Which(rule, owner, instant(since, house.runtime.at()), loop_config))
    run = None if dry_run else carry_out(house, looked)
    moving = [fate for fate in looked.fates if fate.moves]
    door.give(
        looked_at=len(looked.fates), moved=len(moving), run=run, dry_run=dry_run,
        leads=[_plain(fate) for fate in looked.fates],
    )  # fmt: skip
    would = "would move" if dry_run else "moved"
    door.say(f"{counted(len(looked.fates), 'untouched lead')} decided again: {len(moving):,} {would}.")
    _say(door, moving)
    for why, count in Counter(f.why for f in looked.fates if not f.moves and "stays" in f.why).most_common(5):
        door.say(f"  {count:,} left where they are: {why}")
    if run:
        door.say(f"\nrevloops runs undo {run[:8]}   takes it back, for leads that nobody has touched by then")


@click.group()
def runs() -> None:
    """Leads that were decided again together, and how to take such a batch back."""


@command(name="list")
def listing(door: Door) -> None:
    """Every batch, the newest first."""
    from agent.reassigning import batches

    house = door.house
    with house.store.reading() as tx:
        found = batches(tx)
    door.give(
        batches=[
            {"run": b.run, "at": b.at, "why": b.called.why, "leads": len(b.called.leads),
             "undone_by": b.undone_by or None}
            for b in found
        ]
    )  # fmt: skip
    zone = house.workspace.calendar.zone
    rows = [
        (b.run[:8], shown(b.at, zone), str(len(b.called.leads)), b.called.why,
         "taken back" if b.undone_by else "")
        for b in found
    ]  # fmt: skip
    head = ("run", "when", "leads", "which", "state")
    door.say(table(rows, head) if rows else "No leads were reassigned yet.")


@command(name="show")
@click.argument("run", metavar="RUN")
def show(door: Door, run: str) -> None:
    """Who moved from whom to whom in one batch, and why."""
    from agent.reassigning import batch, moved

    with door.house.store.reading() as tx:
        found = batch(tx, run)
        fates = moved(tx, found.run)
    door.give(run=found.run, why=found.called.why, leads=[_plain(fate) for fate in fates])
    door.give(undone_by=found.undone_by or None)
    door.say(f"{found.run[:8]}, {found.called.why}: {counted(len(fates), 'lead')}.")
    _say(door, fates)
    if found.undone_by:
        door.say(f"Taken back by {found.undone_by[:8]}.")


@command(name="undo")
@click.argument("run", metavar="RUN")
def undo(door: Door, run: str) -> None:
    """Give a batch's leads back to whom it took them from; one that was touched since stays, and says why."""
    from agent.reassigning import undo as take_back

    done = take_back(door.house, run)
    back = [fate for fate in done.fates if fate.moves]
    left = [fate for fate in done.fates if not fate.moves]
    door.give(run=done.run, undone_before=done.before, restored=len(back), left=[_plain(f) for f in left])
    if done.before:
        door.say("It was taken back already; nothing was changed now. Then it was:")
    door.say(f"{counted(len(back), 'lead')} back with whom they were, {len(left):,} left where they are.")
    for fate in left[:SHOWN]:
        door.say(f"  {fate.lead} with {fate.target}: {fate.why}")


def _say(door: Door, fates: "Iterable[Fate]") -> None:
    """What decided, the commonest first, with one row for all that it moves from one to another."""
    causes: dict[str, list[Fate]] = {}
    for fate in fates:
        causes.setdefault(fate.cause or fate.why, []).append(fate)
    for n, (cause, alike) in enumerate(sorted(causes.items(), key=lambda item: -len(item[1]))):
        if n == SHOWN:
            door.say(f"\nand {counted(len(causes) - n, 'more reason')}; --json lists every lead")
            return
        ways = Counter((fate.source, fate.target) for fate in alike).most_common()
        rows = [(f"{count:,}", source, target) for (source, target), count in ways]
        told = first(rows, SHOWN)
        door.say()
        door.say(click.wrap_text(cause, WIDTH, preserve_paragraphs=False))
        door.say(table(list(told), ("leads", "from", "to")))
        if len(told) < len(rows):
            door.say(f"and {counted(len(rows) - len(told), 'more row')}; --json lists every lead")
        if alike[0].cause:
            door.say(click.wrap_text(f"Such as {alike[0].lead}: {alike[0].why}", WIDTH))


def _plain(fate: "Fate") -> dict[str, str]:
    return {"lead": fate.lead, "from": fate.source, "to": fate.target, "why": fate.why}


for found in (listing, show, undo):
    runs.add_command(found)
