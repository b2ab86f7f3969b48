"""What is said to a model and what comes back: plain values, the same for every endpoint."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue


@dataclass(frozen=True)
class Call:
    """A tool that the model wants called."""

    name: str
    args: dict[str, JsonValue]
    id: str
    # from the content, so that the same call has the same id
    fault: str = ""
    # why `args` couldn't be read; they are empty then


@dataclass(frozen=True)
class Turn:
    """One message of a conversation."""

    role: Literal["system", "human", "ai", "tool"]
    text: str = ""
    calls: tuple[Call, ...] = ()
    # of an ai turn
    name: str = ""
    # of a tool turn: the tool's
    id: str = ""
    # of a tool turn: the call's that it answers


@dataclass(frozen=True)
class ToolSchema:
    """A tool as a model sees it."""

    name: str
    description: str
    parameters: dict[str, JsonValue]
    # JSON schema of its arguments


@dataclass(frozen=True)
class Spender:
    """Whose budget a request is counted against."""

    run: str
    step: int
    loop: str
    specialist: str
    prompt: str
    # hash of the effective prompt
    at: datetime
    # aware UTC, by the workspace's clock
    request: str = ""
    # the run that what is worked on began with, whose budget it is; "": this run

    @property
    def counted(self) -> str:
        """The run whose budget it is."""
        return self.request or self.run


@dataclass(frozen=True)
class Request:
    """What a model is asked."""

    role: str
    # the specialist's prompt: its name, `_chat` behind it where a person's words go to it
    turns: tuple[Turn, ...]
    tools: tuple[ToolSchema, ...]
    output: dict[str, JsonValue] | None
    # JSON schema of the reply envelope {value, confidence, why}; None: plain words are asked for
    output_name: str
    who: Spender


@dataclass(frozen=True)
class Completion:
    """What a model gave back."""

    text: str
    calls: tuple[Call, ...] = ()
    refusal: str = ""
    # its words, where it refused
    model: str = ""
    # as configured
    input_tokens: int | None = None
    # None: the endpoint doesn't say
    output_tokens: int | None = None
    ms: int = 0
    # over all tries
    tries: int = 1
    finish: str = ""
    # stop, length, tool_calls …
