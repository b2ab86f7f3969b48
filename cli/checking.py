"""`config check`: what keeps a workspace's config from being merged."""

import os

import click

from cli.door import Door, command, counted


@command(name="check")
@click.option("--base", metavar="REV", default="", help="The commit that it is to be merged into.")
def check(door: Door, base: str) -> None:
    """Config that holds, examples that can be decided, and agents that changed config alone; else exit 1.

    With --base what changed since is looked at too: on a branch of an agent's only config may differ, and
    just as its proposal says.
    """
    from loops.registry import load
    from tools.config_check import check as look

    branch = os.environ.get("GITHUB_HEAD_REF", "")
    found = look(door.root, load(), base, branch)
    door.give(
        ok=not found.faults,
        cases=found.cases,
        faults=[
            {"file": one.file, "line": one.line, "key": one.key, "told": str(one)} for one in found.faults
        ],
        notes=list(found.notes),
    )
    for fault in found.faults:
        door.say(str(fault))
    for note in found.notes:
        door.say(f"note: {note}")
    if found.faults:
        door.say(f"{counted(len(found.faults), 'fault')}: this can't be merged.")
    else:
        door.say(f"The config holds; {counted(found.cases, 'example')} of the loops can be decided under it.")
