"""`review`: what waits for a person, and the person's answers."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic import JsonValue

from cli.balancing import say_approved, say_proposal
from cli.door import WIDTH, Door, command, first, shown, table
from cli.drafted import say_sequence, say_stood_in
from cli.look import wrapped
from cli.qualifying import commit, say_discovery
from cli.review_next import following
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.review import Waiting


@click.group()
def review() -> None:
    """What waits for a person: drafts to approve, owners and matches to confirm, triage."""


AS = click.option("--as", "person", metavar="REP", help="Who you are (default: the person who is asked).")
WHY = click.option("--why", default="", help="Your reason, for the record.")


@command(name="list")
@click.option("--queue", type=click.Choice(("review", "triage")), help="Only that queue.")
@click.option("--as", "person", metavar="REP|ROLE", help="Only what waits for that person or role.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=50, show_default=True, metavar="N",
    help="How many are shown; JSON has all.",
)
def listing(door: Door, queue: str | None, person: str | None, limit: int) -> None:
    """Everything that waits, the oldest first."""
    from agent.review import since_revised, waiting

    with door.house.store.reading() as tx:
        found = waiting(tx, queue, person)
        older = {w.run: since_revised(door.house.runtime, tx, w.loop, w.frame) for w in found}
    door.give(items=[{**w.row(), "revised_since": older[w.run]} for w in found])
    if not found:
        door.say("Nothing waits.")
        return
    zone = door.house.workspace.calendar.zone
    rows = [
        (
            w.short,
            w.queue,
            w.to.partition(":")[2],
            ", ".join(filter(None, (w.name, w.company)))[:36] or w.lead[:36],
            _about(w),
            shown(w.since, zone)[4:10] + (" stale" if w.stale else " old config" if older[w.run] else ""),
        )
        for w in first(found, limit)
    ]
    door.say(table(rows, ("id", "queue", "waits for", "who or what", "question", "since")))
    if len(rows) < len(found):
        door.say(f"{len(found) - len(rows):,} more: --limit {len(found)} shows them all.")
    door.say(f"\n{len(found)} wait. `revloops review show ID` shows one.")


def _about(item: "Waiting") -> str:
    drafted = item.sequence
    if drafted:
        return f"{len(drafted.draft.mails)} mails, {drafted.play.replace('_', ' ')}"
    if item.discovery:
        return f"call, {item.discovery.framework}: {item.discovery.suggestion}?"
    asked = {"qualify": "which company?", "route": "which owner?"}
    if item.loop == "deploy" and not item.settles:
        return "which territory?"
    return asked.get(item.loop, str(item.ask["question"])[:24])


@command(name="show")
@click.argument("what", metavar="ID|NAME|EMAIL")
@click.option("--editable", is_flag=True, help="Only the mails, as `review edit --file` reads them.")
def show(door: Door, what: str, editable: bool) -> None:
    """One item whole: the exact mails with their sources and scores, or the question with its evidence."""
    from agent.review import editable as as_text
    from agent.review import find, since_revised

    with door.house.store.reading() as tx:
        item = find(tx, what)
        older = since_revised(door.house.runtime, tx, item.loop, item.frame)
    door.give(run=item.run, queue=item.queue, to=item.to, lead=item.lead, stale=item.stale, ask=item.ask)
    door.give(revised_since=older)
    if item.sequence and editable:
        door.say(as_text(item.sequence.draft))
        return
    who = ", ".join(filter(None, (item.name, item.company)))
    about = f"{who} ({item.lead})" if who else item.lead[:1].upper() + item.lead[1:]
    door.say(f"{about}, waits for {item.to.partition(':')[2]} in {item.queue}")
    if item.stale:
        door.say(f"STALE: {item.stale}")
    if older:
        door.say(f"{older} Your answer is taken under the config that it was asked under.")
    say_stood_in(door, item)
    if item.sequence:
        say_sequence(door, item.sequence)
        others = "(or edit, revise --note, reject --why, reassign --to)"
        door.say(f"\nrevloops review approve {item.short}   {others}")
        return
    if item.discovery:
        say_discovery(door, item.short, item.discovery)
        return
    door.say(str(item.ask["question"]))
    if item.moves:
        say_proposal(door, item)
    for reason in () if item.moves else item.ask["evidence"]:
        for line in wrapped(f"- {reason['text']}", WIDTH - 2):
            door.say(f"  {line}")
    door.say(f"Options: {', '.join(item.options) or 'any owner, as rep:ID, pool:ID or queue:ID'}")
    if item.suggestion:
        door.say(f"\nrevloops review approve {item.short}   takes {item.suggestion}; another:")
    which = "|".join(item.options) if item.settles else "…"
    door.say(f"{'' if item.suggestion else chr(10)}revloops review answer {item.short} --choice {which}")


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
        _sign(door, item, person, why, passphrase_fd, anyway)
        return
    if not item.suggestion:
        listed = ", ".join(item.options) or "any owner, as rep:ID, pool:ID or queue:ID"
        told = f"name your answer with `review answer {item.short} --choice …`: {listed}"
        raise RevloopsError(f"nothing is suggested here: {told}")
    give_answer(door, item, person, {"choice": item.suggestion}, why)
    _say_taken(door, item, item.suggestion)


def _say_taken(door: Door, item: "Waiting", choice: str) -> None:
    if item.moves and choice == "approve":
        say_approved(door, item)
        return
    door.say(f"Took {_taken(item, choice)}.")


@command(name="answer")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option("--choice", required=True, metavar="X", help="One of its options; for an owner any owner.")
@WHY
def answer(door: Door, what: str, person: str | None, choice: str, why: str) -> None:
    """Answer a question that is no draft: an owner, a match, a failed step, an unknown mail."""
    from agent.review import reply

    item = item_of(door, what)
    value = reply(item, choice, _owners(door))
    give_answer(door, item, person, value, why)
    _say_taken(door, item, str(next(iter(value.values()))))


def _taken(item: "Waiting", choice: str) -> str:
    """The choice, with the company's name where it is one."""
    named = {str(one["company"]): str(one["name"]) for one in item.ask["payload"].get("candidates", ())}
    return f"{named[choice]} ({choice})" if choice in named else choice


