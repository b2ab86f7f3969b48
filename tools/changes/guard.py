"""What an agent's change may touch: config and its own proposal, shown on paths before it is written."""

import re
from collections.abc import Iterable

from tools.connectors.ports import ChangeHost, ChangeState, NewChange
from tools.errors import ToolFailed

PREFIX = "revloops/"
"""How the branches begin that agents open."""
_BRANCH = re.compile(r"^revloops/[a-z][a-z0-9_]*-[0-9a-f]{10}$")
_NAME = r"[a-z0-9][a-z0-9_-]*"
_CONFIG = re.compile(
    rf"^(?:loops/{_NAME}\.yaml|(?:plays|playbook|frameworks|rubrics)/{_NAME}\.yaml|prompts/{_NAME}\.md)$"
)


def valid_branch(name: str) -> str:
    """The name of a proposal's branch, as it was given.

    Raises:
        ToolFailed: it isn't one.
    """
    if not _BRANCH.fullmatch(name):
        raise ToolFailed(f"{name} is no proposal's branch: `revloops proposals` lists them.")
    return name


def strays(branch: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The paths that a change on that branch may not touch; lower-case names and slashes alone are config."""
    own = f"proposals/{branch.removeprefix(PREFIX)}.yaml"
    return tuple(path for path in paths if path != own and not _CONFIG.fullmatch(path))


def refuse_strays(branch: str, paths: Iterable[str]) -> None:
    """Let nothing but config and its own proposal through.

    Raises:
        ToolFailed: it touches something else; names it.
    """
    if found := strays(branch, paths):
        raise ToolFailed(f"{branch} touches {', '.join(found)}: an agent may change config alone.")


class Guarded:
    """A `ChangeHost` that opens and merges nothing that reaches beyond config."""

    def __init__(self, host: ChangeHost) -> None:
        self._host = host

    def open(self, change: NewChange) -> ChangeState:
        """Open it, when it touches config alone."""
        refuse_strays(valid_branch(change.branch), (file.path for file in change.files))
        return self._host.open(change)

    def status(self, branch: str) -> ChangeState | None:
        """How it stands."""
        return self._host.status(branch)

    def listed(self, prefix: str) -> tuple[ChangeState, ...]:
        """The changes whose branch begins so."""
        return self._host.listed(prefix)

    def check(self, branch: str, head: str, name: str, state: str, says: str) -> None:
        """Post a status on that commit."""
        self._host.check(branch, head, name, state, says)

    def comment(self, branch: str, key: str, text: str) -> None:
        """Say something on it."""
        self._host.comment(branch, key, text)

    def text(self, commit: str, path: str) -> str | None:
        """A file as it is in a commit."""
        return self._host.text(commit, path)

    def merge(self, branch: str, head: str, base: str, approved_by: str = "") -> ChangeState:
        """Merge it, when what lies on the branch by now touches config alone, as plain files."""
        now = self._host.status(valid_branch(branch))
        if now and now.state == "open":
            refuse_strays(branch, now.paths)
            for path in now.paths:
                self._host.text(now.head, path)
        return self._host.merge(branch, head, base, approved_by)

    def close(self, branch: str, why: str) -> None:
        """Close it without merging."""
        self._host.close(branch, why)
