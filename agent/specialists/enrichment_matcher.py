"""The enrichment matcher: which of several profiles is the lead's company."""

from agent.spec import AgentSpec
from loops.values import Value


class Match(Value):
    """The chosen profile's id, or `none`."""

    choice: str


SPEC = AgentSpec(name="enrichment_matcher", prompt="enrichment_matcher", tools=(), output=Match)
