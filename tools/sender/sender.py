"""The sender's pass: what is due is judged, marked, handed over, and written down."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from tools.approvals.mime import mime
from tools.approvals.registry import SECRET_VARIABLE, Registry, load_registry
from tools.connectors.delivery import Mailer, Outgoing, PutOff, TurnedDown, Unreachable, Unsure
from tools.connectors.mailbox import MailboxMailer
from tools.connectors.smtp import SmtpMailer, smtp_settings
from tools.errors import ToolFailed
from tools.sender import states
from tools.sender.guards import GUARDS, Case, Guard, Verdict, first_verdict, keys_of, open_case
from tools.sender.journal import Journal
from tools.sender.policy import OutreachPolicy
from tools.store.lease import Lease
from tools.store.store import Store
from tools.store.tables import approvals

STATE_VARIABLE = "REVLOOPS_SENDER_STATE"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SendReport:
    """How many mails came to which end in a pass."""

    sent: int = 0
    held: int = 0
    cancelled: int = 0
    unknown: int = 0


class Sender:
    """Sends what people approved, and nothing else."""

    def __init__(
        self,
        store: Store,
        *,
        mailbox: Mailer,
        live: Mailer | None,
        journal: Journal,
        registry: Callable[[], Registry],
        policy: OutreachPolicy,
        guards: Mapping[str, Guard] = GUARDS,
    ) -> None:
        """A sender that hasn't started.

        Args:
            store: opened durable.
            mailbox: where mails of mode sandbox go, always.
            live: where the others go; None where no mail server is configured.
            journal: its own memory.
            registry: reads anew whom to trust.
            policy: limits on what was approved.
            guards: all of them; tests take one out to see that it was what held.
        """
        self._store, self._mailbox, self._live, self._journal = store, mailbox, live, journal
        self._registry, self._policy, self._guards = registry, policy, guards
        self._lease = Lease(store, "sender")

    def run_once(self, now: datetime) -> SendReport:
        """Send what is due.

        Args:
            now: aware UTC, by the workspace's clock.

        Raises:
            Busy: another sender is at work.
        """
        self._lease.take()
        try:
            return self._pass(now)
        finally:
            self._lease.release()

    def serve(
        self,
        clock: Callable[[], datetime],
        wait: Callable[[float], bool],
        poll_seconds: float = 10,
        tell: Callable[[SendReport], None] = lambda report: None,
    ) -> None:
        """Send what is due, again and again, until told to stop.

        Args:
            clock: now, by the workspace's clock.
            wait: waits that many seconds; returns whether to stop (`threading.Event.wait`).
            poll_seconds: between two passes.
            tell: gets each pass's report.

        Raises:
            Busy: another sender is at work, or took over.
        """
        self._lease.take()
        try:
            while True:
                tell(self._pass(clock()))
                if wait(poll_seconds):
                    return
        finally:
            self._lease.release()

    def _pass(self, now: datetime) -> SendReport:
        ends: Counter[str] = Counter()
        registry = self._registry()
        if registry.forged:
            _log.warning("the list of approvers wasn't made with the sender's secret: nobody on it counts")
        elif registry.seal and registry.follows(self._journal.list_seen):
            self._journal.note_list(registry.seal)
        self._recover(now, ends)
        self._remember_revocations(registry)
        with self._store.reading() as tx:
            due = states.due(tx, now)
        for approval, n in due:
            end = self._one(approval, n, registry, now)
            ends[end] += 1
            if end == "unreachable":
                break
        return SendReport(
            ends["sent"], ends["held"] + ends["unreachable"], ends["cancelled"], ends["unknown"]
        )

    def _recover(self, now: datetime, ends: Counter[str]) -> None:
        """A mail left `sending` by a dead sender left if the journal says so; otherwise nobody knows."""
        with self._store.transaction() as tx:
            self._lease.beat(tx)
            for mail in states.with_state(tx, "sending"):
                row = tx.first(select(approvals.c.run).where(approvals.c.id == mail.approval))
                entry = self._journal.last(row.run, mail.n) if row else None
                known = entry is not None and entry.what == "sent" and entry.approval == mail.approval
                end: states.State = "sent" if known else "unknown"
                reason = "it had left before" if known else "a sender stopped while it handed this mail over"
                states.mark(tx, mail, end, reason, now)
                ends[end] += 1

    def _remember_revocations(self, registry: Registry) -> None:
        for key, entry in registry.approvers.items():
            if entry.revoked_at:
                self._journal.note_revoked(key)
        with self._store.reading() as tx:
            revoked = [row.id for row in tx.all(select(approvals.c.id).where(approvals.c.revoked_at != ""))]
        for name in revoked:
            self._journal.note_revoked(name)

    def _one(self, approval: str, n: int, registry: Registry, now: datetime) -> str:
        case = self._marked(approval, n, registry, now)
        if isinstance(case, str):
            return case
        run = case.document.run
        self._journal.note(run, n, "attempted", approval)
        try:
            self._mailer(case).send(_outgoing(case))
        except (PutOff, TurnedDown) as error:
            self._journal.note(run, n, "released", approval)
            return self._not_taken(case.mail, error, now)
        except Unsure as error:
            return self._end(case.mail, Verdict("unknown", str(error)), now)
        self._journal.note(run, n, "sent", approval)
        return self._end(case.mail, Verdict("sent", ""), now)

    def _marked(self, approval: str, n: int, registry: Registry, now: datetime) -> Case | str:
        """The case, its mail marked `sending` and committed; or how it ended instead."""
        with self._store.transaction() as tx:
            self._lease.beat(tx)
            mail = states.read(tx, approval, n)
            if mail is None or mail.state not in states.OPEN:
                return "gone"
            case = open_case(tx, mail, registry, self._journal, self._policy, now)
            verdict = case if isinstance(case, Verdict) else self._verdict(case)
            if isinstance(case, Case) and verdict is None:
                states.mark_sending(tx, mail, *keys_of(case.document), now)
                return case
            assert verdict is not None
            states.mark(tx, mail, verdict.state, verdict.reason, now, until=verdict.until)
        if verdict.state == "cancelled" and isinstance(case, Case):
            self._close(case)
        return verdict.state

    def _verdict(self, case: Case) -> Verdict | None:
        if self._live is None and case.document.mode == "live":
            again = case.now + timedelta(minutes=self._policy.backoff_minutes)
            return Verdict("held", "no mail server is configured for the sender", again)
        return first_verdict(case, self._guards)

    def _close(self, case: Case) -> None:
        """A cancelled mail stays so, whatever its row says; a forged row closes nobody's approved mail."""
        run, n = case.document.run, case.mail.n
        genuine = self._guards.keys() & {"signature", "identity"}
        holds = all(self._guards[name](case) is None for name in genuine)
        for rest in range(n, len(case.document.messages) if holds else n):
            if self._journal.last(run, rest) is None:
                self._journal.note(run, rest, "over", case.mail.approval)

    def _mailer(self, case: Case) -> Mailer:
        return self._live if self._live and case.document.mode == "live" else self._mailbox

    def _not_taken(self, mail: states.Mail, error: PutOff | TurnedDown, now: datetime) -> str:
        wait = timedelta(minutes=self._policy.backoff_minutes)
        if isinstance(error, Unreachable):
            self._end(mail, Verdict("held", str(error), now + wait), now)
            return "unreachable"
        tries = mail.tries + 1
        if isinstance(error, PutOff) and tries < self._policy.max_tries:
            return self._end(mail, Verdict("held", str(error), now + wait * 2**mail.tries), now, tries)
        often = f", {tries} times" if isinstance(error, PutOff) else ""
        return self._end(mail, Verdict("cancelled", f"{error}{often}"), now, tries)

    def _end(self, mail: states.Mail, verdict: Verdict, now: datetime, tries: int | None = None) -> str:
        with self._store.transaction() as tx:
            states.mark(tx, mail, verdict.state, verdict.reason, now, until=verdict.until, tries=tries)
        return verdict.state


