"""The lead router: who should own a lead that no rule settles."""

from agent.spec import AgentSpec
from loops.values import Value


class Choice(Value):
    """The chosen owner and the evidence for it, each piece with its source."""

    choice: str
    cited: tuple[str, ...] = ()


SPEC = AgentSpec(name="lead_router", prompt="lead_router", tools=(), output=Choice)
