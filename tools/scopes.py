"""Who asks and what they may reach; what lies outside isn't there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tools.catalog import Tool


@dataclass(frozen=True)
class Principal:
    """Somebody on whose behalf tools are called."""

    id: str
    # of the person
    role: str
    scopes: frozenset[str]

    def narrowed(self, scopes: frozenset[str]) -> "Principal":
        """The same person with these scopes at the most: what acts for them never has more than they do."""
        return replace(self, scopes=self.scopes & scopes)


def granted(tools: Mapping[str, Tool], scopes: frozenset[str]) -> dict[str, Tool]:
    """The tools whose scope is among these, in the same order."""
    return {name: tool for name, tool in tools.items() if tool.scope in scopes}


def scopes_of(tools: Mapping[str, Tool]) -> frozenset[str]:
    """The scopes that calling all of these takes."""
    return frozenset(tool.scope for tool in tools.values())
