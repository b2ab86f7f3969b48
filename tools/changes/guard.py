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
    """A `ChangeHost` that opens nothing that reaches beyond config."""

    def __init__(self, host: ChangeHost) -> None:
        self.host = host

    def open(self, change: NewChange) -> ChangeState:
        """Open it, when it touches config alone."""
        refuse_strays(valid_branch(change.branch), (file.path for file in change.files))
        return self.host.open(change)
