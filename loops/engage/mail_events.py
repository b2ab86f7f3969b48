"""What the sender reports of a sequence's mails, as events."""

from typing import Literal

from loops.decision import Event


class MailSent(Event):
    """A mail left; `record` is the lead."""

    kind: Literal["MailSent"] = "MailSent"
    approval: str
    n: int
    # its place in the sequence, from 0


class MailCancelled(Event):
    """A mail will never leave; so won't those after it."""

    kind: Literal["MailCancelled"] = "MailCancelled"
    approval: str
    n: int
    reason: str


class MailUnknown(Event):
    """A sender or its connection died while it handed a mail over: a person must find out what came of it."""

    kind: Literal["MailUnknown"] = "MailUnknown"
    approval: str
    n: int
