"""What can go wrong with an approval.

RevloopsError
├── ApprovalRefused    what was asked to be approved can't be; the text says what to do
└── KeyRefused         a key, passphrase or secret that doesn't serve; the text says what to do
"""

from loops.errors import RevloopsError


class ApprovalRefused(RevloopsError):
    """A sequence that can't be approved as it is; the text says what to do."""


class KeyRefused(RevloopsError):
    """A key, passphrase or secret that doesn't serve; the text says what to do."""
