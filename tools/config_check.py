"""Whether a workspace's config may be merged: it holds, the loops' examples are decided, no agent strays."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from loops.config import LoopConfig
from loops.errors import ConfigError, Fault, RevloopsError
from loops.proposal import Proposal
from loops.registry import Registry
from tools import workspace as workspaces
from tools import yaml_text
from tools.cases import Case, cases_of, departures
from tools.changes.guard import PREFIX, strays
from tools.changes.local import PLAIN, TRAILER
from tools.git import commit_of, git, show, tried
from tools.yaml_edit import edited

AGENT = "Proposed-by: agent:"
_GONE = "000000"


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    faults: tuple[Fault, ...]
    # each of them keeps the change from being merged
    notes: tuple[str, ...] = ()
    # what ends otherwise than before, on purpose or not
    cases: int = 0
    # examples that were decided


def check(root: Path, registry: Registry, base: str = "", branch: str = "") -> Checked:
    """Every fault in the workspace's config, and in what changed since a commit.

    Args:
        root: the workspace.
        registry: the loops.
        base: the commit that the change is to be merged into; "" looks at the config as it stands alone.
        branch: the change's; "" takes the one that is checked out.

    Raises:
        RevloopsError: there is no such commit.
    """
    wrong = list(_strays(root, base, branch)) if base else []
    try:
        configs = workspaces.load(root, registry).configs
    except ConfigError as error:
        return Checked((*error.faults, *wrong))
    before = _before(root, registry, base)
    cases = tuple(case for loop in registry.loops.values() for case in cases_of(loop))
    told = [_decided(case, configs[case.loop], before.get(case.loop)) for case in cases]
    wrong += [fault for fault, _ in told if fault]
    return Checked(tuple(wrong), tuple(note for _, note in told if note), len(cases))


# --- the loops' examples --------------------------------------------------------------------------
def _decided(case: Case, config: LoopConfig, before: LoopConfig | None) -> tuple[Fault | None, str]:
    """What keeps it from being decided; and how it ends otherwise than before."""
    try:
        out = case.decided(config)
    except Exception as error:  # a config that the schema lets through and a decision can't live with
        told = f"the example {case.name!r} can't be decided under it ({type(error).__name__}: {error})"
        return Fault(f"loops/{case.loop}.yaml", 0, "", told), ""
    apart = departures(case, out)
    if before is None or not apart or departures(case, case.decided(before)) == apart:
        return None, ""
    return None, f"{case.loop}: the example {case.name!r} ends otherwise than before: {'; '.join(apart)}"


def _before(root: Path, registry: Registry, base: str) -> Mapping[str, LoopConfig]:
    """The configs of that commit; none without one, or where it can't be read with today's code."""
    if not base:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git(root, "read-tree", base, more=index)
        there = Path(folder) / "tree"
        git(root, "checkout-index", "--all", f"--prefix={there}/", more=index)
        try:
            return workspaces.load(there, registry).configs
        except (RevloopsError, OSError):
            return {}


# --- what an agent changed ------------------------------------------------------------------------
def _strays(root: Path, base: str, branch: str) -> Iterator[Fault]:
    since = commit_of(root, base)
    if since is None:
        raise RevloopsError(f"there is no commit {base} here: fetch it, or name another with --base")
    branch = _agents(root, since, branch)
    if not branch:
        return
    touched = dict(_touched(root, since))
    for path in strays(branch, touched):
        yield Fault(path, 0, "", f"an agent ({branch}) may change config alone: take this out of the change")
    for path, mode in touched.items():
        if mode not in (PLAIN, _GONE):
            yield Fault(path, 0, "", f"it is no plain file (mode {mode}): only plain files are config")
    yield from _unlike(root, since, branch, touched)


def _agents(root: Path, since: str, branch: str) -> str:
    """The proposal's branch, where an agent made what is checked out; "" where people did."""
    branch = branch or tried(root, "symbolic-ref", "--quiet", "--short", "HEAD") or ""
    if branch.startswith(PREFIX):
        return branch
    said = (tried(root, "log", "--format=%B", f"{since}..HEAD") or "").splitlines()
    if not any(line.startswith(AGENT) for line in said):
        return ""
    named = (line.partition(": ")[2].strip() for line in said if line.startswith(f"{TRAILER}: "))
    return next(named, f"{PREFIX}unnamed")


def _touched(root: Path, since: str) -> Iterator[tuple[str, str]]:
    """Path and mode of what differs; a rename is both of its paths."""
    lines = git(root, "diff", "--raw", "--no-renames", "--no-abbrev", f"{since}...HEAD").splitlines()
    for line in lines:
        marks, _, path = line.partition("\t")
        yield path, marks.split()[1]


def _made(before: str, proposal: Proposal) -> str | None:
    try:
        return edited(before, proposal.edits, proposal.file)
    except RevloopsError:
        return None


def _unlike(root: Path, since: str, branch: str, touched: Mapping[str, str]) -> Iterator[Fault]:
    """Where what lies on a proposal's branch isn't what the proposal says."""
    own = f"proposals/{branch.removeprefix(PREFIX)}.yaml"
    try:
        proposal = Proposal.model_validate(yaml_text.read(show(root, "HEAD", own) or "", own)[0])
    except (RevloopsError, ValidationError):
        yield Fault(own, 0, "", "it isn't there or is no proposal: an agent's change comes with its evidence")
        return
    if proposal.branch != branch:
        yield Fault(own, 1, "", f"what it says is {proposal.id}: it was changed after it was opened")
        return
    start = tried(root, "merge-base", since, "HEAD") or since
    before, after = show(root, start, proposal.file), show(root, "HEAD", proposal.file)
    if before is None or _made(before, proposal) != after:
        yield Fault(proposal.file, 0, "", f"it isn't what {proposal.id} proposes")
    for path in sorted({*touched} - {own, proposal.file}):
        yield Fault(path, 0, "", f"{proposal.id} doesn't propose to change this")
