"""Changes as pull requests at GitHub: a branch, a commit, a pull request, its checks and comments."""

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote, urlsplit

import httpx2

from tools.changes.guard import valid_branch
from tools.changes.local import APPROVED, PLAIN, TRAILER
from tools.connectors.ports import ChangeState, NewChange
from tools.errors import ToolFailed, ToolRetry

TOKEN_VARIABLE = "REVLOOPS_GITHUB_TOKEN"
API = "https://api.github.com"
VERSION = "2022-11-28"
SECONDS = 20.0
PAGE = 100
MOST_FILES = 300
"""A comparison lists no more."""
DESCRIPTION_CHARACTERS = 140
"""What GitHub takes of a status's description."""


class GitHubChanges:
    """`ChangeHost` over GitHub's REST API.

    Args:
        repository: `owner/name`.
        into: the branch that changes are merged into; None: the repository's default.
        token: None: read from the environment.
        api: where it answers; a company's own GitHub has another address.
    """

    def __init__(
        self, repository: str, into: str | None = None, token: str | None = None, api: str = API
    ) -> None:
        self._owner = repository.partition("/")[0]
        self._branch = into
        self._at = f"{_safe(api)}/repos/{repository}"
        token = token or os.environ.get(TOKEN_VARIABLE, "")
        if not token:
            raise ToolFailed(f"No token for GitHub: set {TOKEN_VARIABLE} in the environment.")
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
        }
        # redirects aren't followed: the token is meant for this address alone
        self._http = httpx2.Client(
            headers=headers, timeout=SECONDS, follow_redirects=False
        )

    # --- making one -------------------------------------------------------------------------------
    def open(self, change: NewChange) -> ChangeState:
        """Branch, commit and pull request; what is there already is taken."""
        branch = valid_branch(change.branch)
        pull = self._pull(branch)
        if pull and pull.get("merged_at"):
            return self._state(branch, pull)
        self._commit(change, branch)
        if pull is None:
            pull = self._opened(change, branch)
        elif pull["state"] == "closed" or (pull["title"], pull["body"]) != (change.title, change.body):
            told = {"state": "open", "title": change.title, "body": change.body}
            pull = self._ask("PATCH", f"pulls/{pull['number']}", told)
        return self._state(branch, pull)

    def _commit(self, change: NewChange, branch: str) -> None:
        head = self._ref(branch)
        base = self._ask("GET", f"git/commits/{quote(change.base)}", missing=True)
        if base is None:
            raise ToolFailed(f"GitHub doesn't have the commit {change.base[:12]}: push the workspace first.")
        entries = [
            {"path": file.path, "mode": "100644", "type": "blob"}
            | ({"sha": None} if file.text is None else {"content": file.text})
            for file in change.files
        ]
        tree = self._ask("POST", "git/trees", {"base_tree": base["tree"]["sha"], "tree": entries})["sha"]
        if head and self._ask("GET", f"git/commits/{head}")["tree"]["sha"] == tree:
            return
        message = f"{change.title}\n\n{TRAILER}: {branch}\nProposed-by: {change.author}\n"
        told = {"message": message, "tree": tree, "parents": self._parents(head, change.base)}
        made = self._ask("POST", "git/commits", told)["sha"]
        if head:
            self._ask("PATCH", f"git/refs/heads/{branch}", {"sha": made, "force": False})
        else:
            self._ask("POST", "git/refs", {"ref": f"refs/heads/{branch}", "sha": made})

    def _parents(self, head: str | None, base: str) -> list[str]:
        """The branch so far, and the base where the branch doesn't hold it yet."""
        if head is None:
            return [base]
        holds = self._ask("GET", f"compare/{quote(base)}...{head}")["behind_by"] == 0
        return [head] if holds else [head, base]

    def _opened(self, change: NewChange, branch: str) -> dict[str, Any]:
        told = {"title": change.title, "head": branch, "base": self._into, "body": change.body}
        try:
            return self._ask("POST", "pulls", told)
        except ToolFailed:
            if found := self._pull(branch):  # somebody else opened it meanwhile
                return found
            raise

    # --- looking at it ----------------------------------------------------------------------------
    def status(self, branch: str) -> ChangeState | None:
        """How it stands; None where there is no pull request of that branch."""
        pull = self._pull(valid_branch(branch))
        return self._state(branch, pull) if pull else None

    def listed(self, prefix: str) -> tuple[ChangeState, ...]:
        """The pull requests whose branch begins so, the newest first."""
        found: list[ChangeState] = []
        page = 1
        while True:
            query = {"state": "all", "sort": "created", "direction": "desc", "per_page": PAGE, "page": page}
            pulls = self._ask("GET", "pulls", query=query)
            names = ((pull, pull["head"]["ref"]) for pull in pulls)
            found += [self._state(name, pull) for pull, name in names if name.startswith(prefix)]
            if len(pulls) < PAGE:
                return tuple(found)
            page += 1

    def text(self, commit: str, path: str) -> str | None:
        """A file as it is in a commit; None where it isn't there."""
        tree = self._ask("GET", f"git/trees/{quote(commit)}", query={"recursive": "1"})
        if tree["truncated"]:
            raise ToolFailed("GitHub can't list that many files: keep the workspace in its own repository.")
        found = next((one for one in tree["tree"] if one["path"] == path), None)
        if found is None:
            return None
        if found["mode"] != PLAIN:
            raise ToolFailed(f"{path} is no plain file in {commit[:12]}: only plain files are config.")
        blob = self._ask("GET", f"git/blobs/{found['sha']}")
        return base64.b64decode(blob["content"]).decode("utf-8", errors="replace")

    # --- saying something of it -------------------------------------------------------------------
    def check(self, branch: str, head: str, name: str, state: str, says: str) -> None:
        """Post a status on that commit."""
        valid_branch(branch)
        told = {"state": state, "context": name, "description": says[:DESCRIPTION_CHARACTERS]}
        self._ask("POST", f"statuses/{quote(head)}", told)

    def comment(self, branch: str, key: str, text: str) -> None:
        """Say it, or say it in the place of what was said under the same key."""
        number, mark = self._known(branch)["number"], f"<!-- revloops:{key} -->"
        body = {"body": f"{mark}\n{text}"}
        page = 1
        while True:
            query = {"per_page": PAGE, "page": page}
            there = self._ask("GET", f"issues/{number}/comments", query=query)
            if mine := next((one for one in there if str(one.get("body", "")).startswith(mark)), None):
                if mine["body"] != body["body"]:
                    self._ask("PATCH", f"issues/comments/{mine['id']}", body)
                return
            if len(there) < PAGE:
                self._ask("POST", f"issues/{number}/comments", body)
                return
            page += 1

    # --- ending it --------------------------------------------------------------------------------
    def merge(self, branch: str, head: str, base: str, approved_by: str = "") -> ChangeState:
        """Merge just that head, where the base is still that one."""
        pull = self._known(branch)
        now = self._state(branch, pull)
        if now.state == "merged":
            return now
        if now.head != head:
            raise ToolFailed(f"{branch} has moved since you looked at it: look at it again.")
        if now.base != base:
            raise ToolFailed(f"{self._into} has moved since: verify {branch} again, then merge.")
        if now.state == "closed":
            raise ToolFailed(f"{branch} was closed: open it anew to merge it.")
        said = f"{TRAILER}: {branch}" + (f"\n{APPROVED}: {approved_by}" if approved_by else "")
        told = {
            "sha": head,
            "merge_method": "merge",
            "commit_title": f"Merge {pull['title']}",
            "commit_message": said,
        }
        self._ask("PUT", f"pulls/{pull['number']}/merge", told)
        return self._state(branch, self._known(branch))

    def close(self, branch: str, why: str) -> None:
        """Close it, with the reason said on it; one that is closed or merged stays so."""
        pull = self._known(branch)
        if pull["state"] == "open":
            self.comment(branch, "closed", why)
            self._ask("PATCH", f"pulls/{pull['number']}", {"state": "closed"})

    # --- what GitHub has --------------------------------------------------------------------------
    @property
    def _into(self) -> str:
        if self._branch is None:
            self._branch = cast("str", self._ask("GET", "")["default_branch"])
        return self._branch

    def _ref(self, branch: str) -> str | None:
        found = self._ask("GET", f"git/ref/heads/{quote(branch)}", missing=True)
        return found and found["object"]["sha"]

    def _pull(self, branch: str) -> dict[str, Any] | None:
        query = {"head": f"{self._owner}:{branch}", "state": "all", "per_page": PAGE}
        found = [pull for pull in self._ask("GET", "pulls", query=query) if pull["head"]["ref"] == branch]
        return max(found, key=lambda pull: (pull["state"] == "open", pull["number"]), default=None)

    def _known(self, branch: str) -> dict[str, Any]:
        pull = self._pull(valid_branch(branch))
        if pull is None:
            raise ToolFailed(f"There is no pull request of {branch}: `revloops proposals` lists them.")
        return pull

    def _state(self, branch: str, pull: Mapping[str, Any]) -> ChangeState:
        head, base = pull["head"]["sha"], self._ref(self._into) or ""
        merged = bool(pull.get("merged_at"))
        checks = self._ask("GET", f"commits/{head}/status")["statuses"]
        apart = self._ask("GET", f"compare/{base}...{head}")
        return ChangeState(
            branch=branch,
            id=f"#{pull['number']}",
            state="merged" if merged else pull["state"],
            title=pull["title"],
            body=pull.get("body") or "",
            head=head,
            base=base,
            behind=not merged and apart["behind_by"] > 0,
            paths=_touched(apart.get("files", ())),
            checks={one["context"]: _said(one) for one in checks},
            url=pull["html_url"],
            merged_as=(pull.get("merge_commit_sha") or "") if merged else "",
        )

    # --- the wire ---------------------------------------------------------------------------------
    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        *,
        missing: bool = False,
    ) -> Any:
        """What it answers; None with `missing` where there is no such thing.

        Raises:
            ToolRetry: it can't be reached now, or asks to wait.
            ToolFailed: it refuses.
        """
        try:
            answer = self._http.request(
                method, f"{self._at}/{path}".rstrip("/"), json=body, params=query
            )
        except httpx2.HTTPError as error:
            raise ToolRetry(f"GitHub can't be reached ({type(error).__name__}): try again later.") from error
        if missing and answer.status_code in (404, 422):
            return None
        if answer.status_code >= 300:
            raise _refused(answer, f"{method} {path}")
        try:
            return answer.json()
        except ValueError as error:
            raise ToolRetry("GitHub answered with something that isn't JSON: try again later.") from error


