"""What code and the judge say of a draft, beside what they say of a trivial one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from evals.bench import Bench
from evals.case import Case, Outcome
from evals.trivial import template_draft
from loops.engage.draft import Draft
from loops.engage.grading import Material, code_grades, shaped
from loops.engage.tasks import Grades, GradingTask, WritingTask

JUDGE = "draft_judge"


async def judged(bench: Bench, case: Case, outcome: Outcome) -> Outcome:
    """The outcome with the seven criteria's points, and whether the judge prefers it to a template.

    The judge reads one draft at a time, so that it can't prefer a place in the order. An answer that is no
    draft stays as it is.
    """
    if not outcome.answered:
        return outcome
    try:
        draft = Draft.model_validate(outcome.value)
    except ValidationError:
        return outcome
    task = WritingTask.model_validate(case.payload)
    own = await _points(bench, case, task, draft)
    if own is None:
        return outcome
    plain = await _points(bench, case, task, template_draft(task))
    beside = {**own, **({"preferred": _preferred(own, plain)} if plain else {})}
    return replace(outcome, beside=beside)


def _preferred(own: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """1, 0, or one half where both have as many points; a statement that nothing backs costs one mark."""
    mine, theirs = (
        sum(given["points"].values()) - len(given["unbacked"]) * max(given["marks"].values())
        for given in (own, other)
    )
    return 0.5 if mine == theirs else float(mine > theirs)


async def _points(bench: Bench, case: Case, task: WritingTask, draft: Draft) -> dict[str, Any] | None:
    material = _material(bench, task)
    rubric = material.rubric
    by_judge = tuple(criterion for criterion in rubric.criteria if criterion.by == "judge")
    asked = GradingTask(
        draft=draft,
        reader=task.reader,
        angle=task.play.angle,
        facts=task.facts,
        lines=material.cited_lines(draft),
        criteria=by_judge,
    )
    reply = await bench.ask(JUDGE, asked.model_dump(mode="json"), (), f"{case.id} judged")
    if not reply.answered:
        return None
    scores = [*code_grades(draft, material), *Grades.model_validate(reply.value).scores]
    return {
        "points": {score.criterion: score.points for score in scores},
        "marks": {criterion.name: criterion.mark for criterion in rubric.criteria},
        "unbacked": [score.reason for score in material.unbacked(draft)],
        "shaped": shaped(draft, material) is None,
    }


def _material(bench: Bench, task: WritingTask) -> Material:
    return Material(
        reader=task.reader,
        sender=task.sender,
        sender_company=task.sender_company,
        play=task.play,
        facts=task.facts,
        sources=task.sources,
        lines=task.lines,
        references=task.references,
        rubric=bench.engage.rubric,
        today=task.today,
    )
