"""Edits of a YAML text that touch nothing but what they change: comments, quotes, order and layout stay."""
# ruamel.yaml has no types of its own
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import re
from collections.abc import Sequence
from io import StringIO
from typing import Any, cast

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from loops.errors import ConfigError, Fault, RevloopsError
from loops.proposal import Edit, Key
from tools import yaml_text

_COMMENT = re.compile(r"[ \t]*#[^\n]*\n")


def edited(text: str, edits: Sequence[Edit], file: str = "the file") -> str:
    """The text with the edits made, one after the other.

    Args:
        text: YAML.
        edits: a `set` of a mapping goes into it and touches only the keys that differ; of a key that isn't
            there yet, it is added behind the others.
        file: what to call the text where something is wrong.

    Raises:
        RevloopsError: a path leads nowhere, or an edit doesn't fit what stands there.
        ConfigError: the text isn't YAML.
    """
    for edit in edits:
        wanted = changed(yaml_text.read(text, file)[0], edit, file)
        text = _made(text, edit, file)
        if not _says(text, wanted):
            told = f"{_words(edit.path)} can't be edited where it stands; edit it by hand"
            raise RevloopsError(f"{file}: {told}")
    return text


def _says(text: str, wanted: JsonValue) -> bool:
    try:
        return yaml_text.read(text, "")[0] == wanted
    except ConfigError:
        return False


def changed(data: JsonValue, edit: Edit, file: str = "the file") -> JsonValue:
    """The data with the edit made: what the edited text must say.

    Raises:
        RevloopsError: its path leads nowhere, or it doesn't fit what stands there.
    """
    return _changed(data, edit.path, edit, file)


def _changed(data: JsonValue, path: Sequence[Key], edit: Edit, file: str) -> JsonValue:
    head, *rest = path
    if isinstance(data, dict) and isinstance(head, str):
        there = dict(data)
    elif isinstance(data, list) and isinstance(head, int):
        there = list(data)
    else:
        raise RevloopsError(f"{file}: there is no {_words(edit.path)}")
    if rest:
        if not _holds(there, head):
            raise RevloopsError(f"{file}: there is no {_words(edit.path)}")
        slot: Any = there  # a list by its place, a mapping by its key: `_holds` has seen that it fits
        slot[head] = _changed(slot[head], rest, edit, file)
        return there
    return _changed_here(there, head, edit, file)


def _changed_here(
    there: dict[str, JsonValue] | list[JsonValue], head: Key, edit: Edit, file: str
) -> JsonValue:
    if edit.op == "insert":
        if not isinstance(there, list) or not 0 <= cast("int", head) <= len(there):
            raise RevloopsError(f"{file}: nothing can be inserted at {_words(edit.path)}: no list is there")
        there.insert(cast("int", head), edit.value)
    elif isinstance(there, dict) and edit.op == "set":
        there[cast("str", head)] = edit.value
    elif not _holds(there, head):
        raise RevloopsError(f"{file}: there is no {_words(edit.path)}")
    elif edit.op == "remove":
        del there[head]  # pyright: ignore[reportCallIssue, reportArgumentType]
    else:
        cast("list[JsonValue]", there)[cast("int", head)] = edit.value
    return there


def _holds(there: dict[str, JsonValue] | list[JsonValue], key: Key) -> bool:
    return key in there if isinstance(there, dict) else isinstance(key, int) and 0 <= key < len(there)


def _words(path: Sequence[Key]) -> str:
    return ".".join(map(str, path))


# --- in the text ----------------------------------------------------------------------------------
def _made(text: str, edit: Edit, file: str) -> str:
    root = _node(text, file)
    if edit.op == "set" and (node := _at(root, edit.path)):
        return _set(text, node, edit.value)
    parent = _at(root, edit.path[:-1])
    if isinstance(parent, MappingNode):
        key = str(edit.path[-1])
        removes = edit.op == "remove"
        return _without_key(text, parent, key) if removes else _with_key(text, parent, key, edit.value)
    if isinstance(parent, SequenceNode):
        place = cast("int", edit.path[-1])
        return _without_item(text, parent, place) if edit.op == "remove" else _with_item(
            text, parent, place, edit.value
        )
    raise RevloopsError(f"{file}: there is no {_words(edit.path)}")


