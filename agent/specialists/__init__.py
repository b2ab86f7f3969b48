"""The specialists: one file an agent, put together with their prompts, models and tools here."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from agent import prompts
from agent.models.port import Models
from agent.spec import AgentSpec, Specialist
from agent.specialists import (
    coach,
    config_author,
    discovery_analyst,
    draft_judge,
    draft_preference,
    enrichment_matcher,
    lead_router,
    outreach_writer,
    planner,
    prospect_researcher,
    territory_matcher,
)
from agent.specialists.orchestrator import ORCHESTRATOR
from tools.catalog import select
from tools.workspace import Workspace

if TYPE_CHECKING:
    from agent.graph import Orchestrator
    from agent.specialist import Agent

SPECS = (
    prospect_researcher.SPEC,
    outreach_writer.SPEC,
    draft_judge.SPEC,
    enrichment_matcher.SPEC,
    lead_router.SPEC,
    discovery_analyst.SPEC,
    territory_matcher.SPEC,
    config_author.SPEC,
)
"""Those that asks go to."""
CHAT = (
    prospect_researcher.CHAT,
    outreach_writer.CHAT,
    enrichment_matcher.CHAT,
    lead_router.CHAT,
    territory_matcher.CHAT,
    discovery_analyst.CHAT,
    coach.CHAT,
    config_author.CHAT,
    planner.CHAT,
)
"""Those that a person's words go to."""
MEASURING = (draft_preference.SPEC,)
"""Those that only measurements ask: no ask of a loop reaches them."""
NAMES = (*sorted({spec.name for spec in (*SPECS, *CHAT, *MEASURING)}), ORCHESTRATOR.name)
"""Everyone whom a model can be named for."""


class Crew(Mapping[str, Specialist]):
    """Every specialist behind the orchestrator; the graph is built when the first of them is needed."""

    def __init__(self, workspace: Workspace, models: Models) -> None:
        self.workspace, self.models = workspace, models

    def agent(self, spec: AgentSpec) -> "Agent":
        """The specialist of that declaration, on the workspace's prompts and models."""
        from agent.specialist import Agent

        prompt, repair = (prompts.load(self.workspace, name) for name in (spec.prompt, "repair"))
        return Agent(spec, prompt, repair, self.models, select(spec.tools))

    @cached_property
    def orchestrator(self) -> "Orchestrator":
        """The graph they work in."""
        from langsmith import configure

        from agent.graph import Orchestrator

        configure(enabled=False)  # whatever the environment says: nobody else gets to see payloads

        agents = {spec.name: self.agent(spec) for spec in SPECS}
        chat = {spec.name: self.agent(spec) for spec in CHAT}
        return Orchestrator(agents, chat, self.agent(ORCHESTRATOR))

    @cached_property
    def _asked(self) -> dict[str, Specialist]:
        return self.orchestrator.specialists

    def __getitem__(self, name: str) -> Specialist:
        """The specialist of that name."""
        if name not in self:
            raise KeyError(name)
        return self._asked[name]

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return (spec.name for spec in SPECS)

    def __contains__(self, name: object) -> bool:
        """Whether there is one of that name."""
        return any(spec.name == name for spec in SPECS)

    def __len__(self) -> int:
        """How many there are."""
        return len(SPECS)
