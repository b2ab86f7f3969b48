"""`eval`: what the agents are worth, measured on samples with a known answer; from a checkout only."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.door import Door, command, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from evals.figures import Measured
    from loops.calibration import Band

HUNDRED = 100
EMBEDDED = "embedded"


def _checkout() -> None:
    """Refuse where there is nothing to measure with.

    Raises:
        RevloopsError: evals isn't here, or Inspect isn't.
    """
    from importlib.util import find_spec

    if find_spec("evals") is None:
        raise RevloopsError("evals are run from a checkout of revloops, where the samples are")
    if find_spec("inspect_ai") is None:
        raise RevloopsError("evals need Inspect: install the extra with `pip install 'revloops[evals]'`")


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


def _what(function: Callable[..., None]) -> Callable[..., None]:
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


def _root(door: Door) -> Path | None:
    """The workspace that was named; None: the starter's prompts and config."""
    return door.root if click.get_current_context().params.get("workspace") else None


def _measured(
    door: Door, tasks: tuple[str, ...], model: str, seed: int | None, limit: int | None
) -> "dict[str, Measured]":
    from evals.data.world import TEST
    from evals.figures import figures, newest
    from evals.running import measured

    logs = measured(tasks, model=model, seed=TEST if seed is None else seed, limit=limit, root=_root(door))
    return newest(figures(log) for log in logs)


@command(name="run")
@_what
@click.option("--model", metavar="M", help="Of every specialist (default: REVLOOPS_MODEL, else embedded).")
@click.option("--write", is_flag=True, help="Write the figures into docs/evals.md.")
@click.option("--gate", "judge", is_flag=True, help="Check the gate on them too.")
def run(
    door: Door,
    tasks: tuple[str, ...],
    model: str | None,
    seed: int | None,
    limit: int | None,
    write: bool,
    judge: bool,
) -> None:
    """Run the tasks and say what they came to."""
    _checkout()
    import os
    from datetime import UTC, datetime
    from time import perf_counter

    from agent.models.wiring import MODEL

    began = perf_counter()
    model = model or os.environ.get(MODEL) or EMBEDDED
    found = _measured(door, tasks, model, seed, limit)
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
@_what
@click.argument("first")
@click.argument("second")
def compare(
    door: Door, first: str, second: str, tasks: tuple[str, ...], seed: int | None, limit: int | None
) -> None:
    """Two models, or two folders of logs, on the same samples: SECOND minus FIRST."""
    _checkout()
    from evals.compare import compared

    runs = [_logs_or_model(door, which, tasks, seed, limit) for which in (first, second)]
    found = compared(*runs)
    rows = [
        (one.task, f"{one.first * HUNDRED:.0f}", f"{one.second * HUNDRED:.0f}",
         f"{one.difference.value * HUNDRED:+.1f}",
         f"[{one.difference.low * HUNDRED:+.1f}, {one.difference.high * HUNDRED:+.1f}]",
         f"{one.difference.p:.3f}", str(one.difference.n), one.difference.test)
        for one in found
    ]  # fmt: skip
    door.give(tasks={one.task: {"difference": one.difference.value, "low": one.difference.low,
                                "high": one.difference.high, "p": one.difference.p, "n": one.difference.n}
                     for one in found})  # fmt: skip
    door.say(table(rows, ("task", first[-12:], second[-12:], "difference", "95 %", "p", "samples", "test")))


def _logs_or_model(
    door: Door, which: str, tasks: tuple[str, ...], seed: int | None, limit: int | None
) -> "dict[str, Measured]":
    if not Path(which).exists():
        return _measured(door, tasks, which, seed, limit)
    from evals.figures import figures, newest
    from evals.running import read_logs

    return newest(map(figures, read_logs(Path(which))))


@command(name="gate")
@_what
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
    _checkout()
    from datetime import UTC, datetime

    from evals import gate as gates
    from evals.report import commit

    if logs and not Path(logs).exists():
        raise RevloopsError(f"there is no folder {logs}")
    found = _logs_or_model(door, logs or model, tasks, seed, limit)
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
            "dropped" if one.dropped else "holds",
        )
        for one in verdicts
    ]
    door.say(table(rows, ("task", "since the baseline", "p", "")))
    dropped = [one.task for one in verdicts if one.dropped]
    door.give(ok=not dropped, dropped=dropped)
    if dropped:
        door.say(f"\nDropped: {', '.join(dropped)}.")


