"""Writes a sequence from facts and approved lines."""

from agent.spec import AgentSpec
from loops.engage.draft import Draft

SPEC = AgentSpec(
    name="outreach_writer",
    prompt="outreach_writer",
    tools=(),
    output=Draft,
)
