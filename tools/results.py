"""What a tool gave back, kept to a size that a model can read."""

from pydantic import JsonValue

from loops.values import canonical

RESULT_CHARACTERS = 60_000
"""About 15,000 tokens: four such results fill a request's budget, and no page worth reading is longer."""


def fitted(value: JsonValue, most: int = RESULT_CHARACTERS) -> JsonValue:
    """The value; a list that is too long as {items, more}, anything else that is too long as {error}.

    Args:
        value: what a tool gave back.
        most: characters of its canonical form.
    """
    size = len(canonical(value).decode())
    if size <= most:
        return value
    if not isinstance(value, list):
        return {"error": f"the result has {size} characters, more than the {most} that can be read at once"}
    kept: list[JsonValue] = []
    for item in value:
        most -= len(canonical(item).decode()) + 1
        if most < 0:
            break
        kept.append(item)
    return {"items": kept, "more": len(value) - len(kept)}


def items(value: JsonValue) -> list[JsonValue]:
    """The items of a list result, cut short or not; empty for anything else."""
    found = value.get("items") if isinstance(value, dict) else value
    return found if isinstance(found, list) else []
