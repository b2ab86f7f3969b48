"""The config repository that operations own: what it holds, read and checked; its git revision."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field, JsonValue, ValidationError, model_validator

from loops.calendar import Calendar
from loops.config import LoopConfig, faults
from loops.errors import ConfigError, Fault, RevloopsError
from loops.loop import Loop
from loops.plan import Currencies
from loops.registry import BUILT_IN, Registry
from loops.scenario import Scenario
from loops.values import Value
from tools import yaml_text
from tools.deploy import checks as structure
from tools.git import tried
from tools.knowledge.settings import KnowledgeSettings
from tools.mcp_settings import McpSettings
from tools.model_settings import ModelSettings
from tools.privacy import PrivacySettings
from tools.scenarios import checks
from tools.sender.policy import OutreachPolicy
from tools.yaml_text import Lines

Parsed = TypeVar("Parsed", bound=Value)
Kept = TypeVar("Kept")
DATA = ".revloops"
MARKER = "revloops.toml"


class SandboxSettings(Value):
    """A sandbox's seed and size."""

    seed: int = 7
    scale: float = 1.0
    start: str
    # the instant its clock starts at, ISO 8601 with zone


class ChangeSettings(Value):
    """Where changes of config are looked at and merged."""

    host: Literal["git", "github"] = "git"
    # the workspace's own git, or pull requests
    repository: str = ""
    # owner/name at GitHub
    api: str = "https://api.github.com"
    # a company's own GitHub has another address
    branch: str = ""
    # that changes are merged into; empty: the one checked out, or the repository's default

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.host == "github" and self.repository.count("/") != 1:
            raise ValueError("repository: name it as owner/name")
        return self


class Settings(Value):
    """revloops.toml."""

    company: str = "Your company"
    default_country: str = ""
    # ISO alpha-2 assumed where a row names none; empty: none is assumed
    workers: int = Field(default=16, ge=1)
    # agent asks worked at once
    agent_timeout_seconds: float = Field(default=300, gt=0)
    # how long one agent may take over one ask
    sandbox: SandboxSettings | None = None
    outreach: OutreachPolicy = OutreachPolicy()
    models: ModelSettings = ModelSettings()
    knowledge: KnowledgeSettings = KnowledgeSettings()
    privacy: PrivacySettings = PrivacySettings()
    changes: ChangeSettings = ChangeSettings()
    mcp: McpSettings = McpSettings()


@dataclass(frozen=True)
class Workspace:
    """A workspace as it stands on disk now; `load` it again to see a change."""

    root: Path
    settings: Settings
    configs: dict[str, LoopConfig]
    calendar: Calendar
    scenario: Scenario
    currencies: Currencies
    revision: str
    # git commit, `+edited` behind it where config files differ from it; "" outside git

    @property
    def data(self) -> Path:
        """Where data lies, ignored by git."""
        return self.root / DATA

    @property
    def store_path(self) -> Path:
        """The database file."""
        return self.data / "store.db"


def find(start: Path) -> Path:
    """The workspace that `start` lies in.

    Raises:
        RevloopsError: there is none.
    """
    for folder in (start.absolute(), *start.absolute().parents):
        if (folder / MARKER).is_file():
            return folder
    raise RevloopsError(
        f"no workspace in {start}: make one with `revloops init DIR`, or name one with --workspace DIR"
    )


def load(root: Path, registry: Registry) -> Workspace:
    """The workspace, every config in it checked.

    Raises:
        ConfigError: every fault in every file, with file and line.
    """
    wrong: list[Fault] = []
    settings = _kept(wrong, lambda: _settings(root))
    scenario = _kept(wrong, lambda: _scenario(root))
    calendar = _kept(wrong, lambda: load_calendar(root))
    owners = known_owners(scenario) if scenario else None
    configs: dict[str, LoopConfig] = {}
    for loop in registry.loops.values():
        config = _kept(wrong, lambda loop=loop: load_config(root, loop, owners))
        if config:
            configs[loop.name] = config
    currencies = _kept(wrong, lambda: load_currencies(root))
    if wrong or not (settings and scenario and calendar and currencies):
        raise ConfigError(*wrong)
    return Workspace(root, settings, configs, calendar, scenario, currencies, revision(root))


def _kept(wrong: list[Fault], read: Callable[[], Kept]) -> Kept | None:
    """What was read; None where it has faults, which are added to `wrong`."""
    try:
        return read()
    except ConfigError as error:
        wrong += error.faults
        return None


