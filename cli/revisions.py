"""`config history`: how the loops' configs changed, who changed them, and what."""

import click

from cli.door import Door, command, shown
from loops.errors import RevloopsError

SHOWN = 20


@command(name="history")
@click.argument("loop", required=False)
def history(door: Door, loop: str | None) -> None:
    """How a loop's (or every loop's) config changed since it first ran: when, by whom, which keys.

    A change counts when the loop next runs; a proposal that a person merged is told from a person's own edit.
    """
    from agent.revising import revisions, unnoted

    house = door.house
    if loop is not None and loop not in house.workspace.configs:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(house.workspace.configs)}")
    with house.store.reading() as tx:
        found = revisions(tx, loop)
        waiting = [name for name in unnoted(house.runtime, tx) if loop in (None, name)]
    door.give(changes=[{"at": one.at, **one.event.model_dump(mode="json")} for one in found])
    door.give(not_yet_run=waiting)
    for name in waiting:
        door.say(f"{name} is configured otherwise since it last ran: that counts from its next run on.")
    if not found and not waiting:
        door.say("No config has changed since the loops first ran.")
    for one in found[:SHOWN]:
        told = one.event
        who = f"proposal {told.proposal}" if told.by == "proposal" else "a person's edit"
        when = shown(one.at, house.workspace.calendar.zone)
        door.say(f"{when}  {told.loop}: {told.before[:8]} → {told.after[:8]}, {who}, {_commit(told.commit)}")
        door.say(f"  {', '.join(told.keys) or 'nothing that has an effect'}")
    if len(found) > SHOWN:
        door.say(f"and {len(found) - SHOWN:,} more; --json lists them all")


def _commit(revision: str) -> str:
    """Where the change stands in git."""
    commit, edited = revision.removesuffix("+edited"), revision.endswith("+edited")
    return f"not committed, on {commit[:12]}" if edited else f"at {commit[:12]}" if commit else "not in git"
