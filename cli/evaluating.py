"""`eval`: what the agents are worth, measured on samples with a known answer; from a checkout only."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.door import Door, command, table
from cli.eval_bands import bands, judges
from cli.eval_runs import EMBEDDED, PROMPTS, What, checkout, logs_or_model, measured, what
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from evals.figures import Measured

HUNDRED = 100


class _Group(click.Group):
    """`eval` without a verb runs the tasks."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` first where no verb stands there."""
        if not (args and (args[0] in self.commands or args[0] in ctx.help_option_names)):
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(name="eval", cls=_Group)
def evaluate() -> None:
    """Measure the agents on samples whose right answer is known; docs/evals.md has the last figures.

    Without a verb: `run`. From a checkout only.
    """


@command(name="run")
@what
@click.option("--model", metavar="M", help="Of every specialist (default: REVLOOPS_MODEL, else embedded).")
@PROMPTS
@click.option("--logs", metavar="DIR", help="Write the logs there, to compare them later.")
@click.option("--write", is_flag=True, help="Write the figures into docs/evals.md.")
@click.option("--gate", "judge", is_flag=True, help="Check the gate on them too.")
def run(
    door: Door,
    tasks: tuple[str, ...],
    model: str | None,
    seed: int | None,
    limit: int | None,
    prompts: str | None,
    logs: str | None,
    write: bool,
    judge: bool,
) -> None:
    """Run the tasks and say what they came to."""
    checkout()
    import os
    from datetime import UTC, datetime
    from time import perf_counter

    from agent.models.wiring import MODEL

    began = perf_counter()
    model = model or os.environ.get(MODEL) or EMBEDDED
    found = measured(door, What(tasks, seed, limit, prompts, logs), model)
    took = perf_counter() - began
    _give(door, found, took)
    if write:
        from evals.report import commit, text, written
        from evals.tasks import JOBS

        part = text(found.values(), JOBS, datetime.now(UTC).date().isoformat(), commit())
        written(part)
        door.say("\ndocs/evals.md is written.")
    if judge:
        door.say()
        _judge(door, found, model)


def _give(door: Door, found: "dict[str, Measured]", took: float) -> None:
    from evals.report import verdicts

    rows: list[tuple[str, ...]] = []
    plain: dict[str, Any] = {}
    for name, one in found.items():
        seen, unseen, floor = one.score(True), one.score(False), one.floor()
        said = [verdict.replace("*", "") for verdict in verdicts(one)]
        plain[name] = {
            "samples": len(one.rows), "seen": seen and seen.value, "unseen": unseen and unseen.value,
            "floor": floor and floor[1].value, "verdicts": said,
        }  # fmt: skip
        shown = [f"{s.value * HUNDRED:.0f} [{s.low * HUNDRED:.0f}, {s.high * HUNDRED:.0f}]" if s else "–"
                 for s in (seen, unseen, floor and floor[1])]  # fmt: skip
        rows.append((name, str(len(one.rows)), *shown, "; ".join(said)))
    samples = sum(len(one.rows) for one in found.values())
    door.give(tasks=plain, samples=samples, seconds=round(took, 1))
    door.say(table(rows, ("task", "samples", "seen", "unseen", "floor", "")))
    door.say(f"\n{samples:,} samples, and as many for each trivial solver, in {took:.0f} s.")
    door.say("`revloops eval view` shows every sample.")


@command(name="compare")
@what
@click.argument("first")
@click.argument("second")
@PROMPTS
def compare(
    door: Door,
    first: str,
    second: str,
    tasks: tuple[str, ...],
    seed: int | None,
    limit: int | None,
    prompts: str | None,
) -> None:
    """Two models, or two folders of logs, on the same samples: SECOND minus FIRST.

    With --prompts the second is run on those prompts: the same model twice then compares two prompts.
    """
    checkout()
    from evals.compare import compared, named

    if prompts and Path(second).exists():
        raise RevloopsError(f"{second} is a folder of logs: name a model to be run with --prompts")
    runs = [
        logs_or_model(door, first, What(tasks, seed, limit)),
        logs_or_model(door, second, What(tasks, seed, limit, prompts)),
    ]
    found = compared(*runs)
    made = [named(run) for run in runs]
    rows = [
        (one.task, f"{one.first * HUNDRED:.0f}", f"{one.second * HUNDRED:.0f}",
         f"{one.difference.value * HUNDRED:+.1f}",
         f"[{one.difference.low * HUNDRED:+.1f}, {one.difference.high * HUNDRED:+.1f}]",
         f"{one.difference.p:.3f}", str(one.difference.n), one.difference.test,
         ", ".join(one.prompts) or "none")
        for one in found
    ]  # fmt: skip
    door.give(tasks={one.task: {"difference": one.difference.value, "low": one.difference.low,
                                "high": one.difference.high, "p": one.difference.p, "n": one.difference.n,
                                "prompts": list(one.prompts)}
                     for one in found}, first=made[0], second=made[1])  # fmt: skip
    head = ("task", "first", "second", "difference", "95 %", "p", "samples", "test", "prompts that differ")
    door.say(f"first: {made[0]}\nsecond: {made[1]}\n")
    door.say(table(rows, head))


