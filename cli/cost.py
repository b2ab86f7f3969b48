"""`cost`: what models cost, by loop, specialist, prompt, model, rep or approved sequence."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from cli.door import Door, command, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from tools.cost import Sequences, Spending

BYS = ("loop", "specialist", "prompt", "model", "rep", "sequence")
UNSETTLED = "{n} calls were never settled, since a process ended: they count at the most they can have cost."


@command(name="cost")
@click.option("--by", type=click.Choice(BYS), default="loop", show_default=True, help="What to add up by.")
@click.option("--since", metavar="DAY", help="First day, such as 2026-11-01 (default: from the beginning).")
def cost(door: Door, by: Any, since: str | None) -> None:
    """What models cost: tokens times the dated prices of prices.yaml.

    A model without a price costs an unknown amount, never nothing; embedded policies cost nothing.
    """
    from tools.cost import Books, plain
    from tools.model_prices import load_prices

    workspace = door.house.workspace
    currency = workspace.settings.models.currency
    with door.house.store.reading() as tx:
        books = Books(tx, load_prices(workspace.root), currency, workspace.calendar.zone, _day(since))
        lines = books.spent(by) if by != "sequence" else books.spent("model")
        total = books.total()
        sequences = books.sequences() if by == "sequence" else None
    door.give(by=by, since=since, total=plain(total), currency=currency)
    if not lines:
        door.give(groups=[])
        door.say(f"Nothing was asked of a model{f' since {since}' if since else ''}.")
        return
    if sequences:
        _say_sequences(door, sequences)
    else:
        door.give(groups=plain(lines))
        door.say(_groups(door, by, lines))
        if len(lines) > 1 and total:
            door.say()
            for line in total:
                door.say(f"In all: {line.calls:,} calls; cost: {_money(line)}.")
    _notes(door, total, sum(line.embedded for line in lines))


def _money(line: "Spending") -> str:
    from tools.cost import cost as priced

    return priced(line)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RevloopsError(f"--since {text} is no day: write it as 2026-11-01") from None


def _groups(door: Door, by: str, lines: "Iterable[Spending]") -> str:
    names = {f"rep:{rep.id}": rep.name for rep in door.house.workspace.scenario.roster}
    names |= {rep.id: rep.name for rep in door.house.workspace.scenario.roster}
    rows = [
        (names.get(line.group, line.group), f"{line.calls:,}", f"{line.input_tokens:,}",
         f"{line.output_tokens:,}", _money(line), f"{line.embedded:,}")
        for line in lines
    ]  # fmt: skip
    return table(rows, (by, "calls", "read", "written", "cost", "embedded"))


def _say_sequences(door: Door, found: "Sequences") -> None:
    from tools.cost import plain

    door.give(
        approved=found.approved, spent=plain(found.spent), never_approved=plain(found.never),
        never_approved_leads=found.never_leads, other=plain(found.other),
        each=plain(line.each(found.approved) for line in found.spent) if found.approved else [],
    )  # fmt: skip
    if not found.approved:
        door.say("No sequence was approved yet, so there is none to divide by.")
    for line in found.spent:
        each = _money(line.each(found.approved)) if line.calls else "nothing"
        door.say(f"{found.approved:,} approved sequences: {_money(line)}, {each} each.")
    if found.approved and not found.spent:
        door.say(f"{found.approved:,} approved sequences: no model was asked for them.")
    for line in found.never:
        door.say(f"{found.never_leads:,} leads without an approved sequence: {_money(line)}.")
    for line in found.other:
        door.say(f"Beside them (questions, checks, what came after): {_money(line)}.")


def _notes(door: Door, total: "Iterable[Spending]", embedded: int) -> None:
    """What the figures don't say by themselves."""
    from tools.cost import LABEL

    lines = list(total)
    unpriced = sorted({model for line in lines for model in line.unpriced})
    notes = [
        (len(unpriced), f"No price is known for {', '.join(unpriced)}: add it to prices.yaml, with its day."),
        (sum(x.reserved for x in lines), UNSETTLED),
        (sum(x.failed for x in lines), "{n} calls got no answer that could be used; a few may be charged."),
        (sum(x.estimated - x.reserved for x in lines), "{n} calls' tokens are an estimate."),
        (embedded, f"{{n}} answers by the {LABEL}, which cost nothing."),
    ]  # fmt: skip
    said = [text.replace("{n}", f"{count:,}") for count, text in notes if count]
    door.give(notes=said, unpriced=unpriced)
    if said:
        door.say()
    for text in said:
        door.say(text)
