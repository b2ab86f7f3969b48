"""What stands between a due row and the mail server: named guards, each of which alone can stop a mail."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select

from loops.calendar import next_working_instant
from loops.values import content_hash, short_id
from tools.approvals.document import Message, SequenceDocument, parse
from tools.approvals.registry import Registry
from tools.approvals.verify import CHECKS, Presented, find, others
from tools.approvals.verify import Check as ApprovalCheck
from tools.sender.journal import Journal
from tools.sender.policy import OutreachPolicy
from tools.sender.states import Mail, suppression_hash
from tools.store import Erased, Tx
from tools.store.store import iso
from tools.store.tables import leads, mails, replies, suppressions

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Verdict:
    """What becomes of a mail instead of leaving now."""

    state: Literal["held", "cancelled", "unknown", "sent"]
    reason: str
    until: datetime | None = None
    # a held mail is looked at again from then on


@dataclass(frozen=True)
class Case:
    """A due mail with all that it is judged by, read in one transaction."""

    tx: Tx
    mail: Mail
    presented: Presented
    journal: Journal
    policy: OutreachPolicy

    @property
    def document(self) -> SequenceDocument:
        """The stored document."""
        return self.presented.document

    @property
    def message(self) -> Message:
        """The message in question."""
        return self.document.messages[self.mail.n]

    @property
    def now(self) -> datetime:
        """Aware UTC."""
        return self.presented.now


Guard = Callable[[Case], Verdict | None]


def open_case(
    tx: Tx, mail: Mail, registry: Registry, journal: Journal, policy: OutreachPolicy, now: datetime
) -> Case | Verdict:
    """The case, or a verdict where there is nothing that could be sent."""
    try:
        approval = find(tx, mail.approval)
        if approval is None:
            return Verdict("cancelled", "nobody approved it")
        raw = tx.get(approval.document)
        document = parse(raw)
    except Erased:
        return Verdict("cancelled", "the person was erased")
    except (ValueError, TypeError):
        return Verdict("cancelled", "the approved sequence can't be read")
    if not 0 <= mail.n < len(document.messages):
        return Verdict("cancelled", "the approved sequence has no such mail")
    revoked = journal.is_revoked(approval.id) or journal.is_revoked(approval.key_id)
    return Case(
        tx,
        mail,
        Presented(
            approval,
            document,
            content_hash(raw),
            others(tx, approval),
            registry,
            now,
            revoked,
            policy.two_people,
        ),
        journal,
        policy,
    )


def _approved(name: str, check: ApprovalCheck) -> Guard:
    def guard(case: Case) -> Verdict | None:
        reason = check(case.presented)
        if reason is None:
            return None
        if name == "two_people":
            return Verdict("held", reason, case.now + timedelta(hours=1))
        return Verdict("cancelled", reason)

    return guard


def _approver_list(case: Case) -> Verdict | None:
    registry, seen = case.presented.registry, case.journal.list_seen
    if registry.is_sandbox(case.presented.approval.key_id) or registry.follows(seen):
        return None
    reason = "the list of approvers is gone, changed or older than one seen before: put the newest back"
    return Verdict("held", reason, case.now + timedelta(minutes=case.policy.backoff_minutes))


def _single_use(case: Case) -> Verdict | None:
    entry = case.journal.last(case.document.run, case.mail.n)
    if entry is None or entry.what == "released":
        return None
    if entry.approval != case.presented.approval.id or entry.what == "over":
        return Verdict("cancelled", "this approval was used before")
    if entry.what == "sent":
        return Verdict("sent", "it had left before")
    return Verdict("unknown", "a sender stopped while it handed this mail over")


def _due(case: Case) -> Verdict | None:
    at = case.message.send_at
    return Verdict("held", "its approved time hasn't come", at) if case.now < at else None


def _order(case: Case) -> Verdict | None:
    if not case.mail.n:
        return None
    query = select(mails).where(mails.c.approval == case.mail.approval)
    before = case.tx.first(query.where(mails.c.n == case.mail.n - 1))
    if before is None or before.state == "cancelled":
        return Verdict("cancelled", "the mail before it didn't leave")
    if before.state != "sent":
        return Verdict("held", "it waits for the mail before it", case.now + timedelta(hours=1))
    earliest = datetime.fromisoformat(before.changed_at) + timedelta(hours=case.policy.min_gap_hours)
    return Verdict("held", "the mail before it left only just now", earliest) if case.now < earliest else None


def _recipient(case: Case) -> Verdict | None:
    row = case.tx.first(select(leads).where(leads.c.id == case.document.lead))
    if row is None:
        return Verdict("cancelled", "there is no such lead any more")
    if row.closed_at:
        return Verdict("cancelled", "the lead is closed")
    if row.email != case.document.recipient:
        return Verdict("cancelled", "it isn't the address on the lead's record any more")
    return None


def _suppression(case: Case) -> Verdict | None:
    address = case.document.recipient
    hashes = (
        suppression_hash(address),
        suppression_hash(address.rpartition("@")[2]),
        suppression_hash(case.document.group),
    )
    row = case.tx.first(select(suppressions.c.reason).where(suppressions.c.hash.in_(hashes)))
    return Verdict("cancelled", "the recipient is on the suppression list") if row else None


def _reply(case: Case) -> Verdict | None:
    row = case.tx.first(select(replies.c.at).where(replies.c.lead == case.document.lead))
    first = iso(case.document.messages[0].send_at)
    return Verdict("cancelled", "the lead has replied") if row and row.at >= first else None


def _window(case: Case) -> Verdict | None:
    opens = next_working_instant(case.document.calendar, case.now)
    if opens <= case.now:
        return None
    when = f"{opens.astimezone(ZoneInfo(case.document.calendar.zone)):%a %d %b %H:%M %Z}"
    return Verdict("held", f"outside the recipient's working time, which begins {when}", opens)


def _limits(case: Case) -> Verdict | None:
    mailbox, company = keys_of(case.document)
    return _limit(case, mails.c.from_key == mailbox, case.policy.per_mailbox_per_day, "mailbox") or _limit(
        case, mails.c.to_key == company, case.policy.per_company_per_day, "company"
    )


def _limit(case: Case, counted: ColumnElement[bool], most: int, of: str) -> Verdict | None:
    tried = mails.c.state.in_(("sending", "sent", "unknown"))
    query = select(mails.c.changed_at).where(counted, tried, mails.c.changed_at > iso(case.now - DAY))
    newest = case.tx.all(query.order_by(mails.c.changed_at.desc()).limit(most))
    if len(newest) < most:
        return None
    until = datetime.fromisoformat(newest[-1].changed_at) + DAY
    return Verdict("held", f"the {of}'s limit of {most} a day is reached", until)


def keys_of(document: SequenceDocument) -> tuple[str, str]:
    """What the daily limits count by: a hash of the sender's address and one of the recipient's company."""
    return short_id("from", document.sender.lower()), short_id("to", document.group.lower())


GUARDS: Mapping[str, Guard] = {
    "single_use": _single_use,
    "approver_list": _approver_list,
    **{name: _approved(name, check) for name, check in CHECKS.items()},
    "due": _due,
    "recipient": _recipient,
    "suppression": _suppression,
    "reply": _reply,
    "order": _order,
    "window": _window,
    "limits": _limits,
}
"""Every guard, in the order it is asked."""


def first_verdict(case: Case, guards: Mapping[str, Guard]) -> Verdict | None:
    """The first verdict that keeps the mail, or None: it may leave."""
    return next((verdict for guard in guards.values() if (verdict := guard(case))), None)
