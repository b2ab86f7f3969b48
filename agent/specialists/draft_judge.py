"""Grades a draft's relevance and tone."""

from agent.spec import AgentSpec
from loops.engage.tasks import Grades, GradingTask

SPEC = AgentSpec(
    name="draft_judge",
    says="Grades a draft's relevance and tone; it changes no word.",
    prompt="draft_judge",
    tools=(),
    task=GradingTask,
    output=Grades,
)
