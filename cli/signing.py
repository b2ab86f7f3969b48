"""What a person signs, made ready; and their key, unlocked by their passphrase."""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from cli.door import Door
from cli.people import passphrase
from loops.calendar import Calendar
from loops.errors import RevloopsError
from loops.records import Lead
from tools.approvals.document import SequenceDocument, build_document
from tools.approvals.signing import Signer, create_sandbox_key, load_signer, sandbox_signer
from tools.doctor import examples
from tools.normalise import zone_for
from tools.store import tables as t
from tools.store.records import unavailable

if TYPE_CHECKING:
    from agent.bootstrap import House
    from agent.review import Waiting
    from loops.engage.tasks import ReviewItem


def prepare(
    house: "House", item: "Waiting", drafted: "ReviewItem", who: str, at: datetime | None = None
) -> SequenceDocument:
    """The sequence document: exactly what will leave, its send times resolved now in the recipient's zone."""
    roster = {rep.id: rep for rep in house.workspace.scenario.roster}
    owner, approver = roster.get(item.to.partition(":")[2]), roster.get(who)
    if owner is None or approver is None:
        raise RevloopsError(f"there is nobody called {who} in the roster: say who you are with --as REP")
    for who_signs in (owner, approver):
        if unavailable(who_signs, at or house.runtime.at()) == "departed":
            raise RevloopsError(f"{who_signs.id} has left: give the lead to somebody with `review reassign`")
    if house.workspace.settings.sandbox is None and (left := examples(house.workspace)):
        raise RevloopsError(
            f"this workspace still holds the starter's {', '.join(left)}: put your own in before you sign"
            " real mail; `revloops doctor` lists them"
        )
    if approver.id != owner.id and approver.id not in deputies(house, item):
        raise RevloopsError(f"this waits for {owner.id}: only they or their manager may approve it")
    with house.store.reading() as tx:
        lead = house.runtime.records(tx).lead(item.lead)
        frame = select(t.runs.c.frame).where(t.runs.c.id == item.run).scalar_subquery()
        drafted_under = tx.first(select(t.frames.c.config).where(t.frames.c.hash == frame))
    if lead is None:
        raise RevloopsError("the lead was erased: nothing can be sent")
    if drafted_under is None:
        raise RevloopsError("nobody knows under which config this was drafted: have it written again")
    return build_document(
        drafted.draft.mails,
        run=item.run,
        lead=lead,
        sender=owner,
        calendar=recipient_calendar(house, lead),
        approved_at=at or house.runtime.at(),
        play=drafted.play,
        config_hash=drafted_under.config,
        nonce=secrets.token_hex(16),
        domain=owner.email.partition("@")[2],
        mode="sandbox" if house.workspace.settings.sandbox else "live",
        approver=approver,
    )


def deputies(house: "House", item: "Waiting") -> tuple[str, ...]:
    """Who may approve in the place of the person who is asked: their manager by the roster."""
    asked = item.to.partition(":")[2]
    return tuple(rep.manager for rep in house.workspace.scenario.roster if rep.id == asked and rep.manager)


def recipient_calendar(house: "House", lead: Lead) -> Calendar:
    """The workspace's working hours in the recipient's zone."""
    calendar = house.workspace.calendar
    return calendar.model_copy(update={"zone": zone_for(lead.place, calendar.zone)})


def signer_for(door: Door, house: "House", who: str, passphrase_fd: int | None) -> Signer:
    """The approver's key: the sandbox's in a sandbox, else their own, opened by their passphrase."""
    if house.workspace.settings.sandbox:
        create_sandbox_key(house.workspace.root)
        return sandbox_signer(house.workspace.root, who)
    return load_signer(house.workspace.root, who, passphrase(door, passphrase_fd))
