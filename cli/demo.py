"""`demo`: the worked example, every printed figure read back from the ledger and held to what it must be."""

import shutil
import sys
import tempfile
from pathlib import Path

import click

from cli.demo_scenes import Scenes
from cli.door import Door, command


@command()
@click.option(
    "--keep", type=click.Path(path_type=Path), metavar="DIR", help="Keep the demo's workspace there."
)
def demo(door: Door, keep: Path | None) -> None:
    """The worked example: one lead from form to sent sequence, five others that end five other ways.

    Works in a folder of its own, offline, with no key and no service. Exits 0 only if every figure held.
    """
    folder = keep or Path(tempfile.mkdtemp(prefix="revloops-demo-"))
    scenes = Scenes(door, folder / "workspace" if keep is None else folder)
    try:
        scenes.play(folder)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    wrong = [proof for proof in scenes.proofs if not proof.holds]
    door.give(
        proofs=len(scenes.proofs),
        failed=[proof.text for proof in wrong],
        compute_seconds=scenes.compute,
        attention_seconds=scenes.attention,
    )
    door.say()
    held, all_of_them = len(scenes.proofs) - len(wrong), len(scenes.proofs)
    door.say(f"{held} of {all_of_them} figures above were checked; decisions were read back from the ledger.")
    for proof in wrong:
        click.echo(f"revloops: the demo failed: {proof.text}", err=True)
    if wrong:
        sys.exit(1)
    door.say("Try it yourself: .venv/bin/revloops init my-sandbox --sandbox && cd my-sandbox")
    door.say("                 ../.venv/bin/revloops run --sandbox-leads 50")
