"""Experiments: one loop's changed config on a branch of its own, tried on past leads before it is merged."""

import re
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from agent.bootstrap import House
from agent.simulate import Simulated, Window, simulate
from loops.config import LoopConfig
from loops.errors import RevloopsError
from loops.intervals import Measured, share
from loops.loop import Loop
from loops.power import Reach, reach, weeks_needed
from tools.git import commit_of, git, show, tried
from tools.outcomes import known_outcomes
from tools.workspace import known_owners, load_config

PREFIX = "experiment/"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
WEEKS = 12
"""How long an experiment is watched at most: a quarter."""
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Experiment:
    """A branch with one loop's changed config."""

    name: str
    branch: str
    head: str
    loop: str
    file: str
    merged: bool
    # whether the branch that is checked out holds it


@dataclass(frozen=True)
class Tried:
    """An experiment on past leads."""

    experiment: Experiment
    found: Simulated
    touched: int
    # leads that would end otherwise by what is decided of them, not by other loads alone
    weekly: float
    # of them a week, over the time that the tried leads came in
    converted: Measured | None
    # share of those touched and settled that converted; None: nothing is known of any
    reach: Reach | None
    weeks: int | None
    # until a rise by a tenth of that share could be told; None: never, or not known


def new(house: House, name: str, loop: str, file: Path) -> Experiment:
    """Put the changed file of one loop on a branch of its own; the work tree isn't touched.

    Raises:
        ConfigError: the file has faults.
        RevloopsError: the name can't be used or is taken, or the file changes nothing.
    """
    root, chosen = house.workspace.root, _loop(house, loop)
    branch = _branch(name)
    if commit_of(root, f"refs/heads/{branch}"):
        raise RevloopsError(f"there is an experiment {name} already: stop it first, or take another name")
    base = commit_of(root, "HEAD")
    if base is None:
        raise RevloopsError("the workspace has no commit yet: commit it first")
    candidate = load_config(root, chosen, known_owners(house.workspace.scenario), file.absolute())
    if candidate.version == house.workspace.configs[loop].version:
        raise RevloopsError(f"{file} says what loops/{loop}.yaml says: there is nothing to try")
    path = f"loops/{loop}.yaml"
    tree = _tree(root, base, path, file.read_text(encoding="utf-8"))
    message = f"Experiment {name}: {loop} configured otherwise\n"
    made = git(root, "commit-tree", tree, "-p", base, "-F", "-", given=message, theirs=True)
    git(root, "update-ref", f"refs/heads/{branch}", made, "0" * 40)
    return _known(house, name)


def listed(house: House) -> tuple[Experiment, ...]:
    """Every experiment, by name."""
    root = house.workspace.root
    names = git(root, "for-each-ref", "--format=%(refname:strip=3)", f"refs/heads/{PREFIX}")
    return tuple(_known(house, name) for name in names.splitlines() if NAME.fullmatch(name))


def stop(house: House, name: str) -> Experiment:
    """Remove the experiment's branch; one that was merged stays merged.

    Raises:
        RevloopsError: there is none of that name, or it is checked out.
    """
    root = house.workspace.root
    found = _known(house, name)
    if tried(root, "symbolic-ref", "--quiet", "--short", "HEAD") == found.branch:
        raise RevloopsError(f"{found.branch} is checked out: switch to another branch first")
    git(root, "update-ref", "-d", f"refs/heads/{found.branch}", found.head)
    return found


def try_out(house: House, name: str, window: Window) -> Tried:
    """The experiment on past leads, and how long it would take to tell what it is worth."""
    found = _known(house, name)
    chosen = _loop(house, found.loop)
    simulated = simulate(house.runtime, chosen, _candidate(house, found, chosen), window)
    found_otherwise = (*simulated.moved.decided.tolist(), *simulated.moved.regraded.tolist())
    moving = {simulated.past.record(int(row)) for row in found_otherwise}
    weekly = len(moving) / _weeks(simulated)
    converted = _converted(house, moving)
    if converted is None:
        return Tried(found, simulated, len(moving), weekly, None, None, None)
    rise = min(1.0, converted.value * 1.1)
    weeks = weeks_needed(converted.value, rise, weekly)
    told = reach(converted.value, weekly, WEEKS)
    return Tried(found, simulated, len(moving), weekly, converted, told, weeks)


# --- the branch -----------------------------------------------------------------------------------
def _branch(name: str) -> str:
    if not NAME.fullmatch(name):
        told = "take lower-case words with hyphens, as in big-deals"
        raise RevloopsError(f"{name!r} can't name an experiment: {told}")
    return PREFIX + name


def _loop(house: House, loop: str) -> Loop:
    if loop not in house.registry.loops:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(house.registry.loops)}")
    return house.registry.loops[loop]


def _tree(root: Path, base: str, path: str, text: str) -> str:
    """The base's tree with that one file in it, made in an index apart."""
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(root, "read-tree", base, more=index)
        blob = git(root, "hash-object", "-w", "--stdin", given=text)
        git(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", more=index)
        return git(root, "write-tree", more=index)


def _known(house: House, name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        RevloopsError: there is none, or it changes more than one loop's own file.
    """
    root, branch = house.workspace.root, _branch(name)
    head = commit_of(root, f"refs/heads/{branch}")
    if head is None:
        raise RevloopsError(f"there is no experiment {name}: `revloops experiment list` shows them")
    base = tried(root, "merge-base", "HEAD", head)
    merged = base == head
    against = _before(root, branch, head) if merged else base
    paths = git(root, "diff", "--name-only", "--no-renames", against or f"{head}^", head).splitlines()
    file = paths[0] if len(paths) == 1 else ""
    loop = file.removeprefix("loops/").removesuffix(".yaml")
    if file != f"loops/{loop}.yaml" or loop not in house.registry.loops:
        told = ", ".join(paths) or "nothing"
        raise RevloopsError(f"{branch} changes {told}: an experiment changes the one file of one loop")
    return Experiment(name, branch, head, loop, file, merged)


def _before(root: Path, branch: str, head: str) -> str | None:
    """What the branch began with, once it is merged and has no fork of its own any more."""
    ours = tried(root, "rev-list", "--first-parent", head, "--grep", f"^Experiment {branch[len(PREFIX):]}:")
    first = ours.splitlines()[-1] if ours else head
    return tried(root, "rev-parse", f"{first}^")


def _candidate(house: House, found: Experiment, loop: Loop) -> LoopConfig:
    text = show(house.workspace.root, found.head, found.file)
    assert text is not None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{loop.name}.yaml"
        file.write_text(text, encoding="utf-8")
        return load_config(house.workspace.root, loop, known_owners(house.workspace.scenario), file)


# --- what is known --------------------------------------------------------------------------------
def _weeks(found: Simulated) -> float:
    """How long the tried leads took to come in; a week at least."""
    times = found.past.times
    span = int(times.max() - times.min()) if len(times) else 0
    return max(1.0, span / WEEK.total_seconds())


def _converted(house: House, leads: set[str]) -> Measured | None:
    with house.store.reading() as tx:
        known = [one for lead, one in known_outcomes(tx).items() if lead in leads]
    settled = [one for one in known if one.converted_at or one.closed_at or one.won is not None]
    return share(sum(one.converted_at is not None for one in settled), len(settled))