@command(name="view")
@click.option("--logs", metavar="DIR", help="The logs to show (default: those of this checkout).")
@click.option("--bundle", metavar="DIR", help="Write a static copy there in place of a server.")
def view(door: Door, logs: str | None, bundle: str | None) -> None:
    """Open Inspect's viewer on the logs, or make a static copy of it to publish."""
    _checkout()
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


@command(name="bands")
@click.argument("task", type=click.Choice(("route", "match")))
@click.option(
    "--alpha",
    type=click.FloatRange(0, 1, True, True),
    default=0.1,
    show_default=True,
    help="The error allowed among what stands by itself.",
)
@click.option(
    "--delta",
    type=click.FloatRange(0, 1, True, True),
    default=0.1,
    show_default=True,
    help="The chance that the promise doesn't hold.",
)
@click.option("--reviewed", is_flag=True, help="From what people decided in the workspace, not from samples.")
@click.option("--model", default=EMBEDDED, show_default=True, metavar="M", help="Whose confidences.")
@click.option("--seed", type=int, metavar="N", help="Of the generated samples (default: 23).")
@click.option("--out", metavar="FILE", help="Write the proposed lines there; no config is touched.")
def bands(
    door: Door,
    task: str,
    alpha: float,
    delta: float,
    reviewed: bool,
    model: str,
    seed: int | None,
    out: str | None,
) -> None:
    """The lowest confidence from which a choice may stand by itself, with a guarantee; a proposal alone.

    It holds for cases drawn like these: samples tell about samples, --reviewed about your own leads.
    """  # fmt: skip
    _checkout()
    from evals.bands import GRID, cases_of, proposal
    from evals.bench import open_bench
    from evals.running import current_bands

    if reviewed:
        from evals.verdicts import reviewed as decided

        cases = decided(door.house.store, task)
    else:
        cases = cases_of(_measured(door, (task,), model, seed, None)[task], split=True)
    with open_bench(_root(door), embedded=True) as bench:
        found = proposal(task, cases, current_bands(bench, task), alpha=alpha, delta=delta, grid=GRID)
    rows = [
        (one.segment, str(one.cases), *(_band(one.band) if one.band else ("none", "", "", "")),
         "" if one.band or one.needed is None else f"{one.needed:,} more cases")
        for one in found.segments
    ]  # fmt: skip
    door.say(table(rows, ("segment", "cases", "fire", "stand", "errors", "error at most", "it would take")))
    promise = f"the error among what stands is at most {alpha:g} with confidence {1 - delta:g}"
    said = (
        f"Certified: {promise}."
        if found.certified
        else f"Not in every segment can be certified that {promise}."
    )
    door.say(f"\n{said}")
    door.say(f"{found.file} has fire: {found.current.fire}; proposed:\n  {found.lines()}")
    door.give(file=found.file, lines=found.lines(), certified=found.certified,
              segments=[one.model_dump(mode="json") for one in found.segments])  # fmt: skip
    if out:
        Path(out).write_text(f"# {found.file}\n{found.lines()}\n", encoding="utf-8")
        door.say(f"Written to {out}.")


def _band(band: "Band") -> tuple[str, ...]:
    return (f"{band.fire:g}", str(band.fired), str(band.errors), f"{band.bound:g}")


@command(name="export")
def export(door: Door) -> None:
    """People's verdicts on drafts as samples: approved, edited (how much was kept), rejected and why.

    The texts are people's own: the file lies in the workspace's data, which git ignores.
    """
    _checkout()
    from evals.verdicts import export as written

    done = written(door.house.workspace, door.house.store)
    total = sum(done.verdicts.values())
    door.give(path=str(done.path), verdicts=dict(done.verdicts), erased=done.erased)
    told = ", ".join(f"{count} {name}" for name, count in sorted(done.verdicts.items())) or "none"
    door.say(f"{total:,} verdicts ({told}) in {done.path}.")
    if done.erased:
        door.say(f"{done.erased:,} texts are erased and left out.")


for verb in (run, compare, gate, view, bands, export):
    evaluate.add_command(verb)