def _node(text: str, file: str) -> Node:
    node = YAML(typ="safe", pure=True).compose(StringIO(text))
    if node is None:
        raise ConfigError(Fault(file, 1, "", "nothing stands here"))
    return node


def _at(node: Node, path: Sequence[Key]) -> Node | None:
    for key in path:
        if isinstance(node, MappingNode):
            found = next((value for name, value in node.value if str(name.value) == str(key)), None)
        elif isinstance(node, SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
            found = node.value[key]
        else:
            found = None
        if found is None:
            return None
        node = found
    return node


def _set(text: str, node: Node, value: JsonValue) -> str:
    """The node says the value; inside a mapping or a list only what differs is touched."""
    there = _data(text, node)
    if isinstance(node, MappingNode) and isinstance(value, dict) and isinstance(there, dict) and there:
        return _set_keys(text, node, there, value)
    if isinstance(node, SequenceNode) and isinstance(value, list) and isinstance(there, list):
        alike = len(value) == len(there)
        if alike and all(isinstance(v, type(w)) for v, w in zip(value, there, strict=True)):
            for place in reversed(range(len(value))):
                if value[place] != there[place]:
                    text = _set(text, node.value[place], value[place])
            return text
    start, end = _span(text, node)
    blank = " " if start == end and text[start - 1 : start] not in ("", " ", "\n") else ""
    return text[:start] + blank + _flow(value) + text[end:]


def _set_keys(
    text: str, node: MappingNode, there: dict[str, JsonValue], value: dict[str, JsonValue]
) -> str:
    """From the back, so that what lies before keeps its place."""
    new = [key for key in value if key not in there]
    for key in reversed(new):
        text = _with_key(text, node, key, value[key])
    for name, inner in reversed(node.value):
        key = str(name.value)
        if key in value and value[key] != there[key]:
            text = _set(text, inner, value[key])
    for key in [key for key in there if key not in value]:
        again = _node(text, "")
        text = _without_key(text, cast("MappingNode", _same(again, node)), key)
    return text


def _same(root: Node, node: Node) -> Node:
    """The node that starts where that one does."""
    if root.start_mark.index == node.start_mark.index and isinstance(root, type(node)):
        return root
    inner = [value for _, value in root.value] if isinstance(root, MappingNode) else root.value
    for one in inner if isinstance(root, MappingNode | SequenceNode) else ():
        found = _same(one, node)
        if found.start_mark.index == node.start_mark.index and isinstance(found, type(node)):
            return found
    return root


def _data(text: str, node: Node) -> JsonValue:
    start, end = _span(text, node)
    column = node.start_mark.column
    return yaml_text.read(" " * column + text[start:end] + "\n", "")[0]


def _span(text: str, node: Node) -> tuple[int, int]:
    """Where its own words begin and end; a block's without what follows it."""
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, MappingNode | SequenceNode) or node.flow_style:
        return start, start + len(text[start:end].rstrip())
    last = node.value[-1]
    return start, _span(text, last[1] if isinstance(node, MappingNode) else last)[1]


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _with_key(text: str, node: MappingNode, key: str, value: JsonValue) -> str:
    told = f"{_flow(key)}: {_flow(value)}"
    if node.flow_style:
        end = _span(text, node.value[-1][1])[1] if node.value else node.start_mark.index + 1
        return text[:end] + (", " if node.value else "") + told + text[end:]
    end = _line_end(text, _span(text, node)[1])
    lead = "" if text[:end].endswith("\n") else "\n"
    return text[:end] + lead + " " * node.start_mark.column + told + "\n" + text[end:]


