"""The sequence document: exactly what a person approves, its bytes, and its digest."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, Protocol, Self

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, model_validator

from loops.calendar import Calendar, send_times
from loops.records import Lead
from loops.scenario import Rep
from loops.values import Value, canonical, content_hash, short_id
from tools.approvals.errors import ApprovalRefused

Mode = Literal["sandbox", "live"]
KEPT_AFTER_LAST = timedelta(days=7)
"""An approval outlives its last due time by this much at least, so that a day's outage cancels nothing."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_ID = re.compile(r"[A-Za-z0-9._@+-]{1,128}")


def _one_line(text: str) -> str:
    if any(unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text):
        raise ValueError("a header is one line without control characters")
    return text


def _plain(text: str) -> str:
    if any(char != "\n" and unicodedata.category(char) in {"Cc", "Zl", "Zp"} for char in text):
        raise ValueError("a body holds no control characters but line feeds")
    if not text.strip():
        raise ValueError("an e-mail without text says nothing")
    return text


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError("an address reads name@domain, in ASCII")
    return text


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError("a Message-ID's part holds letters, digits and . _ @ + -")
    return text


Header = Annotated[str, AfterValidator(_one_line), Field(max_length=400)]
Body = Annotated[str, AfterValidator(_plain), Field(min_length=1, max_length=20_000)]
Address = Annotated[str, AfterValidator(_address)]


class Mailbox(Value):
    """A name and its address."""

    name: Header = ""
    address: Address


class Message(Value):
    """One e-mail as it will leave."""

    message_id: Annotated[str, AfterValidator(_id)]
    # without the angle brackets
    sender: Mailbox
    recipient: Mailbox
    subject: Header
    text: Body
    send_at: AwareDatetime
    # not before; it leaves at the recipient's first working instant from then on


class SequenceDocument(Value):
    """A sequence as a person approves it; whatever is changed in it is another document."""

    what: Literal["revloops/sequence/1"] = "revloops/sequence/1"
    mode: Mode
    # sandbox: it goes to the sandbox mailbox, whatever mail server is configured
    run: str
    lead: str
    person: str
    # the subject under whose key it is stored
    approver: str
    # who may approve it: the person the run asked
    role: str
    # in which role they do
    play: str
    config: str
    # hash of the config the draft was made under
    group: str
    # the recipient's company domain, or their address where they have none: the daily limit counts by it
    unsubscribe: Address
    # where a request to be left alone goes
    calendar: Calendar
    # the recipient's working time
    messages: Annotated[tuple[Message, ...], Field(min_length=1, max_length=10)]
    # in the order they leave
    expires_at: AwareDatetime
    nonce: Annotated[str, Field(min_length=16, max_length=64)]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        times = [message.send_at for message in self.messages]
        if times != sorted(times):
            raise ValueError("the mails' times must ascend")
        if self.expires_at < times[-1] + KEPT_AFTER_LAST:
            raise ValueError(f"the approval must outlive the last mail by {KEPT_AFTER_LAST.days} days")
        if len({(m.sender.address, m.recipient.address) for m in self.messages}) > 1:
            raise ValueError("all mails of a sequence have one sender and one recipient")
        if len({message.message_id for message in self.messages}) < len(times):
            raise ValueError("each mail has a Message-ID of its own")
        return self

    @property
    def recipient(self) -> str:
        """The one address it goes to."""
        return self.messages[0].recipient.address

    @property
    def sender(self) -> str:
        """The one address it leaves from."""
        return self.messages[0].sender.address


class DraftMail(Protocol):
    """What a drafted mail must say of itself."""

    @property
    def subject(self) -> str:
        """Its subject; "" or the first mail's for a follow-up in the same thread."""
        ...

    @property
    def body(self) -> str:
        """Its plain text."""
        ...

    @property
    def wait_days(self) -> int:
        """Days since the mail before it."""
        ...


