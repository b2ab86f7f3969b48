"""The connectors through which mail leaves."""

from pathlib import Path

import pytest

from tests.tools.workplace import NOW, Plain, document_for
from tools.approvals.mime import mime
from tools.connectors.delivery import Outgoing, PutOff, TurnedDown, Unreachable
from tools.connectors.mailbox import MailboxMailer
from tools.connectors.smtp import SmtpMailer, SmtpSettings, smtp_settings
from tools.errors import ToolFailed
from tools.sandbox.mail_server import MailServer


def test_the_mailbox_holds_whole_mails_only(tmp_path: Path) -> None:
    mailer = MailboxMailer(tmp_path / "mailbox")
    mail = Outgoing(
        "id.0@vendor.example", "a@vendor.example", "b@nord.example", b"Subject: x\r\n\r\ny\r\n", NOW
    )
    mailer.send(mail)
    mailer.send(mail)
    assert [(path.name, path.read_bytes()) for path in mailer.directory.iterdir()] == [
        ("id.0@vendor.example.eml", mail.data)
    ]
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Unreachable, match="mailbox can't be written"):
        MailboxMailer(tmp_path / "file").send(mail)


# --- SMTP
def outgoing(recipient: str) -> Outgoing:
    document = document_for("nord", mails=(Plain("A subject", ".a line that starts with a dot\n", 0),))
    return Outgoing(document.messages[0].message_id, "ann@vendor.example", recipient, mime(document, 0), NOW)


def test_a_real_server_gets_the_mail_unchanged() -> None:
    with MailServer() as server:
        settings = smtp_settings({"REVLOOPS_SMTP_URL": server.url})
        assert settings is not None
        SmtpMailer(settings).send(outgoing("bo@nord.example"))
        assert [(m.recipient, m.data) for m in server.messages] == [("bo@nord.example", outgoing("x").data)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [("450 busy", PutOff), ("421 closing", PutOff), ("550 no such user bo@nord.example", TurnedDown)],
)
def test_the_servers_no_is_understood_and_repeats_no_address(answer: str, error: type[Exception]) -> None:
    with MailServer({"bo@nord.example": answer}) as server:
        settings = smtp_settings({"REVLOOPS_SMTP_URL": server.url})
        assert settings is not None
        with pytest.raises(error, match=f"the recipient.*{answer[:3]}") as caught:
            SmtpMailer(settings).send(outgoing("bo@nord.example"))
        assert "nord" not in str(caught.value) and not server.messages


def test_a_server_that_isnt_there_is_unreachable() -> None:
    with MailServer() as server:
        settings = smtp_settings({"REVLOOPS_SMTP_URL": server.url})
    assert settings is not None
    with pytest.raises(Unreachable, match="can't be used"):
        SmtpMailer(settings).send(outgoing("bo@nord.example"))


def test_a_server_without_starttls_gets_no_mail_in_the_clear() -> None:
    with MailServer() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(Unreachable):
            SmtpMailer(SmtpSettings("127.0.0.1", port)).send(outgoing("bo@nord.example"))
        assert not server.messages


def test_mail_settings_come_from_the_environment_and_are_checked() -> None:
    assert smtp_settings({}) is None
    settings = smtp_settings(
        {"REVLOOPS_SMTP_URL": "smtp://ann%40x@mail.example", "REVLOOPS_SMTP_PASSWORD": "p"}
    )
    assert settings == SmtpSettings("mail.example", 587, "starttls", "ann@x", "p")
    assert "password" not in repr(settings)
    for url in ("mail.example", "http://mail.example", "smtp+plain://mail.example"):
        with pytest.raises(ToolFailed, match="REVLOOPS_SMTP_URL"):
            smtp_settings({"REVLOOPS_SMTP_URL": url})
