"""What an agent's change may touch: config alone, whatever way a path is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.change_hosts import BRANCH, FILE, OWN, change, known, pushed, repository
from tools.changes.guard import Guarded, strays, valid_branch
from tools.changes.local import LocalChanges
from tools.connectors.ports import FileChange
from tools.errors import ToolFailed
from tools.git import git

ALLOWED = (
    FILE, "plays/outbound.yaml", "playbook/security.yaml", "rubrics/engage.yaml", "prompts/engage.md",
    "frameworks/bant.yaml", OWN,
)  # fmt: skip
REFUSED = (
    "active.yaml", "revloops.toml", "scenarios/fy27.yaml", "calendar.yaml", ".github/workflows/revloops.yml",
    ".github/CODEOWNERS", "CODEOWNERS", "loops/CODEOWNERS", "loops/../active.yaml", "./loops/qualify.yaml",
    "/loops/qualify.yaml", "loops//qualify.yaml", "Loops/qualify.yaml", "loops/Qualify.yaml", "loops/a.YAML",
    "loops/qualify.yaml\n", "loops/qualify.yaml\x00", "loops\\qualify.yaml", "loops/\uff51ualify.yaml",
    "loops/sub/qualify.yaml", "loops/.yaml", "loops/qualify.yml", "loops/qualify.py", ".git/config",
    "proposals/qualify-ffffffffff.yaml", "proposals/../active.yaml", "prompts/engage.yaml",
    "tuning.yaml", "history.yaml", ".revloops/store.db", "", "loops", ".gitattributes",
    "loops/.gitattributes", "loops/qualify.yaml/x",
)  # fmt: skip
BRANCHES = (
    "main", "revloops/", "revloops/x", "revloops/../main", "revloops/qualify-0123456789/x",
    "refs/heads/revloops/qualify-0123456789", "revloops/Qualify-0123456789", "--upload-pack=x",
    "revloops/qualify-0123456789\n", "revloops/qualify-012345678g",
)  # fmt: skip


@pytest.mark.parametrize("path", ALLOWED)
def test_config_and_its_own_evidence_may_be_touched(path: str) -> None:
    assert not strays(BRANCH, [path])


@pytest.mark.parametrize("path", REFUSED)
def test_nothing_else_may_be_touched(path: str) -> None:
    assert strays(BRANCH, [path]) == (path,)


@pytest.mark.parametrize("name", BRANCHES)
def test_only_a_proposal_s_branch_is_taken(name: str) -> None:
    with pytest.raises(ToolFailed, match="is no proposal's branch"):
        valid_branch(name)


def hosts(tmp_path: Path) -> tuple[Path, LocalChanges, str]:
    root = tmp_path / "ours"
    base = repository(root)
    return root, LocalChanges(root), base


def stray(base: str, path: str) -> Callable[[LocalChanges | Guarded], object]:
    wanted = change(base)
    wanted = wanted.model_copy(update={"files": (*wanted.files, FileChange(path=path, text="x: 1\n"))})
    return lambda host: host.open(wanted)


def test_opening_is_refused_and_without_the_guard_it_goes_through(tmp_path: Path) -> None:
    root, bare, base = hosts(tmp_path)
    wanted = stray(base, ".github/workflows/mine.yml")
    with pytest.raises(ToolFailed, match=r"\.github/workflows/mine\.yml: an agent may change config alone"):
        wanted(Guarded(bare))
    assert bare.status(BRANCH) is None
    wanted(bare)
    assert git(root, "show", f"{BRANCH}:.github/workflows/mine.yml") == "x: 1"


SMUGGLED = (
    ("scenarios/fy27.yaml", "name: mine\n", "100644"),
    (".github/CODEOWNERS", "* @me\n", "100644"),
    ("loops/route.yaml", "../../../etc/passwd", "120000"),
    (FILE, "../active.yaml", "120000"),
    ("prompts/engage.md", "#!/bin/sh\n", "100755"),
    ("loops/é.yaml", "a: 1\n", "100644"),
)


@pytest.mark.parametrize(("path", "text", "mode"), SMUGGLED)
def test_what_was_put_on_the_branch_from_behind_isn_t_merged(
    tmp_path: Path, path: str, text: str, mode: str
) -> None:
    root, bare, base = hosts(tmp_path)
    bare.open(change(base))
    pushed(root, BRANCH, path, text, mode)
    state = known(bare.status(BRANCH))
    with pytest.raises(ToolFailed, match=r"an agent may change config alone|only plain files are config"):
        Guarded(bare).merge(BRANCH, state.head, state.base)
    assert git(root, "rev-parse", "HEAD") == base
    bare.merge(BRANCH, state.head, state.base)  # control: nothing but the guard keeps it out
    assert git(root, "ls-tree", "-z", "HEAD", "--", path).startswith(mode)


def test_what_is_moved_away_counts_as_touched_too(tmp_path: Path) -> None:
    root, bare, base = hosts(tmp_path)
    bare.open(change(base))
    git(root, "checkout", "-q", BRANCH)
    git(root, "mv", "scenarios/fy27.yaml", "loops/fy27.yaml")
    git(root, "-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-q", "-m", "Move it")
    git(root, "checkout", "-q", "main")
    state = known(bare.status(BRANCH))
    assert "scenarios/fy27.yaml" in state.paths
    with pytest.raises(ToolFailed, match=r"touches scenarios/fy27\.yaml"):
        Guarded(bare).merge(BRANCH, state.head, state.base)


def test_a_change_of_config_goes_through_the_guard(tmp_path: Path) -> None:
    _, bare, base = hosts(tmp_path)
    guarded = Guarded(bare)
    state = guarded.open(change(base))
    assert guarded.merge(BRANCH, state.head, state.base).state == "merged"
