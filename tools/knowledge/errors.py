"""Why a search goes by keyword.

RevloopsError          one sentence for a person, always
└── NoMeaning          search by meaning can't be had now; the search goes on by keyword
    ├── MissingExtra   the optional packages aren't installed
    ├── VectorsBusy    another process owns the vectors
    └── EmbedderFailed the embedder can't be reached, or gave something else than vectors
"""

from loops.errors import RevloopsError


class NoMeaning(RevloopsError):
    """Search by meaning can't be had now; the text says why."""


class MissingExtra(NoMeaning):
    """The optional packages aren't installed."""

    def __init__(self) -> None:
        super().__init__('search by meaning needs an extra: pip install "revloops[knowledge]"')


class VectorsBusy(NoMeaning):
    """Another process owns the vectors."""


class EmbedderFailed(NoMeaning):
    """The embedder can't be reached, or gave something else than vectors."""
