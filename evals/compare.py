"""Two runs of the same samples beside each other: the difference, its interval and how likely chance is."""

from dataclasses import dataclass

from evals.figures import Measured, paired_scores
from evals.statistics import Difference, paired
from loops.errors import RevloopsError

SHOWN = 12
"""Digits of a prompt's version that tell it apart."""


@dataclass(frozen=True)
class Compared:
    """One task in two runs."""

    task: str
    first: float
    # mean score over the samples that both have, 0-1
    second: float
    difference: Difference
    # second minus first
    prompts: tuple[str, ...]
    # those that differ between the two, by specialist, in order; empty where none does


def compared(first: dict[str, Measured], second: dict[str, Measured]) -> tuple[Compared, ...]:
    """Every task that both runs have, in the first's order.

    Raises:
        RevloopsError: they have no task, or a task has no two samples, in common.
    """
    if not set(first) & set(second):
        raise RevloopsError("the two runs have no task in common: run the same tasks with both")
    return tuple(_compared(first[task], second[task]) for task in first if task in second)


def _compared(first: Measured, second: Measured) -> Compared:
    one, other = paired_scores(first, second)
    if len(one) < 2:
        raise RevloopsError(
            f"{first.task}: the two runs share {len(one)} samples: run both with the same --seed and --limit"
        )
    names = sorted({*first.prompts, *second.prompts})
    changed = tuple(name for name in names if first.prompts.get(name) != second.prompts.get(name))
    a, b = (sum(values) / len(values) for values in (one, other))
    return Compared(first.task, a, b, paired(other, one), changed)


def named(run: dict[str, Measured]) -> str:
    """What a run was made with: its models, and the version of each prompt that it used."""
    whole = sorted({one.model for one in run.values()})
    own = {name: model for one in run.values() for name, model in one.models.items() if model != one.model}
    models = whole + [f"{name} {model}" for name, model in sorted(own.items())]
    prompts = {name: hash for one in run.values() for name, hash in one.prompts.items()}
    told = ", ".join(f"{name} {hash[:SHOWN]}" for name, hash in sorted(prompts.items()))
    return f"{', '.join(models)}; prompts: {told or 'not in the log'}"
