"""Delivery into a directory, one .eml file a mail: where everything a sandbox sends ends."""

import os
from pathlib import Path

from tools.connectors.delivery import Outgoing, Unreachable


class MailboxMailer:
    """Writes each mail as `<Message-ID>.eml`, whole or not at all."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def send(self, mail: Outgoing) -> None:
        """Deliver it (see `Mailer`); a second delivery of one Message-ID replaces the first."""
        fresh = self.directory / f".{mail.message_id}.tmp"
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            with fresh.open("wb") as file:
                file.write(mail.data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.directory / f"{mail.message_id}.eml")
        except OSError as error:
            raise Unreachable(f"the sandbox mailbox can't be written ({error.strerror})") from error
