"""A small GitHub on this machine: real refs, trees and merges in a git repository, pull requests in memory.

Every request is held against a slice of GitHub's own API description, and so is every answer.
"""

import base64
import json
import re
import subprocess
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft4Validator

from tools.git import GitFailed, git, tried

TOKEN = "a-token-of-the-test"
OWNER, NAME = "ours", "workspace"
LONG = {"ref", "basehead"}
"""Path parameters that may hold slashes."""
Json = dict[str, Any]


@lru_cache(maxsize=1)
def described() -> list[tuple[str, re.Pattern[str], Json]]:
    """Method, pattern of the path, and operation; the longest paths first."""
    text = (Path(__file__).parent / "resources" / "github_api.json").read_text(encoding="utf-8")
    found: list[tuple[str, re.Pattern[str], Json]] = []
    paths = cast("dict[str, dict[str, Json]]", json.loads(text)["paths"])
    for path in sorted(paths, key=len, reverse=True):
        for method, operation in paths[path].items():
            found.append((method.upper(), re.compile(_pattern(path)), {**operation, "path": path}))
    return found


def _pattern(path: str) -> str:
    return re.sub(
        r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1] in LONG else '[^/]+'})", path.replace(".", r"\.")
    )


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


@dataclass
class Fault:
    """What the next requests of a kind are answered with."""

    method: str
    path: str
    # a part of it
    refusal: Refusal
    times: int = 1