def _sign(
    door: Door, item: "Waiting", person: str | None, why: str, passphrase_fd: int | None, anyway: bool
) -> None:
    from agent.flow import settle
    from agent.review import take
    from cli.signing import deputies, prepare, signer_for
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
        approval = sign(tx, item.run, document, signer, now, deputies=deputies(house, item), anyway=anyway)
        value: dict[str, JsonValue] = {
            "verdict": "approve",
            "approval": approval,
            "digest": digest(document),
            "override_reason": why or None,
        }
        take(house.runtime, tx, item, Answer(by=f"person:{who}", value=value, why=why))
    settle(house)
    _check_taken(door, item)
    zone = house.workspace.calendar.zone
    door.give(
        approval=approval, digest=digest(document), send_at=[m.send_at.isoformat() for m in document.messages]
    )
    count = len(document.messages)
    door.say(f"Approved by {who}: {count} mails to {item.name}, signed as {digest(document)[:16]}…")
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
        raise RevloopsError("there is no draft here to edit")
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
    give_answer(door, item, person, {"verdict": "edit", "draft": draft.model_dump(mode="json")}, "")
    with door.house.store.reading() as tx:
        again = find(tx, item.run)
    if again.sequence:
        passed = sum(g.passes for g in again.sequence.grades)
        door.give(passed=passed, of=len(again.sequence.grades), needs_override=again.sequence.needs_override)
        door.say(f"Graded again: {passed} of {len(again.sequence.grades)} criteria passed.")
        for graded in again.sequence.grades:
            if not graded.passes:
                door.say(f"  {graded.score.criterion.replace('_', ' ')}: {graded.score.reason}")
        for statement in dict.fromkeys(again.sequence.unsupported):
            door.say(f"  nothing backs: {statement}")
        reason = " --why REASON" if again.sequence.needs_override else ""
        door.say(f"`revloops review approve {again.short}{reason}` signs it.")


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
    if not why.strip():
        raise RevloopsError("give your reason with --why: it is what the loops learn from")
    item = item_of(door, what)
    settles = item.settles and not item.sequence and not item.discovery
    if settles and "drop" not in item.options:
        options = ", ".join(item.options)
        raise RevloopsError(f"this can't be dropped: `review answer {item.short} --choice …` takes {options}")
    value: dict[str, JsonValue] = {"verdict": "drop" if settles else "reject"}
    give_answer(door, item, person, value | ({} if settles or not item.settles else {"why": why}), why)
    door.say("Dropped." if settles else "Rejected.")