def _without_key(text: str, node: MappingNode, key: str) -> str:
    place = next(at for at, (name, _) in enumerate(node.value) if str(name.value) == key)
    name, value = node.value[place]
    return _without(text, node, place, name.start_mark.index, _span(text, value)[1])


def _without_item(text: str, node: SequenceNode, place: int) -> str:
    end = _span(text, node.value[place])[1]
    start = node.value[place].start_mark.index if node.flow_style else _dash(text, node, place)
    return _without(text, node, place, start, end)


def _dash(text: str, node: SequenceNode, place: int) -> int:
    """Where a block item's dash stands; its value can begin lines below."""
    column = node.start_mark.column
    at = _line_start(text, node.value[place].start_mark.index)
    while text[at + column : at + column + 1] != "-" or text[at : at + column].strip(" -"):
        at = _line_start(text, at - 1)
    return at + column


def _without(text: str, node: Any, place: int, start: int, end: int) -> str:
    """A collection without one entry; the last one leaves an empty collection behind."""
    if len(node.value) == 1:
        whole = _span(text, node)
        return text[: whole[0]] + ("{}" if isinstance(node, MappingNode) else "[]") + text[whole[1] :]
    if node.flow_style:
        if place + 1 < len(node.value):
            after = node.value[place + 1]
            return text[:start] + text[(after[0] if isinstance(after, tuple) else after).start_mark.index :]
        before = node.value[place - 1]
        return text[: _span(text, before[1] if isinstance(before, tuple) else before)[1]] + text[end:]
    if place == 0 and text[_line_start(text, start) : start].strip(" -"):
        raise RevloopsError("the first of these can't be taken out by itself; edit it by hand")
    first = _line_start(text, start)
    if place == 0 and isinstance(node, MappingNode) and "-" in text[first:start]:
        after = node.value[1][0].start_mark.index  # the dash stays with the key that is now the first
        return text[:start] + text[after:]
    return text[:first] + text[_line_end(text, end) :]


def _with_item(text: str, node: SequenceNode, place: int, value: JsonValue) -> str:
    if node.flow_style:
        if place < len(node.value):
            start = node.value[place].start_mark.index
            return text[:start] + _flow(value) + ", " + text[start:]
        end = _span(text, node.value[-1])[1] if node.value else node.start_mark.index + 1
        return text[:end] + (", " if node.value else "") + _flow(value) + text[end:]
    near = node.value[min(place, len(node.value) - 1)]
    flows = isinstance(near, MappingNode | SequenceNode) and near.flow_style
    item = _item(value, node.start_mark.column, flows)
    if place < len(node.value):
        at = _line_start(text, _dash(text, node, place))
        while at and _COMMENT.fullmatch(text[_line_start(text, at - 1) : at]):
            at = _line_start(text, at - 1)
    else:
        at = _line_end(text, _span(text, node)[1])
    lead = "" if not at or text[:at].endswith("\n") else "\n"
    return text[:at] + lead + item + text[at:]


def _item(value: JsonValue, column: int, flows: bool) -> str:
    """A list item on one line as its siblings are, or a mapping's keys a line each."""
    if flows or not isinstance(value, dict) or not value:
        return f"{' ' * column}- {_flow(value)}\n"
    lines = [f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()]
    return " " * column + "- " + f"\n{' ' * (column + 2)}".join(lines) + "\n"


def _flow(value: JsonValue) -> str:
    """The value as it can stand on one line, within other values too."""
    yaml, out = YAML(typ="safe", pure=True), StringIO()
    yaml.default_flow_style, yaml.width, yaml.allow_unicode = True, 1_000_000, True
    yaml.sort_base_mapping_type_on_output = False  # pyright: ignore[reportAttributeAccessIssue]
    yaml.dump({"": value}, out)  # not within a list, where a mapping of one key loses its braces
    return out.getvalue().strip().removeprefix("{'': ").removesuffix("}")


__all__ = ["changed", "edited"]
