"""Every tool an agent may be granted: one explicit tuple."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol, cast

from pydantic import BaseModel, JsonValue, ValidationError

from loops.config import EXPECTED, Path, faults
from loops.errors import RevloopsError
from loops.records import Records
from tools import lookup, planning, research
from tools.connectors.ports import ResearchIndex
from tools.errors import ToolRetry
from tools.knowledge.tool import search_knowledge
from tools.signature import Argument, arguments, description, id_kind, model_of, schema_of

_SHOWN_CHARACTERS = 60
"""As much of a name as an error repeats: it may be anybody's text."""


class ToolContext(Protocol):
    """What a tool may reach: records and research, read-only, within one transaction."""

    @property
    def records(self) -> Records:
        """The records."""
        ...

    @property
    def research(self) -> ResearchIndex:
        """Pages and news."""
        ...


@dataclass(frozen=True)
class Tool:
    """A tool: its name, what it may do to the world, the scope a caller needs, and the function.

    What it takes is read off the function: a tool with a type of argument that its effect may not have
    can't be made.
    """

    name: str
    effect: Literal["read", "write", "propose"]
    scope: str
    fn: Callable[..., JsonValue]

    def __post_init__(self) -> None:
        """Refuse a function that the types don't allow."""
        _ = self.arguments

    @cached_property
    def arguments(self) -> tuple[Argument, ...]:
        """What it takes beside the context, in order.

        Raises:
            TypeError: an argument's type isn't allowed for this effect; names the tool and the argument.
        """
        return arguments(self.name, self.fn, self.effect)

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """Argument → the kind of record it names, for the arguments that name one."""
        found = ((argument.name, id_kind(argument.type)) for argument in self.arguments)
        return {name: kind for name, kind in found if kind}

    @cached_property
    def args(self) -> type[BaseModel]:
        """The arguments as a pydantic model that refuses any other."""
        return model_of(self.name, self.arguments)

    @cached_property
    def schema(self) -> dict[str, JsonValue]:
        """Name, description and parameters, as a model sees them."""
        says = description(self.fn)
        return {"name": self.name, "description": says, "parameters": schema_of(self.args)}

    def read(self, args: Mapping[str, JsonValue]) -> BaseModel:
        """The arguments, checked.

        Raises:
            ToolRetry: one is missing, unknown or of the wrong type; every fault is named.
        """
        try:
            return self.args.model_validate_json(json.dumps(dict(args)), strict=True)
        except ValidationError as error:
            takes = ", ".join(argument.name for argument in self.arguments) or "nothing"
            said = "; ".join(self._fault(at, why) for at, why in faults(error))
            raise ToolRetry(f"{self.name} takes {takes}; {said}") from None

    def _fault(self, at: Path, why: str) -> str:
        kind = self.ids.get(str(at[0])) if at and why != EXPECTED["missing"] else None
        return f"{_shown('.'.join(map(str, at)))}: {f'this is the id of no {kind}' if kind else why}"

    def call(self, ctx: object, args: Mapping[str, JsonValue]) -> JsonValue:
        """What the tool gives back.

        Args:
            ctx: what it may reach.
            args: its arguments as plain JSON.

        Raises:
            ToolRetry: the arguments don't hold, or the tool says that others may.
            ToolFailed: it can't do it at all.
        """
        read = self.read(args)
        return self.fn(ctx, **{name: cast(object, getattr(read, name)) for name in type(read).model_fields})


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


CATALOG = (
    Tool("company_documents", "read", "research", research.company_documents),
    Tool("search_documents", "read", "research", research.search_documents),
    Tool("lead_row", "read", "leads", research.lead_row),
    Tool("find_records", "read", "records", lookup.find_records),
    Tool("explain_lead", "read", "leads", lookup.explain_lead),
    Tool("lead_match", "read", "leads", lookup.lead_match),
    Tool("route_preview", "read", "leads", lookup.route_preview),
    Tool("score_of_lead", "read", "leads", lookup.score_of_lead),
    Tool("leads_by", "read", "leads", lookup.leads_by),
    Tool("sequence_of_lead", "read", "leads", lookup.sequence_of_lead),
    Tool("waiting_sequences", "read", "leads", lookup.waiting_sequences),
    Tool("company_profile", "read", "research", lookup.company_profile),
    Tool("calls_of_account", "read", "calls", lookup.calls_of_account),
    Tool("calls_of_lead", "read", "calls", lookup.calls_of_lead),
    Tool("call_coverage", "read", "calls", lookup.call_coverage),
    Tool("call_text", "read", "calls", lookup.call_text),
    Tool("deal_of_lead", "read", "calls", lookup.deal_of_lead),
    Tool("deal_of_account", "read", "calls", lookup.deal_of_account),
    Tool("framework_now", "read", "loops", lookup.framework_now),
    Tool("grade_thresholds", "read", "loops", lookup.grade_thresholds),
    Tool("territory_of_account", "read", "plan", lookup.territory_of_account),
    Tool("territory_of_company", "read", "plan", lookup.territory_of_company),
    Tool("territory_of_place", "read", "plan", lookup.territory_of_place),
    Tool("scenario_now", "read", "plan", lookup.scenario_now),
    Tool("plan_now", "read", "plan", planning.plan_now),
    Tool("what_if", "read", "plan", planning.what_if),
    Tool("compare_scenarios", "read", "plan", planning.compare_scenarios),
    Tool("loop_config", "read", "loops", lookup.loop_config),
    Tool("loop_metrics", "read", "loops", lookup.loop_metrics),
    Tool("person_of_ours", "read", "reps", lookup.person_of_ours),
    Tool("rep_numbers", "read", "reps", lookup.rep_numbers),
    Tool("team_numbers", "read", "reps", lookup.team_numbers),
    Tool("search_knowledge", "read", "knowledge", search_knowledge),
)


def select(names: tuple[str, ...]) -> dict[str, Tool]:
    """The named tools.

    Raises:
        RevloopsError: one isn't in the catalog.
    """
    known = {tool.name: tool for tool in CATALOG}
    missing = [name for name in names if name not in known]
    if missing:
        raise RevloopsError(f"there is no tool {', '.join(missing)}; there are {', '.join(sorted(known))}")
    return {name: known[name] for name in names}