def build_document(
    mails: Sequence[DraftMail],
    *,
    run: str,
    lead: Lead,
    sender: Rep,
    calendar: Calendar,
    approved_at: datetime,
    play: str,
    config_hash: str,
    nonce: str,
    domain: str,
    mode: Mode,
    approver: Rep | None = None,
    unsubscribe: str | None = None,
) -> SequenceDocument:
    """The document to sign, its send times resolved from the instant of approval.

    Args:
        mails: in the order they leave.
        run: the run that asked.
        lead: the recipient; the address on this record is the only one it can go to.
        sender: the rep whose name it carries.
        calendar: the recipient's working time.
        approved_at: now, aware UTC.
        play: the play's name.
        config_hash: version of the config the draft was made under.
        nonce: fresh randomness, at least 16 characters.
        domain: our own mail domain, the right side of each Message-ID.
        mode: sandbox or live.
        approver: who approves, where that isn't the sender.
        unsubscribe: where a request to be left alone goes; None: to the sender.

    Raises:
        ApprovalRefused: something in it can't be sent, e.g. a line break in a subject.
    """
    who = approver or sender
    times = _times(calendar, approved_at, mails)
    parts = {
        "mode": mode, "run": run, "lead": lead.id, "person": lead.person, "approver": who.id,
        "role": who.role, "play": play, "config": config_hash, "group": lead.domain or lead.email,
        "nonce": nonce,
        "unsubscribe": unsubscribe or sender.email, "calendar": _near(calendar, approved_at, times[-1:]),
        "messages": [
            _message(n, mail, at, mails[0].subject, lead, sender, f"{short_id(nonce, str(n))}.{n}@{domain}")
            for n, (mail, at) in enumerate(zip(mails, times, strict=True))
        ],
        "expires_at": max(times, default=approved_at) + KEPT_AFTER_LAST,
    }  # fmt: skip
    try:
        return SequenceDocument.model_validate(parts)
    except ValidationError as error:
        first = error.errors()[0]
        told = _where(first["loc"]) + _said(first["msg"])
        raise ApprovalRefused(f"This sequence can't be sent: {told}.") from None


def _times(calendar: Calendar, start: datetime, mails: Sequence[DraftMail]) -> tuple[datetime, ...]:
    try:
        return send_times(calendar, start, tuple(mail.wait_days for mail in mails))
    except ValueError as error:
        raise ApprovalRefused(f"This sequence can't be sent: {error}.") from None


def _message(
    n: int, mail: DraftMail, at: datetime, first_subject: str, lead: Lead, sender: Rep, message_id: str
) -> dict[str, object]:
    return {
        "message_id": message_id,
        "send_at": at,
        "sender": {"name": sender.name, "address": sender.email},
        "recipient": {"name": _spaced(lead.first_name, lead.last_name), "address": lead.email},
        "subject": _subject(mail.subject, first_subject, n),
        "text": mail.body.replace("\r\n", "\n").rstrip("\n") + "\n",
    }


def _spaced(*names: str) -> str:
    """A name on one line, however the list it was read from had it."""
    return " ".join(" ".join(names).split())


def _subject(own: str, first: str, n: int) -> str:
    """A follow-up without a subject of its own is a reply in the first mail's thread."""
    return f"Re: {first}" if n and own.removeprefix("Re: ") in {"", first} else own


def _near(calendar: Calendar, start: datetime, last: Sequence[datetime]) -> Calendar:
    """The calendar with the holidays that can matter, so that the document stays readable."""
    end = (last[0] if last else start) + 2 * KEPT_AFTER_LAST
    days = tuple(day for day in calendar.holidays if start.date() <= day <= end.date())
    return calendar.model_copy(update={"holidays": days})


def _where(loc: tuple[int | str, ...]) -> str:
    if loc[:1] == ("messages",) and len(loc) > 1:
        return f"e-mail {int(loc[1]) + 1}, {'.'.join(map(str, loc[2:]))}: "
    return f"{'.'.join(map(str, loc))}: " if loc else ""


def _said(text: str) -> str:
    return text.removeprefix("Value error, ").rstrip(".")


def digest(document: SequenceDocument) -> str:
    """SHA-256 over the document's canonical bytes, 64 hex digits: what is approved."""
    return content_hash(document)


def parse(raw: bytes) -> SequenceDocument:
    """The document those bytes are.

    Raises:
        ValueError: they are no document, or not its one canonical form.
    """
    document = SequenceDocument.model_validate_json(raw)
    if canonical(document) != raw:
        raise ValueError("these aren't the canonical bytes of a sequence")
    return document


def signed_bytes(digest: str, approver: str, role: str) -> bytes:
    """What the signature covers: the digest, who approves, and in which role."""
    return canonical({"what": "revloops/approval/1", "digest": digest, "approver": approver, "role": role})
