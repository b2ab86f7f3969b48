"""The workspace as its files say it now: a server outlives many edits."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from agent.bootstrap import House, assemble
from loops.errors import RevloopsError
from tools import workspace as workspaces
from tools.workspace import Workspace

EVERY_SECONDS = 1.0
"""How often the files are looked at, at most."""
FOLDERS = ("", "loops", "scenarios", "plays", "playbook", "frameworks", "rubrics", "prompts")
"""Where a workspace's own files lie; "" is itself."""
COMMITS = Path(".git/logs/HEAD")
"""Grows with each commit: decisions name the one they were made under."""
Mark = frozenset[tuple[str, int, int]]


class Fresh:
    """A house, assembled anew on the same store when a file of its workspace has changed."""

    def __init__(self, house: House, clock: Callable[[], float] = monotonic) -> None:
        """Begin with a house that is as its files say.

        Args:
            house: just opened.
            clock: seconds.
        """
        self.house, self.fault = house, ""
        # why it isn't as the files say: they have a fault
        self.changed: list[Callable[[Workspace], None]] = []
        # told of the new workspace
        self._clock, self._looked = clock, clock()
        self._mark = _mark(house.workspace.root)

    def look(self) -> None:
        """Take up what changed since; with a fault in it, the house stays and `fault` says which."""
        now = self._clock()
        if now - self._looked < EVERY_SECONDS:
            return
        self._looked = now
        mark = _mark(self.house.workspace.root)
        if mark == self._mark:
            return
        self._mark = mark
        old = self.house.runtime
        try:
            workspace = workspaces.load(old.workspace.root, old.registry)
            self.house, self.fault = assemble(old.store, old.registry, workspace, old.clock), ""
        except RevloopsError as error:
            self.fault = str(error)
            return
        for tell in self.changed:
            tell(workspace)


def _mark(root: Path) -> Mark:
    return frozenset(_files(root))


def _files(root: Path) -> Iterator[tuple[str, int, int]]:
    for folder in FOLDERS:
        try:
            entries = os.scandir(root / folder)
        except OSError:
            continue
        with entries:
            for entry in entries:
                if entry.is_file() and entry.name.endswith((".yaml", ".toml", ".md")):
                    found = entry.stat()
                    yield entry.path, found.st_mtime_ns, found.st_size
    try:
        log = (root / COMMITS).stat()
    except OSError:
        return
    yield COMMITS.name, log.st_mtime_ns, log.st_size
