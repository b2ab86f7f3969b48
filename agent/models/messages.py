"""Turns as LangChain's messages, and its reply as a completion."""

from typing import cast

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
    usage = message.usage_metadata
    refusal = message.additional_kwargs.get("refusal")
    return Completion(
        text=message.text,
        calls=calls,
        refusal=refusal if isinstance(refusal, str) else "",
        model=model,
        input_tokens=usage["input_tokens"] if usage else None,
        output_tokens=usage["output_tokens"] if usage else None,
        finish=str(message.response_metadata.get("finish_reason") or ""),
    )
