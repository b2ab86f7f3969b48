"""The territory matcher: which of several territories or reps an ambiguous account belongs to."""

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolResult
from loops.territories import Evidence, TerritoryOption, TerritoryTask
from loops.values import Value

NONE = "none"
"""The choice where the evidence is thin or balanced."""


class TerritoryChoice(Value):
    """The chosen option and the evidence for it, each piece with its source."""

    choice: str
    # id of an option, or `none`
    cited: tuple[str, ...] = ()
    # sources of the task's evidence


def unoffered(reply: TerritoryChoice, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """A choice that isn't among the options, or a source that the task doesn't have."""
    offered = {NONE, *(option["id"] for option in payload["options"])}
    sources = {evidence["source"] for evidence in payload["evidence"]}
    strange = tuple(f"{source!r} is no source of the task" for source in reply.cited if source not in sources)
    return strange if reply.choice in offered else ("the choice isn't one of the options", *strange)


SPEC = AgentSpec(
    name="territory_matcher",
    says="Which territory or rep an ambiguous account belongs to, by where its buyers sit.",
    prompt="territory_matcher",
    tools=(),
    task=TerritoryTask,
    output=TerritoryChoice,
    faults=unoffered,
)
CHAT = answers_people(
    "territory_matcher",
    "Which territory a country, a state, an account or a company lies in, and who covers it.",
    "find_records",
    "territory_of_account",
    "territory_of_company",
    "territory_of_place",
)
__all__ = [
    "CHAT",
    "NONE",
    "SPEC",
    "Evidence",
    "TerritoryChoice",
    "TerritoryOption",
    "TerritoryTask",
    "unoffered",
]
