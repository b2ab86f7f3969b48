"""The host of changes that a workspace's settings name, with the guard around it."""

from pathlib import Path

from tools.changes.guard import Guarded
from tools.changes.local import LocalChanges
from tools.connectors.ports import ChangeHost
from tools.workspace import ChangeSettings


def change_host(root: Path, settings: ChangeSettings) -> ChangeHost:
    """Where this workspace's changes are looked at and merged.

    Raises:
        ToolFailed: GitHub is named and no token is in the environment.
    """
    if settings.host == "git":
        return Guarded(LocalChanges(root, settings.branch or None))
    from tools.changes.github import GitHubChanges

    return Guarded(GitHubChanges(settings.repository, settings.branch or None, api=settings.api))
