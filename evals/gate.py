"""The gate: scores are kept as a baseline, and a significant drop against it fails."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.figures import ALPHA, Measured
from evals.reliability import faults
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
    refused: str = ""
    # why nothing of it may gate; "": something may
    left_out: str = ""
    # which samples the verdict goes without, and why; "": none


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

    Samples whose score rests on a judge that isn't shown to be reliable are left out; a task of such samples
    alone neither fails nor passes: that is said in place of a verdict. The error rate of the whole gate is
    held by Bonferroni: each of the m tasks that remain is tested at 5 % / m.

    Raises:
        RevloopsError: too few of a baseline's samples are there.
    """
    runs = [one for one in measured if one.task in kept]
    refused = {one.task: refusal(one) for one in runs}
    sound = {one.task: _without_judge(one) if refused[one.task] else one for one in runs}
    alpha = ALPHA / max(1, sum(bool(one.rows) for one in sound.values()))
    return tuple(
        _on_the_rest(one, sound[one.task], kept[one.task], alpha, refused[one.task]) for one in runs
    )


def _without_judge(one: Measured) -> Measured:
    return replace(one, rows=tuple(row for row in one.rows if not row.by_judge))


def _on_the_rest(
    one: Measured, sound: Measured, kept: Mapping[str, float], alpha: float, why: str
) -> Verdict:
    """The verdict on the samples that may gate; on all of them, for show alone, where none may."""
    if not sound.rows:
        return replace(_verdict(one, kept, alpha), dropped=False, refused=why)
    lost = len(one.rows) - len(sound.rows)
    said = f"{lost} of {len(one.rows)} samples are left out: {why}" if lost else ""
    return replace(_verdict(sound, kept, alpha), left_out=said)


def refusal(one: Measured) -> str:
    """Why what rests on a task's judge may not gate; "" where it may."""
    if not one.judge:
        return ""
    found = next((known for known in one.judges if known.judge == one.judge), None)
    if found is None:
        return f"{one.judge} hasn't been tried"
    wrong = faults(found)
    return f"{one.judge} can't be relied on: {'; '.join(wrong)}" if wrong else ""


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
