"""The enrichment matcher: which of several profiles is the lead's company."""

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolResult
from loops.qualify.outputs import MatchQuestion
from loops.values import Value


class Match(Value):
    """The chosen profile's id, or `none`."""

    choice: str


def not_offered(reply: Match, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """A profile that isn't among the candidates; `none` always is."""
    offered = {"none", *(candidate["company"] for candidate in payload["candidates"])}
    return () if reply.choice in offered else ("the choice isn't one of the candidates",)


SPEC = AgentSpec(
    name="enrichment_matcher",
    says="Which company profile a lead belongs to, where several could.",
    prompt="enrichment_matcher",
    tools=(),
    task=MatchQuestion,
    output=Match,
    faults=not_offered,
)
CHAT = answers_people(
    "enrichment_matcher",
    "Which company a lead was matched to, by whom and why; its grade and score, and what would lift them.",
    "find_records",
    "lead_match",
    "score_of_lead",
    "grade_thresholds",
)
