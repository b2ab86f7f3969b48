"""Grades a draft's relevance and tone."""

from agent.spec import AgentSpec
from loops.engage.tasks import Grades

SPEC = AgentSpec(
    name="draft_judge",
    prompt="draft_judge",
    tools=(),
    output=Grades,
)
