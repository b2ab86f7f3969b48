"""Whatever holds the changes, git, GitHub or memory: the same promises."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.github_server import NAME, OWNER, TOKEN, GitHub, github
from tests.tools.change_hosts import (
    AFTER,
    BEFORE,
    BRANCH,
    EVIDENCE,
    FILE,
    OTHER,
    OWN,
    change,
    committed,
    known,
    pushed,
    repository,
)
from tools.changes.github import GitHubChanges
from tools.changes.guard import Guarded
from tools.changes.local import LocalChanges
from tools.changes.memory import MemoryChanges
from tools.connectors.ports import ChangeHost
from tools.errors import ToolFailed


@dataclass
class Stage:
    """A host with its first commit, and what moves things behind its back."""

    host: ChangeHost
    base: str
    move_base: Callable[[], object]
    move_branch: Callable[[], object]
    said: Callable[[], list[str]]
    # comments on the change
    server: GitHub | None = None
    root: Path | None = field(default=None)


def _git(folder: Path) -> Stage:
    root = folder / "ours"
    base = repository(root)
    host = LocalChanges(root)
    return Stage(
        Guarded(host),
        base,
        lambda: _grown(root),
        lambda: pushed(root, BRANCH, FILE, "a: moved\n"),
        lambda: list(host.comments(BRANCH).values()),
        root=root,
    )


def _grown(root: Path) -> None:
    (root / "active.yaml").write_text("a: 2\n", encoding="utf-8")
    committed(root)


def _at_github(folder: Path, server: GitHub) -> Stage:
    root = server.root
    host = GitHubChanges(f"{OWNER}/{NAME}", token=TOKEN, api=server.url)
    return Stage(
        Guarded(host),
        repository(root),
        lambda: _grown(root),
        lambda: pushed(root, BRANCH, FILE, "a: moved\n"),
        lambda: [str(one["body"]).partition("\n")[2] for one in server.comments],
        server,
        root,
    )


def _memory() -> Stage:
    host = MemoryChanges("1" * 40, {FILE: BEFORE})

    def moved() -> None:
        host.base = "2" * 40

    return Stage(
        Guarded(host),
        host.base,
        moved,
        lambda: host.open(change("1" * 40, text="a: moved\n")),
        lambda: list(host.said.get(BRANCH, {}).values()),
    )


@pytest.fixture(params=("git", "github", "memory"))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Stage]:
    if request.param == "git":
        yield _git(tmp_path)
    elif request.param == "memory":
        yield _memory()
    else:
        with github(tmp_path / "theirs") as server:
            yield _at_github(tmp_path, server)
            assert not server.wrong


def test_what_is_opened_is_found_again_with_its_files(stage: Stage) -> None:
    assert stage.host.status(BRANCH) is None and stage.host.listed("revloops/") == ()
    state = stage.host.open(change(stage.base))
    assert (state.state, state.base, state.behind, state.paths) == ("open", stage.base, False, (FILE, OWN))
    assert stage.host.status(BRANCH) == state and stage.host.listed("revloops/") == (state,)
    assert stage.host.text(state.head, FILE) == AFTER and stage.host.text(state.base, FILE) == BEFORE
    assert stage.host.text(state.head, OWN) == EVIDENCE and stage.host.text(state.base, OWN) is None


def test_opening_twice_is_opening_once_and_new_files_bring_it_up_to_date(stage: Stage) -> None:
    first = stage.host.open(change(stage.base))
    assert stage.host.open(change(stage.base)) == first
    second = stage.host.open(change(stage.base, text=AFTER + "more: 1\n", title="Give even less"))
    assert second.head != first.head and second.title == "Give even less"
    assert stage.host.text(second.head, FILE) == AFTER + "more: 1\n"
    assert [state.branch for state in stage.host.listed("revloops/")] == [BRANCH]


def test_several_stand_side_by_side(stage: Stage) -> None:
    stage.host.open(change(stage.base))
    stage.host.open(change(stage.base, branch=OTHER))
    assert {state.branch for state in stage.host.listed("revloops/")} == {BRANCH, OTHER}
    assert [state.branch for state in stage.host.listed("revloops/route")] == [OTHER]


def test_a_check_belongs_to_a_commit_and_the_newest_one_counts(stage: Stage) -> None:
    state = stage.host.open(change(stage.base))
    stage.host.check(BRANCH, state.head, "revloops/verified", "pending", "")
    stage.host.check(BRANCH, state.head, "revloops/verified", "success", "all the same")
    assert known(stage.host.status(BRANCH)).checks == {"revloops/verified": "success: all the same"}
    stage.move_branch()
    assert known(stage.host.status(BRANCH)).checks == {}


def test_a_comment_under_the_same_key_replaces_the_one_before(stage: Stage) -> None:
    stage.host.open(change(stage.base))
    for key, text in (("a", "first"), ("b", "other"), ("a", "second"), ("a", "second")):
        stage.host.comment(BRANCH, key, text)
    assert stage.said() == ["second", "other"]


def test_a_merge_happens_once_and_brings_the_files_in(stage: Stage) -> None:
    state = stage.host.open(change(stage.base))
    done = stage.host.merge(BRANCH, state.head, state.base, "ops-lead (key abc)")
    assert done.state == "merged" and done.merged_as not in ("", state.head, stage.base)
    assert stage.host.merge(BRANCH, state.head, state.base) == done
    assert stage.host.text(done.merged_as, FILE) == AFTER
    stage.host.close(BRANCH, "too late")
    assert known(stage.host.status(BRANCH)).state == "merged"
    assert stage.host.open(change(stage.base)).state == "merged"


def test_a_branch_that_moved_isn_t_merged(stage: Stage) -> None:
    state = stage.host.open(change(stage.base))
    stage.move_branch()
    with pytest.raises(ToolFailed, match="moved"):
        stage.host.merge(BRANCH, state.head, state.base)
    assert known(stage.host.status(BRANCH)).state == "open"


def test_a_base_that_moved_is_not_merged_into(stage: Stage) -> None:
    state = stage.host.open(change(stage.base))
    stage.move_base()
    now = known(stage.host.status(BRANCH))
    assert now.behind and now.base != state.base
    with pytest.raises(ToolFailed, match="moved"):
        stage.host.merge(BRANCH, state.head, state.base)
    assert stage.host.merge(BRANCH, now.head, now.base).state == "merged"


def test_what_is_closed_stays_so_until_it_is_opened_anew(stage: Stage) -> None:
    state = stage.host.open(change(stage.base))
    for _ in range(2):
        stage.host.close(BRANCH, "not now")
    assert known(stage.host.status(BRANCH)).state == "closed"
    with pytest.raises(ToolFailed, match="closed"):
        stage.host.merge(BRANCH, state.head, state.base)
    assert stage.host.open(change(stage.base)).state == "open"


def test_what_nobody_opened_can_t_be_merged_closed_or_talked_about(stage: Stage) -> None:
    for act in (
        lambda: stage.host.merge(BRANCH, "0" * 40, stage.base),
        lambda: stage.host.close(BRANCH, "why"),
        lambda: stage.host.comment(BRANCH, "a", "b"),
    ):
        with pytest.raises(ToolFailed, match="There is no"):
            act()


def test_the_guard_stands_before_each_of_them(stage: Stage) -> None:
    wanted = change(stage.base)
    stray = wanted.files[0].model_copy(update={"path": "revloops.toml"})
    with pytest.raises(ToolFailed, match="an agent may change config alone"):
        stage.host.open(wanted.model_copy(update={"files": (stray,)}))
    assert stage.host.status(BRANCH) is None


def test_a_commit_that_nobody_has_can_t_be_changed(stage: Stage) -> None:
    if stage.root is None:
        pytest.skip("in memory any commit is as good as another")
    with pytest.raises(ToolFailed, match=r"commit|push the workspace first"):
        stage.host.open(change("f" * 40))
