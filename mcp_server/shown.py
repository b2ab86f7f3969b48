"""What waits for a person, whole: the exact mails, what they rest on, the criteria, and how it is decided."""

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select

from agent.review import Waiting, since_revised, waiting
from agent.work import Context
from loops.engage.discovery.tasks import DiscoveryItem
from loops.engage.tasks import ReviewItem
from loops.errors import RevloopsError
from loops.records import Lead
from mcp_server.desk import Desk
from mcp_server.reading import Command, Criterion, Rests, Shown, ShownMail
from tools.approvals.document import Message, SequenceDocument, build_document
from tools.approvals.errors import ApprovalRefused
from tools.normalise import zone_for
from tools.store import Tx
from tools.store import tables as t

_LEAST_DIGITS = 4
"""Digits of a run's id that name it."""


def item(desk: Desk, ctx: Context, what: str) -> Waiting:
    """The open item that words name: its id, or its lead's id, name, e-mail address or company.

    Raises:
        RevloopsError: none is, or more than one; the text says what to do.
    """
    asked, said = waiting(ctx.tx, None, desk.caller.book), what.strip().casefold()
    there = [one for one in asked if desk.may_answer(ctx.tx, one.lead)]
    found = [one for one in there if len(said) >= _LEAST_DIGITS and one.run.startswith(said)]
    found = found or [one for one in there if said in (one.name.casefold(), one.company.casefold())]
    if not found:
        lead = desk.lead(ctx, what)
        found = [one for one in there if lead in (one.lead, one.discovery.lead if one.discovery else "")]
    if not found:
        raise RevloopsError(f"nothing waits under {what[:60]!r}: reviews_list without it lists what does")
    if len(found) > 1:
        named = ", ".join(f"{one.short} ({one.queue}, {one.name})" for one in found[:6])
        raise RevloopsError(f"{what[:60]!r} means {len(found)} open items, give an id: {named}")
    return found[0]


def shown(desk: Desk, tx: Tx, one: Waiting) -> Shown:
    """Everything that the person who decides has to see of it."""
    row = tx.first(select(t.runs.c.ask).where(t.runs.c.id == one.run))
    base = Shown(
        id=one.short, lead=one.lead, name=one.name, company=one.company, queue=one.queue, digest=row.ask,
        waits_for=one.to.partition(":")[2], question=str(one.ask["question"]),
        notes=tuple(_notes(desk, tx, one)), commands=tuple(_commands(desk, one)),
    )  # fmt: skip
    if one.sequence:
        return _sequence(desk, tx, one, one.sequence, base)
    if one.discovery:
        return base.model_copy(update={"evidence": tuple(_discovery(one.discovery))})
    said = tuple(str(reason["text"]) for reason in one.ask["evidence"])
    return base.model_copy(update={"evidence": said, "options": one.options or ("any owner",)})


def _notes(desk: Desk, tx: Tx, one: Waiting) -> Iterator[str]:
    if one.stale:
        yield f"Stale: {one.stale}"
    if older := since_revised(desk.house.runtime, tx, one.loop, one.frame):
        yield older
    if one.sequence or one.discovery:
        for said in dict.fromkeys(r["text"] for r in one.ask["evidence"] if r["code"] == "stood_in"):
            yield f"Rules, not a language model: {said}"
    if one.sequence:
        if one.sequence.needs_override:
            yield "Below the mark: approving it takes --why"
        yield from (f"Nothing backs: {said}" for said in one.sequence.unsupported)


def _commands(desk: Desk, one: Waiting) -> Iterator[Command]:
    def run(verb: str, rest: str = "") -> str:
        return desk.command(f"review {verb} {one.short}{rest}")

    if one.sequence:
        why = " --why REASON" if one.sequence.needs_override else ""
        yield Command(does="approve and sign", run=run("approve", why))
        yield Command(does="edit", run=run("edit"))
        yield Command(does="have it written again", run=run("revise", " --note NOTE"))
        yield Command(does="reject", run=run("reject", " --why REASON"))
        yield Command(does="give to a colleague", run=run("reassign", " --to REP"))
    elif one.discovery:
        yield Command(does=f"take {one.discovery.suggestion}", run=run("commit"))
        yield Command(does="throw it away", run=run("reject", " --why REASON"))
    else:
        if one.suggestion:
            yield Command(does=f"take {one.suggestion}", run=run("approve"))
        yield Command(does="answer", run=run("answer", " --choice CHOICE"))
    yield Command(does="see it there", run=run("show"))