def _safe(api: str) -> str:
    """The address, where a token may be sent to it: encrypted, or on this very machine."""
    at = urlsplit(api)
    if at.scheme != "https" and at.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise ToolFailed(f"A token would be sent to {api} for all to read: begin the address with https://.")
    return api.rstrip("/")


def _touched(files: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    if len(files) >= MOST_FILES:
        raise ToolFailed("It touches more files than GitHub tells: an agent's change touches a few.")
    moved = (file["previous_filename"] for file in files if "previous_filename" in file)
    return tuple(sorted({*(file["filename"] for file in files), *moved}))


def _said(status: Mapping[str, Any]) -> str:
    says = status.get("description") or ""
    return f"{status['state']}: {says}" if says else str(status["state"])


def _refused(answer: httpx2.Response, what: str) -> ToolRetry | ToolFailed:
    """What an answer that is no success comes to, in one sentence."""
    code, headers = answer.status_code, answer.headers
    limited = code == 429 or (
        code == 403 and (headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers)
    )
    if limited:
        return ToolRetry(f"GitHub asks to wait: try again {_until(headers)}.")
    if code >= 500:
        return ToolRetry(f"GitHub is in trouble ({code}): try again later.")
    if code == 401:
        return ToolFailed(f"GitHub doesn't know the token in {TOKEN_VARIABLE}: make a new one and set it.")
    if code in (403, 404):
        return ToolFailed(f"The token may not do this ({what}): let it write contents and pull requests.")
    if code == 409:
        return ToolFailed("GitHub says that it has moved meanwhile: look at it again.")
    return ToolFailed(f"GitHub refuses {what} ({code}): {_message(answer)}")


def _until(headers: Mapping[str, str]) -> str:
    """When to come back, in words."""
    wait, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if wait:
        return f"in {wait} s" if wait.isdigit() else f"at {wait}"
    return f"at {datetime.fromtimestamp(int(reset), UTC):%Y-%m-%d %H:%M} UTC" if reset.isdigit() else "later"


def _message(answer: httpx2.Response) -> str:
    try:
        return str(answer.json().get("message", ""))
    except (ValueError, AttributeError):
        return "it doesn't say why"


__all__ = ["API", "TOKEN_VARIABLE", "GitHubChanges"]
