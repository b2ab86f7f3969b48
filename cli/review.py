"""`review`: what waits for a person, and the person's answers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from cli.door import WIDTH, Door, command, shown, table
from cli.look import wrapped
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.review import Waiting
    from loops.engage.config import Line
    from loops.engage.facts import Fact, Source
    from loops.engage.tasks import ReviewItem
    from loops.records import Rep


@click.group()
def review() -> None:
    """What waits for a person: drafts to approve, owners and matches to confirm, triage."""


AS = click.option("--as", "person", metavar="REP", help="Who you are (default: the person who is asked).")
WHY = click.option("--why", default="", help="Your reason, for the record.")


@command(name="list")
@click.option("--queue", type=click.Choice(("review", "triage")), help="Only that queue.")
@click.option("--as", "person", metavar="REP|ROLE", help="Only what waits for that person or role.")
def listing(door: Door, queue: str | None, person: str | None) -> None:
    """Everything that waits, the oldest first."""
    from agent.review import waiting

    with door.house.store.reading() as tx:
        found = waiting(tx, queue, person)
    door.give(
        items=[
            {
                "id": w.short,
                "run": w.run,
                "loop": w.loop,
                "queue": w.queue,
                "to": w.to,
                "lead": w.lead,
                "name": w.name,
                "company": w.company,
                "since": w.since,
                "stale": w.stale,
                "question": w.ask["question"],
            }
            for w in found
        ]
    )
    if not found:
        door.say("Nothing waits.")
        return
    zone = door.house.workspace.calendar.zone
    rows = [
        (
            w.short,
            w.queue,
            w.to.partition(":")[2],
            _about(w),
            f"{w.name}, {w.company}"[:36],
            shown(w.since, zone)[4:10] + (" stale" if w.stale else ""),
        )
        for w in found
    ]
    door.say(table(rows, ("id", "queue", "waits for", "what", "lead", "since")))
    door.say(f"\n{len(found)} wait. `revloops review show ID` shows one.")


def _about(item: "Waiting") -> str:
    drafted = item.sequence
    if drafted:
        return f"{len(drafted.draft.mails)} mails, {drafted.play.replace('_', ' ')}"
    asked = {"qualify": "which company?", "route": "which owner?"}
    return asked.get(item.loop, str(item.ask["question"])[:24])


@command(name="show")
@click.argument("what", metavar="ID|NAME|EMAIL")
@click.option("--editable", is_flag=True, help="Only the mails, as `review edit --file` reads them.")
def show(door: Door, what: str, editable: bool) -> None:
    """One item whole: the exact mails with their sources and scores, or the question with its evidence."""
    from agent.review import editable as as_text
    from agent.review import find

    with door.house.store.reading() as tx:
        item = find(tx, what)
    door.give(run=item.run, queue=item.queue, to=item.to, lead=item.lead, stale=item.stale, ask=item.ask)
    if item.sequence and editable:
        door.say(as_text(item.sequence.draft))
        return
    door.say(
        f"{item.name}, {item.company} ({item.lead}), waits for {item.to.partition(':')[2]} in {item.queue}"
    )
    if item.stale:
        door.say(f"STALE: {item.stale}")
    if item.sequence:
        say_sequence(door, item.sequence)
        door.say(
            f"\nrevloops review approve {item.short}   (or edit, revise --note, reject --why, reassign --to)"
        )
        return
    door.say(str(item.ask["question"]))
    for reason in item.ask["evidence"]:
        for line in wrapped(f"- {reason['text']}", WIDTH - 2):
            door.say(f"  {line}")
    door.say(f"Options: {', '.join(item.ask['options']) or 'any owner, as rep:ID, pool:ID or queue:ID'}")
    door.say(
        f"\nrevloops review approve {item.short}   takes the first; `reassign {item.short} --to …` another"
    )


def say_sequence(door: Door, item: "ReviewItem", only: int | None = None) -> None:
    """The mails as their reader gets them, what each claim rests on, and the seven scores."""
    for n in range(1, len(item.draft.mails) + 1):
        if only in (None, n):
            _say_mail(door, item, n)
    _say_grades(door, item)


def _say_mail(door: Door, item: "ReviewItem", n: int) -> None:
    sources = {s.id: s for s in item.sources}
    facts = {f.id: f for f in item.facts}
    lines = {line.id: line for line in item.lines}
    mail = item.draft.mails[n - 1]
    door.say(
        f"\n--- Mail {n} of {len(item.draft.mails)}, play {item.play}: "
        + ("at once" if not mail.wait_days else f"{mail.wait_days} days later")
    )
    door.say(f"Subject: {mail.subject}\n")
    for line in mail.body.strip().splitlines():
        for part in wrapped(line, 92):
            door.say(f"  {part}".rstrip())
    door.say("\n  What it rests on:")
    for claim in mail.claims:
        for part in wrapped(f"“{claim.span}” {_source(claim.source, facts, sources, lines)}", WIDTH - 6):
            door.say(f"    {part}")


def _say_grades(door: Door, item: "ReviewItem") -> None:
    scores = ", ".join(
        f"{g.score.criterion.replace('_', ' ')} {g.score.points}" + ("" if g.passes else f" (mark {g.mark})")
        for g in item.grades
    )
    passed = sum(g.passes for g in item.grades)
    door.say()
    for line in wrapped(f"{passed} of {len(item.grades)} criteria passed: {scores}", WIDTH):
        door.say(line)
    for graded in item.grades:
        if not graded.passes:
            door.say(f"  below the mark: {graded.score.reason}")
    for statement in item.unsupported:
        door.say(f"  nothing backs: {statement}")


def _source(id: str, facts: dict[str, "Fact"], sources: dict[str, "Source"], lines: dict[str, "Line"]) -> str:
    if id in facts:
        source = sources[facts[id].source]
        return f"← {source.title}, {source.on}, {source.url}"
    if id in lines:
        return f"← playbook {id}, approved by {lines[id].approved_by} on {lines[id].approved_on}"
    return f"← {id}"


@command(name="approve")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@WHY
@click.option("--anyway", is_flag=True, help="Although the lead changed after the draft was written.")
@click.option(
    "--passphrase-fd", type=int, metavar="N", help="Read your passphrase from this file descriptor."
)
def approve(
    door: Door, what: str, person: str | None, why: str, anyway: bool, passphrase_fd: int | None
) -> None:
    """Approve: sign a sequence for sending, or take the suggested owner or match.

    A sequence below the mark needs --why. Signing needs your passphrase; in a sandbox the sandbox's key.
    """
    from agent.review import find

    with door.house.store.reading() as tx:
        item = find(tx, what)
    if item.stale and not anyway:
        raise RevloopsError(f"{item.stale}: have it written again with `review revise`, or give --anyway")
    if item.sequence:
        _sign(door, item, person, why, passphrase_fd)
        return
    if not item.ask["options"]:
        raise RevloopsError("nothing is suggested here: name an owner with `review reassign --to rep:ID`")
    first = str(item.ask["options"][0])
    _answer(door, item, person, {"choice": first, "verdict": first}, why)
    door.say(f"Took {first}.")


def _sign(door: Door, item: "Waiting", person: str | None, why: str, passphrase_fd: int | None) -> None:
    from agent.flow import settle
    from agent.review import take
    from cli.signing import prepare, signer_for
    from loops.decision import Answer
    from tools.approvals.document import digest
    from tools.approvals.signing import approve as sign

    house, drafted = door.house, item.sequence
    assert drafted is not None
    if drafted.needs_override and not why:
        raise RevloopsError("this draft is below the mark: approve it with --why, or edit it")
    who = person or item.to.partition(":")[2]
    document = prepare(house, item, drafted, who)
    signer = signer_for(door, house, who, passphrase_fd)
    now = house.runtime.at()
    with house.store.transaction() as tx:
        approval = sign(tx, item.run, document, signer, now)
        value: dict[str, JsonValue] = {
            "verdict": "approve",
            "approval": approval,
            "digest": digest(document),
            "override_reason": why or None,
        }
        take(house.runtime, tx, item, Answer(by=f"person:{who}", value=value, why=why))
    settle(house)
    zone = house.workspace.calendar.zone
    door.give(
        approval=approval, digest=digest(document), send_at=[m.send_at.isoformat() for m in document.messages]
    )
    door.say(
        f"Approved by {who}: {len(document.messages)} mails to {item.name},"
        f" signed as {digest(document)[:16]}…"
    )
    for n, message in enumerate(document.messages, 1):
        door.say(f"  mail {n} leaves {shown(message.send_at, zone)}")


@command(name="edit")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option(
    "--file",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="The edited mails, as `review show --editable` prints them; - for standard input.",
)
def edit(door: Door, what: str, person: str | None, file: Path | None) -> None:
    """Edit the mails in your editor (or from --file); the edit is graded again before it can be approved."""
    from agent.review import editable, edited, find

    with door.house.store.reading() as tx:
        item = find(tx, what)
    if item.sequence is None:
        raise RevloopsError("there is no draft here to edit: it asks for an owner or a match")
    before = editable(item.sequence.draft)
    if file is None:
        if not door.interactive:
            raise RevloopsError("an editor needs a terminal: give the edited mails with --file FILE")
        after = click.edit(before) or before
    else:
        after = sys.stdin.read() if str(file) == "-" else _read(file)
    draft = edited(item.sequence.draft, after)
    if draft == item.sequence.draft:
        door.say("Nothing was changed.")
        return
    _answer(door, item, person, {"verdict": "edit", "draft": draft.model_dump(mode="json")}, "")
    with door.house.store.reading() as tx:
        again = find(tx, item.run)
    if again.sequence:
        passed = sum(g.passes for g in again.sequence.grades)
        door.give(passed=passed, of=len(again.sequence.grades), needs_override=again.sequence.needs_override)
        door.say(
            f"Graded again: {passed} of {len(again.sequence.grades)} criteria passed. "
            f"`revloops review approve {again.short}` signs it."
        )


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RevloopsError(f"{file} can't be read as UTF-8 text: {error}") from error


@command(name="reject")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option("--why", required=True, help="Your reason; it is what the loops learn from.")
def reject(door: Door, what: str, person: str | None, why: str) -> None:
    """Reject a draft, or drop an item from review or triage."""
    item = _item(door, what)
    drop = "drop" if "drop" in item.ask["options"] else "reject"
    _answer(door, item, person, {"verdict": drop, "why": why} if item.sequence else {"verdict": drop}, why)
    door.say("Rejected.")


@command(name="revise")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option("--note", required=True, help="What the writer should do differently.")
def revise(door: Door, what: str, person: str | None, note: str) -> None:
    """Have a draft written again, with your note."""
    item = _item(door, what)
    if item.sequence is None:
        raise RevloopsError("there is no draft here to revise: it asks for an owner or a match")
    _answer(door, item, person, {"verdict": "revise", "note": note}, note)
    door.say(f"Written again: `revloops review show {item.short}`.")


@command(name="reassign")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option(
    "--to", "to", required=True, metavar="OWNER", help="A rep's id, or rep:ID, pool:ID, queue:ID, a match."
)
@WHY
def reassign(door: Door, what: str, person: str | None, to: str, why: str) -> None:
    """Give a draft's lead to a colleague, or decide the owner (or match) that is asked for."""
    from tools.workspace import known_owners

    item, owners = _item(door, what), known_owners(door.house.workspace.scenario)["owner"]
    if item.sequence or (item.loop == "route" and ":" not in to):
        to = to.removeprefix("rep:")
        if f"rep:{to}" not in owners:
            raise RevloopsError(f"there is nobody called {to} in the roster: give a rep's id")
    elif item.loop == "route" and to not in owners:
        raise RevloopsError(f"there is no owner {to}: write rep:ID, pool:ID or queue:ID of the scenario")
    elif item.loop != "route" and to not in item.ask["options"]:
        raise RevloopsError(f"{to} is none of the options: {', '.join(item.ask['options'])}")
    choice = f"rep:{to}" if item.loop == "route" and ":" not in to else to
    value: dict[str, object] = {"verdict": "reassign", "to": to} if item.sequence else {"choice": choice}
    _answer(door, item, person, value, why)
    door.say(f"Given to {to}.")