def _outgoing(case: Case) -> Outgoing:
    data = mime(case.document, case.mail.n)
    return Outgoing(case.message.message_id, case.document.sender, case.document.recipient, data, case.now)


def sends_live(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the sender of this environment hands mails to a mail server."""
    return smtp_settings(environment) is not None


def open_sender(
    workspace: Path,
    store: Store,
    policy: OutreachPolicy,
    environment: Mapping[str, str] = os.environ,
    guards: Mapping[str, Guard] = GUARDS,
) -> Sender:
    """The sender of a workspace, its credentials read from its own environment.

    Raises:
        ToolFailed: a mail server is named, but not what makes sending safe; the text says what is missing.
        KeyRefused: the secret is too short, or the journal isn't this sender's.
    """
    workspace = workspace.resolve()
    settings, secret = smtp_settings(environment), environment.get(SECRET_VARIABLE) or None
    own = workspace / ".revloops" / "sender"
    if STATE_VARIABLE in environment:
        own = Path(environment[STATE_VARIABLE]).resolve()
    if settings and secret is None:
        raise ToolFailed(f"Set {SECRET_VARIABLE}: without it the sender can't tell approvers from strangers.")
    if settings and own.is_relative_to(workspace):
        raise ToolFailed(
            f"Set {STATE_VARIABLE} to a directory outside the workspace that only the sender "
            "can write: there it remembers what has left."
        )
    return Sender(
        store,
        mailbox=MailboxMailer(workspace / ".revloops" / "mailbox"),
        live=SmtpMailer(settings) if settings else None,
        journal=Journal(own, secret),
        registry=lambda: load_registry(workspace, secret),
        policy=policy,
        guards=guards,
    )
