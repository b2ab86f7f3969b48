"""`send`: the sender's door."""

import threading

import click

from cli.door import Door, command
from loops.errors import RevloopsError


@command()
@click.option("--watch", is_flag=True, help="Go on sending what comes due, until stopped.")
def send(door: Door, watch: bool) -> None:
    """Send the approved mails that are due, each after its approval was checked again.

    In a sandbox they go to its own mailbox (.revloops/mailbox). Otherwise the mail server and what makes
    sending safe come from this process's environment alone: REVLOOPS_SMTP_URL, REVLOOPS_SMTP_PASSWORD,
    REVLOOPS_SENDER_SECRET and REVLOOPS_SENDER_STATE (see README).
    """
    from agent.flow import settle
    from tools.sender import open_sender
    from tools.store import Store

    house = door.house
    store = Store(str(house.workspace.store_path), durable=True)
    sender = open_sender(house.workspace.root, store, house.workspace.settings.outreach)
    if watch:
        if house.workspace.settings.sandbox:
            raise RevloopsError(
                "a sandbox's clock stands still: move it with `revloops clock advance`, then send"
            )
        sender.serve(house.runtime.clock.now, threading.Event().wait)
        return
    report = sender.run_once(house.runtime.at())
    settle(house)
    door.give(sent=report.sent, held=report.held, cancelled=report.cancelled, unknown=report.unknown)
    door.say(
        f"{report.sent} sent, {report.held} held, {report.cancelled} cancelled, {report.unknown} unknown."
    )
    if report.held or report.cancelled:
        from sqlalchemy import select

        from tools.store import tables as t

        with house.store.reading() as tx:
            query = (
                select(t.mails.c.lead, t.mails.c.n, t.mails.c.state, t.mails.c.reason)
                .where(t.mails.c.state.in_(("held", "cancelled", "unknown")))
                .order_by(t.mails.c.changed_at.desc())
                .limit(10)
            )
            for row in tx.all(query):
                door.say(f"  mail {row.n + 1} to {row.lead}: {row.state}, {row.reason}")
