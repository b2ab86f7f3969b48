"""What a tool takes, read off its function: JSON schemas that are short, and refusals that name the fault."""

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StrictBool, ValidationError, create_model

from loops.config import faults
from loops.errors import RevloopsError
from tools.signature import description

MOST_CHARACTERS = 64_000
"""Arguments of one call as JSON."""
_IDLE = (("default", ""), ("default", None))
"""What a schema needn't say of an argument that may be left out."""
_ANYTHING = {"$ref": "#/$defs/JsonValue"}
"""What pydantic writes where any JSON will do; `true` says it without a definition that holds nothing."""
_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n {6,}.*)*)", re.MULTILINE)


def says(fn: Callable[..., object]) -> str:
    """What the tool does, and when to use it and when not: its docstring before the arguments."""
    return description(fn)


def model_of(name: str, fn: Callable[..., object]) -> type[BaseModel]:
    """The arguments after the desk as a model that refuses any other."""
    hints = get_type_hints(fn, include_extras=True)
    text = inspect.getdoc(fn) or ""
    told = {m[1]: " ".join(m[2].split()) for m in _ARGUMENT.finditer(text.partition("Args:\n")[2])}
    fields: dict[str, Any] = {}
    for parameter in tuple(inspect.signature(fn).parameters.values())[1:]:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        kind = hints[parameter.name]
        kind = StrictBool if kind is bool else kind  # "false" is a word, and a word isn't taken for a no
        fields[parameter.name] = (kind, Field(default, description=told[parameter.name]))
    return create_model(name, __config__=ConfigDict(extra="forbid", frozen=True), **fields)


def short(model: type[BaseModel]) -> dict[str, Any]:
    """Its JSON schema without titles and without what only repeats."""
    schema = cast("dict[str, Any]", _bare(model.model_json_schema(mode="validation"), named=False))
    schema.pop("description", None)
    schema.get("$defs", {}).pop("JsonValue", None)
    return {key: part for key, part in schema.items() if key != "$defs" or part}


def output(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a result whose empty fields are left out."""
    from mcp_server.answer import Approval

    fields = short(model)["properties"]
    del fields["reading"]
    named = ", ".join(Approval.model_fields)
    fields["approval_required"] = {"type": "array", "items": {"type": "object"}, "description": named}
    kept = ("type", "items", "description")
    slim = {name: {k: v for k, v in field.items() if k in kept} for name, field in fields.items()}
    slim["items"]["items"] = {"type": "object"}
    slim["dry_run"] = {"type": "boolean"}
    return {"type": "object", "properties": slim, "required": ["says"]}


def _bare(node: Any, *, named: bool) -> Any:
    """The schema without titles; where `named`, the keys are names of fields."""
    if isinstance(node, list):
        return [_bare(part, named=False) for part in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    parts = cast("dict[str, Any]", node)
    if parts == _ANYTHING:
        return True
    return {
        key: _bare(part, named=key in {"properties", "$defs"} and not named)
        for key, part in parts.items()
        if named or (key != "title" and (key, part) not in _IDLE)
    }


def read(name: str, model: type[BaseModel], arguments: Mapping[str, JsonValue]) -> dict[str, Any]:
    """The arguments, checked.

    Raises:
        RevloopsError: one is missing, unknown, too long or of the wrong type; each fault is named.
    """
    takes = ", ".join(model.model_fields)
    text = json.dumps(dict(arguments))
    if len(text) > MOST_CHARACTERS:
        raise RevloopsError(f"{name}: {len(text):,} characters of arguments, at most {MOST_CHARACTERS:,}")
    unknown = [key[:60] for key in arguments if key not in model.model_fields]
    if unknown:
        raise RevloopsError(f"{name} takes no {', '.join(unknown)}; it takes {takes or 'nothing'}")
    try:
        checked = model.model_validate_json(text)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, at))[:60]}: {why}" for at, why in faults(error))
        raise RevloopsError(f"{name}: {said}. It takes {takes}") from None
    return {field: getattr(checked, field) for field in model.model_fields}
