"""Scenario files: which there are, and the few edits that keep every comment and every other byte."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from loops.errors import ConfigError, RevloopsError
from loops.scenario import Scenario
from tools import workspace as workspaces
from tools import yaml_text

FOLDER, RETIRED, ACTIVE = "scenarios", "retired", "active.yaml"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
_VALUE = r"(?P<key>{key}:[ \t]+)(?P<value>\"[^\"]*\"|'[^']*'|[^\s#]+)"


@dataclass(frozen=True)
class Found:
    """A scenario file: the scenario, or why it can't be read."""

    name: str
    active: bool
    scenario: Scenario | None
    wrong: str = ""
    # every fault with file and line, one a line; "" where there is none


def path_of(root: Path, name: str) -> Path:
    """Where the scenario of that name lies, whether or not it is there.

    Raises:
        RevloopsError: no file can have that name.
    """
    if not NAME.fullmatch(name):
        raise RevloopsError(
            f"{name!r} is no name for a scenario: use letters, digits, - and _, such as fy28-base"
        )
    return root / FOLDER / f"{name}.yaml"


def names(root: Path) -> tuple[str, ...]:
    """The scenarios there are, by name; retired ones aside."""
    return tuple(sorted(path.stem for path in (root / FOLDER).glob("*.yaml")))


def retired(root: Path) -> tuple[str, ...]:
    """The retired scenarios, by name."""
    return tuple(sorted(path.stem for path in (root / FOLDER / RETIRED).glob("*.yaml")))


def read(root: Path, name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        RevloopsError: there is none.
        ConfigError: it has faults, each with file and line.
    """
    existing(root, name)
    return workspaces.load_scenario(root, name)


def existing(root: Path, name: str) -> Path:
    """The file of the scenario of that name.

    Raises:
        RevloopsError: there is none.
    """
    path = path_of(root, name)
    if path.is_file():
        return path
    if name in retired(root):
        raise RevloopsError(f"{name} is retired: move {FOLDER}/{RETIRED}/{name}.yaml back to use it again")
    known = ", ".join(names(root)) or "none"
    raise RevloopsError(f"there is no scenario {name}: there is {known}")


def listed(root: Path) -> tuple[Found, ...]:
    """Every scenario by name, read; a faulty one with its faults."""
    promoted, found = active(root), list[Found]()
    for name in names(root):
        try:
            found.append(Found(name, name == promoted, read(root, name)))
        except RevloopsError as error:
            found.append(Found(name, name == promoted, None, str(error)))
    return tuple(found)


def active(root: Path) -> str | None:
    """The promoted scenario's name; None where active.yaml names none."""
    try:
        data, _ = yaml_text.read_file(root / ACTIVE, root)
    except ConfigError:
        return None
    name = data.get("scenario") if isinstance(data, dict) else None
    return name if isinstance(name, str) else None


def made(root: Path, name: str, source: str) -> Path:
    """A new scenario file: the other one's text, comments and all, under the new name.

    Raises:
        RevloopsError: the name is taken, or the other one isn't there or can't be copied.
    """
    text = _text(existing(root, source))
    path = free(root, name)
    _write(path, renamed(text, "name", name, f"{FOLDER}/{source}.yaml"))
    return path


def free(root: Path, name: str) -> Path:
    """Where a scenario of that name may be written.

    Raises:
        RevloopsError: there is one already, perhaps a retired one.
    """
    path = path_of(root, name)
    if path.exists():
        raise RevloopsError(f"there is a scenario {name} already: choose another name")
    if name in retired(root):
        raise RevloopsError(f"a retired scenario is called {name}: choose another name")
    return path


def written(root: Path, scenario: Scenario, *, replace: bool = False) -> Path:
    """The file that the scenario was written to.

    Raises:
        RevloopsError: there is one of that name, unless it is to be replaced; the promoted one never is.
    """
    from tools.init import scenario_text

    if scenario.name == active(root):
        raise RevloopsError(
            f"{scenario.name} is the promoted scenario: write it under another name, and promote that"
        )
    path = path_of(root, scenario.name) if replace else free(root, scenario.name)
    _write(path, scenario_text(scenario))
    return path


def retire(root: Path, name: str) -> Path:
    """Where the scenario lies from now on: among the retired ones, for nobody to promote.

    Raises:
        RevloopsError: it isn't there, it is the promoted one, or a retired one has its name.
    """
    source = existing(root, name)
    if name == active(root):
        raise RevloopsError(f"{name} is the promoted scenario: promote another one first")
    target = root / FOLDER / RETIRED / source.name
    if target.exists():
        raise RevloopsError(f"{FOLDER}/{RETIRED}/{source.name} is there already: rename one of the two")
    target.parent.mkdir(exist_ok=True)
    source.rename(target)
    return target


def point_at(root: Path, name: str) -> None:
    """Have active.yaml name the scenario: one value on one line; every other byte stays.

    Raises:
        ConfigError, RevloopsError: active.yaml isn't a file with a line `scenario: NAME`.
    """
    path = root / ACTIVE
    try:
        text = _text(path)
    except OSError:
        text = "scenario: none\n"
    _write(path, renamed(text, "scenario", name, ACTIVE))


def renamed(text: str, key: str, name: str, file: str) -> str:
    """The YAML text with another name under the top-level key, everything else as it was.

    Raises:
        ConfigError: the text isn't YAML.
        RevloopsError: the key has no name on a line of its own.
    """
    data, lines = yaml_text.read(text, file)
    rows = text.splitlines(keepends=True)
    at = lines.get((key,), 0) - 1
    row = rows[at] if at >= 0 else ""
    matched = re.match(_VALUE.format(key=key), row)
    plain, _ = yaml_text.read(f"x: {name}", file)
    said = name if plain == {"x": name} else json.dumps(name)
    if matched and isinstance(data, dict):
        rows[at] = matched["key"] + said + row[matched.end() :]
        after, _ = yaml_text.read("".join(rows), file)
        if after == {**data, key: name}:
            return "".join(rows)
    raise RevloopsError(f"{file} needs a line `{key}: {name}` of its own: write it by hand")


def _text(path: Path) -> str:
    # bytes, so that line ends stay as they are
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise RevloopsError(f"{path.name} isn't UTF-8: save it as UTF-8 first") from error


def _write(path: Path, text: str) -> None:
    """Write all of the text or nothing of it."""
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(text.encode())
    if path.exists():
        beside.chmod(path.stat().st_mode)
    os.replace(beside, path)