def _item(door: Door, what: str) -> "Waiting":
    from agent.review import find

    with door.house.store.reading() as tx:
        return find(tx, what)


def _answer(door: Door, item: "Waiting", person: str | None, value: dict[str, object], why: str) -> None:
    from agent.flow import settle
    from agent.review import take
    from loops.decision import Answer

    house = door.house
    kind, _, asked = item.to.partition(":")
    known = {rep.id: rep for rep in house.workspace.scenario.roster}
    who = person or (asked if kind == "person" else _anybody(house.workspace.scenario.roster, asked))
    if who not in known:
        raise RevloopsError(f"there is nobody called {who} in the roster: say who you are with --as REP")
    with house.store.transaction() as tx:
        take(
            house.runtime,
            tx,
            item,
            Answer.model_validate({"by": f"person:{who}", "value": value, "why": why}),
        )
    settle(house)
    door.give(run=item.run, by=who, value=value)


def _anybody(roster: "tuple[Rep, ...]", role: str) -> str:
    holders = [rep.id for rep in roster if rep.role == role]
    if len(holders) != 1:
        raise RevloopsError(f"this waits for the role {role}: say who you are with --as REP")
    return holders[0]


for found in (listing, show, approve, edit, reject, revise, reassign):
    review.add_command(found)
