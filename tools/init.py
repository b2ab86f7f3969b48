"""Makes a workspace: the config repository that operations own, and for a sandbox the company in it."""

import json
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from loops.errors import RevloopsError
from loops.registry import Registry
from loops.scenario import Scenario
from tools import yaml_text
from tools.git import git
from tools.sandbox import setting
from tools.sandbox.loading import load as load_world
from tools.sandbox.plan import stretch
from tools.sandbox.world import World
from tools.store import Store
from tools.workspace import DATA, MARKER, SandboxSettings, Settings

SANDBOX_START = "2026-11-23T14:00:00+00:00"
"""The instant a sandbox's clock starts at, unless told otherwise: a Monday morning in New York."""
TRUTH, TRUE_LEADS = ".truth", 1000
"""Where a sandbox's ground truth lies (for how many of its leads); nothing here ever reads it."""


LISTS = "*.rejected.csv\nshadow-*/\n"
"""Lists that commands write where they run: they name people."""


def create(root: Path, registry: Registry, settings: Settings) -> None:
    """Write the starter workspace into an empty or new folder, as a git repository with one commit.

    Raises:
        RevloopsError: the folder holds something already.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise RevloopsError(f"{root} isn't empty: name a folder that doesn't exist yet")
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RevloopsError(f"{root} can't be made: {error.strerror}") from error
    _copy(files("tools").joinpath("starter"), root, settings.company)
    for loop in registry.loops.values():
        package = files(loop.package)
        config = package.joinpath("config.yaml").read_text(encoding="utf-8")
        schema = f"# yaml-language-server: $schema=../schemas/{loop.name}.json\n"
        _write(root / "loops" / f"{loop.name}.yaml", schema + adapted(config, settings.company))
        _write(
            root / "schemas" / f"{loop.name}.json",
            json.dumps(loop.config.model_json_schema(), indent=1) + "\n",
        )
        starter = package.joinpath("starter")
        if starter.is_dir():
            _copy(starter, root, settings.company)
    _write(root / ".gitignore", f"{DATA}/\n{TRUTH}/\n{LISTS}")
    _write(root / MARKER, toml(settings))
    _pin(root / ".github" / "workflows" / "revloops.yml")
    if settings.sandbox:
        _sandbox(root, settings.sandbox)
    _commit(root)


def _sandbox(root: Path, made: SandboxSettings) -> None:
    world = World(made.seed, made.scale, now=datetime.fromisoformat(made.start))
    scenario = world.scenario()
    for plan in (scenario, stretch(scenario)):
        _write(root / "scenarios" / f"{plan.name}.yaml", scenario_text(plan))
    (root / "scenarios" / "starter.yaml").unlink()
    active = (
        (root / "active.yaml")
        .read_text(encoding="utf-8")
        .replace("scenario: starter", f"scenario: {scenario.name}")
    )
    _write(root / "active.yaml", active)
    (root / DATA).mkdir()
    store = Store(str(root / DATA / "store.db"))
    load_world(store, world)
    store.close()
    (root / TRUTH).mkdir()
    world.write_truth(root / TRUTH / "truth.jsonl", TRUE_LEADS)


def scenario_text(scenario: Scenario) -> str:
    """The scenario as YAML; what has its default is left out."""
    return yaml_text.write(json.loads(scenario.model_dump_json(exclude_defaults=True)))


def toml(settings: Settings) -> str:
    """The settings as TOML."""
    lines = [
        f'company = "{settings.company}"',
        f"workers = {settings.workers}   # agent questions worked at once",
    ]
    lines.append(
        f'default_country = "{settings.default_country}"   # assumed where a row names none, e.g. "US"'
    )
    if settings.sandbox:
        box = settings.sandbox
        lines += [
            "",
            "[sandbox]   # an invented company; its clock moves with `revloops clock advance`",
            f"seed = {box.seed}",
            f"scale = {box.scale}",
            f'start = "{box.start}"',
        ]
    limits = settings.outreach.model_dump()
    lines += [
        "",
        "[outreach]   # what the sender holds approved mail to; the mail server is in its environment alone",
    ]
    lines += [f"{name} = {str(value).lower()}" for name, value in limits.items()]
    lines += [
        "",
        "# [models]    which language model each agent asks, its budgets, what happens when it is down",
        "# [privacy]   fields that no model is told: withhold = [\"reader.first_name\"]",
        "# [mcp]       the identity provider whose tokens MCP clients show over HTTP: issuer, audience",
        "# `revloops models show` and `revloops agents` say what holds now",
    ]
    return "\n".join(lines) + "\n"


def sandbox_company() -> str:
    """The name of the company a sandbox is about."""
    return setting.OWN_NAME


def adapted(text: str, company: str) -> str:
    """The starter's text with the company's name where it has the sandbox's."""
    return text.replace(setting.OWN_NAME, company)


def _copy(source: Traversable, target: Path, company: str) -> None:
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, target / entry.name, company)
        elif not entry.name.startswith("__"):
            _write(target / entry.name, adapted(entry.read_text(encoding="utf-8"), company))


def _pin(path: Path) -> None:
    """Have the checks run on the version that this workspace was made with."""
    try:
        made_with = version("revloops")
    except PackageNotFoundError:  # a tree that isn't installed has no version
        return
    text = path.read_text(encoding="utf-8")
    _write(path, text.replace("pip install revloops\n", f"pip install revloops=={made_with}\n"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _commit(root: Path) -> None:
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "Start the workspace")):
        git(root, *words, theirs=True)
