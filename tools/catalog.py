"""Every tool an agent may be granted: one explicit tuple."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import JsonValue

from loops.errors import RevloopsError
from loops.records import Records
from tools import research
from tools.connectors.ports import ResearchIndex


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
    """A tool: its name, what it may do to the world, the scope a caller needs, and the function."""

    name: str
    effect: Literal["read", "write", "propose"]
    scope: str
    fn: Callable[..., JsonValue]


CATALOG = (
    Tool("company_documents", "read", "research", research.company_documents),
    Tool("search_documents", "read", "research", research.search_documents),
    Tool("lead_row", "read", "leads", research.lead_row),
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
