"""A proposal with other values, as a person wants it: a new one, that nothing was measured for yet."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from agent.bootstrap import House
from loops.errors import RevloopsError
from loops.proposal import Edit, Proposal
from tools import workspace as workspaces
from tools.connectors.ports import ChangeHost, ChangeState
from tools.yaml_edit import changed, edited

FOLDERS = ("loops", "plays", "playbook", "frameworks", "rubrics", "scenarios")
"""What of a workspace a loop's config is read from."""


def with_values(
    house: House, host: ChangeHost, change: ChangeState, old: Proposal, values: Mapping[str, JsonValue],
    who: str, why: str,
) -> Proposal:  # fmt: skip
    """The proposal with other values in some of its edits, by that person.

    Args:
        house: where it is tried whether the config still holds.
        host: where the file's text is.
        change: how the old one stands.
        old: the proposal that is revised.
        values: number of an edit (from 1), or a place within the file such as factors.4.values.webinar →
            what it is to say.
        who: the person.
        why: their reason.

    Raises:
        RevloopsError: there is no such edit, or the config wouldn't hold.
    """
    edits = old.edits
    for place, value in values.items():
        edits = _numbered(edits, int(place), value) if place.isdigit() else _placed(edits, place, value)
    before = host.text(change.base, old.file)
    if before is None:
        raise RevloopsError(f"there is no {old.file} any more")
    told = old.promise
    return old.model_copy(
        update={
            "edits": edits,
            "title": f"{old.title.partition(', revised: ')[0]}, revised: {_list(values)}",
            "by": f"person:{who}",
            "why": f"{who} wants other values than {old.id} has: {why.strip()} They weren't measured.",
            "candidate": version_with(house, old.loop, old.file, edited(before, edits, old.file)),
            "figures": (),
            "guardrails": (),
            "promise": told.model_copy(
                update={"expected": told.before, "low": told.before, "high": told.before}
            ),
        }
    )


def _list(values: Mapping[str, JsonValue]) -> str:
    told = (f"{'edit ' if place.isdigit() else ''}{place} = {value}" for place, value in values.items())
    return ", ".join(told)[:100]


def _numbered(edits: tuple[Edit, ...], n: int, value: JsonValue) -> tuple[Edit, ...]:
    if not 1 <= n <= len(edits):
        raise RevloopsError(f"there is no edit {n}: it has {len(edits)}")
    if edits[n - 1].op == "remove":
        raise RevloopsError(f"edit {n} takes something out: it has no value")
    new = edits[n - 1].model_copy(update={"value": value})
    return (*edits[: n - 1], new, *edits[n:])


def _placed(edits: tuple[Edit, ...], place: str, value: JsonValue) -> tuple[Edit, ...]:
    """The edits with another value at a place that one of them says something of."""
    path = tuple(int(key) if key.isdigit() else key for key in place.split("."))
    for at, edit in enumerate(edits):
        depth = len(edit.path)
        if edit.op != "remove" and path[:depth] == edit.path:
            inner = Edit(path=path[depth:], value=value) if path[depth:] else None
            new = changed(edit.value, inner, place) if inner else value
            return (*edits[:at], edit.model_copy(update={"value": new}), *edits[at + 1 :])
    told = ", ".join(".".join(map(str, edit.path)) for edit in edits)
    raise RevloopsError(f"{place} isn't what it changes: name a place in {told}")


def version_with(house: House, loop: str, file: str, text: str) -> str:
    """The version of a loop's config were that file to say that.

    Raises:
        ConfigError: it wouldn't hold, with file and line.
    """
    root, owners = house.workspace.root, workspaces.known_owners(house.workspace.scenario)
    with tempfile.TemporaryDirectory() as folder:
        tried = Path(folder)
        for name in FOLDERS:
            if (root / name).is_dir():
                shutil.copytree(root / name, tried / name)
        (tried / file).parent.mkdir(parents=True, exist_ok=True)
        (tried / file).write_text(text, encoding="utf-8")
        return workspaces.load_config(tried, house.registry.loops[loop], owners).version
