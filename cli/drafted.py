"""How a drafted sequence is shown: its mails, what they rest on, their scores, and who stood in for whom."""

from typing import TYPE_CHECKING

from cli.door import WIDTH, Door
from cli.look import wrapped

if TYPE_CHECKING:
    from agent.review import Waiting
    from loops.engage.config import Line
    from loops.engage.facts import Fact, Source
    from loops.engage.tasks import ReviewItem


def say_stood_in(door: Door, item: "Waiting") -> None:
    """Whose work it is, where rules answered in a language model's place: a rep knows it before signing."""
    for text in dict.fromkeys(r["text"] for r in item.ask["evidence"] if r["code"] == "stood_in"):
        by, _, rest = text.partition(" answered ")
        who = by.partition("@")[0].replace("_", " ")
        note = f"NOTE: the embedded policy (rules, no language model) of the {who} answered {rest}"
        for n, line in enumerate(wrapped(note, WIDTH - 4)):
            door.say(line if n == 0 else f"    {line}")


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
