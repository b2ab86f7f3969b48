"""What waits for people: listing it, showing it, and taking an answer into its run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Select, select

from agent.runtime import Runtime
from loops.decision import Answer
from loops.effects import EffectFailed
from loops.engage.discovery.tasks import DiscoveryItem
from loops.engage.draft import Draft, Mail
from loops.engage.outputs import CallRecorded
from loops.engage.tasks import ReviewItem
from loops.errors import RevloopsError
from loops.records import Lead
from loops.scenario import Rep
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.outcomes import SUPERSEDED


@dataclass(frozen=True)
class Waiting:
    """One open ask to a person."""

    run: str
    step: int
    loop: str
    queue: str
    to: str
    # person:<rep> | role:<role>
    lead: str
    name: str
    company: str
    since: str
    stale: str
    # why it no longer fits the record; "" while it does
    ask: dict[str, Any]
    subject: str | None
    trigger: str
    # the event that started its run
    frame: str
    # hash of what it was asked under

    @property
    def settles(self) -> bool:
        """Whether it wants a verdict (a failed step or effect, an unknown mail), not an owner or a match."""
        return self.loop == "engage" or self.trigger == EffectFailed.__name__

    @property
    def options(self) -> tuple[str, ...]:
        """What may be answered, in the order to offer it; empty: any owner."""
        return tuple(str(option) for option in self.ask["options"])

    @property
    def suggestion(self) -> str:
        """The owner or match that an agent suggests and a person only confirms; "" where none is."""
        suggested = self.queue == "review" and not self.settles
        return self.options[0] if suggested and self.options else ""

    @property
    def sequence(self) -> ReviewItem | None:
        """The drafted sequence, where it asks about one."""
        drafted = self.loop == "engage" and "draft" in self.ask["payload"]
        return ReviewItem.model_validate(self.ask["payload"]) if drafted else None

    @property
    def discovery(self) -> DiscoveryItem | None:
        """The call's qualification, where it asks about one."""
        qualified = self.call and "dimensions" in self.ask["payload"]
        return DiscoveryItem.model_validate(self.ask["payload"]) if qualified else None

    @property
    def moves(self) -> bool:
        """Whether it asks about moving leads, or splitting a territory, to even out the workload."""
        return self.loop == "design" and {"findings", "moves", "splits"} <= self.ask["payload"].keys()

    @property
    def call(self) -> str:
        """The recorded call it is about; "" where it is about none."""
        return self.lead if self.trigger == CallRecorded.__name__ else ""

    @property
    def short(self) -> str:
        """The run's first digits, enough to name it."""
        return self.run[:8]

    def row(self) -> dict[str, str]:
        """The item's line in a list, as plain JSON."""
        names = ("run", "loop", "queue", "to", "lead", "name", "company", "since", "stale")
        return {"id": self.short, **{n: getattr(self, n) for n in names}, "question": self.ask["question"]}


def waiting(tx: Tx, queue: str | None = None, to: str | None = None) -> list[Waiting]:
    """Everything that waits for a person, the oldest first; superseded drafts left out.

    Args:
        tx: a transaction.
        queue: review or triage; None for both.
        to: a person's id or a role; None for everybody's.
    """
    query = _open()
    if queue:
        query = query.where(t.runs.c.queue == queue)
    if to:
        query = query.where(t.runs.c.ask_to.in_((f"person:{to}", f"role:{to}")))
    return [_waiting(tx, row) for row in tx.all(query)]


def _open() -> Select[Any]:
    return (
        select(t.runs, t.leads.c.name, t.leads.c.doc)
        .join(t.leads, t.leads.c.id == t.runs.c.record, isouter=True)
        .where(t.runs.c.state == "person", t.runs.c.stale != SUPERSEDED)
        .order_by(t.runs.c.at, t.runs.c.id)
    )


def _waiting(tx: Tx, row: Any) -> Waiting:
    lead = Lead.model_validate_json(row.doc) if row.doc else None
    try:
        ask: dict[str, Any] = tx.json(row.ask)
    except Erased:
        ask = {"question": "(erased)", "payload": {}, "options": [], "evidence": []}
    name = f"{lead.first_name} {lead.last_name}".strip() if lead else ""
    company = lead.company if lead else ""
    if row.trigger == CallRecorded.__name__:
        # a call's record is the call: whose it is stands in what is asked
        name, company = ask["payload"].get("person", ""), ask["payload"].get("company", "")
    elif lead is None:
        company = str(ask["payload"].get("name", ""))  # an account's
    return Waiting(
        row.id,
        row.step,
        row.loop,
        row.queue,
        row.ask_to,
        row.record,
        name,
        company,
        row.at,
        row.stale,
        ask,
        row.subject,
        row.trigger,
        row.frame,
    )


def since_revised(runtime: Runtime, tx: Tx, loop: str, frame: str) -> str:
    """That the loop is configured otherwise now than in that frame, in one sentence; "" where it isn't."""
    then = runtime.config(tx, frame).version
    now = runtime.workspace.configs[loop].version
    return f"Asked under {loop} {then[:10]}; configured otherwise since: {now[:10]}." if then != now else ""


def find(tx: Tx, what: str) -> Waiting:
    """The open ask meant by the start of its run's id, or by its lead's id, name or address.

    Raises:
        RevloopsError: none is, or more than one.
    """
    text = what.strip().lower()
    everything = waiting(tx)
    found = [w for w in everything if len(text) > 3 and w.run.startswith(text)]
    found = found or [w for w in everything if text in (w.lead.lower(), w.name.lower(), w.company.lower())]
    found = found or [w for w in everything if w.discovery and w.discovery.deal.lower() == text]
    if not found:
        rows = tx.all(select(t.leads.c.id).where(t.leads.c.email == text))
        meant = {row[0] for row in rows}
        found = [w for w in everything if w.lead in meant or (w.discovery and w.discovery.lead in meant)]
    if not found:
        raise RevloopsError(f"nothing waits under {what!r}: `revloops review list` shows what does")
    if len(found) > 1:
        raise RevloopsError(
            f"{what!r} means {len(found)} open items; name one: {', '.join(w.short for w in found[:6])}"
        )
    return found[0]


