"""What a tool takes, read off its function: argument types, their JSON schema, the words a model sees.

Types hold the taint: a tool takes ids, enumerations, flags, bounded numbers, dates, values and tuples made of
nothing but those, and text only as `Quoted`. Bare text has one way in, as search `Words` of a reading tool.
"""

import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin, get_type_hints

import annotated_types
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    create_model,
)

from loops.values import Quoted, Value
from tools.ids import Id, SearchWords

WORDS_CHARACTERS = 200
"""A search needs no more; a longer text is a document, not a question."""
ID_CHARACTERS = 200
BOUNDS = frozenset({"maximum", "minimum", "exclusiveMinimum", "maxLength", "minItems", "maxItems"})
"""They keep nonsense out and tell a model little: inside a value they aren't shown, and are still checked."""


Effect = Literal["read", "write", "propose"]
_SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Example|Examples|Note):\s*$", re.MULTILINE)
_ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n {6,}.*)*)", re.MULTILINE)


@dataclass(frozen=True)
class Argument:
    """One argument of a tool."""

    name: str
    type: Any
    default: Any
    # inspect.Parameter.empty where it must be given
    says: str
    # from the docstring


def arguments(name: str, fn: Callable[..., object], effect: Effect) -> tuple[Argument, ...]:
    """The function's arguments after the context, in order.

    Raises:
        TypeError: one has a type that a tool of this effect may not take, or no line in the docstring.
    """
    hints = get_type_hints(fn, include_extras=True)
    said = _documented(fn)
    found: list[Argument] = []
    for parameter in tuple(inspect.signature(fn).parameters.values())[1:]:
        hint = hints.get(parameter.name)
        if why := _refusal(hint, effect):
            raise TypeError(f"tool {name}, argument {parameter.name}: {why}")
        if parameter.name not in said:
            raise TypeError(f"tool {name}, argument {parameter.name}: the docstring has no line for it")
        found.append(Argument(parameter.name, hint, parameter.default, said[parameter.name]))
    return tuple(found)


def _refusal(hint: Any, effect: Effect) -> str | None:
    """Why an argument may not be of that type, or None where it may."""
    marks = _marks(hint)
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(bare) in {Union, types.UnionType}:
        arms = [arm for arm in get_args(bare) if arm is not type(None)]
        return next((why for arm in arms if (why := _refusal(arm, effect))), None)
    if bare is str:
        return _text_refusal(marks, effect)
    if bare in {int, float}:
        least = any(isinstance(mark, annotated_types.Ge | annotated_types.Gt) for mark in marks)
        bounded = least and any(isinstance(mark, annotated_types.Le) for mark in marks)
        return None if bounded else "a number needs a least and a largest value"
    if bare in {bool, date, Quoted} or get_origin(bare) is Literal:
        return None
    if get_origin(bare) is tuple:
        return _refusal(get_args(bare)[0], effect)
    if isinstance(bare, type) and issubclass(bare, Value):
        inner = ((field, _refusal(type_, effect)) for field, type_ in fields_of(bare))
        return next((f"its {field}: {why}" for field, why in inner if why), None)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return None
    return f"{bare} isn't an id, an enumeration, a flag, a bounded number, a date or quoted text"


def fields_of(value: type[Value]) -> Iterator[tuple[str, Any]]:
    """The names of a value's fields, and their types with all their marks."""
    for name, field in value.model_fields.items():
        yield name, Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _text_refusal(marks: tuple[Any, ...], effect: Effect) -> str | None:
    if any(isinstance(mark, Id) for mark in marks):
        return None
    if any(isinstance(mark, SearchWords) for mark in marks):
        return None if effect == "read" else f"a tool that can {effect} takes no search words"
    return "bare text: use an id, an enumeration or Quoted"


def _marks(hint: Any) -> tuple[Any, ...]:
    """The metadata of an annotated type, with what a pydantic `Field` in it stands for."""
    if get_origin(hint) is not Annotated:
        return ()
    marks = get_args(hint)[1:]
    return (*marks, *(inner for mark in marks for inner in getattr(mark, "metadata", ())))


def id_kind(hint: Any) -> str | None:
    """The kind of record that a value of the type names; None where it names none."""
    if get_origin(hint) in {Union, types.UnionType}:
        return next((kind for arm in get_args(hint) if (kind := id_kind(arm))), None)
    return next((mark.kind for mark in _marks(hint) if isinstance(mark, Id)), None)


def model_of(name: str, found: tuple[Argument, ...]) -> type[BaseModel]:
    """The pydantic model of the arguments; it refuses any other."""
    fields: dict[str, Any] = {
        argument.name: (
            _checked(argument.type),
            Field(
                default=... if argument.default is inspect.Parameter.empty else argument.default,
                description=argument.says,
            ),
        )
        for argument in found
    }
    return create_model(f"{name}_arguments", __config__=ConfigDict(extra="forbid", frozen=True), **fields)


