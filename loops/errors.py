"""What can go wrong in a loop's definition.

RevloopsError          one sentence for a person, always
├── ConfigError        a config text that doesn't hold: file, line, key, what was expected
├── LoopError          a loop that lacks one of its six elements, or breaks the framework's rules
└── PlanError          a plan that no figure can be made from, or a change that doesn't fit it
"""

from dataclasses import dataclass


class RevloopsError(Exception):
    """The root of every error we raise on purpose; its text is one sentence that says what to do."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a config text."""

    file: str
    line: int
    # 1-based; 0 where the text as a whole is meant
    key: str
    expected: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key}: {self.expected}" if self.key else f"{where}: {self.expected}"


class ConfigError(RevloopsError):
    """A config text that doesn't hold; `faults` lists every place, in the order of the file."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class LoopError(RevloopsError):
    """A loop that can't be registered, with the reason."""


class PlanError(RevloopsError):
    """A plan that no figure can be made from, or a change that doesn't fit it, with what to do."""
