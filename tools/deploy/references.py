"""What a thing in the systems of work needs before it can stand, and what must be gone before it can go."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from loops.structure import Part, told
from tools.errors import ToolRetry

NEEDS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "territory": (("parent", ("territory",)),),
    "seat": (("territory", ("territory",)), ("pool", ("pool",))),
    "assignment": (("person", ("person",)), ("territory", ("territory",))),
    "membership": (("person", ("person",)), ("pool", ("pool",))),
    "coverage": (("owner", ("person",)), ("territory", ("territory",))),
    "quota": (("person", ("person", "seat")),),
    "comp_plan": (("person", ("person",)), ("territory", ("territory",))),
}
"""Part → its fields that name another thing, and the parts that can be."""


def needs(part: str, fields: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """What has to stand for this to stand: the parts it can be, and its key."""
    for field, parts in NEEDS.get(part, ()):
        name = fields.get(field, "")
        if name and not name.startswith("queue:"):
            yield parts, name


def needed_by(part: Part) -> tuple[str, ...]:
    """The parts that can need one of that part; empty where none can."""
    return tuple(other for other, fields in NEEDS.items() if any(part in parts for _, parts in fields))


def check_put(part: Part, key: str, fields: Mapping[str, str], has: Callable[[str, str], bool]) -> None:
    """Refuses what lacks what it needs.

    Raises:
        ToolRetry: it may come.
    """
    for parts, name in needs(part, fields):
        if not any(has(other, name) for other in parts):
            raise ToolRetry(f"{told(part, key)} needs {told(parts[0], name)}, which doesn't stand")


def check_remove(
    part: Part, key: str, items: Iterable[tuple[tuple[str, str], Mapping[str, str]]]
) -> None:
    """Refuses to take away what something else still needs.

    Raises:
        ToolRetry: it may go.
    """
    for (other, name), fields in items:
        if (other, name) != (part, key) and any(
            part in parts and key == needed for parts, needed in needs(other, fields)
        ):
            raise ToolRetry(f"{told(part, key)} can't go: {told(other, name)} still needs it")
