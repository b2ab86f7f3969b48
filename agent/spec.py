"""What an agent is: a prompt, the tools it was granted, and the type of its reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from pydantic import JsonValue

from agent.tape import Tape
from loops.decision import Answer
from loops.values import Value
from tools.catalog import Tool


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


Payload = dict[str, Any]
"""An ask's payload as plain JSON."""
Policy = Callable[[Payload, tuple[ToolResult, ...]], tuple[ToolCall, ...] | Reply]
"""A written policy: the ask's payload and the tool results so far → the calls it wants next, or its reply."""
Faults = Callable[[Any, Payload, tuple[ToolResult, ...]], tuple[str, ...]]
"""What is wrong with a reply of the right type, given the payload and what the tools gave back."""


Finish = Callable[[Any, Payload, tuple[ToolResult, ...]], Value]
"""A sound reply, the payload and what the tools gave back → the reply as it is handed on."""


def nothing_first(payload: Payload) -> tuple[ToolCall, ...]:
    """No call: the agent starts from its payload."""
    return ()


def no_faults(value: object, payload: Payload, results: tuple[ToolResult, ...]) -> tuple[str, ...]:
    """None: the type says all that can be checked."""
    return ()


def as_it_is(value: Value, payload: Payload, results: tuple[ToolResult, ...]) -> Value:
    """The reply itself."""
    return value


@dataclass(frozen=True)
class AgentSpec:
    """A specialist, declared."""

    name: str
    says: str
    # what it can be asked, in one sentence
    prompt: str
    # name of a file in prompts/, without .md; also the name of its embedded policy
    tools: tuple[str, ...]
    # granted by name; one that isn't here doesn't exist for it
    task: type[Value]
    # the payload's type: its id fields are the records that the agent may name to a tool
    output: type[Value]
    first: Callable[[Payload], tuple[ToolCall, ...]] = nothing_first
    # calls that code makes before the model is asked: what it always needs costs no turn
    faults: Faults = no_faults
    # one sentence each; anything makes the reply invalid
    finish: Finish = as_it_is
    # what code makes of a sound reply
    max_turns: int = 6
    # times the model is asked, repair included


ToolCaller = Callable[[Tool, Mapping[str, JsonValue]], JsonValue]
"""Runs a tool on the runtime's side."""


@dataclass(frozen=True)
class Desk:
    """What one piece of work is done with: its tape, its way to tools, and whom it is for."""

    tape: Tape
    call: ToolCaller
    loop: str
    at: datetime
    # aware UTC, by the workspace's clock
    request: str = ""
    # the run that the chain began with, whose budget this counts against; "": the tape's
    scopes: frozenset[str] | None = None
    # the scopes of the person it is for; None: an ask's, whose agent has those of its tools


class Specialist(Protocol):
    """The agent port: an ask's payload in, an answer out, with every exchange on the tape."""

    async def __call__(self, payload: Payload, desk: Desk) -> Answer:
        """The answer; `nobody:<why>` where there is none.

        Raises:
            ModelDown: no model can be reached, and the workspace would rather wait than fall back.
        """
        ...
