"""A request in the words of a manner, and what comes back of it as a completion."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any, cast

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import JsonValue

from agent.models.errors import BadAnswer
from agent.models.exchange import Call, Completion, Request, ToolSchema, Turn
from agent.models.manners import LIMITS, Manner
from agent.models.messages import call_id, from_message, to_messages
from agent.models.schema import own_form, read_json, strict
from loops.values import canonical
from tools.model_settings import ModelSettings

REPLY = "reply"
"""The function that a model replies with where its endpoint enforces no schema."""
MOST_LEVELS = 100
"""Objects and lists inside one another that are read: five times what any schema has, and far from what would
break what reads them."""


@dataclass(frozen=True)
class Instructions:
    """The words that take the place of what an endpoint can't do."""

    reply: str
    # with {schema} and {tools}
    tools: str
    # with {tools}


@dataclass(frozen=True)
class Wording:
    """A request as it is sent."""

    messages: list[BaseMessage]
    options: dict[str, Any]
    # parameters beside the messages
    body: dict[str, JsonValue]
    # those that LangChain would turn into something else
    characters: int
    # of everything that the model reads

    @property
    def sent(self) -> frozenset[str]:
        """The names of its parameters."""
        return frozenset({*self.options, *self.body})


def worded(
    request: Request, manner: Manner, settings: ModelSettings, said: Instructions, openai: bool
) -> Wording:
    """The request in this manner; `openai` says whether the endpoint is OpenAI's own."""
    turns, tools, choice = request.turns, request.tools, None
    body: dict[str, JsonValue] = {}
    if manner.structured == "json":
        turns, tools = _plain(request, said), ()
    elif request.output is not None and manner.structured == "tools":
        tools = (*tools, ToolSchema(REPLY, "Gives the reply.", _bare(request.output)))
        choice = "required"
    elif request.output is not None:
        form: JsonValue = {"name": request.output_name, "schema": _strict(request), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    options: dict[str, Any] = {
        "tools": [_function(tool) for tool in tools] or None,
        "tool_choice": choice,
        "temperature": settings.temperature,
        "seed": settings.seed,
        "user": f"revloops-{request.role}",
    }
    limits = [name for name in (reversed(LIMITS) if openai else LIMITS) if name not in manner.without]
    if limits:
        body[limits[0]] = settings.max_answer_tokens
    kept = {k: v for k, v in options.items() if v is not None and k not in manner.without}
    characters = sum(map(_length, turns)) + len(canonical({"tools": kept.get("tools"), **body}))
    return Wording(to_messages(turns), kept, body, characters)


def understood(message: AIMessage, request: Request, manner: Manner, model: str) -> Completion:
    """What the model said, its reply in our own form.

    Raises:
        BadAnswer: it can't be read, or what was read couldn't be written down.
    """
    try:
        said = _understood(message, request, manner, model)
        reply = read_json(said.text) if request.output is not None else None
        for data in (reply, *(call.args for call in said.calls)):
            _writable(data)
        _writable([said.text, said.refusal, [call.name for call in said.calls]])
    except (ValueError, RecursionError) as error:
        raise BadAnswer(
            f"{model}'s answer can't be read: it has half a character, a number that is none, "
            f"or more than {MOST_LEVELS} levels"
        ) from error
    return said


def _writable(data: JsonValue) -> None:
    """Refuse what has no canonical form, or too many levels.

    Raises:
        ValueError: it is so.
    """
    level: list[JsonValue] = [data]
    for _ in range(MOST_LEVELS):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            break
    else:
        raise ValueError(f"more than {MOST_LEVELS} levels")
    canonical(data)


def _inside(data: JsonValue) -> Iterable[JsonValue]:
    if isinstance(data, dict):
        return data.values()
    return data if isinstance(data, list) else ()


def _understood(message: AIMessage, request: Request, manner: Manner, model: str) -> Completion:
    start = sum(len(turn.calls) for turn in request.turns)
    said = from_message(message, model, start)
    if manner.structured == "tools":
        said = _from_function(said, message)
    elif manner.structured == "json":
        said = _from_words(said, start, bool(request.tools))
    if said.text and request.output is not None:
        said = replace(said, text=own_form(request.output, said.text))
    return said


def _from_function(said: Completion, message: AIMessage) -> Completion:
    """A call of the reply function is the reply, unless the model wants something else looked up first."""
    others = tuple(call for call in said.calls if call.name != REPLY)
    if len(others) == len(said.calls) or others:
        return replace(said, calls=others)
    reply = said.calls[0]
    broken = next((c["args"] for c in message.invalid_tool_calls if c["name"] == REPLY), None)
    return replace(said, text=broken or "" if reply.fault else canonical(reply.args).decode(), calls=())


def _from_words(said: Completion, start: int, granted: bool) -> Completion:
    data = read_json(said.text)
    wanted = data.get("calls") if data and granted else None
    if not isinstance(wanted, list):
        return said
    calls = [_wanted(item, start + n) for n, item in enumerate(cast("list[JsonValue]", wanted))]
    return replace(said, text="", calls=tuple(calls)) if calls else said


def _wanted(item: JsonValue, n: int) -> Call:
    entry = item if isinstance(item, dict) else {}
    name, args = str(entry.get("name") or "?"), entry.get("args")
    if isinstance(args, dict):
        return Call(name, args, call_id(name, args, n))
    return Call(name, {}, call_id(name, {}, n), "its args are no JSON object")


# --- as plain text --------------------------------------------------------------------------------
def _plain(request: Request, said: Instructions) -> tuple[Turn, ...]:
    """The conversation for a server that knows text alone: calls and results are JSON in it."""
    found: list[Turn] = []
    results: list[JsonValue] = []
    for turn, after in zip(request.turns, (*request.turns[1:], None), strict=True):
        if turn.role == "tool":
            results.append({"name": turn.name, "result": _json(turn.text)})
            if after is not None and after.role == "tool":
                continue
            text, results = canonical({"results": results}).decode(), []
            found.append(Turn("human", text))
        elif turn.calls:
            wanted: list[JsonValue] = [{"name": call.name, "args": call.args} for call in turn.calls]
            found.append(Turn("ai", canonical({"calls": wanted}).decode()))
        else:
            found.append(turn)
    told = _instructions(request, said)
    if told and found and found[0].role == "system":
        found[0] = Turn("system", f"{found[0].text}\n\n{told}")
    return tuple(_merged(found))


def _json(text: str) -> JsonValue:
    """A tool's result as it is; text that is no JSON as text."""
    try:
        return cast(JsonValue, json.loads(text))
    except ValueError:
        return text


def _merged(turns: list[Turn]) -> list[Turn]:
    """Neighbouring human turns as one: many servers want the two sides in turn."""
    found: list[Turn] = []
    for turn in turns:
        if found and turn.role == "human" == found[-1].role:
            found[-1] = Turn("human", f"{found[-1].text}\n\n{turn.text}")
        else:
            found.append(turn)
    return found


def _instructions(request: Request, said: Instructions) -> str:
    listed = "\n".join(
        canonical({"name": t.name, "description": t.description, "schema": _bare(t.parameters)}).decode()
        for t in request.tools
    )
    tools = said.tools.replace("{tools}", listed) if listed else ""
    if request.output is None:
        return tools
    schema = canonical(_bare(request.output)).decode()
    return said.reply.replace("{tools}", tools).replace("{schema}", schema).strip()


# --- schemas --------------------------------------------------------------------------------------
def _function(tool: ToolSchema) -> dict[str, JsonValue]:
    parameters = _bare(tool.parameters)
    said: JsonValue = {"name": tool.name, "description": tool.description, "parameters": parameters}
    return {"type": "function", "function": said}


def _strict(request: Request) -> dict[str, JsonValue]:
    return dict(_strict_of(canonical(request.output or {})))


@lru_cache(maxsize=64)
def _strict_of(schema: bytes) -> dict[str, JsonValue]:
    return strict(read_json(schema.decode()) or {})


def _bare(schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """The schema without the titles that pydantic writes: a fifth of it that says nothing."""
    return {
        name: _bare(part) if isinstance(part, dict) else _bare_items(part)
        for name, part in schema.items()
        if not (name == "title" and isinstance(part, str))
    }


def _bare_items(part: JsonValue) -> JsonValue:
    if not isinstance(part, list):
        return part
    return [_bare(item) if isinstance(item, dict) else item for item in part]


def _length(turn: Turn) -> int:
    return sum(map(len, chain((turn.text,), (canonical(call.args).decode() for call in turn.calls))))
