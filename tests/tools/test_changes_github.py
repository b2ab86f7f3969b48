"""GitHub when it is slow, full or doesn't know us; what is asked of it is held to its own description."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.github_server import NAME, OWNER, TOKEN, Fault, GitHub, Refusal, github
from tests.tools.change_hosts import AFTER, BEFORE, BRANCH, FILE, change, known, pushed, repository
from tools.changes.github import TOKEN_VARIABLE, GitHubChanges
from tools.changes.guard import Guarded
from tools.changes.local import LocalChanges
from tools.changes.opening import change_host
from tools.errors import ToolFailed, ToolRetry
from tools.git import git, show
from tools.workspace import ChangeSettings


@pytest.fixture
def server(tmp_path: Path) -> Generator[GitHub]:
    with github(tmp_path / "theirs") as state:
        repository(state.root)
        git(state.root, "checkout", "-q", "--detach")
        yield state
        assert not state.wrong


def client(server: GitHub, token: str = TOKEN) -> GitHubChanges:
    return GitHubChanges(f"{OWNER}/{NAME}", token=token, api=server.url)


def main(server: GitHub) -> str:
    return git(server.root, "rev-parse", "main")


def test_a_merge_is_a_real_one_and_says_who_let_it_through(server: GitHub) -> None:
    host = client(server)
    state = host.open(change(main(server)))
    assert state.id == "#1" and state.url.endswith("/pull/1")
    done = host.merge(BRANCH, state.head, state.base, "ops-lead (key abc)")
    assert done.merged_as == main(server) and show(server.root, "main", FILE) == AFTER
    assert git(server.root, "show", "-s", "--format=%P", "main").split() == [state.base, state.head]
    said = git(server.root, "log", "-1", "--format=%(trailers)", "main").splitlines()
    assert said == [f"Revloops-Proposal: {BRANCH}", "Approved-by: ops-lead (key abc)"]


def test_the_same_branch_is_what_git_itself_would_have_made(server: GitHub, tmp_path: Path) -> None:
    base = repository(tmp_path / "ours")
    mine = LocalChanges(tmp_path / "ours").open(change(base))
    theirs = client(server).open(change(main(server)))
    trees = [git(root, "rev-parse", f"{head}^{{tree}}") for root, head in
             ((tmp_path / "ours", mine.head), (server.root, theirs.head))]  # fmt: skip
    assert trees[0] == trees[1]


@pytest.mark.parametrize("act", ("open", "status", "listed"))
def test_an_unknown_token_is_said_with_the_variable_s_name_and_never_shown(server: GitHub, act: str) -> None:
    host = client(server, "a-secret-that-is-wrong")
    words = {"open": change(main(server)), "status": BRANCH, "listed": "revloops/"}
    with pytest.raises(ToolFailed, match=TOKEN_VARIABLE) as told:
        getattr(host, act)(words[act])
    assert "a-secret-that-is-wrong" not in str(told.value)
    assert git(server.root, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_without_a_token_nothing_is_asked(server: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    settings = ChangeSettings(host="github", repository=f"{OWNER}/{NAME}", api=server.url)
    with pytest.raises(ToolFailed, match=f"set {TOKEN_VARIABLE} in the environment"):
        change_host(server.root, settings)
    assert server.seen == []
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    assert change_host(server.root, settings).listed("revloops/") == () and server.seen


def test_a_token_isn_t_sent_in_the_clear() -> None:
    with pytest.raises(ToolFailed, match="for all to read"):
        GitHubChanges(f"{OWNER}/{NAME}", token=TOKEN, api="http://github.ours.example/api/v3")


LIMITED = (
    (Refusal(429, "slow down", {"Retry-After": "7"}), "in 7 s"),
    (Refusal(403, "secondary rate limit", {"Retry-After": "60"}), "in 60 s"),
    (
        Refusal(403, "rate limit", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795440000"}),
        "2026-11-23 13:20 UTC",
    ),
    (Refusal(429, "slow down"), "later"),
)


@pytest.mark.parametrize(("refusal", "wait"), LIMITED)
def test_a_rate_limit_says_how_long_to_wait_and_the_same_call_goes_on(
    server: GitHub, refusal: Refusal, wait: str
) -> None:
    host = client(server)
    server.faults.append(Fault("POST", "/pulls", refusal))
    with pytest.raises(ToolRetry, match=wait):
        host.open(change(main(server)))
    assert host.open(change(main(server))).state == "open"
    assert len(server.pulls) == 1
    assert git(server.root, "rev-list", "--count", f"main..{BRANCH}") == "1"


WHERE = (
    ("GET", "/pulls"), ("POST", "/git/trees"), ("POST", "/git/commits"), ("POST", "/git/refs"),
    ("POST", "/pulls"), ("GET", "/status"), ("GET", "/compare/"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), WHERE)
def test_trouble_at_any_step_can_be_tried_again_and_doubles_nothing(
    server: GitHub, method: str, path: str
) -> None:
    host = client(server)
    server.faults.append(Fault(method, path, Refusal(502, "Bad gateway")))
    with pytest.raises(ToolRetry, match="try again later"):
        host.open(change(main(server)))
    assert host.open(change(main(server))).state == "open"
    assert len(server.pulls) == 1
    assert git(server.root, "rev-list", "--count", f"main..{BRANCH}") == "1"


def test_a_pull_request_that_somebody_opened_meanwhile_is_taken(
    server: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, other = client(server), client(server)
    real = GitHubChanges._commit  # pyright: ignore[reportPrivateUsage]

    def raced(self: GitHubChanges, *words: object) -> None:
        monkeypatch.setattr(GitHubChanges, "_commit", real)
        other.open(change(main(server)))
        real(self, *words)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(GitHubChanges, "_commit", raced)
    assert host.open(change(main(server))).id == "#1"
    assert server.seen.count("POST /repos/ours/workspace/pulls") == 2 and len(server.pulls) == 1


def test_a_head_that_moved_between_looking_and_merging_is_refused_by_github_itself(server: GitHub) -> None:
    host = client(server)
    state = host.open(change(main(server)))
    server.faults.append(Fault("PUT", "/merge", Refusal(409, "Head branch was modified.")))
    with pytest.raises(ToolFailed, match="moved meanwhile"):
        host.merge(BRANCH, state.head, state.base)
    assert show(server.root, "main", FILE) == BEFORE


def test_lines_that_both_sides_changed_are_refused(server: GitHub) -> None:
    host = client(server)
    host.open(change(main(server)))
    git(server.root, "checkout", "-q", "main")
    (server.root / FILE).write_text(BEFORE.replace("source: 10", "source: 12"), encoding="utf-8")
    git(server.root, "-c", "user.name=x", "-c", "user.email=x@x.example", "commit", "-qam", "Other")
    state = known(host.status(BRANCH))
    with pytest.raises(ToolFailed, match="not mergeable"):
        host.merge(BRANCH, state.head, state.base)


@pytest.mark.parametrize(
    ("refusal", "told"),
    (
        (Refusal(404, "Not Found"), "contents and pull requests"),
        (Refusal(403, "Resource not accessible by personal access token"), "contents and pull requests"),
        (Refusal(301, "Moved", {"Location": "http://127.0.0.1:1/elsewhere"}), r"refuses .* \(301\)"),
    ),
)
def test_what_the_token_may_not_do_is_said(server: GitHub, refusal: Refusal, told: str) -> None:
    server.faults.append(Fault("GET", "/pulls", refusal))
    with pytest.raises(ToolFailed, match=told):
        client(server).status(BRANCH)


def test_a_github_that_isn_t_there_can_be_tried_again(tmp_path: Path) -> None:
    with github(tmp_path / "theirs") as server:
        repository(server.root)
        host = client(server)
    with pytest.raises(ToolRetry, match="can't be reached"):
        host.status(BRANCH)


def test_a_comment_is_found_again_behind_a_hundred_others(server: GitHub) -> None:
    host = client(server)
    host.open(change(main(server)))
    server.comments += [{"number": "1", "id": n + 1, "body": f"{n}"} for n in range(130)]
    for text in ("first", "second"):
        host.comment(BRANCH, "impact", text)
    assert len(server.comments) == 131 and str(server.comments[-1]["body"]).endswith("\nsecond")


def test_pull_requests_of_others_are_none_of_ours(server: GitHub) -> None:
    host = client(server)
    mine = host.open(change(main(server)))
    git(server.root, "branch", "feature", BRANCH)
    for n in range(105):
        theirs = {**server.pulls[0], "number": n + 2, "head": {"ref": "feature", "sha": mine.head}}
        server.pulls.append(theirs)
    assert host.listed("revloops/") == (mine,)


def test_a_link_put_on_the_branch_is_no_config(server: GitHub) -> None:
    bare = client(server)
    bare.open(change(main(server)))
    pushed(server.root, BRANCH, FILE, "../active.yaml", "120000")
    state = known(bare.status(BRANCH))
    with pytest.raises(ToolFailed, match="no plain file"):
        Guarded(bare).merge(BRANCH, state.head, state.base)
    assert bare.merge(BRANCH, state.head, state.base).state == "merged"  # control


def test_a_request_that_isn_t_as_described_is_found(tmp_path: Path) -> None:
    with github(tmp_path / "theirs") as server:
        for target, body in (
            ("/repos/ours/workspace/pulls", {"title": "x", "head": "a", "base": "main", "drafty": True}),
            ("/repos/ours/workspace/pulls", {"title": "x"}),
            ("/repos/ours/workspace/git/refs", {"ref": "refs/heads/a", "sha": 5}),
            ("/repos/ours/workspace/pull", {}),
        ):
            server.wrong.clear()
            server.answer("POST", target, "", body)
            assert server.wrong, target
