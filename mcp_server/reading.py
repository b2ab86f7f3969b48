"""What the person who decides is to see of an item: the values that a card shows, and the same as text."""

from loops.values import Value


class Rests(Value):
    """Words of a mail, and what stands behind them."""

    words: str
    source: str


class ShownMail(Value):
    """One e-mail exactly as its reader would get it."""

    n: int
    subject: str
    text: str
    # to the byte
    bytes: int
    sha256: str
    # of the text as UTF-8
    leaves: str
    # the instant it would leave if it were approved now, in the recipient's zone
    rests_on: tuple[Rests, ...]


class Criterion(Value):
    """One of the criteria that a sequence is held to."""

    criterion: str
    points: int
    # 0 to 100
    mark: int
    passes: bool
    by: str
    # code | judge
    reason: str


class Command(Value):
    """What a person runs to decide; no tool can."""

    does: str
    run: str


class Shown(Value):
    """One item that waits, as the person who decides is to see it."""

    id: str
    lead: str
    name: str
    company: str
    queue: str
    waits_for: str
    question: str
    digest: str
    # SHA-256 of what is shown
    commands: tuple[Command, ...]
    to: str = ""
    sender: str = ""
    when: str = ""
    play: str = ""
    notes: tuple[str, ...] = ()
    # what has to be known before it is decided
    mails: tuple[ShownMail, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    passed: int | None = None
    # of the criteria
    evidence: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


def as_text(one: Shown) -> str:
    """The same content as plain text; a mail's own lines begin with a bar, so that none passes for ours."""
    heads = (
        ("id", one.id), ("to", one.to), ("from", one.sender), ("when", one.when),
        ("waits for", one.waits_for), ("play", one.play), ("digest", one.digest),
    )  # fmt: skip
    who = ", ".join(filter(None, (one.name, one.company))) or one.lead
    lines = [who, one.question, *(f"{name}: {said}" for name, said in heads if said)]
    lines += [f"! {note}" for note in one.notes]
    for mail in one.mails:
        lines += ["", f"--- Mail {mail.n} of {len(one.mails)}, leaves {mail.leaves}"]
        lines += [f"Subject: {mail.subject}", "", *(f"| {line}" for line in mail.text.splitlines()), ""]
        lines += [f"({mail.bytes} bytes, SHA-256 {mail.sha256})", "What it rests on:"]
        lines += [f"  “{claim.words}” ← {claim.source}" for claim in mail.rests_on]
    if one.criteria:
        lines += ["", f"Criteria: {one.passed} of {len(one.criteria)} passed"]
        lines += [f"  {c.criterion} {c.points} (mark {c.mark}, {c.by}): {c.reason}" for c in one.criteria]
    lines += [f"- {said}" for said in one.evidence]
    lines += [f"May be answered: {', '.join(one.options)}"] if one.options else []
    lines += ["", "A person decides, in a terminal:", *(f"  {c.run}   {c.does}" for c in one.commands)]
    return "\n".join(lines)
