"""`revloops`: the command line. Commands are imported when they are called, so that help is quick."""

import json
import sys
from importlib import import_module

import click

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("cli.setup:init", "Make a workspace: the config repository your operations own."),
    "run": ("cli.flow:run", "Bring leads in and take each as far as it goes without a person."),
    "review": (
        "cli.review:review",
        "What waits for a person: list, show, approve, edit, reject, revise, reassign.",
    ),
    "tasks": ("cli.tasks:tasks", "What people are to do by hand, and why; mark one done."),
    "calls": (
        "cli.calls:calls",
        "Bring recorded calls in for their reps to qualify; list them, remove one.",
    ),
    "send": ("cli.sending:send", "Send the approved mails that are due."),
    "simulate": (
        "cli.simulating:simulate",
        "What a changed config would do to recent leads; nothing is written.",
    ),
    "propose": (
        "cli.proposing:propose",
        "Hold a loop's config against what became of its leads; open a change where warranted.",
    ),
    "proposals": (
        "cli.proposals:proposals",
        "Changes of config that were proposed: state, checks, age, what each promises.",
    ),
    "proposal": (
        "cli.proposals:proposal",
        "One of them: show, verify, accept, revise, reject, merge.",
    ),
    "balance": (
        "cli.balancing:balance",
        "Who has too much or too little to do, and the fewest moves that even it out.",
    ),
    "explain": (
        "cli.look:explain",
        "Why a lead is where it is, decision by decision; what is known of an account or a person.",
    ),
    "replay": (
        "cli.look:replay",
        "Decide again from what was written down, offline, and compare byte by byte.",
    ),
    "seal": ("cli.look:seal", "Commit the ledger's head to the workspace, so that a lost tail is found."),
    "erase": ("cli.people:erase", "Erase a person: their key, records, mails and drafts."),
    "suppress": ("cli.people:suppress", "Never write to an address or a domain again."),
    "impact": ("cli.impact:impact", "What merged proposals promised, and what came of it."),
    "outcomes": ("cli.outcomes:outcomes", "What became of leads: bring it in from a file; count it."),
    "leads": ("cli.people:leads", "Merged duplicates: list, undo one; reassign untouched leads."),
    "runs": ("cli.reassigning:runs", "Leads reassigned together: list, show, undo such a batch."),
    "experiment": (
        "cli.experiments:experiment",
        "One loop's config tried on a branch of its own: new, list, show, stop.",
    ),
    "chat": ("cli.chat:chat", "Ask in your own words; specialists look it up and answer."),
    "mcp": ("cli.mcp:mcp", "Serve the loops to MCP clients, over stdio or HTTP; issue their tokens."),
    "scenario": (
        "cli.scenarios:scenario",
        "Plans: list, show, compare, promote, retire, new, import and export.",
    ),
    "deploy": (
        "cli.deploying:deploy",
        "Make the promoted plan real: plan, apply, status, documents, accounts.",
    ),
    "tick": ("cli.flow:tick", "Run the schedules that are due, each slot once."),
    "clock": ("cli.setup:clock", "A sandbox's own clock: show it, move it on."),
    "loops": ("cli.look:loops", "The ten loops: chain, version, owning team, what each is doing."),
    "config": ("cli.look:config", "What a loop is now configured to do, and which file says so."),
    "approver": (
        "cli.people:approver",
        "Who may approve mail: enrol a person with a passphrase, list, revoke.",
    ),
    "knowledge": (
        "cli.knowledge:knowledge",
        "Search playbooks, battle cards, decisions and calls by meaning.",
    ),
    "models": ("cli.models:models", "Which model each specialist asks, and how well one does: show, check."),
    "cost": ("cli.cost:cost", "What models cost, by loop, specialist, prompt, model, rep or sequence."),
    "agents": ("cli.models:agents", "The specialists: what each can be asked, its tools, prompt and model."),
    "eval": ("cli.evaluating:evaluate", "Measure the agents on samples with known answers (in a checkout)."),
    "doctor": ("cli.look:doctor", "Check the workspace, the store and what is connected."),
    "demo": ("cli.demo:demo", "The worked example: a lead becomes an approved, sent sequence."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands, in the order a new user meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        return getattr(import_module(module), name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="revloops")
def cli() -> None:
    """Agents think, loops compute, people decide, and everything is written down.

    Start with `revloops init DIR --sandbox`, then `cd DIR` and `revloops run --sandbox-leads 50`.
    Every command takes --json (one JSON object as the last line) and --workspace DIR.
    """


def main() -> None:
    """Run the command line; with --json, what can't be run at all is said as an object too."""
    if "--json" not in sys.argv:
        sys.exit(cli())
    try:
        sys.exit(cli(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        click.echo(json.dumps({"error": error.format_message()}, ensure_ascii=False))
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo(json.dumps({"error": "stopped"}))
        sys.exit(1)


if __name__ == "__main__":
    main()
