"""Changes in the workspace's own git: nothing of anybody's is lost, and nothing else is merged."""

import subprocess
from pathlib import Path

import pytest

from tests.tools.change_hosts import (
    AFTER,
    BEFORE,
    BRANCH,
    FILE,
    OWN,
    change,
    committed,
    known,
    pushed,
    repository,
)
from tools.changes.local import LocalChanges
from tools.errors import ToolFailed, ToolRetry
from tools.git import GitFailed, git


def made(tmp_path: Path) -> tuple[Path, LocalChanges, str]:
    root = tmp_path / "ours"
    base = repository(root)
    return root, LocalChanges(root), base


def everything(root: Path) -> dict[str, str]:
    """Every file of the work tree, and the index's entries."""
    found = {str(path.relative_to(root)): path.read_text(encoding="utf-8")
             for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}  # fmt: skip
    return found | {"index": git(root, "ls-files", "--stage"), "head": git(root, "symbolic-ref", "HEAD")}


def test_opening_touches_neither_the_work_tree_nor_the_index(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    (root / FILE).write_text("mine: unsaved\n", encoding="utf-8")
    before = everything(root)
    state = host.open(change(base))
    assert everything(root) == before
    assert git(root, "show", f"{state.head}:{FILE}") == AFTER.strip()


def test_a_merge_brings_the_work_tree_along_and_its_revert_restores_every_byte(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    state = host.open(change(base))
    done = host.merge(BRANCH, state.head, state.base, "ops-lead (key abc)")
    assert (root / FILE).read_text(encoding="utf-8") == AFTER
    assert git(root, "status", "--porcelain") == "" and git(root, "rev-parse", "HEAD") == done.merged_as
    said = git(root, "log", "-1", "--format=%(trailers)", done.merged_as).splitlines()
    assert said == [f"Revloops-Proposal: {BRANCH}", "Approved-by: ops-lead (key abc)"]
    git(root, "revert", "--no-edit", "-m", "1", done.merged_as, theirs=True)
    assert (root / FILE).read_text(encoding="utf-8") == BEFORE and not (root / OWN).exists()


def test_edits_that_aren_t_committed_stop_a_merge_and_are_kept(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    state = host.open(change(base))
    (root / "active.yaml").write_text("a: mine\n", encoding="utf-8")
    with pytest.raises(ToolFailed, match="commit or stash them first"):
        host.merge(BRANCH, state.head, state.base)
    assert (root / "active.yaml").read_text(encoding="utf-8") == "a: mine\n"
    assert git(root, "rev-parse", "HEAD") == base and known(host.status(BRANCH)).state == "open"
    git(root, "checkout", "-q", "active.yaml")
    assert host.merge(BRANCH, state.head, state.base).state == "merged"


def test_a_file_that_nobody_committed_isn_t_overwritten_by_a_merge(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    state = host.open(change(base))
    (root / OWN).parent.mkdir()
    (root / OWN).write_text("mine\n", encoding="utf-8")
    with pytest.raises((ToolFailed, GitFailed)):
        host.merge(BRANCH, state.head, state.base)
    assert (root / OWN).read_text(encoding="utf-8") == "mine\n"
    assert git(root, "rev-parse", "HEAD") == base and known(host.status(BRANCH)).state == "open"


def test_a_merge_into_a_branch_that_is_not_checked_out_leaves_the_work_tree(tmp_path: Path) -> None:
    root, _, base = made(tmp_path)
    git(root, "checkout", "-q", "-b", "mine")
    host = LocalChanges(root, "main")
    state = host.open(change(base))
    done = host.merge(BRANCH, state.head, state.base)
    assert git(root, "rev-parse", "main") == done.merged_as
    assert git(root, "rev-parse", "HEAD") == base and (root / FILE).read_text(encoding="utf-8") == BEFORE


def test_lines_that_both_sides_changed_are_refused_and_others_merge(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    host.open(change(base))
    (root / FILE).write_text(BEFORE.replace("last: z", "last: y"), encoding="utf-8")
    committed(root)
    state = known(host.status(BRANCH))
    assert state.behind
    host.merge(BRANCH, state.head, state.base)
    assert (root / FILE).read_text(encoding="utf-8") == AFTER.replace("last: z", "last: y")


def test_a_conflict_is_said_and_changes_nothing(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    host.open(change(base))
    (root / FILE).write_text(BEFORE.replace("source: 10", "source: 12"), encoding="utf-8")
    newest = committed(root)
    state = known(host.status(BRANCH))
    with pytest.raises(ToolFailed, match="change the same lines"):
        host.merge(BRANCH, state.head, state.base)
    assert git(root, "rev-parse", "HEAD") == newest and git(root, "status", "--porcelain") == ""


def test_whoever_moves_a_ref_first_wins_and_the_other_is_told_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host, base = made(tmp_path)
    real = LocalChanges._tree  # pyright: ignore[reportPrivateUsage]

    def raced(self: LocalChanges, *words: object) -> str:
        tree = real(self, *words)  # pyright: ignore[reportArgumentType]
        monkeypatch.setattr(LocalChanges, "_tree", real)
        LocalChanges(root).open(change(base, text="a: theirs\n"))
        return tree

    monkeypatch.setattr(LocalChanges, "_tree", raced)
    with pytest.raises(ToolRetry, match="try again"):
        host.open(change(base))
    assert git(root, "show", f"{BRANCH}:{FILE}") == "a: theirs"


def died(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_merge_that_died_before_it_was_noted_is_found_to_be_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, host, base = made(tmp_path)
    state = host.open(change(base))
    with monkeypatch.context() as broken:
        broken.setattr(LocalChanges, "_write", died)
        with pytest.raises(KeyboardInterrupt):
            host.merge(BRANCH, state.head, state.base)
    again = host.merge(BRANCH, state.head, state.base)
    assert again.state == "merged" and again.merged_as == git(root, "rev-parse", "HEAD")
    assert git(root, "rev-list", "--count", "--merges", "HEAD") == "1"


def test_no_hook_of_the_repository_runs(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    for name in ("post-merge", "post-checkout", "reference-transaction", "pre-merge-commit"):
        hook = root / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n", encoding="utf-8")
        hook.chmod(0o755)
    state = host.open(change(base))
    host.merge(BRANCH, state.head, state.base)
    assert not (tmp_path / "ran").exists()
    subprocess.run(["git", "-C", str(root), "branch", "other"], check=True)  # control: git itself runs them
    assert (tmp_path / "ran").exists()


def test_a_branch_that_moved_after_it_was_looked_at_is_refused(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    state = host.open(change(base))
    moved = pushed(root, BRANCH, FILE, "a: swapped\n")
    with pytest.raises(ToolFailed, match="has moved since you looked at it"):
        host.merge(BRANCH, state.head, state.base)
    assert known(host.status(BRANCH)).head == moved


def test_opened_again_on_a_newer_base_it_changes_just_its_own_files(tmp_path: Path) -> None:
    root, host, base = made(tmp_path)
    host.open(change(base))
    (root / "scenarios" / "fy27.yaml").write_text("name: fy27\nnew: 1\n", encoding="utf-8")
    newer = committed(root)
    state = host.open(change(newer))
    assert state.paths == (FILE, OWN) and not state.behind
    host.merge(BRANCH, state.head, state.base)
    assert (root / "scenarios" / "fy27.yaml").read_text(encoding="utf-8") == "name: fy27\nnew: 1\n"
