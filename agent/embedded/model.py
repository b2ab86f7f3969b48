"""The embedded policy as a chat model: a real `BaseChatModel` that follows written rules, no language model.

It reads the task's payload and the tools' results out of the messages and asks the role's written policy; it
never reads the prompt. It keeps no state, so the same messages always get the same answer.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, field_validator

from agent.embedded import POLICIES, generic
from agent.spec import Policy, Reply, ToolCall, ToolResult
from loops.values import canonical, content_hash

NAME = "embedded"
_ID_CHARACTERS = 24
_CHARACTERS_PER_TOKEN = 4
_PIECES = re.compile(r"\S+\s*|\s+")


class PolicyModel(BaseChatModel):
    """A chat model that follows the written policy of a role; with no role, or no task, a generic one."""

    model_config = ConfigDict(populate_by_name=True, arbitrary_types_allowed=True)

    role: str = ""
    # key of POLICIES; "": none, the generic policy answers
    policy: Policy | None = Field(default=None, exclude=True)
    # another policy in the role's place
    model_name: str = Field(default=NAME, alias="model")
    temperature: float | None = None
    # this and the next three are there for callers that set them on any model; rules don't need them
    max_tokens: int | None = None
    timeout: float | None = None
    max_retries: int = 0
    stop: list[str] | None = None
    # where an answer ends; None: nowhere

    @field_validator("role")
    @classmethod
    def _is_known(cls, role: str) -> str:
        if role and role not in POLICIES:
            raise ValueError(f"there is no policy for {role}; there are {', '.join(sorted(POLICIES))}")
        return role

    @property
    def _llm_type(self) -> str:
        return "embedded-policy"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "role": self.role}

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: Any = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The model with these tools; a written policy names its own, and what isn't there is refused."""
        forced = "any" if tool_choice is True or tool_choice == "required" else tool_choice
        asked = {name: kwargs[name] for name in kwargs.keys() - {"strict", "parallel_tool_calls"}}
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], tool_choice=forced, **asked)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._turn(messages, stop, kwargs))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._turn(messages, stop, kwargs))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in _chunks(self._turn(messages, stop, kwargs)):
            made = ChatGenerationChunk(message=chunk)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=made)
            yield made

    def _turn(
        self, messages: list[BaseMessage], stop: list[str] | None, bound: Mapping[str, Any]
    ) -> AIMessage:
        policy = self.policy or POLICIES.get(self.role)
        found = _task(messages) if policy else None
        if policy and found:
            turn = policy(found[1], _results(messages[found[0] :]))
            text = "" if not isinstance(turn, Reply) else _said(turn)
            calls = () if isinstance(turn, Reply) else turn
        else:
            text, calls = _by_schema(messages, bound)
        for end in stop or self.stop or ():
            text = text.partition(end)[0]
        read = sum(map(_size, messages))
        written = len(text) + sum(len(call.name) + len(canonical(call.args)) for call in calls)
        named = {"model_name": bound.get("model") or self.model_name, "model_provider": "embedded"}
        return AIMessage(
            content=text,
            tool_calls=[_call(call, n, len(messages)) for n, call in enumerate(calls)],
            usage_metadata=_usage(read, written),
            response_metadata=named,
        )


def _task(messages: Sequence[BaseMessage]) -> tuple[int, dict[str, Any]] | None:
    """The place and the payload of the last human message that is a JSON object; None where none is."""
    for place in range(len(messages) - 1, -1, -1):
        message = messages[place]
        if isinstance(message, HumanMessage) and (text := str(message.text).strip()).startswith("{"):
            try:
                return place, cast("dict[str, Any]", json.loads(text))
            except ValueError:
                continue
    return None


def _results(messages: Sequence[BaseMessage]) -> tuple[ToolResult, ...]:
    """What the called tools gave back, in the order in which they were called."""
    given = {m.tool_call_id: str(m.text) for m in messages if isinstance(m, ToolMessage)}
    return tuple(
        ToolResult(call["name"], call["args"], _value(given[call["id"]]))
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["id"] in given
    )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _said(reply: Reply) -> str:
    return canonical({"value": reply.value, "confidence": reply.confidence, "why": reply.why}).decode()


def _by_schema(messages: Sequence[BaseMessage], bound: Mapping[str, Any]) -> tuple[str, tuple[ToolCall, ...]]:
    text = next((str(m.text) for m in reversed(messages) if isinstance(m, HumanMessage)), "")
    last = messages[-1]
    call = generic.wanted(
        bound.get("tools") or (), bound.get("tool_choice"), text, isinstance(last, ToolMessage)
    )
    form: dict[str, Any] = bound.get("response_format") or {}
    schema = form["json_schema"]["schema"] if form.get("type") == "json_schema" else None
    return ("", (call,)) if call else (generic.reply(schema, text, str(last.text)), ())


def _call(call: ToolCall, n: int, turn: int) -> Any:
    """The call in the model's form; its id is a hash, so that the same step gives the same id again."""
    name = content_hash([call.name, call.args, n, turn])[:_ID_CHARACTERS]
    return tool_call(name=call.name, args=dict(call.args), id=f"call_{name}")


def _size(message: BaseMessage) -> int:
    content = message.content
    return len(content if isinstance(content, str) else str(message.text))


def _usage(read: int, written: int) -> UsageMetadata:
    """Tokens as a rule of thumb has them: a quarter of the characters, at least one."""
    tokens = [max(1, -(-size // _CHARACTERS_PER_TOKEN)) for size in (read, written)]
    return UsageMetadata(input_tokens=tokens[0], output_tokens=tokens[1], total_tokens=sum(tokens))


def _chunks(message: AIMessage) -> Iterator[AIMessageChunk]:
    """The message piece by piece; the last piece says that it is the last, with usage and tool calls."""
    for piece in _PIECES.findall(str(message.text)):
        yield AIMessageChunk(content=piece)
    calls = [
        tool_call_chunk(name=call["name"], args=json.dumps(call["args"]), id=call["id"], index=index)
        for index, call in enumerate(message.tool_calls)
    ]
    yield AIMessageChunk(
        content="",
        tool_call_chunks=calls,
        usage_metadata=message.usage_metadata,
        response_metadata=message.response_metadata,
        chunk_position="last",
    )
