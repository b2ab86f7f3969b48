"""Small repositories for changes of config, and a change to open in them."""

import os
from pathlib import Path

from tools.connectors.ports import ChangeState, FileChange, NewChange
from tools.git import git

BRANCH = "revloops/qualify-0123456789"
OTHER = "revloops/route-abcdef0123"
FILE, OWN = "loops/qualify.yaml", "proposals/qualify-0123456789.yaml"
BEFORE = "# ours\nweights: {title: 5, source: 10}\nnote: a\n\n\n\n\nlast: z\n"
AFTER = BEFORE.replace("source: 10", "source: 6")
EVIDENCE = "id: qualify-0123456789\n"
ME = ("-c", "user.name=Me", "-c", "user.email=me@ours.example")


def repository(root: Path) -> str:
    """A repository with config and what no agent may touch; its newest commit."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    for path, text in {FILE: BEFORE, "scenarios/fy27.yaml": "name: fy27\n", "active.yaml": "a: 1\n"}.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return committed(root)


def committed(root: Path, message: str = "Change something") -> str:
    """Everything in the work tree, committed; the commit."""
    git(root, "add", "-A")
    git(root, *ME, "commit", "-q", "-m", message)
    return git(root, "rev-parse", "HEAD")


def pushed(root: Path, branch: str, path: str, text: str, mode: str = "100644") -> str:
    """Put a file on a branch from behind, as somebody with git can; the branch's new head."""
    head = git(root, "rev-parse", f"refs/heads/{branch}")
    blob = git(root, "hash-object", "-w", "--stdin", given=text)
    index = {"GIT_INDEX_FILE": str(root / ".git" / f"index-{os.getpid()}")}
    git(root, "read-tree", head, more=index)
    git(root, "update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}", more=index)
    tree = git(root, "write-tree", more=index)
    made = git(root, *ME, "commit-tree", tree, "-p", head, "-m", "From behind")
    git(root, "update-ref", f"refs/heads/{branch}", made)
    return made


def change(base: str, branch: str = BRANCH, text: str = AFTER, title: str = "Give less") -> NewChange:
    """An agent's change of the config, with its evidence."""
    own = f"proposals/{branch.partition('/')[2]}.yaml"
    files = (FileChange(path=FILE, text=text), FileChange(path=own, text=EVIDENCE))
    return NewChange(branch=branch, base=base, title=title, body="Why.\n", files=files, author="agent:author")


def known(state: ChangeState | None) -> ChangeState:
    """The change, which is there."""
    assert state is not None
    return state
