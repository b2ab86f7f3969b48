"""`propose`: hold a loop's config against what became of its leads; open a change where warranted."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from cli.door import Door, command, counted
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from loops.tuning.task import Evidence


_AS = {
    "opened": "opened as {id}",
    "waits": "{id} waits: where changes are looked at can't be reached now; `revloops tick` tries again",
    "open": "open already as {id}; nothing was opened anew",
    "rejected": "the same change on the same leads was rejected as {id}; nothing was opened anew",
    "closed": "the same change on the same leads was closed as {id}; nothing was opened anew",
    "merged": "the same change was merged as {id} and taken back since; nothing was opened anew",
}


@command()
@click.argument("loop", required=False)
@click.option("--dry-run", is_flag=True, help="Only show the evidence; nobody is asked, nothing is opened.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="Evidence up to that day, such as 2026-11-01, UTC (a dry run).",
)  # fmt: skip
@click.option("--choice", metavar="ID", help="One change's figures alone (a dry run).")
@click.option("--figure", metavar="NAME", help="One figure of that change alone.")
def propose(
    door: Door,
    loop: str | None,
    dry_run: bool,
    until: datetime | None,
    choice: str | None,
    figure: str | None,
) -> None:
    """Hold a loop's config (or each) against what became of its leads, and propose one change if warranted.

    Changes are found on the earlier leads and tried on the later ones; the config author chooses one or none;
    one that doesn't hold on the later leads isn't opened. `revloops proposals` lists what is open.
    """
    from agent.proposing.propose import TUNED, looked_at
    from agent.proposing.propose import propose as ask

    loops = (loop,) if loop else TUNED
    if dry_run or until or choice or figure:
        for name in loops:
            _show(door, looked_at(door.house, name, until.date() if until else None), choice, figure)
        return
    ended = [ask(door.house, name) for name in loops]
    door.give(loops=[vars(one) for one in ended])
    for one in ended:
        door.say(f"{one.loop}: {one.outcome.replace('_', ' ')}. {one.says}")
        if one.proposal:
            door.say(f"  {_AS[one.state].format(id=one.proposal)}: `revloops proposal show {one.proposal}`")


def _show(door: Door, found: "Evidence", choice: str | None, figure: str | None) -> None:
    from tools.changes.body import figure_words

    task = found.task
    if choice and choice not in {one.id for one in task.choices}:
        listed = ", ".join(one.id for one in task.choices) or "none"
        raise RevloopsError(f"{task.loop} has no choice {choice} on that evidence; there is {listed}")
    door.give(**{task.loop: found.model_dump(mode="json")})
    if found.trouble:
        door.say(f"{task.loop}: {found.trouble}")
    else:
        door.say(
            f"{task.loop}: {counted(task.fitted, 'earlier lead')}, {task.fitted_from} to {task.fitted_to}; "
            f"{counted(found.window.held, 'later lead')}; {counted(len(task.choices), 'change')} worth a "
            "look."
        )
    for one, tried in zip(task.choices, found.trials, strict=True):
        if choice in (None, one.id):
            door.say(f"  {one.id}: {one.title}{' (suggested)' if one.id == task.suggested else ''}")
            how = f"Not confirmed: {tried.refused}" if tried.refused else "Confirmed on later leads"
            door.say(f"    {one.says} {how}.")
            for told in tried.figures:
                if figure in (None, told.name):
                    door.say(f"      {told.name}: {figure_words(told)}")
    for name, why in task.refused:
        door.say(f"  no evidence: {name}, {why}")
