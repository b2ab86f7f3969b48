"""Who asks and what they may reach; what lies outside isn't there."""

from collections.abc import Mapping
from dataclasses import dataclass

from tools.catalog import Tool

SELLERS = frozenset({"account_executive", "enterprise_ae", "sdr"})
"""Roles that sell: they see their own book alone, and decide on no config."""


@dataclass(frozen=True)
class Principal:
    """Somebody on whose behalf tools are called."""

    id: str
    # of the person
    role: str
    scopes: frozenset[str]


def granted(tools: Mapping[str, Tool], scopes: frozenset[str]) -> dict[str, Tool]:
    """The tools whose scope is among these, in the same order."""
    return {name: tool for name, tool in tools.items() if tool.scope in scopes}
