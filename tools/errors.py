"""What can go wrong in a tool.

RevloopsError          one sentence for a person, always
├── ToolRetry          the caller may try again with other arguments
├── ToolFailed         final: trying again won't help
└── UnreadableFile     an import file that can't be read as a list of leads; its text says what to do
"""

from loops.errors import RevloopsError


class ToolRetry(RevloopsError):
    """A call that may succeed with other arguments; the text says which."""


class ToolFailed(RevloopsError):
    """A call that can't succeed; the text says why."""


class UnreadableFile(RevloopsError):
    """An import file that can't be read as a list of leads; the text says what to do."""
