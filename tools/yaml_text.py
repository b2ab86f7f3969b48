"""YAML as data and line numbers: what a config loader needs to say where something is wrong."""
# ruamel.yaml has no types of its own
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from datetime import date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from loops.errors import ConfigError, Fault

Lines = dict[tuple[str | int, ...], int]


def read(text: str, file: str) -> tuple[JsonValue, Lines]:
    """The data in a YAML text, and for each key path the 1-based line it stands on.

    Raises:
        ConfigError: it isn't YAML, or names a key twice; with file and line.
    """
    yaml = YAML(typ="safe", pure=True)
    try:
        node: Any = yaml.compose(StringIO(text))
        lines: Lines = {}
        return (_build(yaml, node, (), lines, file) if node else None), lines
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(
            Fault(file, mark.line + 1 if mark else 0, "", f"not YAML: {error.problem}")
        ) from error


def read_file(path: Path, root: Path) -> tuple[JsonValue, Lines]:
    """`read` of a file, named in errors by its path below `root`.

    Raises:
        ConfigError: it is missing, isn't UTF-8 or isn't YAML.
    """
    name = path.relative_to(root).as_posix()
    try:
        return read(path.read_text(encoding="utf-8"), name)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(Fault(name, 0, "", f"can't be read: {error}")) from error


def _build(yaml: YAML, node: Node, path: tuple[str | int, ...], lines: Lines, file: str) -> JsonValue:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        found: dict[str, JsonValue] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in found:
                raise ConfigError(
                    Fault(file, key_node.start_mark.line + 1, key, "this key stands here twice")
                )
            found[key] = _build(yaml, value_node, (*path, key), lines, file)
            lines[(*path, key)] = key_node.start_mark.line + 1
        return found
    if isinstance(node, SequenceNode):
        return [_build(yaml, item, (*path, at), lines, file) for at, item in enumerate(node.value)]
    value = yaml.constructor.construct_object(node, deep=True)
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def write(data: JsonValue) -> str:
    """The data as YAML text, keys in the order they come in."""
    yaml, out = YAML(), StringIO()
    yaml.width = 110
    yaml.dump(data, out)
    return out.getvalue()
