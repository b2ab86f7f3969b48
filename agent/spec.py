"""What an agent is: a prompt, the tools it was granted, and the type of its reply."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from loops.values import Value


@dataclass(frozen=True)
class ToolCall:
    """A tool the agent wants called."""

    name: str
    args: dict[str, JsonValue]


@dataclass(frozen=True)
class ToolResult:
    """What a called tool gave back."""

    name: str
    args: dict[str, JsonValue]
    value: JsonValue


@dataclass(frozen=True)
class Reply:
    """An agent's reply; `value` must fit the spec's output type."""

    value: dict[str, JsonValue]
    confidence: float | None = None
    why: str = ""


Policy = Callable[[dict[str, Any], tuple[ToolResult, ...]], tuple[ToolCall, ...] | Reply]
"""A written policy: the ask's payload and the tool results so far → the calls it wants next, or its reply."""


@dataclass(frozen=True)
class AgentSpec:
    """A specialist, declared."""

    name: str
    prompt: str
    # name of a file in prompts/, without .md
    tools: tuple[str, ...]
    # granted by name; one that isn't here doesn't exist for it
    output: type[Value]
    max_turns: int = 6
    invented: Callable[[Any, tuple[ToolResult, ...]], tuple[str, ...]] | None = None
    # what in the reply stands in no tool result; anything makes the answer invalid