@command(name="revise")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option("--note", required=True, help="What the writer should do differently.")
def revise(door: Door, what: str, person: str | None, note: str) -> None:
    """Have a draft written again, with your note."""
    item = item_of(door, what)
    if item.sequence is None:
        raise RevloopsError("there is no draft here to revise")
    if not note.strip():
        raise RevloopsError("say in --note what the writer should do differently")
    give_answer(door, item, person, {"verdict": "revise", "note": note}, note)
    door.say(f"Written again: `revloops review show {item.short}`. The embedded writer (rules, no language")
    door.say("model) follows only a wish for a shorter or a different text; anything else is yours to edit.")


@command(name="reassign")
@click.argument("what", metavar="ID|NAME|EMAIL")
@AS
@click.option(
    "--to", "to", required=True, metavar="OWNER", help="A rep's id, or rep:ID, pool:ID, queue:ID, a match."
)
@WHY
def reassign(door: Door, what: str, person: str | None, to: str, why: str) -> None:
    """Give a draft's lead to a colleague, or decide the owner (or match) that is asked for."""
    from agent.review import reply

    item, owners = item_of(door, what), _owners(door)
    if item.sequence:
        to = to.removeprefix("rep:")
        if f"rep:{to}" not in owners:
            raise RevloopsError(f"there is nobody called {to} in the roster: give a rep's id")
        value: dict[str, JsonValue] = {"verdict": "reassign", "to": to}
    elif item.settles:
        options = ", ".join(item.options)
        raise RevloopsError(f"no owner is asked for: `review answer {item.short} --choice …` takes {options}")
    else:
        value = reply(item, to, owners)
    give_answer(door, item, person, value, why)
    door.say(f"Given to {to}.")


def _owners(door: Door) -> frozenset[str]:
    from tools.workspace import known_owners

    return known_owners(door.house.workspace.scenario)["owner"]


def item_of(door: Door, what: str) -> "Waiting":
    """The open item meant."""
    from agent.review import find

    with door.house.store.reading() as tx:
        return find(tx, what)


def _check_taken(door: Door, item: "Waiting") -> None:
    from agent.review import still_asked

    with door.house.store.reading() as tx:
        again = still_asked(tx, item)
    if again:
        raise RevloopsError(f"the answer wasn't taken, the same question stands: {again}")


def give_answer(
    door: Door, item: "Waiting", person: str | None, value: dict[str, JsonValue], why: str
) -> None:
    """Put a person's answer into its run and take it on."""
    from agent.flow import settle
    from agent.review import answering, take
    from loops.decision import Answer

    house = door.house
    who = answering(item, person, house.workspace.scenario.roster)
    given = Answer.model_validate({"by": f"person:{who}", "value": value, "why": why})
    with house.store.transaction() as tx:
        take(house.runtime, tx, item, given)
    settle(house)
    _check_taken(door, item)
    door.give(run=item.run, by=who, value=value)


for found in (listing, following, show, approve, answer, edit, reject, revise, reassign, commit):
    review.add_command(found)
