"""A message as bytes: a pure function of the approved document."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

from tools.approvals.document import Mailbox, SequenceDocument

MAX_PLAIN_LINE = 900  # RFC 5321 allows 998 octets a line; a longer one is sent quoted-printable


def mime(document: SequenceDocument, n: int) -> bytes:
    """Message `n` with CRLF line ends; the same bytes for the same document, whenever it is asked for."""
    message = document.messages[n]
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _header(message.sender)
    mail["To"] = _header(message.recipient)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.send_at)
    mail["Message-ID"] = f"<{message.message_id}>"
    before = [f"<{earlier.message_id}>" for earlier in document.messages[:n]]
    if before:
        mail["In-Reply-To"] = before[-1]
        mail["References"] = " ".join(before)
    mail["List-Unsubscribe"] = f"<mailto:{quote(document.unsubscribe, safe='@')}?subject=unsubscribe>"
    mail.set_content(message.text, charset="utf-8", cte=_encoding(message.text))
    return mail.as_bytes()


def _header(box: Mailbox) -> Address:
    return Address(display_name=box.name, addr_spec=box.address)


def _encoding(text: str) -> str:
    short = all(len(line) <= MAX_PLAIN_LINE for line in text.split("\n"))
    return "7bit" if text.isascii() and short else "quoted-printable"
