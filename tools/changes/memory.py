"""Changes held in memory: the twin of the hosts, for tests and for trying things out."""

from collections.abc import Mapping

from loops.values import content_hash
from tools.changes.guard import valid_branch
from tools.connectors.ports import ChangeState, NewChange
from tools.errors import ToolFailed


class MemoryChanges:
    """`ChangeHost` in memory; a commit is the hash of what was handed in.

    Args:
        base: the commit that everything is merged into first.
        contents: the files it holds, by path.
    """

    def __init__(self, base: str = "0" * 40, contents: Mapping[str, str | None] | None = None) -> None:
        self.base = base
        self.contents = dict(contents or {})
        self.changes: dict[str, ChangeState] = {}
        # by branch, the oldest first
        self.files: dict[str, NewChange] = {}
        self.said: dict[str, dict[str, str]] = {}
        # branch → key → comment
        self.approved: dict[str, str] = {}
        # branch → who let it through

    def open(self, change: NewChange) -> ChangeState:
        """Keep it; the same again changes nothing."""
        branch = valid_branch(change.branch)
        if (there := self.changes.get(branch)) and there.state == "merged":
            return there
        self.files[branch] = change
        head = content_hash(change)[:40]
        self.changes[branch] = ChangeState(
            branch=branch,
            id=branch.rpartition("/")[2],
            state="open",
            title=change.title,
            body=change.body,
            head=head,
            base=self.base,
            behind=change.base != self.base,
            checks=there.checks if there and there.head == head else {},
            paths=tuple(sorted(file.path for file in change.files)),
        )
        return self.changes[branch]

    def status(self, branch: str) -> ChangeState | None:
        """How it stands."""
        now = self.changes.get(valid_branch(branch))
        if now is None or now.state != "open":
            return now
        return now.model_copy(update={"base": self.base, "behind": self.base != self.files[branch].base})

    def listed(self, prefix: str) -> tuple[ChangeState, ...]:
        """The newest first."""
        names = [name for name in reversed(self.changes) if name.startswith(prefix)]
        return tuple(state for name in names if (state := self.status(name)))

    def check(self, branch: str, head: str, name: str, state: str, says: str) -> None:
        """Keep a check, where the head is still that."""
        now = self._known(branch)
        if now.head == head:
            told = f"{state}: {says}" if says else state
            self._put(now, checks={**now.checks, name: told})

    def comment(self, branch: str, key: str, text: str) -> None:
        """Keep a comment."""
        self.said.setdefault(self._known(branch).branch, {})[key] = text

    def text(self, commit: str, path: str) -> str | None:
        """The file as a change of that head hands it in, or as `contents` has it."""
        heads = (self.files[name] for name, now in self.changes.items() if now.head == commit)
        changed = {file.path: file.text for change in heads for file in change.files}
        return changed[path] if path in changed else self.contents.get(path)

    def merge(self, branch: str, head: str, base: str, approved_by: str = "") -> ChangeState:
        """Mark it merged."""
        now = self._known(branch)
        if now.state == "merged":
            return now
        if now.state == "closed":
            raise ToolFailed(f"{branch} was closed: open it anew to merge it.")
        if (now.head, self.base) != (head, base):
            raise ToolFailed(f"{branch} or what it is merged into has moved: look at it again.")
        self.base = content_hash(head + base)[:40]
        self.contents |= {file.path: file.text for file in self.files[branch].files}
        self.approved[branch] = approved_by
        return self._put(now, state="merged", merged_as=self.base, base=self.base, paths=())

    def close(self, branch: str, why: str) -> None:
        """Mark it closed."""
        now = self._known(branch)
        if now.state == "open":
            self.comment(branch, "closed", why)
            self._put(now, state="closed")

    def _known(self, branch: str) -> ChangeState:
        if valid_branch(branch) not in self.changes:
            raise ToolFailed(f"There is no change {branch}: `revloops proposals` lists them.")
        return self.changes[branch]

    def _put(self, now: ChangeState, **told: object) -> ChangeState:
        self.changes[now.branch] = now.model_copy(update=told)
        return self.changes[now.branch]
