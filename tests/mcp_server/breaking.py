"""What a change of the tools' schemas breaks for a client that knew them before."""

from collections.abc import Iterator
from typing import Any, cast

Schema = dict[str, Any]
TIGHTER_UP = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
TIGHTER_DOWN = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def breaks(before: dict[str, Schema], after: dict[str, Schema]) -> list[str]:
    """Each thing that a client relied on and that is gone or narrower; a new tool or option is none."""
    found: list[str] = []
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            found.append(f"{name} is gone")
            continue
        found += _taken(name, old["inputSchema"], new["inputSchema"])
        found += _given(name, old["outputSchema"], new["outputSchema"])
        if old["annotations"]["readOnlyHint"] and not new["annotations"]["readOnlyHint"]:
            found.append(f"{name} writes")
    return found


def _taken(where: str, old: Schema, new: Schema) -> Iterator[str]:
    """What an argument may no longer be."""
    was, now = _options(old), _options(new)
    if was and now and not was <= now:
        yield f"{where} may no longer be {', '.join(sorted(was - now))}"
    if "enum" in new and ("enum" not in old or not {*old["enum"]} <= {*new["enum"]}):
        yield f"{where} takes fewer values"
    yield from _bounds(where, old, new)
    if old.get("default") != new.get("default"):
        yield f"{where} has another default"
    yield from _properties(where, old, new)
    if "items" in old and "items" in new:
        yield from _taken(f"{where}[]", old["items"], new["items"])
    for one in old.get("anyOf", ()):
        same = [other for other in new.get("anyOf", ()) if other.get("type") == one.get("type")]
        yield from _taken(where, one, same[0]) if same else ()


def _properties(where: str, old: Schema, new: Schema) -> Iterator[str]:
    there = cast("dict[str, Schema]", new.get("properties", {}))
    for name, one in cast("dict[str, Schema]", old.get("properties", {})).items():
        if name not in there:
            yield f"{where}.{name} is gone"
        else:
            yield from _taken(f"{where}.{name}", one, there[name])
    for name in {*new.get("required", ())} - {*old.get("required", ())}:
        yield f"{where}.{name} is required"


def _bounds(where: str, old: Schema, new: Schema) -> Iterator[str]:
    for key in TIGHTER_UP:
        if new.get(key, float("-inf")) > old.get(key, float("-inf")):
            yield f"{where}: {key} is {new[key]}"
    for key in TIGHTER_DOWN:
        if new.get(key, float("inf")) < old.get(key, float("inf")):
            yield f"{where}: {key} is {new[key]}"


def _given(where: str, old: Schema, new: Schema) -> Iterator[str]:
    """What a result no longer holds."""
    there = cast("dict[str, Schema]", new.get("properties", {}))
    for name, one in cast("dict[str, Schema]", old.get("properties", {})).items():
        if name not in there or there[name].get("type") != one.get("type"):
            yield f"{where} gives no {name} as it did"
    for name in {*old.get("required", ())} - {*new.get("required", ())}:
        yield f"{where} may leave {name} out"


def _options(schema: Schema) -> set[str]:
    """The types that it takes; empty: any."""
    each = cast("list[Schema]", schema.get("anyOf", [schema]))
    return {str(one["type"]) for one in each if "type" in one}