@dataclass
class GitHub:
    """The server's state."""

    root: Path
    # the repository
    pulls: list[Json] = field(default_factory=list[Json])
    comments: list[Json] = field(default_factory=list[Json])
    statuses: list[Json] = field(default_factory=list[Json])
    faults: list[Fault] = field(default_factory=list[Fault])
    seen: list[str] = field(default_factory=list[str])
    # method and path of every request
    wrong: list[str] = field(default_factory=list[str])
    # where a request or an answer isn't as the description has it
    url: str = ""

    # --- one request ------------------------------------------------------------------------------
    def answer(self, method: str, target: str, token: str, body: Any) -> tuple[int, Any, Mapping[str, str]]:
        """Status, body and headers."""
        parts = urlsplit(target)
        self.seen.append(f"{method} {parts.path}")
        try:
            operation, names = self._operation(method, parts.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self.wrong += _wrong(f"{method} {parts.path}", operation, names, query, body)
            self._fails(method, parts.path)
            if token != f"Bearer {TOKEN}":
                raise Refusal(401, "Bad credentials")
            if (names["owner"], names["repo"]) != (OWNER, NAME):
                raise Refusal(404, "Not Found")
            status, given = self._given(method, cast("str", operation["path"]), names, query, body or {})
        except Refusal as refusal:
            return refusal.status, {"message": refusal.message}, refusal.headers
        except GitFailed as error:
            return 404, {"message": str(error)}, {}
        problems = _unlike(operation["responses"][str(status)], given)
        self.wrong += [f"answer to {method} {parts.path}: {problem}" for problem in problems]
        return status, given, {}

    def _operation(self, method: str, path: str) -> tuple[Json, dict[str, str]]:
        for wanted, pattern, operation in described():
            if wanted == method and (found := pattern.fullmatch(path)):
                return operation, {name: unquote(text) for name, text in found.groupdict().items()}
        self.wrong.append(f"{method} {path}: GitHub has no such path")
        raise Refusal(404, "Not Found")

    def _fails(self, method: str, path: str) -> None:
        for fault in self.faults:
            if fault.times and fault.method == method and fault.path in path:
                fault.times -= 1
                raise fault.refusal

    def _given(self, method: str, path: str, names: Mapping[str, str], query: Json, body: Json) -> Any:
        kind = path.removeprefix("/repos/{owner}/{repo}").strip("/").replace("/", "_")
        name = f"{method.lower()}_{re.sub(r'[{}]', '', kind)}"
        return getattr(self, name)(names, query, body)

    # --- git --------------------------------------------------------------------------------------
    def get_(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        return 200, {"default_branch": "main"}

    def get_git_commits_commit_sha(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        return 200, self._commit(names["commit_sha"])

    def post_git_commits(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        parents = [word for one in body["parents"] for word in ("-p", one)]
        made = git(self.root, "commit-tree", body["tree"], *parents, "-F", "-", given=body["message"])
        return 201, self._commit(made)

    def _commit(self, sha: str) -> Json:
        tree, parents = git(self.root, "show", "-s", "--format=%T.%P", sha).split(".")
        return {"sha": sha, "tree": {"sha": tree}, "parents": [{"sha": one} for one in parents.split()]}

    def post_git_trees(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        index = {"GIT_INDEX_FILE": str(self.root / "index-of-a-tree")}
        git(self.root, "read-tree", body["base_tree"], more=index)
        for entry in body["tree"]:
            if entry.get("sha", "") is None:
                git(self.root, "update-index", "--force-remove", "--", entry["path"], more=index)
                continue
            blob = git(self.root, "hash-object", "-w", "--stdin", given=entry["content"])
            told = f"{entry['mode']},{blob},{entry['path']}"
            git(self.root, "update-index", "--add", "--cacheinfo", told, more=index)
        return 201, self._tree(git(self.root, "write-tree", more=index))

    def get_git_trees_tree_sha(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        return 200, self._tree(names["tree_sha"])

    def _tree(self, sha: str) -> Json:
        entries: list[Json] = []
        for line in git(self.root, "ls-tree", "-r", "-t", "-z", sha).split("\0"):
            if line:
                mode, kind, blob, path = re.split(r"[ \t]", line, maxsplit=3)
                entries.append({"path": path, "mode": mode, "type": kind, "sha": blob})
        return {"sha": sha, "truncated": False, "tree": entries}

    def get_git_blobs_file_sha(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        command = ["git", "-C", str(self.root), "cat-file", "blob", names["file_sha"]]
        content = base64.b64encode(subprocess.run(command, check=True, capture_output=True).stdout).decode()
        return 200, {"sha": names["file_sha"], "content": content, "encoding": "base64"}

    def get_git_ref_ref(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        sha = tried(self.root, "rev-parse", "--verify", "--quiet", f"refs/{names['ref']}")
        if sha is None:
            raise Refusal(404, "Not Found")
        return 200, {"ref": f"refs/{names['ref']}", "object": {"type": "commit", "sha": sha}}

    def post_git_refs(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        if tried(self.root, "rev-parse", "--verify", "--quiet", body["ref"]):
            raise Refusal(422, "Reference already exists")
        git(self.root, "update-ref", body["ref"], body["sha"])
        return 201, {"ref": body["ref"], "object": {"type": "commit", "sha": body["sha"]}}

    def patch_git_refs_ref(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        ref = f"refs/{names['ref']}"
        behind = tried(self.root, "merge-base", "--is-ancestor", ref, body["sha"]) is None
        if behind and not body.get("force"):
            raise Refusal(422, "Update is not a fast forward")
        git(self.root, "update-ref", ref, body["sha"])
        return 200, {"ref": ref, "object": {"type": "commit", "sha": body["sha"]}}

    def get_compare_basehead(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        base, _, head = names["basehead"].partition("...")
        behind, ahead = git(self.root, "rev-list", "--left-right", "--count", f"{base}...{head}").split()
        files: list[Json] = []
        for line in git(self.root, "diff", "--name-status", "-M", f"{base}...{head}").splitlines():
            mark, *paths = line.split("\t")
            status = {"A": "added", "M": "modified", "D": "removed", "R": "renamed", "T": "changed"}[mark[0]]
            moved = {"previous_filename": paths[0]} if len(paths) > 1 else {}
            files.append({"filename": paths[-1], "status": status, **moved})
        told = {"00": "identical"}.get(ahead + behind, "diverged" if ahead != "0" != behind else "ahead")
        return 200, {"status": told, "ahead_by": int(ahead), "behind_by": int(behind), "files": files}

    # --- pull requests ----------------------------------------------------------------------------
    def get_pulls(self, names: Json, query: Json, body: Json) -> tuple[int, list[Json]]:
        head = query.get("head", "").partition(":")[2]
        found = [pull for pull in reversed(self.pulls) if head in ("", pull["head"]["ref"])]
        return 200, self._page([self._shown(pull) for pull in found], query)

    def post_pulls(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        branch = body["head"]
        if any(pull["head"]["ref"] == branch and pull["state"] == "open" for pull in self.pulls):
            raise Refusal(422, "Validation Failed: A pull request already exists for it.")
        number = len(self.pulls) + 1
        pull: Json = {
            "number": number, "state": "open", "title": body["title"], "body": body.get("body"),
            "html_url": f"{self.url}/{OWNER}/{NAME}/pull/{number}", "merged_at": None,
            "merge_commit_sha": None, "head": {"ref": branch, "sha": ""},
            "base": {"ref": body["base"], "sha": git(self.root, "rev-parse", body["base"])},
        }  # fmt: skip
        self.pulls.append(pull)
        return 201, self._shown(pull)

    def patch_pulls_pull_number(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        pull = self.pulls[int(names["pull_number"]) - 1]
        pull |= {name: body[name] for name in ("state", "title", "body") if name in body}
        return 200, self._shown(pull)

    def put_pulls_pull_number_merge(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        pull = self._shown(self.pulls[int(names["pull_number"]) - 1])
        head, into = pull["head"]["sha"], f"refs/heads/{pull['base']['ref']}"
        if body.get("sha", head) != head:
            raise Refusal(409, "Head branch was modified. Review and try the merge again.")
        base = git(self.root, "rev-parse", into)
        tree = tried(self.root, "merge-tree", "--write-tree", base, head)
        if tree is None or pull["state"] != "open":
            raise Refusal(405, "Pull Request is not mergeable")
        told = f"{body['commit_title']}\n\n{body['commit_message']}\n"
        made = git(self.root, "commit-tree", tree, "-p", base, "-p", head, "-F", "-", given=told)
        git(self.root, "update-ref", into, made, base)
        pull |= {"state": "closed", "merged_at": "2026-11-23T14:00:00Z", "merge_commit_sha": made}
        return 200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"}

    def _shown(self, pull: Json) -> Json:
        sha = tried(self.root, "rev-parse", "--verify", "--quiet", f"refs/heads/{pull['head']['ref']}")
        pull["head"]["sha"] = sha or pull["head"]["sha"]
        return pull

    # --- what is said of them ---------------------------------------------------------------------
    def post_statuses_sha(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        told = {name: body.get(name) for name in ("state", "context", "description")}
        self.statuses.append({"sha": names["sha"], **told})
        return 201, told

    def get_commits_ref_status(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        newest = {one["context"]: one for one in self.statuses if one["sha"] == names["ref"]}
        told = [{name: text for name, text in one.items() if name != "sha"} for one in newest.values()]
        return 200, {"state": "pending", "statuses": told}

    def get_issues_issue_number_comments(
        self, names: Json, query: Json, body: Json
    ) -> tuple[int, list[Json]]:
        mine = [one for one in self.comments if one["number"] == names["issue_number"]]
        return 200, self._page([{"id": one["id"], "body": one["body"]} for one in mine], query)

    def post_issues_issue_number_comments(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        made = {"id": len(self.comments) + 1, "body": body["body"]}
        self.comments.append({"number": names["issue_number"], **made})
        return 201, made

    def patch_issues_comments_comment_id(self, names: Json, query: Json, body: Json) -> tuple[int, Json]:
        mine = self.comments[int(names["comment_id"]) - 1]
        mine["body"] = body["body"]
        return 200, {"id": mine["id"], "body": mine["body"]}

    def _page(self, rows: list[Json], query: Json) -> list[Json]:
        count, page = int(query.get("per_page", 30)), int(query.get("page", 1))
        return rows[(page - 1) * count : page * count]


def _unlike(schema: Json, given: Any) -> list[str]:
    """Where it isn't as the schema has it."""
    validator: Any = Draft4Validator(schema)  # its types are incomplete
    return [problem.message for problem in validator.iter_errors(given)]


def _wrong(what: str, operation: Json, names: Json, query: Json, body: Any) -> Iterator[str]:
    known = {(one["in"], one["name"]): one for one in operation["parameters"]}
    for place, given in (("path", names), ("query", query)):
        for name, text in given.items():
            if (place, name) not in known:
                yield f"{what}: there is no parameter {name} in the {place}"
                continue
            schema = known[place, name]["schema"]
            value = int(text) if schema.get("type") == "integer" and text.isdigit() else text
            yield from (f"{what}: {problem}" for problem in _unlike(schema, value))
        missing = (n for (p, n), one in known.items() if p == place and one["required"] and n not in given)
        yield from (f"{what}: {name} is missing" for name in missing)
    wanted = operation.get("requestBody")
    if wanted is None:
        yield from [f"{what}: it takes no body"] if body is not None else []
    elif body is not None or wanted["required"]:
        yield from (f"{what}: {problem}" for problem in _unlike(wanted["schema"], body))
        schema = wanted["schema"] if "properties" in wanted["schema"] else wanted["schema"]["anyOf"][0]
        extra = set(body or {}) - set(schema["properties"])
        yield from (f"{what}: the body has no {name}" for name in sorted(extra))


@contextmanager
def github(root: Path) -> Generator[GitHub]:
    """A GitHub with that repository, on a loopback port."""
    state = GitHub(root)

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("Authorization", "")
            status, given, headers = state.answer(self.command, self.path, token, body)
            data = json.dumps(given).encode()
            self.send_response(status)
            for name, text in {**headers, "Content-Type": "application/json"}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = _do

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
