"""The port through which a mail leaves, and the three ways in which it may not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from loops.errors import RevloopsError


@dataclass(frozen=True)
class Outgoing:
    """A mail on its way out."""

    message_id: str
    sender: str
    recipient: str
    # the one address of the envelope
    data: bytes
    # the whole message, CRLF line ends
    at: datetime


class Mailer(Protocol):
    """Something that takes a mail for delivery."""

    def send(self, mail: Outgoing) -> None:
        """Hand it over; returning means that it was taken.

        Raises:
            PutOff: not now, it may be tried again; it wasn't taken.
            Unreachable: there is nobody to take any mail now.
            TurnedDown: never; it wasn't taken.
            Unsure: it may or may not have been taken.
        """
        ...


class PutOff(RevloopsError):
    """The server didn't take it now; the text is free of addresses."""


class Unreachable(PutOff):
    """The server takes no mail at all now."""


class TurnedDown(RevloopsError):
    """The server won't ever take it; the text is free of addresses."""


class Unsure(RevloopsError):
    """The connection broke after the mail was handed over and before the server said yes or no."""
