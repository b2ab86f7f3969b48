"""The host of changes that a workspace's settings name, with the guard around it."""

from pathlib import Path

from tools.changes.guard import Guarded
from tools.changes.local import LocalChanges
from tools.connectors.ports import ChangeHost
from tools.errors import ToolFailed
from tools.git import commit_of
from tools.workspace import ChangeSettings


def change_host(root: Path, settings: ChangeSettings) -> ChangeHost:
    """Where this workspace's changes are looked at and merged.

    Raises:
        ToolFailed: GitHub is named and no token is in the environment; or the workspace isn't in git.
    """
    if settings.host == "git":
        if commit_of(root, "HEAD") is None:
            raise ToolFailed(
                f"{root} isn't in git, or has no commit: `git init && git add -A && git commit` first, "
                "so that a change has a base"
            )
        return Guarded(LocalChanges(root, settings.branch or None))
    from tools.changes.github import GitHubChanges

    return Guarded(GitHubChanges(settings.repository, settings.branch or None, api=settings.api))