def owners_of(tx: Tx, leads: Sequence[str]) -> dict[str, str]:
    """Lead → who owns it now; without leads that are gone or nobody's."""
    rows = tx.all(select(t.leads.c.id, t.leads.c.owner).where(t.leads.c.id.in_(leads)))
    return {row[0]: row[1] for row in rows if row[1]}


def take(runtime: Runtime, tx: Tx, item: Waiting, answer: Answer) -> None:
    """Put an answer into its run.

    Raises:
        RevloopsError: the item was answered meanwhile; nothing is changed.
    """
    records = runtime.records(tx)
    if not runtime.answer(tx, records, item.run, item.step, answer):
        raise RevloopsError("it was answered meanwhile: nothing was changed")
    records.save()


def answering(item: Waiting, person: str | None, roster: tuple[Rep, ...]) -> str:
    """The id of who answers: the person named, the person asked, or the only holder of the role asked.

    Raises:
        RevloopsError: that is nobody of the roster, or the role has more than one holder.
    """
    kind, _, asked = item.to.partition(":")
    holders = [asked] if kind == "person" else [rep.id for rep in roster if rep.role == asked]
    if not person and len(holders) != 1:
        raise RevloopsError(f"this waits for the role {asked}: say who you are with --as REP")
    who = person or holders[0]
    if who not in {rep.id for rep in roster}:
        raise RevloopsError(f"there is nobody called {who} in the roster: say who you are with --as REP")
    return who


def reply(item: Waiting, choice: str, owners: frozenset[str]) -> dict[str, JsonValue]:
    """The answer's value for a choice, in the form the item's loop reads.

    Args:
        item: what is answered; no draft.
        choice: one of its options; for an owner any owner, a rep also by the bare id.
        owners: every owner there is, as `rep:ID`, `pool:ID` and `queue:ID`.

    Raises:
        RevloopsError: the choice can't be taken; the text lists what can.
    """
    if item.sequence:
        raise RevloopsError("this is a draft: approve, edit, revise, reject or reassign it")
    if item.discovery:
        told = f"`revloops review commit {item.short}`, or reject it"
        raise RevloopsError(f"this is a call's qualification: {told}")
    if item.settles:
        if choice not in item.options:
            raise RevloopsError(f"{choice} is none of the options: {', '.join(item.options)}")
        return {"verdict": choice}
    named = f"rep:{choice}" if f"rep:{choice}" in owners else choice
    if choice not in item.options and not (item.loop == "route" and named in owners):
        also = ", or any owner as rep:ID, pool:ID or queue:ID" if item.loop == "route" else ""
        raise RevloopsError(f"{choice} is none of the options: {', '.join(item.options) or 'none'}{also}")
    return {"choice": choice if choice in item.options else named}


def still_asked(tx: Tx, item: Waiting) -> str | None:
    """Why the answered question is asked again at once: the answer wasn't taken; None where it was."""
    rows = tx.all(_open().where(t.runs.c.id == item.run, t.runs.c.step == item.step + 1))
    again = [w for w in (_waiting(tx, row) for row in rows) if w.ask["payload"] == item.ask["payload"]]
    if not again:
        return None
    told = [reason["text"] for reason in again[0].ask["evidence"] if reason["code"] == "not_taken"]
    if told:
        return " ".join(told)
    known = [reason["text"] for reason in item.ask["evidence"]]
    new = [reason["text"] for reason in again[0].ask["evidence"] if reason["text"] not in known]
    return " ".join(new) or str(again[0].ask["question"])


def editable(draft: Draft) -> str:
    """The mails as one text that a person can edit and `edited` reads again."""
    parts = [
        f"=== mail {n} (waits {mail.wait_days} days) ===\nSubject: {mail.subject}\n\n{mail.body.strip()}\n"
        for n, mail in enumerate(draft.mails, 1)
    ]
    return "\n".join(parts)


def edited(draft: Draft, text: str) -> Draft:
    """The draft with the texts a person left in the editor; days between mails stay as they were.

    Raises:
        RevloopsError: the text no longer holds the same mails.
    """
    blocks = [b for b in text.replace("\r\n", "\n").split("=== mail ")[1:]]
    if len(blocks) != len(draft.mails):
        raise RevloopsError(
            f"{len(draft.mails)} mails are expected, each under its === mail line; {len(blocks)} are here"
        )
    mails: list[Mail] = []
    for mail, block in zip(draft.mails, blocks, strict=True):
        head, _, rest = block.partition("\n")
        subject, _, body = rest.strip("\n").partition("\n")
        if not subject.lower().startswith("subject:") or not body.strip():
            raise RevloopsError(
                f"mail {head.split()[0]} needs a line `Subject: …`, a blank line and its text"
            )
        text = body.strip() + "\n" if mail.body.endswith("\n") else body.strip()
        kept = tuple(claim for claim in mail.claims if claim.span in text)
        mails.append(mail.model_copy(update={"subject": subject[8:].strip(), "body": text, "claims": kept}))
    return Draft(mails=tuple(mails))


__all__ = [
    "SUPERSEDED",
    "Waiting",
    "answering",
    "editable",
    "edited",
    "find",
    "owners_of",
    "reply",
    "since_revised",
    "still_asked",
    "take",
    "waiting",
]
