"""Delivery by SMTP: STARTTLS or TLS, login, and a clear answer on whether the server took the mail."""

import smtplib
import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from tools.connectors.delivery import Outgoing, PutOff, TurnedDown, Unreachable, Unsure
from tools.errors import ToolFailed

URL_VARIABLE = "REVLOOPS_SMTP_URL"
PASSWORD_VARIABLE = "REVLOOPS_SMTP_PASSWORD"
_SCHEMES = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True)
class SmtpSettings:
    """Where mail is handed over."""

    host: str
    port: int
    tls: str = "starttls"
    # starttls | tls | none (loopback only)
    user: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 15
    # for each answer of the server


def smtp_settings(environment: Mapping[str, str]) -> SmtpSettings | None:
    """The settings from the environment of the sender's own process; None where no server is named.

    They don't come from a workspace file: whoever can write one could point it at a server of their own
    and read the password.

    Raises:
        ToolFailed: the URL can't be used; the text says why.
    """
    text = environment.get(URL_VARIABLE, "")
    if not text:
        return None
    url = urlsplit(text)
    if url.scheme not in _SCHEMES or not url.hostname:
        raise ToolFailed(f"{URL_VARIABLE} reads smtp://user@host:587, smtps:// or smtp+plain://127.0.0.1.")
    if url.scheme == "smtp+plain" and url.hostname not in _LOOPBACK:
        raise ToolFailed(f"{URL_VARIABLE}: smtp+plain:// serves this machine only; use smtp:// elsewhere.")
    tls = {"smtp": "starttls", "smtps": "tls", "smtp+plain": "none"}[url.scheme]
    password = environment.get(PASSWORD_VARIABLE, "") or unquote(url.password or "")
    return SmtpSettings(
        url.hostname, url.port or _SCHEMES[url.scheme], tls, unquote(url.username or ""), password
    )


class SmtpMailer:
    """Hands mails to one server, a connection for each."""

    def __init__(self, settings: SmtpSettings) -> None:
        self._settings = settings

    def send(self, mail: Outgoing) -> None:
        """Hand it over (see `Mailer`)."""
        with self._connection() as smtp:
            try:
                _answer(*smtp.mail(mail.sender), "the sender")
                _answer(*smtp.rcpt(mail.recipient), "the recipient")
            except (OSError, smtplib.SMTPServerDisconnected) as error:
                raise PutOff("the mail server hung up before it had the mail") from error
            _hand_over(smtp, mail.data)
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()

    @contextmanager
    def _connection(self) -> Generator[smtplib.SMTP]:
        smtp: smtplib.SMTP | None = None
        try:
            try:
                smtp = self._open()
            except smtplib.SMTPAuthenticationError as error:
                raise Unreachable(f"the mail server refuses our login ({error.smtp_code})") from error
            except (OSError, smtplib.SMTPException) as error:
                raise Unreachable(f"the mail server can't be used ({type(error).__name__})") from error
            yield smtp
        finally:
            if smtp is not None:
                smtp.close()

    def _open(self) -> smtplib.SMTP:
        to = self._settings
        context = ssl.create_default_context()
        name = socket.gethostname()  # given, or smtplib asks the name service for it at each connection
        smtp: smtplib.SMTP = (
            smtplib.SMTP_SSL(to.host, to.port, name, timeout=to.timeout_seconds, context=context)
            if to.tls == "tls"
            else smtplib.SMTP(to.host, to.port, name, timeout=to.timeout_seconds)
        )
        try:
            if to.tls == "starttls":
                smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
            if to.user:
                smtp.login(to.user, to.password)
        except BaseException:
            smtp.close()
            raise
        return smtp


def _answer(code: int, _: bytes, what: str) -> None:
    if code >= 500:
        raise TurnedDown(f"the mail server turned down {what} for good ({code})")
    if code >= 400:
        raise PutOff(f"the mail server put off {what} ({code})")


def _hand_over(smtp: smtplib.SMTP, data: bytes) -> None:
    try:
        code, text = smtp.data(data)
    except smtplib.SMTPDataError as error:  # the server said no before it had the text
        code, text = error.smtp_code, b""
    except (OSError, smtplib.SMTPException) as error:
        raise Unsure("the connection broke while the mail was handed over") from error
    _answer(code, text, "the mail")
