"""Changes in the workspace's own git: a branch each; what is said of it lies beside it, in a ref of its own.

A branch is made without touching the work tree. A merge goes into the branch that is checked out, and only
where nothing else moved and no edit of somebody's would be lost.
"""

import json
import tempfile
from pathlib import Path
from typing import Any, cast

from tools.changes.guard import valid_branch
from tools.connectors.ports import ChangeState, FileChange, NewChange
from tools.errors import ToolFailed, ToolRetry
from tools.git import GitFailed, commit_of, git, show, tried

REFS = "refs/revloops/changes/"
TRAILER = "Revloops-Proposal"
"""Of a merge: the proposal it came from."""
APPROVED = "Approved-by"
"""Of a merge: who let it through, and with which key."""
PLAIN = "100644"
"""The mode of a file that is neither a program nor a link."""

READ_FROM = "read from"
"""Key of a note in memory: the blob it was read from."""


class LocalChanges:
    """`ChangeHost` over a git repository on this machine.

    Args:
        root: the workspace, a git work tree.
        into: the branch that changes are merged into; None: the one that is checked out.
    """

    def __init__(self, root: Path, into: str | None = None) -> None:
        self._root = root
        self._into = into or tried(root, "symbolic-ref", "--quiet", "--short", "HEAD") or "main"

    # --- making one -------------------------------------------------------------------------------
    def open(self, change: NewChange) -> ChangeState:
        """Commit its files on its branch; a branch that has them is left as it is."""
        branch = valid_branch(change.branch)
        base = commit_of(self._root, change.base)
        if base is None:
            raise ToolFailed(f"There is no commit {change.base} to change: commit the workspace first.")
        before = commit_of(self._root, f"refs/heads/{branch}")
        note = self._note(branch)
        if before and note and (there := self._state(branch, note)).state == "merged":
            return there
        tree = self._tree(base, change.files)
        if before is None or git(self._root, "rev-parse", f"{before}^{{tree}}") != tree:
            trailers = f"{TRAILER}: {branch}\nProposed-by: {change.author}"
            message = f"{change.title}\n\n{change.body}\n\n{trailers}\n"
            over = self._parents(before, base)
            made = git(self._root, "commit-tree", tree, *over, "-F", "-", given=message)
            self._move(f"refs/heads/{branch}", made, before)
        self._write(branch, {**note, "state": "open", "title": change.title, "body": change.body})
        return self._state(branch, self._note(branch))

    def _parents(self, before: str | None, base: str) -> list[str]:
        """The branch so far, and the base where the branch doesn't hold it yet."""
        holds = before and tried(self._root, "merge-base", base, before) == base
        return [word for one in ([before] if holds else [before, base]) if one for word in ("-p", one)]

    def _tree(self, base: str, files: tuple[FileChange, ...]) -> str:
        """The base's tree with the files in it, made in an index apart."""
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            git(self._root, "read-tree", base, more=index)
            for file in files:
                if file.text is None:
                    git(self._root, "update-index", "--force-remove", "--", file.path, more=index)
                    continue
                blob = git(self._root, "hash-object", "-w", "--stdin", given=file.text)
                entry = f"{PLAIN},{blob},{file.path}"
                git(self._root, "update-index", "--add", "--cacheinfo", entry, more=index)
            return git(self._root, "write-tree", more=index)

    # --- looking at it ----------------------------------------------------------------------------
    def status(self, branch: str) -> ChangeState | None:
        """How it stands; None where there is no such branch."""
        note = self._note(valid_branch(branch))
        return self._state(branch, note) if note and commit_of(self._root, f"refs/heads/{branch}") else None

    def listed(self, prefix: str) -> tuple[ChangeState, ...]:
        """The changes whose branch begins so, the newest first."""
        names = git(
            self._root,
            "for-each-ref",
            "--sort=-committerdate",
            "--format=%(refname:strip=2)",
            "refs/heads/",
        )
        ours = (name for name in names.splitlines() if name.startswith(prefix) and self._note(name))
        return tuple(state for name in ours if (state := self.status(name)))

    def text(self, commit: str, path: str) -> str | None:
        """A file as it is in a commit; None where it isn't there."""
        found = git(self._root, "ls-tree", "-z", "--end-of-options", commit, "--", path)
        if not found:
            return None
        if not found.startswith(PLAIN):
            raise ToolFailed(f"{path} is no plain file in {commit[:12]}: only plain files are config.")
        return show(self._root, commit, path)

    def comments(self, branch: str) -> dict[str, str]:
        """What was said on it, by key, the oldest first."""
        return dict(self._note(valid_branch(branch)).get("comments", {}))

    # --- saying something of it -------------------------------------------------------------------
    def check(self, branch: str, head: str, name: str, state: str, says: str) -> None:
        """Note a check of that commit."""
        note = self._known(branch)
        checks = note.setdefault("checks", {}).setdefault(head, {})
        checks[name] = f"{state}: {says}" if says else state
        self._write(branch, note)

    def comment(self, branch: str, key: str, text: str) -> None:
        """Note a comment; the same key again replaces it."""
        note = self._known(branch)
        note.setdefault("comments", {})[key] = text
        self._write(branch, note)

    # --- ending it --------------------------------------------------------------------------------
    def merge(self, branch: str, head: str, base: str, approved_by: str = "") -> ChangeState:
        """Merge just that head into just that base, and bring the work tree along."""
        note = self._known(branch)
        now = self._state(branch, note)
        if now.state == "merged":
            return now
        if now.state == "closed":
            raise ToolFailed(f"{branch} was closed ({note.get('why', '')}): open it anew to merge it.")
        if now.head != head:
            raise ToolFailed(f"{branch} has moved since you looked at it: look at it again.")
        if now.base != base:
            raise ToolFailed(f"{self._into} has moved since: verify {branch} again, then merge.")
        told = f"Merge {note['title']}\n\n{TRAILER}: {branch}\n"
        if approved_by:
            told += f"{APPROVED}: {approved_by}\n"
        merged = self._merged(branch, head, base, told)
        self._write(branch, {**note, "state": "merged", "merged_as": merged})
        return self._state(branch, self._note(branch))

    def _merged(self, branch: str, head: str, base: str, message: str) -> str:
        try:
            tree = git(self._root, "merge-tree", "--write-tree", base, head).splitlines()[0]
        except GitFailed as error:
            raise ToolFailed(f"{branch} and {self._into} change the same lines: make it anew.") from error
        made = git(self._root, "commit-tree", tree, "-p", base, "-p", head, "-F", "-", given=message)
        if tried(self._root, "symbolic-ref", "--quiet", "--short", "HEAD") != self._into:
            self._move(f"refs/heads/{self._into}", made, base)
            return made
        if git(self._root, "status", "--porcelain", "--untracked-files=no"):
            raise ToolFailed("The workspace holds edits that aren't committed: commit or stash them first.")
        git(self._root, "merge", "--quiet", "--ff-only", made)
        return made

    def close(self, branch: str, why: str) -> None:
        """Mark it closed, with the reason; one that is merged stays so."""
        note = self._known(branch)
        if note["state"] == "open":
            self._write(branch, {**note, "state": "closed", "why": why})

    # --- what lies beside the branch --------------------------------------------------------------
    def _known(self, branch: str) -> dict[str, Any]:
        note = self._note(valid_branch(branch))
        if not note:
            raise ToolFailed(f"There is no change {branch}: `revloops proposals` lists them.")
        return note

    def _note(self, branch: str) -> dict[str, Any]:
        """The note, with the blob that it was read from: it is written over no other."""
        blob = tried(self._root, "rev-parse", "--verify", "--quiet", f"{REFS}{branch}")
        if not blob:
            return {}
        text = git(self._root, "cat-file", "blob", blob)
        return {**cast("dict[str, Any]", json.loads(text)), READ_FROM: blob}

    def _write(self, branch: str, note: dict[str, Any]) -> None:
        note = dict(note)
        before = note.pop(READ_FROM, None)
        blob = git(self._root, "hash-object", "-w", "--stdin", given=json.dumps(note, ensure_ascii=False))
        if blob != before:
            self._move(f"{REFS}{branch}", blob, before)

    def _move(self, ref: str, to: str, before: str | None) -> None:
        """Compare and swap."""
        try:
            git(self._root, "update-ref", "--end-of-options", ref, to, before or "0" * 40)
        except GitFailed as error:
            raise ToolRetry(f"{ref} was changed by somebody else just now: try again.") from error

    def _state(self, branch: str, note: dict[str, Any]) -> ChangeState:
        head = git(self._root, "rev-parse", f"refs/heads/{branch}")
        base = git(self._root, "rev-parse", f"refs/heads/{self._into}")
        merged = note.get("merged_as", "") or self._merged_by_hand(head, base)
        touched = git(self._root, "diff", "--name-only", "--no-renames", f"{base}...{head}")
        return ChangeState(
            branch=branch,
            id=branch.rpartition("/")[2],
            state="merged" if merged else note["state"],
            title=note["title"],
            body=note["body"],
            head=head,
            base=base,
            behind=not merged and tried(self._root, "merge-base", head, base) != base,
            paths=tuple(touched.splitlines()),
            checks=note.get("checks", {}).get(head, {}),
            merged_as=merged,
        )

    def _merged_by_hand(self, head: str, base: str) -> str:
        """The commit that brought the head in, where git has it and nothing was noted; "" otherwise."""
        if tried(self._root, "merge-base", "--is-ancestor", head, base) is None:
            return ""
        since = git(self._root, "rev-list", "--ancestry-path", "--merges", "--reverse", f"{head}..{base}")
        return since.partition("\n")[0] or head
