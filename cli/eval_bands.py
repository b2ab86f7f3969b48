"""`eval bands` and `eval judges`: what may be left to a confidence, and to a judge."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.door import Door, command, table
from cli.eval_runs import EMBEDDED, PROMPTS, What, checkout, measured, root_of

if TYPE_CHECKING:
    from evals.bands import By
    from loops.calibration import Band, SegmentBand

NO_BAND = ("none", "", "", "")


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
@click.option(
    "--by",
    type=click.Choice(("segment", "text")),
    default="segment",
    show_default=True,
    help="Bands for each size of company, or one for all that hold on seen and on unseen text.",
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
    by: "By",
    reviewed: bool,
    model: str,
    seed: int | None,
    out: str | None,
) -> None:
    """The lowest confidence from which a choice may stand by itself, with a guarantee; a proposal alone.

    It holds for cases drawn like these: samples tell about samples, --reviewed about your own leads.
    """  # fmt: skip
    checkout()
    from evals.bands import GRID, cases_of, proposal
    from evals.bench import open_bench
    from evals.running import current_bands, segments_of

    with open_bench(root_of(door), embedded=True) as bench:
        current = current_bands(bench, task)
        sized = current.model_copy(update={"segments": segments_of(bench, current)})
    if reviewed:
        from evals.verdicts import reviewed as decided

        by, cases = "segment", decided(door.house.store, task, sized)
    else:
        cases = cases_of(measured(door, What((task,), seed), model)[task], by, sized)
    found = proposal(task, cases, sized, alpha=alpha, delta=delta, grid=GRID, by=by)
    rows = [
        (one.segment, str(one.cases), *(_band(one.band) if one.band else NO_BAND), _lacks(one))
        for one in found.segments
    ]
    there = {one.segment for one in found.segments}
    rows += [
        (one.segment, "0", *NO_BAND, "too few: there is no case of it")
        for one in found.bands.segments
        if one.segment not in there
    ]
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


def _lacks(one: "SegmentBand") -> str:
    """What it would take to certify a segment; "" where it is certified."""
    if one.band:
        return ""
    return "too many errors" if one.needed is None else f"too few: {one.needed:,} more cases"


def _band(band: "Band") -> tuple[str, ...]:
    return (f"{band.fire:g}", str(band.fired), str(band.errors), f"{band.bound:g}")


@command(name="judges")
@click.option("--model", default=EMBEDDED, show_default=True, metavar="M", help="Whose judges.")
@click.option("--seed", type=int, metavar="N", help="Of the drafts (default: 23).")
@PROMPTS
def judges(door: Door, model: str, seed: int | None, prompts: str | None) -> None:
    """Whether the judges of drafts may gate: repeating, order, agreement with what is known."""
    checkout()
    from evals.data.world import TEST
    from evals.reliability import faults
    from evals.report import JUDGES, judges_table
    from evals.running import tried

    at = TEST if seed is None else seed
    found = tried(model, at, root_of(door), Path(prompts) if prompts else None)
    door.say(table(judges_table(found), JUDGES))
    for one in found:
        wrong = faults(one)
        door.say(f"\n{one.judge} may {'not gate: ' + '; '.join(wrong) if wrong else 'gate'}.")
    door.give(judges={one.judge: {"may_gate": not faults(one), "faults": list(faults(one))} for one in found})
