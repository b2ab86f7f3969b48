"""`outcomes`: what became of leads, as another system says it."""

from pathlib import Path

import click

from cli.door import Door, command, counted
from loops.errors import RevloopsError


@click.group()
def outcomes() -> None:
    """What became of leads: bring it in from a file, count what is known."""


@command(name="import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.csv")
def take(door: Door, file: Path) -> None:
    """Bring in what became of leads: by e-mail or lead id, with first touch, conversion, close or status.

    The same file again changes nothing; a row that can't be taken is listed with its line and the reason.
    """
    from tools.outcomes.reading import How, take_outcomes

    house = door.house
    ws = house.workspace
    country = ws.settings.default_country or None
    how = How(house.runtime.at(), ws.calendar.zone, ws.scenario, country)
    found = take_outcomes(house.store, file, how)
    door.give(rows=found.rows, new=found.new, same=found.same, columns=found.columns)
    door.give(rejected=[{"line": line, "reason": reason} for line, reason in found.rejected])
    door.say("Read as: " + ", ".join(f"{what} ← {heading}" for what, heading in found.columns.items()))
    door.say(
        f"{counted(found.rows, 'row')}: {counted(found.new, 'lead')} with something new, {found.same:,} as "
        f"they were, {len(found.rejected):,} rejected."
    )
    for line, reason in found.rejected[:10]:
        door.say(f"  line {line}: {reason}")
    if len(found.rejected) > 10:
        door.say(f"  and {len(found.rejected) - 10:,} more; --json lists them all")


@command(name="show")
def show(door: Door) -> None:
    """How many leads have an owner, were touched, converted or were closed, as far as it is known."""
    from tools.outcomes import imported, known_outcomes

    with door.house.store.reading() as tx:
        known = list(known_outcomes(tx).values())
        past = imported(tx)
    counts = {
        "known": len(known),
        "touched": sum(one.touched_at is not None for one in known),
        "converted": sum(one.converted_at is not None for one in known),
        "closed": sum(one.closed_at is not None for one in known),
        "won": sum(one.won is True for one in known),
    }
    unsaid = sum(one.converted_at is not None and one.won is None for one in known)
    door.give(**counts, converted_won_unknown=unsaid)
    if not known:
        door.say("Nothing is known of our leads yet: `revloops outcomes import FILE.csv` brings it in.")
    for name, count in counts.items() if known else ():
        door.say(f"{name:<10} {count:>7,}")
    if unsaid:
        door.say(f"Of {unsaid:,} of the converted it isn't said (yet) whether they were won.")
    door.give(past_leads=past.leads, past_settled=past.settled)
    if past.leads:
        door.say(f"Beside them {past.leads:,} leads lie here from before, {past.settled:,} of them settled.")


@command(name="happen")
def happen(door: Door) -> None:
    """In a sandbox: let its leads be touched, convert or be given up, as far as its clock has come."""
    from agent.schedule import live_on

    if door.house.workspace.settings.sandbox is None:
        raise RevloopsError("this workspace is no sandbox: bring outcomes in with `outcomes import FILE`")
    heard = live_on(door.house)
    door.give(new=heard)
    door.say(f"Something new is known of {counted(heard, 'lead')}.")
    door.say("`revloops clock advance 30d` lets more happen.")


outcomes.add_command(take)
outcomes.add_command(happen)
outcomes.add_command(show)
