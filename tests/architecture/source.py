"""The project's files as the rules see them."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "loops", "prompts", "rubrics", "engine", "tools", "agent", "mcp_server", "web", "cli", "evals", "tests",
)  # fmt: skip
TEXT_FILES = {".py", ".md", ".yaml", ".yml", ".toml", ".lock", ".html", ".txt", ""}
NOT_OURS = {"__pycache__", "node_modules", "dist", "build"}


@dataclass(frozen=True)
class Source:
    """One text file of the project."""

    path: PurePosixPath
    # relative to the project's root
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def is_python(self) -> bool:
        return self.path.suffix == ".py"

    @property
    def package(self) -> str:
        """The top-level package; "" for a file at the root or in a folder that isn't one."""
        return self.path.parts[0] if self.path.parts[0] in PACKAGES else ""

    @property
    def module(self) -> tuple[str, ...]:
        """The dotted name's parts, without `__init__`."""
        parts = (*self.path.parent.parts, self.path.stem)
        return parts[:-1] if parts[-1] == "__init__" else parts


def planted(path: str, text: str) -> Source:
    """A source that exists in a test only."""
    return Source(PurePosixPath(path), text)


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in NOT_OURS or (entry.name.startswith(".") and entry.name != ".ci"):
            continue
        if entry.is_dir():
            yield from _files(entry)
        elif entry.suffix in TEXT_FILES:
            yield entry


def project() -> tuple[Source, ...]:
    """Every text file of the project, ordered by path."""
    return tuple(
        Source(PurePosixPath(file.relative_to(ROOT).as_posix()), file.read_text(encoding="utf-8"))
        for file in _files(ROOT)
    )
