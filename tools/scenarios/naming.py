"""Names in a workbook as ids: what people write as "Account Executive" becomes account_executive."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from loops.ids import is_plain, plain

IDS: dict[str, dict[str, str]] = {
    "roster": {
        "id": "person", "manager": "person", "role": "role", "territory": "territory", "segment": "segment",
        "seat": "person",
    },
    "hires": {
        "id": "person", "manager": "person", "role": "role", "territory": "territory", "segment": "segment",
    },
    "pools": {"members": "person"},
    "territories": {"id": "territory", "parent": "territory"},
    "segments": {"id": "segment"},
    "account_lists": {"segment": "segment"},
    "investment": {"segment": "segment", "channel": "channel"},
    "prices": {"segment": "segment", "territory": "territory"},
    "productivity": {"role": "role", "segment": "segment", "territory": "territory"},
    "ramps": {"role": "role"},
    "attrition": {"role": "role"},
    "quotas": {"role": "role", "person": "person"},
    "compensation": {"role": "role"},
}  # fmt: skip
"""Section → its fields that name something, and what they name."""
Rename = Callable[[str, str], str]


def plain_ids(data: dict[str, Any]) -> list[str]:
    """A note for each name that became an id; every place that names the thing changes with it.

    A name whose id something else has already, or of which nothing is left, stays as it is.

    Args:
        data: a scenario's data, changed in place.
    """
    said = list(_named(data))
    ids = {pair: pair[1] for pair in said}
    for kind, name in dict.fromkeys(pair for pair in said if not is_plain(pair[1])):
        id = plain(name)
        if is_plain(id) and (kind, id) not in ids.keys() | {(k, v) for (k, _), v in ids.items()}:
            ids[kind, name] = id
    _each(data, lambda kind, name: ids.get((kind, name), name))
    return [f"{kind} {name} is called {id} in the plan" for (kind, name), id in ids.items() if id != name]


def _named(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every name with what it names, as often as it stands there."""
    found = list[tuple[str, str]]()

    def noted(kind: str, name: str) -> str:
        found.append((kind, name))
        return name

    _each(data, noted)
    yield from found


def _each(data: dict[str, Any], rename: Rename) -> None:
    for section, fields in IDS.items():
        lines: list[dict[str, Any]] = data.get(section) or []
        for line in lines:
            for field, kind in fields.items():
                said = line.get(field)
                if isinstance(said, str):
                    line[field] = rename(kind, said)
                elif isinstance(said, list):
                    line[field] = [rename(kind, str(one)) for one in cast("list[object]", said)]
