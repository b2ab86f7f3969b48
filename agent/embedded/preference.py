"""The embedded policy that compares two drafts: each is graded by itself, so their order can't matter."""

from typing import Any

from agent.embedded.judge import draft_judge
from agent.spec import Reply, ToolCall, ToolResult
from agent.specialists.draft_preference import Preference, PreferenceTask
from loops.engage.draft import Draft
from loops.engage.tasks import Grades, GradingTask


def draft_preference(
    payload: dict[str, Any], results: tuple[ToolResult, ...]
) -> tuple[ToolCall, ...] | Reply:
    """The draft with more points over the criteria; a tie where both have as many."""
    task = PreferenceTask.model_validate(payload)
    first, second = (_graded(draft, task) for draft in (task.first, task.second))
    if first[0] == second[0]:
        chosen = Preference(better="tie", reason="Nothing in their wording tells them apart.")
    else:
        worse = first if first[0] < second[0] else second
        better = "second" if worse is first else "first"
        chosen = Preference(better=better, reason=f"The other one's fault is larger. {worse[1]}")
    return Reply(chosen.model_dump(mode="json"), why="Compared by wording.")


def _graded(draft: Draft, task: PreferenceTask) -> tuple[int, str]:
    """A draft's points over all criteria, and what is said of the weakest."""
    asked = GradingTask(
        draft=draft,
        reader=task.reader,
        angle=task.angle,
        facts=task.facts,
        lines=task.lines,
        criteria=task.criteria,
    )
    reply = draft_judge(asked.model_dump(mode="json"), ())
    assert isinstance(reply, Reply)
    scores = Grades.model_validate(reply.value).scores
    weakest = min(scores, key=lambda score: score.points)
    return sum(score.points for score in scores), weakest.reason
