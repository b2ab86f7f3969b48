"""The gate: scores are kept as a baseline, and a significant drop against it fails."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.figures import ALPHA, Measured
from evals.statistics import Difference, paired
from loops.errors import RevloopsError

BASELINES = Path(__file__).parent / "baselines"
LEAST_SHARE = 0.5
"""Of a baseline's samples that must still be there, or nothing can be said."""


@dataclass(frozen=True)
class Verdict:
    """One task against its baseline."""

    task: str
    difference: Difference
    # now minus then
    dropped: bool


def baseline_path(model: str) -> Path:
    """Where a model's baseline lies."""
    safe = "".join(letter if letter.isalnum() or letter in "-._" else "-" for letter in model)
    return BASELINES / f"{safe}.json"


def save(measured: Iterable[Measured], model: str, commit: str, day: str) -> Path:
    """Keep these scores as the model's baseline; the file that was written."""
    runs = tuple(measured)
    tasks = {one.task: {row.id: row.score for row in one.rows} for one in runs}
    seeds = sorted({one.seed for one in runs})
    text = json.dumps(
        {"model": model, "commit": commit, "day": day, "seeds": seeds, "tasks": tasks}, indent=0
    )
    path = baseline_path(model)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read(model: str) -> dict[str, dict[str, float]]:
    """Task → sample → score, as they were kept.

    Raises:
        RevloopsError: there is no baseline of that model.
    """
    path = baseline_path(model)
    if not path.is_file():
        raise RevloopsError(f"there is no baseline of {model}: keep one with `revloops eval gate --save`")
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept["tasks"]


def judged(measured: Iterable[Measured], kept: Mapping[str, Mapping[str, float]]) -> tuple[Verdict, ...]:
    """Each task that has a baseline, and whether it dropped.

    The error rate of the whole gate is held by Bonferroni: each of m tasks is tested at 5 % / m.

    Raises:
        RevloopsError: too few of a baseline's samples are there.
    """
    runs = [one for one in measured if one.task in kept]
    return tuple(_verdict(one, kept[one.task], ALPHA / len(runs)) for one in runs)


def _verdict(one: Measured, kept: Mapping[str, float], alpha: float) -> Verdict:
    now = {row.id: row.score for row in one.rows}
    both = sorted(now.keys() & kept.keys())
    if len(both) < max(2, LEAST_SHARE * min(len(now), len(kept))):
        raise RevloopsError(
            f"{one.task}: only {len(both)} of the baseline's {len(kept)} samples are there; "
            "run with the baseline's seed, or keep a new one with --save"
        )
    difference = paired([now[id] for id in both], [kept[id] for id in both])
    return Verdict(one.task, difference, difference.value < 0 and difference.p < alpha)
