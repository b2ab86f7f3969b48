"""The territory matcher: which of several territories or reps an ambiguous account belongs to."""

from typing import Literal

from agent.chat import answers_people
from agent.spec import AgentSpec, Payload, ToolResult
from loops.ids import AccountId
from loops.values import Quoted, Value

NONE = "none"
"""The choice where the evidence is thin or balanced."""


class Evidence(Value):
    """One thing that speaks for a place or for one of the options, and where it stands."""

    kind: Literal[
        "billing", "headquarters", "building", "tenant", "parent", "domain", "phone", "industry", "claim"
    ]
    says: Quoted
    # as it was found: an address line, a directory entry, the account's own words
    source: str
    country: str | None = None
    # ISO alpha-2 that it points to; None where it names no country
    region: str | None = None
    # ISO 3166-2; None where it names no region


class TerritoryOption(Value):
    """One of the territories, or of the reps, that could take the account."""

    id: str
    name: str
    countries: tuple[str, ...] = ()
    # ISO alpha-2 it covers; empty: any
    regions: tuple[str, ...] = ()
    # ISO 3166-2 it covers; empty: any
    holds: tuple[str, ...] = ()
    # names it answers for already: tenants, parent companies, floors, industries


class TerritoryTask(Value):
    """Where does this account belong? Everything known about its place, each piece with its source."""

    account: AccountId
    name: str
    employees: int | None = None
    evidence: tuple[Evidence, ...]
    options: tuple[TerritoryOption, ...]


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
