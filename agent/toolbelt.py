"""The tools in an agent's hands: those granted to it, over the records its task names, and nothing else."""

import types
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Union, cast, get_args, get_origin, get_type_hints

from pydantic import JsonValue

from agent.models.exchange import ToolSchema
from agent.spec import ToolCall, ToolCaller
from loops.errors import PlanError
from loops.ids import Id
from loops.values import Value
from tools.catalog import Tool
from tools.errors import ToolFailed, ToolRetry
from tools.results import fitted

_SHOWN_CHARACTERS = 60
"""As much of a name as an error repeats: it may be anybody's text."""


class Toolbelt:
    """Tools that were granted, within reach.

    A call that may not be made isn't made: its result says why, in one sentence, and the agent goes on.
    """

    def __init__(self, tools: Mapping[str, Tool], reach: frozenset[str] | None) -> None:
        self._tools = tools
        self._reach = reach
        # `<kind>:<id>` of the records it may name; None: any that exists

    @property
    def schemas(self) -> tuple[ToolSchema, ...]:
        """The tools as a model sees them, in the order of the grant."""
        return tuple(_schema(tool) for tool in self._tools.values())

    def perform(self, wanted: ToolCall, call: ToolCaller) -> JsonValue:
        """What the tool gave back, or {error} with why there is nothing.

        Args:
            wanted: the call as the agent wants it.
            call: runs a tool on the runtime's side; its arguments were checked.
        """
        tool = self._tools.get(wanted.name)
        if tool is None:
            return {"error": f"there is no tool {wanted.name[:_SHOWN_CHARACTERS]}; {self._there_are()}"}
        try:
            args = cast("dict[str, JsonValue]", tool.read(wanted.args).model_dump(mode="json"))
            self._within(tool, args)
            return fitted(call(tool, args))
        except (ToolRetry, ToolFailed, PlanError) as error:
            return {"error": str(error)}

    def _within(self, tool: Tool, args: Mapping[str, JsonValue]) -> None:
        for name, kind in tool.ids.items():
            said = args[name]
            if self._reach is not None and said is not None and f"{kind}:{said}" not in self._reach:
                raise ToolRetry(f"{tool.name}: {said} isn't part of this task; use the task's own {kind}")

    def _there_are(self) -> str:
        return f"there are {', '.join(self._tools)}" if self._tools else "this agent has none"


@lru_cache(maxsize=256)
def _schema(tool: Tool) -> ToolSchema:
    seen = cast("dict[str, Any]", tool.schema)
    return ToolSchema(seen["name"], seen["description"], seen["parameters"])


def reach_of(payload: Mapping[str, JsonValue], task: type[Value]) -> frozenset[str]:
    """The records that a task names, as `<kind>:<id>`: what an agent that works on it may name to a tool.

    Only a field whose type says that it is an id counts. Text of any field, quoted or not, adds nothing,
    whatever it looks like: a page or a column can't bring a record within reach.

    Args:
        payload: the task as plain JSON.
        task: its type.
    """
    return frozenset(_named(task, cast(JsonValue, payload)))


def _named(hint: Any, value: JsonValue) -> Iterator[str]:
    if get_origin(hint) is Annotated:
        hint, *marks = get_args(hint)
        kind = next((mark.kind for mark in marks if isinstance(mark, Id)), None)
        if kind and isinstance(value, str) and value:
            yield f"{kind}:{value}"
            return
    if get_origin(hint) in {Union, types.UnionType}:
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        # of several types it isn't known which one the value has, so none of them adds anything
        yield from _named(arms[0], value) if len(arms) == 1 else ()
    elif isinstance(value, list):
        yield from (found for item in value for found in _named((*get_args(hint), str)[0], item))
    elif isinstance(value, dict) and isinstance(hint, type) and issubclass(hint, Value):
        for name, inner in _fields(hint).items():
            yield from _named(inner, value.get(name))


@lru_cache(maxsize=256)
def _fields(model: type[Value]) -> dict[str, Any]:
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}
