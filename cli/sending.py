"""`send`: the sender's door. It runs no agent and reads one file of the workspace, beside the store."""

import threading
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import ValidationError

from cli.door import Door, command
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from tools.clock import Clock
    from tools.sender import OutreachPolicy
    from tools.store import Store
    from tools.workspace import Settings


@command()
@click.option("--watch", is_flag=True, help="Go on sending what comes due, until stopped.")
def send(door: Door, watch: bool) -> None:
    """Send the approved mails that are due, each after its approval was checked again.

    In a sandbox they go to its own mailbox (.revloops/mailbox). Otherwise the mail server and what makes
    sending safe come from this process's environment alone: REVLOOPS_SMTP_URL, REVLOOPS_SMTP_PASSWORD,
    REVLOOPS_SENDER_SECRET and REVLOOPS_SENDER_STATE (see README). Then the machine's clock counts, and
    [outreach] in revloops.toml can only tighten the limits.

    No agent runs here: what follows from a mail is worked by the next `run`, `tick` or `review`.
    """
    from tools.sender import open_sender
    from tools.store import Store
    from tools.workspace import DATA

    settings = _settings(door.root)
    store = Store(str(door.root / DATA / "store.db"), durable=True)
    clock = _clock(settings, store)
    sender = open_sender(door.root, store, _policy(settings))
    if watch:
        if settings.sandbox:
            raise RevloopsError(
                "a sandbox's clock stands still: move it with `revloops clock advance`, then send"
            )
        sender.serve(clock.now, threading.Event().wait)
        return
    at = clock.now()
    report = sender.run_once(at)
    door.give(sent=report.sent, held=report.held, cancelled=report.cancelled, unknown=report.unknown)
    door.say(
        f"{report.sent} sent, {report.held} held, {report.cancelled} cancelled, {report.unknown} unknown."
    )
    if report.held or report.cancelled or report.unknown:
        _say_kept(door, store, at)
    _say_next(door, store)
    if report.sent or report.cancelled or report.unknown:
        door.say("What follows from it is worked by the next `revloops run`, `tick` or `review` answer.")


def _settings(root: Path) -> "Settings":
    """The workspace's settings; nothing else of it is read, for whoever can write it may be hostile."""
    from tools.workspace import Settings

    try:
        return Settings.model_validate(tomllib.loads((root / "revloops.toml").read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
        raise RevloopsError("revloops.toml can't be read: `revloops doctor` says what is wrong") from None


def _clock(settings: "Settings", store: "Store") -> "Clock":
    """The machine's clock, or a sandbox's own where nothing can leave.

    Raises:
        RevloopsError: a mail server is configured, and the workspace calls itself a sandbox.
    """
    from tools.clock import SandboxClock, SystemClock
    from tools.sender import sends_live

    if settings.sandbox is None:
        return SystemClock()
    if sends_live():
        raise RevloopsError(
            "revloops.toml has [sandbox] and REVLOOPS_SMTP_URL is set: real mail leaves only from a "
            "workspace without [sandbox], so take out one of the two"
        )
    return SandboxClock(store, datetime.fromisoformat(settings.sandbox.start).astimezone(UTC))


def _policy(settings: "Settings") -> "OutreachPolicy":
    """The workspace's limits; where real mail leaves, none looser than the default."""
    from tools.sender import OutreachPolicy, sends_live

    return settings.outreach.within(OutreachPolicy()) if sends_live() else settings.outreach


def _say_kept(door: Door, store: "Store", at: datetime) -> None:
    """The mails that this pass held or cancelled, each with its reason."""
    from sqlalchemy import select

    from tools.store import tables as t
    from tools.store.store import iso

    query = (
        select(t.mails.c.lead, t.mails.c.n, t.mails.c.state, t.mails.c.reason)
        .where(t.mails.c.state.in_(("held", "cancelled", "unknown")), t.mails.c.changed_at >= iso(at))
        .order_by(t.mails.c.lead, t.mails.c.n)
        .limit(20)
    )
    with store.reading() as tx:
        for row in tx.all(query):
            door.say(f"  mail {row.n + 1} to {row.lead}: {row.state}, {row.reason}")


def _say_next(door: Door, store: "Store") -> None:
    """How many approved mails still wait, and when the next one may leave."""
    from sqlalchemy import select

    from tools.store import tables as t

    with store.reading() as tx:
        rows = tx.all(
            select(t.mails.c.due_at, t.mails.c.not_before).where(t.mails.c.state.in_(("pending", "held")))
        )
    times = sorted(max(row.due_at, row.not_before) for row in rows)
    door.give(waiting=len(times), next_at=times[0] if times else None)
    if times:
        wait = "1 approved mail waits" if len(times) == 1 else f"{len(times)} approved mails wait"
        first = datetime.fromisoformat(times[0])
        due = f"{first:%a %d %b %Y %H:%M} UTC"
        door.say(f"{wait}; the next is due {due}, and leaves in its reader's working time.")
