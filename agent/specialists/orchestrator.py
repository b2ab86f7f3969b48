"""The orchestrator's own declaration: which specialists a person's message goes to."""

from agent.chat import Routing, ToRoute, routing_faults
from agent.spec import AgentSpec

ORCHESTRATOR = AgentSpec(
    name="orchestrator",
    says="Sends a person's message to the specialists that can answer it.",
    prompt="orchestrator",
    tools=(),
    task=ToRoute,
    output=Routing,
    faults=routing_faults,
)
