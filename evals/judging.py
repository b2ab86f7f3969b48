"""What code and the judges say of a draft, beside what they say of a trivial one."""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from agent.spec import Policy
from agent.specialists.draft_preference import Preference, PreferenceTask
from evals.bench import Bench
from evals.case import Case, Outcome
from evals.trivial import template_draft
from loops.engage.config import EngageConfig
from loops.engage.draft import Draft
from loops.engage.grading import Material, code_grades, shaped
from loops.engage.tasks import Grades, GradingTask, WritingTask

JUDGE, PREFERENCE = "draft_judge", "draft_preference"
WRITER = "outreach_writer"
"""Whose work the judges grade."""
WON = {"first": 1.0, "second": 0.0, "tie": 0.5}


async def judged(bench: Bench, case: Case, outcome: Outcome, *, beside_template: bool = True) -> Outcome:
    """The outcome with the seven criteria's points, and whether a judge prefers it to a template.

    An answer that is no draft stays as it is.

    Args:
        bench: where the judges are asked.
        case: what was asked of the writer.
        outcome: what it wrote.
        beside_template: whether it is compared with a template too.
    """
    if not outcome.answered:
        return outcome
    try:
        draft = Draft.model_validate(outcome.value)
    except ValidationError:
        return outcome
    task = WritingTask.model_validate(case.payload)
    material = material_of(task, bench.engage)
    grades = await graded(bench, material.judging(draft), f"{case.id} judged")
    if grades is None:
        return outcome
    scores = [*code_grades(draft, material), *grades.scores]
    beside: dict[str, Any] = {
        "points": {score.criterion: score.points for score in scores},
        "marks": {criterion.name: criterion.mark for criterion in material.rubric.criteria},
        "unbacked": [score.reason for score in material.unbacked(draft)],
        "shaped": shaped(draft, material) is None,
    }
    if beside_template:
        beside |= await _preferred(bench, case.id, material, draft, template_draft(task))
    return replace(outcome, beside=beside)


async def _preferred(bench: Bench, id: str, material: Material, own: Draft, other: Draft) -> dict[str, float]:
    """How often it wins, asked in both orders: 1 in both, one half where the order decides, or nothing."""
    one = await preferred(bench, compare(material, own, other), f"{id} preferred")
    two = await preferred(bench, compare(material, other, own), f"{id} preferred, swapped")
    return {"preferred": (WON[one] + 1 - WON[two]) / 2} if one and two else {}


async def graded(bench: Bench, task: GradingTask, name: str, policy: Policy | None = None) -> Grades | None:
    """The judge's grades; None where nobody gave any."""
    reply = await bench.ask(JUDGE, task.model_dump(mode="json"), (), name, policy)
    return Grades.model_validate(reply.value) if reply.answered else None


async def preferred(bench: Bench, task: PreferenceTask, name: str, policy: Policy | None = None) -> str:
    """`first`, `second` or `tie`; "" where nobody answered."""
    reply = await bench.ask(PREFERENCE, task.model_dump(mode="json"), (), name, policy)
    return Preference.model_validate(reply.value).better if reply.answered else ""


def compare(material: Material, first: Draft, second: Draft) -> PreferenceTask:
    """What is asked about two drafts in this order."""
    asked = material.judging(first)
    cited = dict.fromkeys((*asked.lines, *material.cited_lines(second)))
    return PreferenceTask(
        first=first,
        second=second,
        reader=asked.reader,
        angle=asked.angle,
        facts=asked.facts,
        lines=tuple(line for line in material.lines if line in cited),
        criteria=asked.criteria,
    )


def material_of(task: WritingTask, config: EngageConfig) -> Material:
    """What a sequence is held against."""
    return Material(
        reader=task.reader,
        sender=task.sender,
        sender_company=task.sender_company,
        play=task.play,
        facts=task.facts,
        sources=task.sources,
        lines=task.lines,
        references=task.references,
        rubric=config.rubric,
        today=task.today,
    )