@command(name="gate")
@what
@click.option("--model", default=EMBEDDED, show_default=True, metavar="M", help="Whose baseline.")
@click.option("--logs", metavar="DIR", help="Judge these logs in place of a new run.")
@click.option("--save", "keep", is_flag=True, help="Keep the scores as the new baseline.")
def gate(
    door: Door,
    tasks: tuple[str, ...],
    seed: int | None,
    limit: int | None,
    model: str,
    logs: str | None,
    keep: bool,
) -> None:
    """Fail where a task dropped significantly against the kept baseline."""
    checkout()
    from datetime import UTC, datetime

    from evals import gate as gates
    from evals.report import commit

    if logs and not Path(logs).exists():
        raise RevloopsError(f"there is no folder {logs}")
    found = logs_or_model(door, logs or model, What(tasks, seed, limit))
    if keep:
        path = gates.save(found.values(), model, commit(), datetime.now(UTC).date().isoformat())
        door.give(baseline=str(path))
        door.say(f"Kept in {path}.")
        return
    _judge(door, found, model)


def _judge(door: Door, found: "dict[str, Measured]", model: str) -> None:
    from evals import gate as gates

    verdicts = gates.judged(found.values(), gates.read(model))
    rows = [
        (
            one.task,
            f"{one.difference.value * HUNDRED:+.1f}",
            f"{one.difference.p:.3f}",
            "not judged" if one.refused else "dropped" if one.dropped else "holds",
        )
        for one in verdicts
    ]
    door.say(table(rows, ("task", "since the baseline", "p", "")))
    dropped = [one.task for one in verdicts if one.dropped]
    refused = {one.task: one.refused for one in verdicts if one.refused}
    door.give(ok=not dropped, dropped=dropped, refused=refused)
    for name, why in refused.items():
        door.say(f"\n{name} neither fails nor passes: {why}.")
    for one in verdicts:
        if one.left_out:
            door.say(f"\n{one.task}: {one.left_out}.")
    if dropped:
        door.say(f"\nDropped: {', '.join(dropped)}.")


@command(name="view")
@click.option("--logs", metavar="DIR", help="The logs to show (default: those of this checkout).")
@click.option("--bundle", metavar="DIR", help="Write a static copy there in place of a server.")
def view(door: Door, logs: str | None, bundle: str | None) -> None:
    """Open Inspect's viewer on the logs, or make a static copy of it to publish."""
    checkout()
    from evals.running import LOGS, read_logs

    where = Path(logs) if logs else LOGS
    read_logs(where)
    if bundle:
        from inspect_ai.log import bundle_log_dir

        bundle_log_dir(str(where), bundle)
        door.give(bundle=bundle)
        door.say(f"A static copy is in {bundle}.")
        return
    from inspect_ai._view.view import view as serve  # what `inspect view` runs; there is no public name

    serve(log_dir=str(where))


@command(name="export")
def export(door: Door) -> None:
    """People's verdicts on drafts as samples: approved, edited (how much was kept), rejected and why.

    The texts are people's own: the file lies in the workspace's data, which git ignores.
    """
    checkout()
    from evals.verdicts import export as written

    done = written(door.house.workspace, door.house.store)
    total = sum(done.verdicts.values())
    door.give(path=str(done.path), verdicts=dict(done.verdicts), erased=done.erased)
    told = ", ".join(f"{count} {name}" for name, count in sorted(done.verdicts.items())) or "none"
    door.say(f"{total:,} verdicts ({told}) in {done.path}.")
    if done.erased:
        door.say(f"{done.erased:,} texts are erased and left out.")


for verb in (run, compare, gate, judges, view, bands, export):
    evaluate.add_command(verb)
