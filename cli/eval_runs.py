"""What the verbs of `eval` share: what is measured, and how it is run or read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.door import Door
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from evals.figures import Measured

EMBEDDED = "embedded"


def checkout() -> None:
    """Refuse where there is nothing to measure with.

    Raises:
        RevloopsError: evals isn't here, or Inspect isn't.
    """
    from importlib.util import find_spec

    if find_spec("evals") is None:
        raise RevloopsError("evals are run from a checkout of revloops, where the samples are")
    if find_spec("inspect_ai") is None:
        raise RevloopsError("evals need Inspect: install the extra with `pip install 'revloops[evals]'`")


def what(function: Callable[..., None]) -> Callable[..., None]:
    """The options that say what is measured."""
    for option in (
        click.option(
            "--task", "tasks", multiple=True, metavar="T", help="A task; again for more (default: all)."
        ),
        click.option("--seed", type=int, metavar="N", help="Of the generated samples (default: 23)."),
        click.option("--limit", type=click.IntRange(1), metavar="N", help="Samples a task at most."),
    ):
        function = option(function)
    return function


PROMPTS = click.option(
    "--prompts", metavar="DIR", help="Prompts that go before the workspace's, such as lead_router.md."
)


def root_of(door: Door) -> Path | None:
    """The workspace that was named; None: the starter's prompts and config."""
    return door.root if click.get_current_context().params.get("workspace") else None


@dataclass(frozen=True)
class What:
    """What is measured."""

    tasks: tuple[str, ...]
    # none: all of them
    seed: int | None = None
    # None: that of the test samples
    limit: int | None = None
    prompts: str | None = None
    # a folder; None: the workspace's, or the packaged ones
    logs: str | None = None
    # where they are written; None: where this checkout keeps them


def measured(door: Door, what: What, model: str) -> "dict[str, Measured]":
    """Task → the figures of a new run."""
    from evals.data.world import TEST
    from evals.figures import measures
    from evals.running import LOGS
    from evals.running import measured as run

    if what.prompts and model == EMBEDDED:
        door.say("The embedded policies read no prompt: another one changes nothing here.")
    logs = run(
        what.tasks,
        model=model,
        seed=TEST if what.seed is None else what.seed,
        limit=what.limit,
        root=root_of(door),
        prompts_from=Path(what.prompts) if what.prompts else None,
        logs=Path(what.logs) if what.logs else LOGS,
    )
    return measures(logs)


def logs_or_model(door: Door, which: str, what: What) -> "dict[str, Measured]":
    """Task → its figures: those of a folder of logs, or of a new run on the model of that name."""
    if not Path(which).exists():
        return measured(door, what, which)
    from evals.figures import measures
    from evals.running import read_logs

    return measures(read_logs(Path(which)))
