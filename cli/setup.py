"""`init` and `clock`: make a workspace; move a sandbox's time on."""

from datetime import timedelta
from pathlib import Path

import click

from cli.door import Door, command, shown
from loops.errors import RevloopsError


@command()
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--company", metavar="NAME", default="Your company", help="Your company's name.")
@click.option("--sandbox", is_flag=True, help="Fill it with an invented company to try everything on.")
@click.option("--seed", type=int, default=7, show_default=True, help="The sandbox's seed.")
@click.option(
    "--scale",
    type=click.FloatRange(0.02, 100),
    default=1.0,
    show_default=True,
    help="The sandbox's size; 1 is 3,000 companies.",
)
@click.option("--start", metavar="INSTANT", help="When the sandbox's clock starts (ISO 8601 with a zone).")
def init(
    door: Door, directory: Path, company: str, sandbox: bool, seed: int, scale: float, start: str | None
) -> None:
    """Make a workspace in DIR: a git repository with every loop's config, plays, playbook and calendar."""
    from loops.registry import load
    from tools.init import SANDBOX_START, create, sandbox_company
    from tools.workspace import SandboxSettings, Settings

    box = SandboxSettings(seed=seed, scale=scale, start=_instant(start or SANDBOX_START)) if sandbox else None
    settings = Settings(company=sandbox_company(), sandbox=box) if sandbox else Settings(company=company)
    create(directory, load(), settings)
    door.give(workspace=str(directory), sandbox=sandbox)
    door.say(f"Made {'a sandbox' if sandbox else 'a workspace'} in {directory}.")
    if sandbox:
        door.say(f"Next: cd {directory} && revloops run --sandbox-leads 50")
    else:
        door.say(
            f"Next: put your people into {directory}/scenarios/starter.yaml, then revloops run LEADS.csv"
        )


def _instant(text: str) -> str:
    from datetime import datetime

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise RevloopsError(f"--start {text} is no instant: write it as 2026-11-23T14:00:00Z")
    return at.isoformat()


LONGEST_STEP = timedelta(days=366)


@click.group()
def clock() -> None:
    """A sandbox's own clock: it stands still until you move it."""


@command(name="show")
def show(door: Door) -> None:
    """What time it is."""
    now = door.house.runtime.clock.now()
    door.give(now=now.isoformat())
    door.say(shown(now, door.house.workspace.calendar.zone))


@command(name="advance")
@click.argument("by", metavar="TIME")
def advance(door: Door, by: str) -> None:
    """Move it on by TIME, such as 4d, 6h, 30m or 1d12h."""
    from tools.clock import SandboxClock, duration

    moved = duration(by)
    if moved > LONGEST_STEP:
        raise RevloopsError(f"{by} is more than a year, and a clock isn't set back: move it in smaller steps")
    own = door.house.runtime.clock
    if not isinstance(own, SandboxClock):
        raise RevloopsError("this workspace runs on the machine's clock: only a sandbox's can be moved")
    now = own.advance(moved)
    door.give(now=now.isoformat())
    door.say(
        f"It is now {shown(now, door.house.workspace.calendar.zone)}. Due mail leaves with `revloops send`."
    )


clock.add_command(show)
clock.add_command(advance)
