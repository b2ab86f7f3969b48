"""Changes held in memory: the twin of the hosts, for tests and for trying things out."""

from loops.values import content_hash
from tools.changes.guard import valid_branch
from tools.connectors.ports import ChangeState, NewChange
from tools.errors import ToolFailed


class MemoryChanges:
    """`ChangeHost` in memory; a commit is the hash of what was handed in.

    Args:
        base: the commit that everything is merged into first.
    """

    def __init__(self, base: str = "0" * 40) -> None:
        self.base = base
        self.changes: dict[str, ChangeState] = {}
        # by branch, the oldest first
        self.files: dict[str, NewChange] = {}
        self.said: dict[str, dict[str, str]] = {}
        # branch → key → comment

    def open(self, change: NewChange) -> ChangeState:
        """Keep it; the same again changes nothing."""
        branch = valid_branch(change.branch)
        if (there := self.changes.get(branch)) and there.state == "merged":
            return there
        self.files[branch] = change
        self.changes[branch] = ChangeState(
            branch=branch,
            id=branch.rpartition("/")[2],
            state="open",
            title=change.title,
            body=change.body,
            head=content_hash(change)[:40],
            base=self.base,
            behind=change.base != self.base,
            paths=tuple(sorted(file.path for file in change.files)),
        )
        return self.changes[branch]

    def status(self, branch: str) -> ChangeState | None:
        """How it stands."""
        return self.changes.get(valid_branch(branch))

    def listed(self, prefix: str) -> tuple[ChangeState, ...]:
        """The newest first."""
        return tuple(state for name, state in reversed(self.changes.items()) if name.startswith(prefix))

    def check(self, branch: str, head: str, name: str, state: str, says: str) -> None:
        """Keep a check, where the head is still that."""
        now = self._known(branch)
        if now.head == head:
            told = f"{state}: {says}" if says else state
            self._put(now, checks={**now.checks, name: told})

    def comment(self, branch: str, key: str, text: str) -> None:
        """Keep a comment."""
        self.said.setdefault(self._known(branch).branch, {})[key] = text

    def merge(self, branch: str, head: str, base: str) -> ChangeState:
        """Mark it merged."""
        now = self._known(branch)
        if now.state == "merged":
            return now
        if (now.head, self.base) != (head, base):
            raise ToolFailed(f"{branch} or what it is merged into has moved: look at it again.")
        self.base = content_hash(head + base)[:40]
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
