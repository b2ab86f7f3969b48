"""A real mail server on the loopback that keeps what it is given: where demos and tests look at what left."""

import asyncio
import socket
from dataclasses import dataclass
from email import message_from_bytes
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Received:
    """A message that arrived."""

    message_id: str
    recipient: str
    # of the envelope
    data: bytes


class MailServer:
    """Listens on a free port of 127.0.0.1 while it is open."""

    def __init__(self, answers: dict[str, str] | None = None, thinks_seconds: float = 0) -> None:
        """A server that isn't listening yet.

        Args:
            answers: recipient → the reply to give instead of taking their mail, e.g. `550 no such user`.
            thinks_seconds: how long it has a mail before it says so.
        """
        self.messages: list[Received] = []
        # in the order of arrival
        self.answers = answers or {}
        self._thinks_seconds = thinks_seconds
        port = _free_port()
        self._controller = Controller(self, hostname="127.0.0.1", port=port, server_hostname="localhost")

    @property
    def url(self) -> str:
        """What the sender's environment must say to hand mail over here."""
        return f"smtp+plain://127.0.0.1:{self._controller.port}"

    # The hooks are named as aiosmtpd calls them.
    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message."""
        content: Any = envelope.content
        data = content if isinstance(content, bytes) else str(content).encode()
        name = str(message_from_bytes(data)["Message-ID"] or "").strip("<> ")
        self.messages += [Received(name, recipient, data) for recipient in envelope.rcpt_tos]
        await asyncio.sleep(self._thinks_seconds)
        return "250 OK"

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
