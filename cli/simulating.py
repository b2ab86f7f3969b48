"""`simulate`: what a changed config would do to recent leads."""

from pathlib import Path

import click

from cli.door import Door, command, table
from loops.errors import RevloopsError

SHOWN = 30


@command()
@click.argument("loop")
@click.option(
    "--config", "file", required=True, type=click.Path(path_type=Path), help="The changed loops/LOOP.yaml."
)
@click.option("--last", default=500, show_default=True, type=click.IntRange(1), help="Newest leads to try.")
def simulate(door: Door, loop: str, file: Path, last: int) -> None:
    """Try a changed config on recent leads: who moves, from whom to whom, and why. Nothing is written."""
    from agent.simulate import simulate as try_out
    from tools.workspace import known_owners, load_config

    house = door.house
    if loop not in house.registry.loops:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(house.registry.loops)}")
    chosen = house.registry.loops[loop]
    owners = known_owners(house.workspace.scenario)
    if not file.is_file():
        raise RevloopsError(f"there is no file {file}: name the changed copy of loops/{loop}.yaml")
    candidate = load_config(house.workspace.root, chosen, owners, file.absolute())
    found = try_out(house.runtime, chosen, candidate, last)
    door.give(
        leads=found.leads,
        moved=len(found.moves),
        rules_before=dict(found.rules_before),
        rules_after=dict(found.rules_after),
        before=dict(found.before),
        after=dict(found.after),
        moves=[
            {
                "lead": m.lead,
                "from": m.before.end,
                "to": m.after.end,
                "rule": m.after.rule,
                "why": m.after.why,
            }
            for m in found.moves
        ],
    )
    door.say(f"{found.leads:,} recent leads decided twice: {len(found.moves):,} move.")
    changed = [
        (end, str(found.before[end]), str(found.after[end]))
        for end in sorted({*found.before, *found.after})
        if found.before[end] != found.after[end]
    ]
    rules = [
        (rule or "(asked, or no rule)", str(found.rules_before[rule]), str(found.rules_after[rule]))
        for rule in sorted({*found.rules_before, *found.rules_after})
        if found.rules_before[rule] != found.rules_after[rule]
    ]
    if rules:
        door.say(table(rules, ("rule", "now", "then")))
        door.say()
    if changed:
        door.say(table(changed, ("ends", "now", "then")))
    for move in found.moves[:SHOWN]:
        door.say(
            f"  {move.lead}: {move.before.end} → {move.after.end}"
            + (
                f" (rule {move.after.rule} instead of {move.before.rule or 'none'})"
                if move.after.rule
                else ""
            )
        )
        door.say(f"    {move.after.why}")
    if len(found.moves) > SHOWN:
        door.say(f"  and {len(found.moves) - SHOWN:,} more; --json lists them all")
