"""What the embedded model answers where no written policy applies: values made from the schema alone."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from agent.spec import ToolCall

Schema = Mapping[str, Any]

_NUMBER = re.compile(r"-?\d+")
_PLACE = re.compile(r"\bin ([A-Z][\w ]*)")
_TEXT_CHARACTERS = 40
_DEPTH = 8
# a schema that refers to itself ends here


def made(schema: Schema, text: str) -> Any:
    """A value that fits the JSON schema, with numbers and names taken from the text where it has any."""
    return _made(schema, text, schema.get("$defs", {}), 0)


def _made(schema: Schema, text: str, known: Schema, depth: int) -> Any:
    if "$ref" in schema:
        return _made(known[schema["$ref"].rpartition("/")[2]], text, known, depth + 1)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _made(schema[key][0], text, known, depth + 1)
    if "enum" in schema or "const" in schema:
        return schema["enum"][0] if "enum" in schema else schema["const"]
    if schema.get("type") == "array":
        return (
            [_made(schema.get("items", {"type": "string"}), text, known, depth + 1)] if depth < _DEPTH else []
        )
    if schema.get("type") == "object" or "properties" in schema:
        return _object(schema, text, known, depth)
    return _plain(schema.get("type"), text)


def _object(schema: Schema, text: str, known: Schema, depth: int) -> dict[str, Any]:
    fields: Mapping[str, Schema] = schema.get("properties", {})
    required: Sequence[str] = schema.get("required", tuple(fields))
    return {name: _made(field, text, known, depth + 1) for name, field in fields.items() if name in required}


def _plain(kind: object, text: str) -> Any:
    if kind in {"integer", "number"}:
        number = _NUMBER.search(text)
        return int(number.group()) if number else 0
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    place = _PLACE.search(text)
    return place.group(1) if place else text[:_TEXT_CHARACTERS] or "x"


def wanted(tools: Sequence[Schema], choice: Any, text: str, answered: bool) -> ToolCall | None:
    """The call of a bound tool: the one that is forced, else the first while no tool has answered.

    Args:
        tools: the bound tools, in the OpenAI form.
        choice: `auto`, `none`, `any`, a tool's name, or the OpenAI form of one.
        text: the person's last message.
        answered: whether the last message is a tool's.
    """
    forced = choice not in (None, "auto", "none")
    if not tools or choice == "none" or (answered and not forced):
        return None
    known: dict[str, Schema] = {tool["function"]["name"]: tool["function"] for tool in tools}
    named = choice if isinstance(choice, str | None) else choice["function"]["name"]
    found = known.get(str(named)) or next(iter(known.values()))
    return ToolCall(found["name"], made(found.get("parameters", {"type": "object"}), text))


def reply(schema: Schema | None, text: str, last: str) -> str:
    """The text of an answer: JSON that fits the schema where one is asked for."""
    return json.dumps(made(schema, text)) if schema else f"ok: {last[:_TEXT_CHARACTERS] or 'done'}"