def known_owners(scenario: Scenario) -> dict[str, frozenset[str]]:
    """`owner` → every owner there is, `territory` → every territory id."""
    people = {f"rep:{r.id}" for r in scenario.roster}
    groups = {f"pool:{p.id}" for p in scenario.pools} | {f"queue:{q}" for q in scenario.queues}
    return {"owner": frozenset(people | groups), "territory": frozenset(t.id for t in scenario.territories)}


def load_config(
    root: Path, loop: Loop, owners: dict[str, frozenset[str]] | None, file: Path | None = None
) -> LoopConfig:
    """A loop's config with the parts it reads from other files, checked and linted.

    Args:
        root: the workspace.
        loop: the loop.
        owners: as `known_owners` has them; None where the scenario can't be read: then nothing is linted.
        file: another file to read in place of the workspace's own.

    Raises:
        ConfigError: every fault, with file and line.
    """
    main = file or root / "loops" / f"{loop.name}.yaml"
    name = str(file) if file else main.relative_to(root).as_posix()
    base = main.parent if file else root
    if file is None and _stands(main, loop) and not main.is_file():
        told = "can't be read: it isn't there; `revloops init` in a new folder writes one to copy"
        raise ConfigError(Fault(name, 0, "", told))
    data, lines = yaml_text.read_file(main, base) if _stands(main, loop) else _starter(loop)
    if not isinstance(data, dict):
        raise ConfigError(Fault(name, 1, "", "a mapping of keys is expected here"))
    data.pop("$schema", None)
    files: dict[tuple[str | int, ...], tuple[str, Lines]] = {}
    for field, pattern in loop.config.PARTS.items():
        if field in data:
            raise ConfigError(
                Fault(name, lines.get((field,), 0), field, f"this stands in {pattern}, not here")
            )
        data[field] = _part(root, field, pattern, files)
    try:
        config = loop.config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(*(_located(name, lines, files, fault) for fault in faults(error))) from None
    found = config.lint(owners) if owners else ()
    if found:
        raise ConfigError(*(_located(name, lines, files, (path, text)) for path, text in found))
    return config


def _stands(main: Path, loop: Loop) -> bool:
    """Whether the workspace's own file is read: always for our own loops, else where there is one."""
    return main.is_file() or loop.package in BUILT_IN


def _starter(loop: Loop) -> tuple[JsonValue, Lines]:
    """The config that another package's loop comes with, until the workspace has one."""
    text = resources.files(loop.package).joinpath("config.yaml").read_text(encoding="utf-8")
    return yaml_text.read(text, f"{loop.package}/config.yaml")


def _part(
    root: Path, field: str, pattern: str, files: dict[tuple[str | int, ...], tuple[str, Lines]]
) -> JsonValue:
    if "*" not in pattern:
        packaged = resources.files("rubrics").joinpath(pattern.removeprefix("rubrics/"))
        if pattern.startswith("rubrics/") and not (root / pattern).is_file():
            data, lines = yaml_text.read(packaged.read_text(encoding="utf-8"), pattern)
        else:
            data, lines = yaml_text.read_file(root / pattern, root)
        files[(field,)] = (pattern, lines)
        return data
    items: list[JsonValue] = []
    for at, path in enumerate(sorted(root.glob(pattern))):
        data, lines = yaml_text.read_file(path, root)
        files[(field, at)] = (path.relative_to(root).as_posix(), lines)
        items.append(data)
    return items


def _located(
    main: str,
    lines: Lines,
    files: dict[tuple[str | int, ...], tuple[str, Lines]],
    fault: tuple[tuple[str | int, ...], str],
) -> Fault:
    path, text = fault
    for prefix, (file, own) in files.items():
        if path[: len(prefix)] == prefix:
            rest = path[len(prefix) :]
            return Fault(file, _line(own, rest), ".".join(map(str, rest)), text)
    return Fault(main, _line(lines, path), ".".join(map(str, path)), text)


def _line(lines: Lines, path: tuple[str | int, ...]) -> int:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 0)


def _settings(root: Path) -> Settings:
    text = (root / MARKER).read_text(encoding="utf-8")
    try:
        return Settings.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ConfigError(Fault(MARKER, 0, "", _one_line(error))) from error


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, path))}: {text}" for path, text in faults(error))
    return str(error)


