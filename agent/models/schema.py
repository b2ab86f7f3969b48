"""Reply schemas in the strict form that endpoints enforce, and what they send back in our own form again.

The strict form: every property required, none beside them, no keyword that an endpoint may not know. A free
mapping becomes an array of {name, value}; what may be left out may be null instead.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from pydantic import JsonValue

from loops.values import canonical

Schema = dict[str, JsonValue]
KEPT = ("type", "description", "enum", "$ref")
"""Keywords that every endpoint knows."""
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def strict(schema: Mapping[str, JsonValue]) -> Schema:
    """The schema in the strict form; its `$defs` are kept."""
    made = _strict(cast(Schema, schema))
    parts = cast("dict[str, Schema]", schema.get("$defs") or {})
    return {**made, "$defs": {name: _strict(part) for name, part in parts.items()}} if parts else made


def _strict(schema: Schema) -> Schema:
    made = {key: schema[key] for key in KEPT if key in schema}
    if "$ref" in made:
        return {"$ref": made["$ref"]}
    if "const" in schema:
        made["enum"] = [schema["const"]]
    if branches := _branches(schema):
        return {**made, "anyOf": [_strict(branch) for branch in branches]}
    if (free := _free(schema)) is not None:
        return {**made, "type": "array", "items": _pair(free)}
    if schema.get("type") == "object":
        fields = {name: _field(name, part, schema) for name, part in _properties(schema).items()}
        return {**made, "properties": fields, "required": list(fields), "additionalProperties": False}
    if schema.get("type") == "array":
        return {**made, "items": _strict(_items(schema))}
    return made if made.keys() & {"type", "enum"} else {**made, "type": "string"}


def _field(name: str, part: Schema, schema: Schema) -> JsonValue:
    made = _strict(part)
    if name in cast("list[str]", schema.get("required") or []) or _takes_null(part):
        return made
    return {"anyOf": [made, {"type": "null"}]}


def _pair(free: Schema) -> Schema:
    fields: Schema = {"name": {"type": "string"}, "value": _strict(free)}
    return {"type": "object", "properties": fields, "required": [*fields], "additionalProperties": False}


def _free(schema: Schema) -> Schema | None:
    """The schema of a free mapping's values; None for anything else."""
    if schema.get("type") != "object" or "properties" in schema:
        return None
    values = schema.get("additionalProperties")
    return {} if values is True or values is None else cast(Schema, values) if values else None


def _branches(schema: Schema) -> list[Schema]:
    return cast("list[Schema]", schema.get("anyOf") or schema.get("oneOf") or [])


def _properties(schema: Schema) -> dict[str, Schema]:
    return cast("dict[str, Schema]", schema.get("properties") or {})


def _items(schema: Schema) -> Schema:
    places = cast("list[Schema]", schema.get("prefixItems") or [])
    if not places:
        return cast(Schema, schema.get("items") or {})
    different = [place for at, place in enumerate(places) if place not in places[:at]]
    return different[0] if len(different) == 1 else {"anyOf": cast(JsonValue, different)}


def _takes_null(schema: Schema) -> bool:
    return schema.get("type") == "null" or any(map(_takes_null, _branches(schema)))


# --- and back -------------------------------------------------------------------------------------
def restored(schema: Mapping[str, JsonValue], data: JsonValue) -> JsonValue:
    """Data that fits the strict form, or our own, in our own form; what fits neither is left as it is."""
    parts = cast("dict[str, Schema]", schema.get("$defs") or {})
    return _restored(cast(Schema, schema), data, parts)


def _restored(schema: Schema, data: JsonValue, parts: dict[str, Schema]) -> JsonValue:
    schema = _followed(schema, parts)
    if branches := _branches(schema):
        fitting = next((branch for branch in branches if _fits(_followed(branch, parts), data)), None)
        return _restored(fitting, data, parts) if fitting else data
    free = _free(schema)
    if free is not None and isinstance(data, list):
        pairs = [cast("dict[str, JsonValue]", item) for item in data if _is_pair(item)]
        whole = len(pairs) == len(data)
        return {str(p["name"]): _value(free, p["value"], parts) for p in pairs} if whole else data
    if isinstance(data, dict) and "properties" in schema:
        return {name: value for name, value in _fields(schema, data, parts)}
    if isinstance(data, list) and schema.get("type") == "array":
        return [_restored(_items(schema), item, parts) for item in data]
    return data