# --- a drafted sequence ---------------------------------------------------------------------------
def _sequence(desk: Desk, tx: Tx, one: Waiting, drafted: ReviewItem, base: Shown) -> Shown:
    lead = desk.house.runtime.records(tx).lead(one.lead)
    document, refused = _document(desk, one, drafted, lead)
    graded = tuple(
        Criterion(
            criterion=g.score.criterion.replace("_", " "), points=g.score.points, mark=g.mark,
            passes=g.passes, by=g.by, reason=g.score.reason,
        )
        for g in drafted.grades
    )  # fmt: skip
    zone = zone_for(lead.place, desk.zone) if lead else desk.zone
    messages = document.messages if document else ()
    return base.model_copy(
        update={
            "to": _box(messages[0].recipient.name, messages[0].recipient.address) if messages else "",
            "sender": _box(messages[0].sender.name, messages[0].sender.address) if messages else "",
            "when": f"if approved now: {_local(messages[0].send_at, zone)}" if messages else "",
            "play": drafted.play.replace("_", " "),
            "notes": (*base.notes, *([refused] if refused else [])),
            "mails": tuple(_mail(drafted, n, message, zone) for n, message in enumerate(messages)),
            "criteria": graded,
            "passed": sum(g.passes for g in graded),
        }
    )


def _document(
    desk: Desk, one: Waiting, drafted: ReviewItem, lead: Lead | None
) -> tuple[SequenceDocument | None, str]:
    """The sequence as it would be signed if it were approved now; or why it can't be."""
    ws, owner = desk.house.workspace, one.to.partition(":")[2]
    sender = next((rep for rep in ws.scenario.roster if rep.id == owner), None)
    if lead is None or sender is None:
        return None, "The lead or its owner is gone: nothing can be sent"
    calendar = ws.calendar.model_copy(update={"zone": zone_for(lead.place, ws.calendar.zone)})
    try:
        document = build_document(
            drafted.draft.mails, run=one.run, lead=lead, sender=sender, calendar=calendar,
            approved_at=desk.at, play=drafted.play, config_hash="", nonce=secrets.token_hex(16),
            domain=sender.email.partition("@")[2], mode="sandbox" if ws.settings.sandbox else "live",
        )  # fmt: skip
    except ApprovalRefused as error:
        return None, str(error)
    return document, ""


def _mail(drafted: ReviewItem, n: int, message: Message, zone: str) -> ShownMail:
    raw = message.text.encode()
    claims = drafted.draft.mails[n].claims
    return ShownMail(
        n=n + 1,
        subject=message.subject,
        text=message.text,
        bytes=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        leaves=_local(message.send_at, zone),
        rests_on=tuple(Rests(words=c.span, source=_source(drafted, c.source)) for c in claims),
    )


def _source(drafted: ReviewItem, id: str) -> str:
    """What a claim rests on, so that a reader can look it up."""
    for fact in drafted.facts:
        if fact.id == id:
            source = next(one for one in drafted.sources if one.id == fact.source)
            return f"{source.title}, {source.on}, {source.url}"
    for line in (*drafted.lines, *drafted.references):
        if line.id == id:
            return f"playbook {id}, approved by {line.approved_by} on {line.approved_on}"
    return id


def _box(name: str, address: str) -> str:
    return f"{name} <{address}>" if name else address


def _local(at: datetime, zone: str) -> str:
    return at.astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M %Z")


def _discovery(item: DiscoveryItem) -> Iterator[str]:
    """A call's qualification, line by line."""
    yield f"Call {item.call} of {item.on}, {item.framework}; deal {item.deal}"
    if item.no_contact:
        yield f"They ask not to be contacted (line {item.no_contact.line}): “{item.no_contact.quote}”"
    for known in item.dimensions:
        behind = f"“{known.quote}” {known.speaker}" if known.quote else known.why
        yield f"{known.label}: {known.state}{'; ' + behind if behind else ''}"
    yield from (f"Speaks against it, line {one.line}: “{one.quote}”" for one in item.concerns)
    yield from (f"Ask next time: {question.text}" for question in item.questions)
    yield f"Suggested: {item.suggestion}. {item.why}"