def optional(root: Path, file: str, cls: type[Parsed]) -> Parsed:
    """A file of the workspace, checked; the defaults where it is missing or holds nothing.

    Raises:
        ConfigError: it is wrong, with file and line.
    """
    path = root / file
    if not path.is_file() or yaml_text.read_file(path, root)[0] is None:
        return cls()
    return _value(path, root, cls)


def _value(path: Path, root: Path, cls: type[Parsed]) -> Parsed:
    data, lines = yaml_text.read_file(path, root)
    name = path.relative_to(root).as_posix()
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        raise ConfigError(
            *(Fault(name, _line(lines, path), ".".join(map(str, path)), text) for path, text in faults(error))
        ) from None


def _scenario(root: Path) -> Scenario:
    active, _ = yaml_text.read_file(root / "active.yaml", root)
    name = active.get("scenario") if isinstance(active, dict) else None
    if not isinstance(name, str):
        raise ConfigError(
            Fault("active.yaml", 1, "scenario", "name the promoted scenario here, e.g. scenario: fy27")
        )
    if not (root / "scenarios" / f"{name}.yaml").is_file():
        told = f"it names {name}, and scenarios/{name}.yaml isn't there: put it back, or name another"
        raise ConfigError(Fault("active.yaml", 1, "scenario", told))
    return load_scenario(root, name)


def load_scenario(root: Path, name: str) -> Scenario:
    """A scenario by its name.

    Raises:
        ConfigError: it is missing or wrong, with file and line.
    """
    path = root / "scenarios" / f"{name}.yaml"
    scenario = _value(path, root, Scenario)
    wrong = scenario_faults(root, scenario)
    if scenario.name != name:
        wrong = [(("name",), f"the file is {name}.yaml: the scenario in it must have that name"), *wrong]
    if wrong:
        _, lines = yaml_text.read_file(path, root)
        name = path.relative_to(root).as_posix()
        faults = (Fault(name, _line(lines, at), ".".join(map(str, at)), text) for at, text in wrong)
        raise ConfigError(*faults)
    return scenario


def scenario_faults(root: Path, scenario: Scenario) -> list[tuple[tuple[str | int, ...], str]]:
    """What a schema can't see in a scenario, each with the key path it stands under; empty: all is well."""
    try:
        calendar = load_calendar(root)
    except ConfigError:
        calendar = None
    return [*_dangling(scenario), *checks.wrong(scenario, calendar), *structure.wrong(scenario)]


def _dangling(scenario: Scenario) -> list[tuple[tuple[str | int, ...], str]]:
    """Names of people and pools that the scenario doesn't have."""
    people, pools = {rep.id for rep in scenario.roster}, {pool.id for pool in scenario.pools}
    wrong: list[tuple[tuple[str | int, ...], str]] = []
    for at, pool in enumerate(scenario.pools):
        wrong += [(("pools", at, "members", n), f"there is nobody called {rep} in the roster")
                  for n, rep in enumerate(pool.members) if rep not in people]
        if pool.backup and pool.backup not in pools:
            wrong.append((("pools", at, "backup"), f"there is no pool {pool.backup}"))
    wrong += [(("roster", at, "manager"), f"there is nobody called {rep.manager} in the roster")
              for at, rep in enumerate(scenario.roster) if rep.manager and rep.manager not in people]
    return wrong


def load_calendar(root: Path) -> Calendar:
    """The workspace's working time.

    Raises:
        ConfigError: it is missing or wrong, with file and line.
    """
    calendar = _value(root / "calendar.yaml", root, Calendar)
    try:
        ZoneInfo(calendar.zone)
    except (KeyError, ValueError) as error:
        text = f"there is no zone {calendar.zone}; use an IANA name such as Europe/Amsterdam"
        raise ConfigError(Fault("calendar.yaml", 0, "zone", text)) from error
    return calendar


def load_currencies(root: Path) -> Currencies:
    """The exchange rates; none where the workspace has no such file.

    Raises:
        ConfigError: it is wrong, with file and line.
    """
    path = root / "currencies.yaml"
    return _value(path, root, Currencies) if path.is_file() else Currencies()


def revision(root: Path) -> str:
    """The workspace's git commit, `+edited` behind it where tracked files differ from it; "" outside git."""
    head = tried(root, "rev-parse", "HEAD")
    edited = head and tried(root, "status", "--porcelain", "--untracked-files=no")
    return f"{head}+edited" if edited else head or ""
