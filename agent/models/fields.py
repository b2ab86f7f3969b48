"""Which fields a specialist's model can be sent: read off the types of its tasks."""

import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from agent.spec import AgentSpec
from loops.values import Quoted, Value

Tasks = Mapping[str, tuple[type[Value], ...]]
"""Specialist → the types of what it can be sent."""
CELLS = ("message", "source", "title", "industry", "created_on")
"""Columns of a lead's row that can reach a model: in its cells, or as the tool `lead_row` returns them."""
ROW = "row"
_CELL = frozenset({"field", "words"})


@dataclass(frozen=True)
class Kind:
    """What a type hint comes down to: lists and mappings are transparent."""

    inner: Any
    nullable: bool = False


def tasks_of(specs: Iterable[AgentSpec]) -> dict[str, tuple[type[Value], ...]]:
    """The types of what each of these can be sent."""
    found: dict[str, tuple[type[Value], ...]] = {}
    for spec in specs:
        found[spec.name] = (*found.get(spec.name, ()), spec.task)
    return found


def kind_of(hint: Any) -> Kind:
    """The hint without what is wrapped around it."""
    origin = get_origin(hint)
    if origin is Annotated:
        return kind_of(get_args(hint)[0])
    if origin in {Union, types.UnionType}:
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        return replace(kind_of(arms[0]), nullable=len(arms) < len(get_args(hint)))
    if origin in {tuple, list, dict}:
        return kind_of(get_args(hint)[-1] if origin is dict else get_args(hint)[0])
    return Kind(hint)


@lru_cache(maxsize=256)
def hints(model: type[BaseModel]) -> dict[str, Any]:
    """Field → its type, in order."""
    found = get_type_hints(model, include_extras=True)
    return {name: found[name] for name in model.model_fields}


def has_fields(inner: Any) -> TypeGuard[type[BaseModel]]:
    """Whether there are fields below that can be named; quoted words are one field."""
    return isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not Quoted


def is_cell(model: type[BaseModel]) -> bool:
    """Whether it is a cell of a row, which is named by its column."""
    return model.model_fields.keys() >= _CELL


def fields_of(task: type[BaseModel], before: str = "") -> Iterator[str]:
    """The dotted path of every field without fields of its own, in the type's order."""
    for name, hint in hints(task).items():
        inner = kind_of(hint).inner
        if has_fields(inner):
            yield from fields_of(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def named(task: type[BaseModel]) -> Iterator[str]:
    """Every path that can be withheld: each field, what holds it, and the columns of a row."""
    for path in fields_of(task):
        parts = path.split(".")
        yield from (".".join(parts[:n]) for n in range(1, len(parts) + 1))
    for name, hint in hints(task).items():
        inner = kind_of(hint).inner
        if has_fields(inner) and is_cell(inner):
            yield from (f"{name}.{cell}" for cell in CELLS)
