"""Git as a program that is handed nothing: no hook of the repository runs, no secret is in reach."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.errors import ToolFailed

SECRET = ("REVLOOPS_", "OPENAI_")
"""How the environment's names begin that no other program is handed."""
IDENTITY = ("-c", "user.name=revloops", "-c", "user.email=revloops@localhost")
"""Who commits what the product itself writes into a workspace."""
# an agent can write the repository's config: no command of its making runs
_SAFE = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false")


class GitFailed(ToolFailed):
    """Git refused; its last line says why."""


def git(
    root: Path,
    *words: str,
    given: str | None = None,
    more: Mapping[str, str] | None = None,
    theirs: bool = False,
) -> str:
    """What the command says, without blanks around it.

    Args:
        root: the repository.
        words: the command.
        given: its standard input.
        more: environment variables for it.
        theirs: whether a commit is the user's own, where git knows who that is.

    Raises:
        GitFailed: it ends with an error.
    """
    ours = not (theirs and tried(root, "config", "user.email"))
    done = _run(root, (*(IDENTITY if ours else ()), *words), given, more)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise GitFailed(f"git {words[0]} failed in {root}: {said[-1] if said else 'it says nothing'}")
    return done.stdout.strip()


def tried(root: Path, *words: str) -> str | None:
    """What the command says, or None where it ends with an error."""
    done = _run(root, words, None, None)
    return None if done.returncode else done.stdout.strip()


def _run(
    root: Path, words: tuple[str, ...], given: str | None, more: Mapping[str, str] | None
) -> subprocess.CompletedProcess[str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith((*SECRET, "GIT_"))}
    command = ["git", "-C", str(root), *_SAFE, *words]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=False, input=given, env={**bare, **(more or {})}
        )
    except FileNotFoundError as error:
        raise GitFailed("git isn't installed: install your system's package git") from error


def show(root: Path, revision: str, path: str) -> str | None:
    """A file as it is in a revision; None where it isn't there."""
    done = _run(root, ("show", f"{revision}:{path}"), None, None)
    return None if done.returncode else done.stdout


def commit_of(root: Path, name: str) -> str | None:
    """The commit that a branch, tag or revision names; None where there is none."""
    return tried(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
