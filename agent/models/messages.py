"""Turns as LangChain's messages, and its reply as a completion."""

from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import JsonValue

from agent.models.exchange import Call, Completion, Turn
from loops.values import content_hash

ID_LENGTH = 24


def to_messages(turns: tuple[Turn, ...]) -> list[BaseMessage]:
    """The conversation as LangChain has it."""
    return [_message(turn) for turn in turns]


def _message(turn: Turn) -> BaseMessage:
    if turn.role == "system":
        return SystemMessage(turn.text)
    if turn.role == "human":
        return HumanMessage(turn.text)
    if turn.role == "tool":
        return ToolMessage(turn.text, tool_call_id=turn.id, name=turn.name)
    calls = [{"name": c.name, "args": c.args, "id": c.id, "type": "tool_call"} for c in turn.calls]
    return AIMessage(turn.text, tool_calls=calls)


def call_id(name: str, args: JsonValue, n: int) -> str:
    """The id of the n-th call of a conversation: from its content, the same in every replay."""
    return "call_" + content_hash([name, args, n])[:ID_LENGTH]


def from_message(message: AIMessage, model: str, start: int = 0) -> Completion:
    """What the model said; its calls get ids of ours.

    Args:
        message: its reply.
        model: its name, as configured.
        start: how many calls the conversation has before it.
    """
    read = [(c["name"], cast("dict[str, JsonValue]", c["args"]), "") for c in message.tool_calls]
    bad = [(c.get("name") or "?", "they are no JSON object") for c in message.invalid_tool_calls]
    nothing: dict[str, JsonValue] = {}
    found = [*read, *((name, nothing, fault) for name, fault in bad)]
    calls = tuple(
        Call(name, args, call_id(name, args, start + n), fault) for n, (name, args, fault) in enumerate(found)
    )
    read_tokens, written_tokens = _usage(message)
    refusal = message.additional_kwargs.get("refusal")
    return Completion(
        text=message.text,
        calls=calls,
        refusal=refusal if isinstance(refusal, str) else "",
        model=model,
        input_tokens=read_tokens,
        output_tokens=written_tokens,
        finish=str(message.response_metadata.get("finish_reason") or ""),
    )


def _usage(message: AIMessage) -> tuple[int | None, int | None]:
    """Tokens read and written; None for one that isn't said, or is no count.

    The endpoint's own words go first: LangChain makes 0 of what isn't said.
    """
    own: Any = message.response_metadata.get("token_usage")
    if isinstance(own, dict):
        said = cast("dict[str, Any]", own)
        return _count(said.get("prompt_tokens")), _count(said.get("completion_tokens"))
    usage = message.usage_metadata
    return (_count(usage["input_tokens"]), _count(usage["output_tokens"])) if usage else (None, None)


def _count(said: object) -> int | None:
    return said if isinstance(said, int) and not isinstance(said, bool) and said >= 0 else None
