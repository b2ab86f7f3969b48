"""The effective prompts: the workspace's file of a name, or the packaged one."""

import re
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from loops.values import content_hash
from tools.workspace import Workspace

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)


@dataclass(frozen=True)
class Prompt:
    """What a model is told before it is asked."""

    text: str

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the text, 64 hex digits: the prompt's version."""
        return content_hash(self.text.encode())


def load(workspace: Workspace, name: str) -> Prompt:
    """The prompt of that name, without its front matter."""
    own = workspace.root / "prompts" / f"{name}.md"
    packaged = files("prompts").joinpath(f"{name}.md")
    text = own.read_text(encoding="utf-8") if own.is_file() else packaged.read_text(encoding="utf-8")
    return read(text)


def read(text: str) -> Prompt:
    """The prompt that a file's text holds."""
    return Prompt(_FRONT_MATTER.sub("", text).strip())