def _fields(
    schema: Schema, data: dict[str, JsonValue], parts: dict[str, Schema]
) -> Iterator[tuple[str, JsonValue]]:
    fields, required = _properties(schema), cast("list[str]", schema.get("required") or [])
    for name, value in data.items():
        part = fields.get(name)
        if part is None:
            yield name, value
        elif value is not None or name in required or _takes_null(_followed(part, parts)):
            yield name, _restored(part, value, parts)


def _value(free: Schema, value: JsonValue, parts: dict[str, Schema]) -> JsonValue:
    """A free mapping's value; one of no type was asked for as text, JSON where it is any."""
    if _followed(free, parts) or not isinstance(value, str):
        return _restored(free, value, parts)
    try:
        return cast(JsonValue, json.loads(value))
    except ValueError:
        return value


def _followed(schema: Schema, parts: dict[str, Schema]) -> Schema:
    name = schema.get("$ref")
    return _followed(parts[str(name).removeprefix("#/$defs/")], parts) if name else schema


def _is_pair(item: JsonValue) -> bool:
    return isinstance(item, dict) and set(item) == {"name", "value"}


def _fits(schema: Schema, data: JsonValue) -> bool:
    """Whether the data's kind, and an object's required and constant fields, are the schema's."""
    if _branches(schema):
        return any(_fits(branch, data) for branch in _branches(schema))
    if _free(schema) is not None:
        return isinstance(data, dict) or (isinstance(data, list) and all(map(_is_pair, data)))
    kinds = _TYPES.get(str(schema.get("type")), (object,))
    if not isinstance(data, kinds) or (isinstance(data, bool) and schema.get("type") != "boolean"):
        return False
    if not isinstance(data, dict):
        return True
    constants = {name: part["const"] for name, part in _properties(schema).items() if "const" in part}
    needed = cast("list[str]", schema.get("required") or [])
    return all(name in data for name in needed) and all(data.get(n) == v for n, v in constants.items())


# --- text -----------------------------------------------------------------------------------------
def read_json(text: str) -> dict[str, Any] | None:
    """The first whole JSON object in a text, whatever stands around it; None where there is none.

    A part of an object that is broken or cut off is never taken for the whole.
    """
    at = text.find("{")
    for _ in range(MOST_OBJECTS):
        if at < 0:
            break
        try:
            found: Any = _DECODER.raw_decode(text, at)[0]
            if found:
                return cast("dict[str, Any]", found)
        except (ValueError, RecursionError):
            pass
        end = _closing(text, at)
        at = text.find("{", end) if end else -1
    return None


MOST_OBJECTS = 100
"""Braces in prose that are tried as an object: a text of nothing else is given up on."""


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_constant)
_BRACES = re.compile(r'"(?:\\.|[^"\\])*"|[{}]', re.DOTALL)


def _closing(text: str, at: int) -> int:
    """The place behind the brace that closes the one at `at`; 0: it is never closed."""
    depth = 0
    for found in _BRACES.finditer(text, at):
        depth += {"{": 1, "}": -1}.get(found.group(), 0)
        if depth == 0:
            return found.end()
    return 0


def own_form(schema: Mapping[str, JsonValue], text: str) -> str:
    """The reply in a text as canonical JSON in our own form; the text itself where it holds no object.

    Raises:
        ValueError: it holds half a character, or a number that is none.
        RecursionError: it has too many levels.
    """
    data = read_json(text)
    if data is None:
        return text
    fields = _properties(cast(Schema, schema))
    inner = schema if "value" in data or "value" not in fields else {**schema, **fields["value"]}
    return canonical(restored(inner, data)).decode()
