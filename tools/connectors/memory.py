"""In-memory twins of connectors, for tests and dry runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tools.connectors.delivery import Outgoing


@dataclass
class MemoryMailer:
    """Keeps what it is given; fails as it was told to."""

    sent: list[Outgoing] = field(default_factory=list[Outgoing])
    # in the order of delivery
    failures: Mapping[str, Exception] = field(default_factory=dict[str, Exception])
    # Message-ID → what to raise instead of taking it

    def send(self, mail: Outgoing) -> None:
        """Take it, or fail (see `Mailer`)."""
        if failure := self.failures.get(mail.message_id):
            raise failure
        self.sent.append(mail)
