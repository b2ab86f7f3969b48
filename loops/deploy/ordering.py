"""What departs from the declared state, and the order in which it can be made so."""

from collections.abc import Iterable, Mapping

from loops.deploy.outputs import Change
from loops.structure import PARTS, Item
from loops.values import content_hash

Things = Mapping[tuple[str, str], Item]


def keyed(items: Iterable[Item]) -> dict[tuple[str, str], Item]:
    """The things by part and key."""
    return {(item.part, item.key): item for item in items}


def state_hash(fields: Mapping[str, str] | None) -> str:
    """The hash of what stands somewhere; "" where nothing does."""
    return "" if fields is None else content_hash(dict(fields))


def differences(wanted: Things, standing: Things) -> tuple[Change, ...]:
    """What has to be put there, changed or taken away, by part and key; empty where they agree."""
    found: list[Change] = []
    for at in sorted({*wanted, *standing}):
        new, old = wanted.get(at), standing.get(at)
        if new is None and old is not None:
            found.append(Change(action="remove", part=old.part, key=old.key, before=old.fields))
        elif new is not None and old is None:
            found.append(Change(action="create", part=new.part, key=new.key, fields=new.fields))
        elif new is not None and old is not None and new.fields != old.fields:
            found.append(
                Change(action="change", part=new.part, key=new.key, fields=new.fields, before=old.fields)
            )
    return tuple(found)


def ordered(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes so that each finds what it needs.

    Structure comes before what is assigned to it, parents before children; what goes comes last of all, and
    there the other way round.
    """
    mine = tuple(changes)
    new = {(c.part, c.key): c.fields for c in mine if c.action != "remove"}
    gone = {(c.part, c.key): c.before for c in mine if c.action == "remove"}

    def place(change: Change) -> tuple[bool, int, int, str]:
        rank = PARTS.index(change.part)
        if change.action == "remove":
            return True, -rank, -_depth(change, gone), change.key
        return False, rank, _depth(change, new), change.key

    return tuple(sorted(mine, key=place))


def _depth(change: Change, fields: Mapping[tuple[str, str], Mapping[str, str]]) -> int:
    """How many of the changed things lie above it; a circle ends where it began."""
    above = "parent" if change.part == "territory" else "manager"
    seen, at = {change.key}, fields[change.part, change.key].get(above, "")
    while at and at not in seen and (change.part, at) in fields:
        seen.add(at)
        at = fields[change.part, at].get(above, "")
    return len(seen)
