"""`deploy accounts`: every account into its territory, and to whom it belongs."""

from typing import TYPE_CHECKING

import click

from cli.door import Door, command, counted

if TYPE_CHECKING:
    from agent.accounts import Matched

DOUBTS = {
    "uncovered": "no territory covers the place",
    "incomplete_billing": "the billing address names no country",
    "two_countries": "billing address and headquarters differ",
    "state_unknown": "several territories in the country, no state",
    "parent_elsewhere": "the parent lies in another territory",
    "shared_building": "a building whose tenants belong to several reps",
}


@command(name="accounts")
@click.option("--dry-run", is_flag=True, help="Count only: nothing is written and nobody is asked.")
def accounts(door: Door, dry_run: bool) -> None:
    """Hold every account against the territories: the rules place it, doubts are asked about.

    What is unchanged leaves no trace. What the territory matcher can't settle waits in review or triage.
    """
    from agent.accounts import match_accounts

    found = match_accounts(door.house, dry_run=dry_run)
    door.give(
        dry_run=dry_run,
        accounts=found.accounts,
        by_rule=found.by_rule,
        unchanged=found.unchanged,
        left_out=found.left_out,
        doubtful=found.doubtful,
        doubts=dict(sorted(found.doubts.items())),
        agent_asks=found.asked,
        by_agent=found.by_agent,
        to_review=found.to_review,
        to_triage=found.to_triage,
        waiting=found.waiting,
        rules_seconds=round(found.rules_seconds, 3),
        agents_seconds=round(found.agents_seconds, 3),
    )
    door.say(f"{counted(found.accounts, 'account')} held against the territories of "
             f"{door.house.workspace.scenario.name}.")  # fmt: skip
    _tell(door, found, dry_run)


def _tell(door: Door, found: "Matched", dry_run: bool) -> None:
    door.say(f"  {found.by_rule:>8,}  {'would be placed' if dry_run else 'placed'} by the rules")
    door.say(f"  {found.unchanged:>8,}  unchanged")
    door.say(f"  {found.left_out:>8,}  left out (our own, competitors)")
    door.say(f"  {found.doubtful:>8,}  in doubt{':' if found.doubts else ''}")
    for doubt, count in sorted(found.doubts.items(), key=lambda item: (-item[1], item[0])):
        door.say(f"            {count:>8,}  {DOUBTS[doubt]}")
    if not dry_run:
        door.say(f"  {found.by_agent:>8,}  placed by the territory matcher")
        door.say(f"  {found.to_review:>8,}  to review")
        door.say(f"  {found.to_triage:>8,}  to triage")
    for name, why in sorted(found.waiting.items()):
        door.say(f"{name.replace('_', ' ')} waits for its model: {why}")
    asked = counted(found.asked, "question")
    agents = "" if dry_run else f", agents {found.agents_seconds:.1f} s for {asked}"
    door.say(f"Rules {found.rules_seconds:.1f} s{agents}.")
    if found.to_review or found.to_triage:
        door.say("See them with `revloops review list`.")
