"""The tools that are offered: name, title, the scope a caller needs, and what each does to the world."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel

from mcp_server import card, configs, decided, generic, leads, look, plans, runs, schema
from mcp_server.answer import Answer

Toolset = Literal["look", "leads", "plans", "config", "loops"]
ALWAYS = frozenset({"whoami", "runs_get"})
"""In every toolset: who calls, and what became of a call that took long."""


def not_dry(arguments: Mapping[str, object]) -> bool:
    """Whether a call is to write what it would otherwise only try."""
    return arguments.get("dry_run") is False


def starts(arguments: Mapping[str, object]) -> bool:
    """Whether a call of the generic tool begins a run."""
    return arguments.get("verb") == "start"


@dataclass(frozen=True)
class Offer:
    """A tool as clients see it."""

    title: str
    scope: str
    # a caller without it doesn't see the tool
    toolset: Toolset
    fn: Callable[..., Answer]
    writes: tuple[str, ...] = ()
    # the scopes of a call that writes, and of all that follows from it; () where it never does
    wet: Callable[[Mapping[str, object]], bool] = not_dry
    # whether a call with these arguments writes
    meta: dict[str, Any] = field(default_factory=dict[str, Any])
    # what clients that show cards are told

    @property
    def name(self) -> str:
        """Its name: noun_verb."""
        return self.fn.__name__

    def within(self, toolsets: Collection[str]) -> bool:
        """Whether it is among those toolsets; none named: all."""
        return not toolsets or self.toolset in toolsets or self.name in ALWAYS

    @cached_property
    def model(self) -> type[BaseModel]:
        """Its arguments; any other is refused."""
        return schema.model_of(self.name, self.fn)

    @cached_property
    def takes(self) -> dict[str, Any]:
        """Their JSON schema."""
        return schema.short(self.model)


_LEADS = ("leads:write", "drafts:write")
"""What is graded is routed, and what is routed is drafted for."""
OFFERS = (
    Offer("Who am I", "", "look", look.whoami),
    Offer("Find records", "records", "look", look.records_search),
    Offer("What waits for people", "reviews", "look", look.reviews_list, meta=card.META),
    Offer("Where a run stands", "records", "look", runs.runs_get),
    Offer("What was decided lately", "records", "look", decided.decisions_list),
    Offer("Why a lead is where it is", "records", "leads", leads.decisions_explain),
    Offer("Grade leads", "records", "leads", leads.leads_qualify, _LEADS),
    Offer("Route leads", "records", "leads", leads.leads_route, _LEADS),
    Offer("Who would get leads", "records", "leads", leads.leads_preview_routing),
    Offer("Draft sequences", "records", "leads", leads.sequences_draft, ("drafts:write",)),
    Offer("What-if on the plan", "plan", "plans", plans.plans_what_if),
    Offer("Territories and desks", "plan", "plans", plans.territories_plan),
    Offer("Try a config", "loops", "config", configs.config_simulate),
    Offer("Propose a config", "loops", "config", configs.config_propose, ("config:propose",)),
    Offer("Run any loop", "loops", "loops", generic.loops_run, ("loops:write",), starts),
)
"""Every tool there is; none of them approves, accepts, sends or merges."""

