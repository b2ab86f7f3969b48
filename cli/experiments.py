"""`experiment`: one loop's config tried on a branch of its own, with what could be told of it and when."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.door import Door, command, counted, table

if TYPE_CHECKING:
    from agent.experiments import Experiment, Tried

SHOWN = 12


@click.group()
def experiment() -> None:
    """Try one loop's config on a branch of its own, on past leads; a revert takes a merged one back."""


@command(name="new")
@click.argument("name")
@click.option("--loop", required=True, metavar="LOOP", help="The loop whose config is changed.")
@click.option(
    "--config", "file", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE", help="The changed copy of loops/LOOP.yaml.",
)  # fmt: skip
def new(door: Door, name: str, loop: str, file: Path) -> None:
    """Put a changed config of one loop on the branch experiment/NAME; nothing here changes."""
    from agent.experiments import new as make

    made = make(door.house, name, loop, file)
    door.give(**_plain(made))
    door.say(f"{made.branch} holds {made.file} alone. `revloops experiment show {name}` tries it.")


@command(name="list")
def listing(door: Door) -> None:
    """Every experiment: its loop, and whether it is merged."""
    from agent.experiments import listed

    found = listed(door.house)
    door.give(experiments=[_plain(one) for one in found])
    rows = [(one.name, one.loop, one.head[:12], "merged" if one.merged else "") for one in found]
    door.say(table(rows, ("name", "loop", "commit", "")) if rows else "There are no experiments.")


@command(name="show")
@click.argument("name")
@click.option("--last", type=click.IntRange(1), help="The newest so many past leads; default: all.")
def show(door: Door, name: str, last: int | None) -> None:
    """Try it on past leads: who moves, what became of those, how long until its effect could be told."""
    from agent.experiments import try_out
    from agent.simulate import Window

    tried = try_out(door.house, name, Window(last=last))
    _give(door, tried)
    one, found = tried.experiment, tried.found
    state = ", merged" if one.merged else ""
    ends = f"{counted(tried.touched, 'lead')} would end otherwise, {tried.weekly:,.1f} a week"
    door.say(f"{one.branch} ({one.loop}{state}) on {found.leads:,} past leads: {ends}.")
    rows = [(str(len(g.rows)), g.source, g.target, g.why) for g in (*found.groups, *found.moved.grades)]
    if rows:
        door.say(table(rows[:SHOWN], ("leads", "from", "to", "why")))
    if not tried.touched:
        door.say(f"None of them ends otherwise: nothing can be told. `experiment stop {name}` drops it.")
        return
    door.say()
    for line in _outlook(tried):
        door.say(line)
    if one.merged:
        door.say("Take it back with git revert of the commit that merged it.")
    else:
        door.say(f"git merge --no-ff {one.branch} takes it; `revloops experiment stop {name}` drops it.")


@command(name="stop")
@click.argument("name")
def stop(door: Door, name: str) -> None:
    """Remove its branch; what was merged stays until it is reverted."""
    from agent.experiments import stop as end

    ended = end(door.house, name)
    door.give(**_plain(ended), stopped=True)
    door.say(f"{ended.branch} is gone; it was at {ended.head[:12]}.")


def _outlook(tried: "Tried") -> list[str]:
    known, reach = tried.converted, tried.reach
    if known is None or reach is None:
        return ["Nothing is known of what became of these leads, so no effect can be foreseen from them."]
    said = f"Of {known.sample:,} of them that are settled {known.value:.1%} converted "
    said += f"(95 % {known.low:.1%} to {known.high:.1%})."
    rise = "no rise at all" if reach.detectable is None else f"a rise of {100 * reach.detectable:.1f} points"
    least = f"In {reach.weeks} weeks at this pace {rise} or more could be told from chance"
    weeks = "never" if tried.weeks is None else f"{tried.weeks:,} weeks"
    return [
        said,
        f"{least}",
        "(two-sided, 5 %, found 4 times in 5; as many leads before as after).",
        f"A rise by a tenth of that share: {weeks}.",
    ]


def _give(door: Door, tried: "Tried") -> None:
    known, reach = tried.converted, tried.reach
    door.give(
        **_plain(tried.experiment),
        leads=tried.found.leads,
        touched=tried.touched,
        touched_a_week=round(tried.weekly, 3),
        converted=known and {"share": known.value, "low": known.low, "high": known.high, "of": known.sample},
        detectable_rise=reach and reach.detectable,
        watched_weeks=reach and reach.weeks,
        weeks_for_a_tenth=tried.weeks,
        groups=[
            {"from": g.source, "to": g.target, "why": g.why, "leads": len(g.rows)}
            for g in (*tried.found.groups, *tried.found.moved.grades)
        ],
    )


def _plain(one: "Experiment") -> dict[str, object]:
    return {"name": one.name, "branch": one.branch, "head": one.head, "loop": one.loop, "merged": one.merged}


for found in (new, listing, show, stop):
    experiment.add_command(found)
