"""`review next`: a batch that waits, opened one after the other, each decided by the person who is asked."""

from typing import TYPE_CHECKING, Any

import click

from cli.door import Door, command, counted

if TYPE_CHECKING:
    from agent.review import Waiting

CHOICES = ("approve", "skip", "quit")


@command(name="next")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--as", "person", metavar="REP", help="Who you are (default: the person who is asked).")
def following(door: Door, ids: tuple[str, ...], person: str | None) -> None:
    """Open what waits one after the other: the items named, or all, the oldest first.

    At a terminal you approve or skip each; each approval is signed by itself. Without one the first is shown.
    """
    there = _there(door, ids, person)
    door.give(items=[one.row() for one in there], gone=len(ids) - len(there) if ids else 0)
    if not there:
        door.say("Nothing of it waits any more." if ids else "Nothing waits.")
        return
    for n, one in enumerate(there, 1):
        door.say(f"{n} of {counted(len(there), 'item')}")
        _run("show", door, what=one.run, editable=False)
        if not door.interactive:
            break
        chosen = click.prompt("", type=click.Choice(CHOICES), default="skip", err=True)
        if chosen == "quit":
            return
        if chosen == "approve":
            _approve(door, one, person)
    else:
        return
    left = " ".join(one.short for one in there[1:])
    if left:
        door.say(f"\nThen: revloops review next {left}")


def _there(door: Door, ids: tuple[str, ...], person: str | None) -> list["Waiting"]:
    """Those of the items named that still wait, in the order they were named; all of them where none is."""
    from agent.review import waiting

    with door.house.store.reading() as tx:
        found = waiting(tx, None, None if ids else person)
    if not ids:
        return found
    return [one for id in dict.fromkeys(ids) for one in found if one.run.startswith(id.lower())]


def _approve(door: Door, one: "Waiting", person: str | None) -> None:
    why = ""
    if one.sequence and one.sequence.needs_override:
        why = click.prompt("Below the mark: why does it go out all the same", err=True)
    try:
        _run("approve", door, what=one.run, person=person, why=why, anyway=False, passphrase_fd=None)
    except SystemExit:  # it said why not; the next one can be decided all the same
        door.give(refused=[*door.result.get("refused", []), one.short])


def _run(name: str, door: Door, **given: Any) -> None:
    """Another command of `review`, as if it had been typed here."""
    from cli import review

    if not door.as_json:
        callback = getattr(review, name).callback
        callback(workspace=str(door.root), as_json=False, **given)