def _checked(hint: Any) -> Any:
    """The type with the form that its marks stand for, which pydantic checks and the schema shows."""
    if get_origin(hint) in {Union, types.UnionType}:
        return Union[tuple(_checked(arm) for arm in get_args(hint))]  # noqa: UP007 - made from a tuple
    for mark in _marks(hint):
        if isinstance(mark, Id):
            return Annotated[str, StringConstraints(pattern=mark.pattern, max_length=ID_CHARACTERS)]
        if isinstance(mark, SearchWords):
            return Annotated[str, StringConstraints(min_length=1, max_length=WORDS_CHARACTERS)]
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    nested = get_origin(bare) is tuple or (isinstance(bare, type) and issubclass(bare, Value))
    return Annotated[hint, AfterValidator(_ids_hold)] if nested else hint


def _ids_hold(value: object) -> object:
    """The value itself, where every id in it has an id's form."""
    for one in _each(value):
        for name, hint in fields_of(type(one)) if isinstance(one, Value) else ():
            held = getattr(one, name)
            _ids_hold(held)
            pattern = _pattern(hint)
            named = [text for text in _each(held) if isinstance(text, str)] if pattern else []
            if any(len(text) > ID_CHARACTERS or not re.fullmatch(str(pattern), text) for text in named):
                raise ValueError(f"{name}: this is the id of no {id_kind(hint) or 'record'}")
    return value


def _each(value: object) -> tuple[object, ...]:
    """The items of a tuple; anything else by itself."""
    return cast("tuple[object, ...]", value) if isinstance(value, tuple) else (value,)


def _pattern(hint: Any) -> str | None:
    """The form of the id that the type, or one inside it, stands for; None where it names no record."""
    own = next((mark.pattern for mark in _marks(hint) if isinstance(mark, Id)), None)
    return own or next(filter(None, map(_pattern, get_args(hint))), None)


def schema_of(model: type[BaseModel]) -> dict[str, JsonValue]:
    """The arguments' JSON schema, without what a model has no use for; values in their places, and short."""
    schema = cast("dict[str, Any]", _untitled(model.model_json_schema()))
    values = {name: _short(value) for name, value in schema.pop("$defs", {}).items()}
    return cast("dict[str, JsonValue]", _inlined(schema, values))


def _inlined(node: Any, values: Mapping[str, Any]) -> Any:
    """The schema with every value where it is referred to; none refers to itself."""
    if isinstance(node, list):
        return [_inlined(part, values) for part in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    parts = cast("dict[str, Any]", node)
    if "$ref" in parts:
        own = {key: part for key, part in parts.items() if key != "$ref"}
        return {**_inlined(values[str(parts["$ref"]).rpartition("/")[2]], values), **own}
    return {key: _inlined(part, values) for key, part in parts.items()}


def _untitled(node: Any, named: bool = False) -> Any:
    """The schema without titles and patterns; where `named`, the keys are names of fields."""
    if isinstance(node, list):
        return [_untitled(part) for part in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    parts = cast("dict[str, Any]", node)
    return {
        key: _untitled(part, key in {"properties", "$defs"} and not named)
        for key, part in parts.items()
        if named or key not in {"title", "pattern", "discriminator"}
    }


def _short(value: dict[str, Any]) -> dict[str, Any]:
    """A value's schema without what is said otherwise: an optional field is left out, never null."""
    kept = {key: part for key, part in value.items() if key != "additionalProperties"}
    fields = cast("dict[str, dict[str, Any]]", kept.get("properties", {}))
    if "description" in kept:
        kept["description"] = re.split(r"[.:;]", kept["description"])[0]
    told = [name for name, field in fields.items() if "const" in field or name in value.get("required", ())]
    required = {"required": told} if told else {}
    return {**kept, "properties": {name: _bare(field) for name, field in fields.items()}, **required}


def _bare(field: dict[str, Any]) -> dict[str, Any]:
    """A field's schema; one that may be null as what it is else, and without bounds."""
    arms = [arm for arm in field.get("anyOf", ()) if arm.get("type") != "null"]
    one = arms[0] if len(arms) == 1 else field
    if "const" in one:
        return {"const": one["const"]}
    return {key: part for key, part in one.items() if key not in BOUNDS}


def description(fn: Callable[..., object]) -> str:
    """What the tool does, as its docstring says before its first section; on one line a paragraph."""
    text = inspect.getdoc(fn) or ""
    section = _SECTION.search(text)
    body = text[: section.start()] if section else text
    return "\n".join(" ".join(part.split()) for part in body.strip().split("\n\n"))


def _documented(fn: Callable[..., object]) -> Mapping[str, str]:
    return dict(_lines(inspect.getdoc(fn) or ""))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    start = text.find("Args:\n")
    if start < 0:
        return
    rest = text[start + len("Args:\n") :]
    section = _SECTION.search(rest)
    for line in _ARGUMENT.finditer(rest[: section.start()] if section else rest):
        yield line.group(1), " ".join(line.group(2).split())
