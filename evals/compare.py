"""Two runs of the same samples beside each other: the difference, its interval and how likely chance is."""

from dataclasses import dataclass

from evals.figures import Measured, paired_scores
from evals.statistics import Difference, paired
from loops.errors import RevloopsError


@dataclass(frozen=True)
class Compared:
    """One task in two runs."""

    task: str
    first: float
    # mean score over the samples that both have, 0-1
    second: float
    difference: Difference
    # second minus first


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
    return Compared(first.task, sum(one) / len(one), sum(other) / len(other), paired(other, one))
