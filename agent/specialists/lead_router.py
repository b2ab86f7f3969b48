"""The lead router: who should own a lead that no rule settles."""

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolResult
from loops.route.outputs import RouteQuestion
from loops.values import Value


class Choice(Value):
    """The chosen owner and the evidence for it, each piece with its source."""

    choice: str
    cited: tuple[str, ...] = ()


def not_offered(reply: Choice, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """An owner who isn't among those offered; `queue:triage` always is."""
    offered = {"queue:triage", *(owner["owner"] for owner in payload["owners"])}
    return () if reply.choice in offered else ("the choice isn't one of the owners offered",)


SPEC = AgentSpec(
    name="lead_router",
    says="Who should own a lead that no routing rule settles.",
    prompt="lead_router",
    tools=(),
    task=RouteQuestion,
    output=Choice,
    faults=not_offered,
)
CHAT = answers_people(
    "lead_router",
    "Who owns a lead, by which rule or whose decision; who would get it now; how many leads there are.",
    "find_records",
    "explain_lead",
    "route_preview",
    "leads_by",
)
