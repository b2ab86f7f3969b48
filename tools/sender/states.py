"""A mail's states, and what is written down when one changes.

pending → sending → sent
   │         ├────→ held (put off by the server, or by policy) → sending …
   │         ├────→ cancelled
   │         └────→ unknown (a crash, or a broken connection) → a person says: sent | cancelled
   └───────→ held | cancelled
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from loops.decision import Event
from loops.engage.mail_events import MailCancelled, MailSent, MailUnknown
from loops.values import canonical, short_id
from tools.errors import ToolFailed
from tools.store.store import Tx, iso
from tools.store.tables import approvals, events, mails, replies, runs, suppressions

State = Literal["pending", "sending", "sent", "held", "cancelled", "unknown"]
OPEN = ("pending", "held")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mail:
    """A mail's row; nothing in it is believed."""

    approval: str
    n: int
    lead: str
    state: State
    reason: str
    tries: int


_COLUMNS = tuple(mails.c[name] for name in Mail.__dataclass_fields__)


def read(tx: Tx, approval: str, n: int) -> Mail | None:
    """The row, or None."""
    row = tx.first(select(*_COLUMNS).where(mails.c.approval == approval, mails.c.n == n))
    return Mail(*row) if row else None


def with_state(tx: Tx, *states: State) -> tuple[Mail, ...]:
    """The rows in one of those states, by approval and place."""
    query = select(*_COLUMNS).where(mails.c.state.in_(states)).order_by(mails.c.approval, mails.c.n)
    return tuple(Mail(*row) for row in tx.all(query))


def due(tx: Tx, now: datetime) -> tuple[tuple[str, int], ...]:
    """Approval and place of each open mail whose row says that it is due, the longest due first."""
    at = iso(now)
    query = select(mails).where(mails.c.state.in_(OPEN), mails.c.due_at <= at, mails.c.not_before <= at)
    rows = tx.all(query.order_by(mails.c.due_at, mails.c.approval, mails.c.n))
    return tuple((row.approval, row.n) for row in rows)


def mark_sending(tx: Tx, mail: Mail, from_key: str, to_key: str, now: datetime) -> None:
    """Commit this before the mail is handed over."""
    _set(tx, mail, state="sending", reason="", changed_at=iso(now), from_key=from_key, to_key=to_key)


def mark(
    tx: Tx,
    mail: Mail,
    state: State,
    reason: str,
    now: datetime,
    *,
    until: datetime | None = None,
    tries: int | None = None,
) -> None:
    """Change the state and write down that it changed; a cancelled mail takes those after it along."""
    said_before = mail.state == state and mail.reason == reason
    _set(
        tx,
        mail,
        state=state,
        reason=reason,
        changed_at=iso(now),
        not_before=iso(until) if until else "",
        **({} if tries is None else {"tries": tries}),
    )
    if not said_before:
        _write_down(tx, mail, state, reason, now)
    if state == "cancelled":
        _cancel_rest(tx, mail, now)


def settle_unknown(tx: Tx, approval: str, n: int, delivered: bool, now: datetime) -> None:
    """Take a person's word on what became of a mail: it left, and the rest goes on, or it is cancelled.

    Either way this mail is never handed over again.

    Raises:
        ToolFailed: there is no such mail, or its fate is known.
    """
    mail = read(tx, approval, n)
    if mail is None or mail.state != "unknown":
        state = mail.state if mail else "not there"
        raise ToolFailed(f"Mail {n + 1} of approval {approval} is {state}: there is nothing to settle.")
    if delivered:
        mark(tx, mail, "sent", "a person says that it was delivered", now)
    else:
        mark(tx, mail, "cancelled", "a person says that it wasn't delivered", now)


def record_reply(tx: Tx, lead: str, at: datetime) -> None:
    """Note that the lead wrote back: nothing more of a sequence begun before that leaves."""
    tx.run(replies.delete().where(replies.c.lead == lead))
    tx.run(replies.insert().values(lead=lead, at=iso(at)))


def suppression_hash(address_or_domain: str) -> str:
    """What a suppression is kept as, 64 hex digits."""
    return hashlib.sha256(address_or_domain.strip().lower().encode()).hexdigest()


def suppress(tx: Tx, address_or_domain: str, reason: str, now: datetime) -> None:
    """Never write to this address, or to anybody at this domain, again."""
    tx.add(suppressions, hash=suppression_hash(address_or_domain), reason=reason, at=iso(now))
    tx.flush("suppressions")


def _set(tx: Tx, mail: Mail, **values: object) -> None:
    tx.run(mails.update().where(mails.c.approval == mail.approval, mails.c.n == mail.n).values(**values))


def _write_down(tx: Tx, mail: Mail, state: State, reason: str, now: datetime) -> None:
    if (own := _run_of(tx, mail.approval)) is None:
        _log.warning(
            "mail %d of %s is %s (%s), and no run asked for it", mail.n, mail.approval, state, reason
        )
        return
    run, frame = own
    body = tx.put({"approval": mail.approval, "n": mail.n, "outcome": state, "reason": reason})
    tx.append(
        run=run,
        kind="performed",
        loop="engage",
        frame=frame,
        trigger="sender",
        caused_by=mail.approval,
        outcome=state,
        body=body,
        at=now,
        rule=f"mail {mail.n + 1}",
    )
    if event := _event(mail, state, reason):
        tx.add(
            events,
            id=short_id(event.kind, mail.approval, str(mail.n)),
            kind=event.kind,
            body=canonical(event).decode(),
            done=False,
        )
    tx.flush()


def _event(mail: Mail, state: State, reason: str) -> Event | None:
    match state:
        case "sent":
            return MailSent(record=mail.lead, approval=mail.approval, n=mail.n)
        case "cancelled":
            return MailCancelled(record=mail.lead, approval=mail.approval, n=mail.n, reason=reason)
        case "unknown":
            return MailUnknown(record=mail.lead, approval=mail.approval, n=mail.n)
        case _:
            return None


def _run_of(tx: Tx, approval: str) -> tuple[str, str] | None:
    """The run it belongs to and its frame; None for a row that nobody's approval stands behind."""
    own = select(approvals.c.run).where(approvals.c.id == approval).scalar_subquery()
    row = tx.first(select(runs).where(runs.c.id == own))
    return (row.id, row.frame) if row else None


def _cancel_rest(tx: Tx, mail: Mail, now: datetime) -> None:
    query = select(*_COLUMNS).where(
        mails.c.approval == mail.approval, mails.c.n > mail.n, mails.c.state.in_(OPEN)
    )
    for row in tx.all(query.order_by(mails.c.n)):
        rest = Mail(*row)
        reason = "the mail before it didn't leave"
        _set(tx, rest, state="cancelled", reason=reason, changed_at=iso(now), not_before="")
        _write_down(tx, rest, "cancelled", reason, now)
