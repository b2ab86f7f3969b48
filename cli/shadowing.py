"""`--shadow`: past leads decided as our rules would have, beside what people really did with them."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cli.door import Door, counted, table
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.shadow import Shadow
    from loops.config import LoopConfig
    from loops.shadow import Disagreement, Rate, Shadowed

Command = TypeVar("Command", bound=Callable[..., Any])
SEGMENTS = ("territory", "source", "grade", "seniority", "job_function", "industry", "country")
"""By what disagreements are told apart."""
OTHERS = ("owner", "outcome")
"""What the two columns beside our fields hold."""
SHOWN = 8
SMALL = 30
"""Leads below which a share is called small."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COMPARED = ("line", "lead", "written owner", "would go to", "person", "rule", "agrees", "outcome", "why")


def shadow_options(function: Command) -> Command:
    """The options of a shadow run."""
    for option in reversed(
        (
            click.option("--shadow", is_flag=True, help="Compare with what people did; nothing is written."),
            click.option("--owner-col", metavar="HEADING", help="With --shadow: the real owner's column."),
            click.option("--outcome-col", metavar="HEADING", help="With --shadow: what became of the lead."),
            click.option(
                "--out", type=click.Path(path_type=Path), metavar="DIR",
                help="With --shadow: the folder that its lists are written to (default: shadow-FILE).",
            ),
            click.option("--force", is_flag=True, help="With --shadow: overwrite lists that lie there."),
        )
    ):
        function = option(function)
    return function


def beside(
    door: Door,
    file: Path | None,
    columns: Mapping[str, str],
    *,
    shadow: bool,
    owner_col: str | None,
    outcome_col: str | None,
    out: Path | None,
    force: bool,
) -> bool:
    """Run it where it was asked for; whether it was.

    Raises:
        RevloopsError: an option is missing, or one is given that means nothing without --shadow.
    """
    if shadow:
        compare(door, file, columns, (owner_col, outcome_col), out=out, force=force)
    elif owner_col or outcome_col or out or force:
        raise RevloopsError("--owner-col, --outcome-col, --out and --force go with --shadow: add it")
    return shadow


def compare(
    door: Door,
    file: Path | None,
    columns: Mapping[str, str],
    asked: tuple[str | None, str | None],
    *,
    out: Path | None = None,
    force: bool = False,
    configs: "Mapping[str, LoopConfig] | None" = None,
) -> None:
    """Hold a file's past leads against the rules, and say and list what comes of it.

    Args:
        door: the command's surroundings.
        file: the past leads.
        columns: our field → heading, where the person named one.
        asked: headings of the columns with the real owner and with what became of the lead.
        out: where the lists go; None: a folder named after the file.
        force: whether lists that lie there are overwritten.
        configs: loop → config in the place of today's.

    Raises:
        RevloopsError: an option is missing, or lists lie there already.
    """
    owner_col, outcome_col = asked
    if file is None or not owner_col:
        raise RevloopsError("--shadow needs a CSV file and --owner-col HEADING: who really owned each lead")
    from agent.shadow import Wanted
    from agent.shadow import shadow as decided
    from cli.flow import progress
    from loops.registry import load
    from tools.intake import read_rows

    where = out or _free(Path(f"shadow-{file.stem}"), numbered=configs is not None)
    if not force and any((where / name).exists() for name in ("disagreements.csv", "counterfactual.csv")):
        raise RevloopsError(f"{where} holds lists already: name another --out DIR, or give --force")
    used = {name.casefold().strip(): what for name, what in zip(asked, OTHERS, strict=True) if name}
    mapping, raws = read_rows(file, columns, tuple(name for name in asked if name))
    left = tuple(name for name in mapping.unmapped if name.casefold().strip() not in used)
    door.say(replace(mapping, unmapped=left).shown())
    for name in asked:
        if name:
            door.say(f"  {used[name.casefold().strip()] + ':':<14} {name}")
    door.say()
    wanted = Wanted(owner_col, outcome_col or "", configs or {}, mapping.day_first)
    rows = list(raws)
    with progress(door, len(rows), "Deciding") as seen:
        found = decided(door.root, load(), rows, wanted, seen)
    _tell(door, found, len(rows), outcome_col)
    _write(where, found.rows)
    door.give(files=[str(where / "disagreements.csv"), str(where / "counterfactual.csv")])
    door.say(f"Lists: {where / 'disagreements.csv'}, {where / 'counterfactual.csv'}.")
    door.say("Nothing was written to the workspace or its store, and nothing was sent.")


def _free(folder: Path, *, numbered: bool) -> Path:
    """The folder, or where it is there and may be numbered the first of its name that isn't."""
    if not numbered or not folder.exists():
        return folder
    names = (folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000))
    return next((one for one in names if not one.exists()), folder)


def _tell(door: Door, found: "Shadow", rows: int, outcome_col: str | None) -> None:
    from loops.shadow import Looking, Rate, agreement, disagreements

    compared = [row for row in found.rows if row.agrees is not None]
    overall = Rate(sum(bool(row.agrees) for row in compared), len(compared))
    people = [row.same_person for row in compared if row.same_person is not None]
    rules = agreement(found.rows, lambda row: row.rule)
    sources = agreement(found.rows, lambda row: str(row.attributes.get("source")))
    groups = disagreements(found.rows, Looking(SEGMENTS))
    asked = [row for row in found.rows if not row.rule]
    door.give(
        rows=rows,
        leads=len(found.rows),
        rejected=[{"line": one.line, "reason": one.reason} for one in found.rejected],
        compared=len(compared),
        agreement=_rate(overall),
        same_person=_rate(Rate(sum(people), len(people))),
        rules={name: _rate(rate) for name, rate in rules.items()},
        sources={name: _rate(rate) for name, rate in sources.items()},
        disagreements=[_group(one) for one in groups],
        asked=len(asked),
        unowned=found.unowned,
        strangers=dict(found.strangers.most_common()),
        unread_outcomes=dict(found.unread_outcomes.most_common()),
    )
    door.say(
        f"{counted(rows, 'row')}: {counted(len(found.rows), 'lead')} decided, "
        f"{len(found.rejected):,} rejected, {len(asked):,} would be asked about. "
        f"{len(compared):,} can be compared with their real owner."
    )
    if not compared:
        door.say("No owner in that column is anybody of this workspace's scenario: see the names below.")
    else:
        door.say(f"People and rules agree on {_words(overall)}{_persons(people)}.")
        door.say()
        lines = [(name, f"{rate.of:,}", _share(rate)) for name, rate in rules.items()]
        door.say(table(lines, ("rule", "leads", "agreement, 95 %")))
    _tell_groups(door, groups, bool(outcome_col))
    _tell_unused(door, found)


def _tell_groups(door: Door, groups: "Iterable[Disagreement]", outcomes: bool) -> None:
    for n, one in enumerate(groups):
        if not n:
            door.say()
            door.say("Where they part most:")
        if n == SHOWN:
            door.say("  more with --json")
            return
        segment = ", ".join(f"{name} {value}" for name, value in one.segment) or "all of them"
        door.say(f"  {segment}: our rules say {one.ours}; {one.leads:,} of {one.of:,} went to {one.theirs}")
        if outcomes:
            door.say(
                f"    came to something: {_share(one.their_outcome)} there, {_share(one.our_outcome)} of"
                " those that went where we would send them"
            )


def _tell_unused(door: Door, found: "Shadow") -> None:
    if found.unowned:
        door.say(f"{counted(found.unowned, 'lead')} had no owner in the file.")
    if found.strangers:
        named = ", ".join(f"{name} ({count:,})" for name, count in found.strangers.most_common(5))
        more = len(found.strangers) - 5
        door.say(
            f"Nobody in the scenario is called {named}{f' and {more} more' if more > 0 else ''}: write owners"
            " as in the roster (name, e-mail or id), or add them to the scenario."
        )
    if found.unread_outcomes:
        named = ", ".join(f"{name} ({count:,})" for name, count in found.unread_outcomes.most_common(5))
        door.say(f"Outcomes that say neither yes nor no: {named}; write won or lost, yes or no.")
    for one in found.rejected[:5]:
        door.say(f"  line {one.line}: rejected, {one.reason}")


# --- figures and lists ------------------------------------------------------------------------------
def _rate(rate: "Rate") -> dict[str, float | int | None]:
    low, high = rate.interval or (None, None)
    share = rate.share
    return {
        "of": rate.of,
        "share": None if share is None else round(share, 4),
        "low": None if low is None else round(low, 4),
        "high": None if high is None else round(high, 4),
    }


def _group(one: "Disagreement") -> dict[str, Any]:
    return {
        "segment": dict(one.segment),
        "ours": one.ours,
        "theirs": one.theirs,
        "leads": one.leads,
        "of": one.of,
        "our_outcome": _rate(one.our_outcome),
        "their_outcome": _rate(one.their_outcome),
    }


def _share(rate: "Rate") -> str:
    if rate.share is None or rate.interval is None:
        return "unknown (no lead)"
    low, high = rate.interval
    return f"{rate.share:.1%} [{low:.1%}, {high:.1%}]{', few' if rate.of < SMALL else ''}"


def _persons(people: Sequence[bool]) -> str:
    """Of those that went to a person, on how many it is the very same; "" where none did."""
    from loops.shadow import Rate

    return f"; on the very person in {_words(Rate(sum(people), len(people)))}" if people else ""


def _words(rate: "Rate") -> str:
    return f"{_share(rate)} of {rate.of:,}"


def _write(where: Path, rows: "list[Shadowed]") -> None:
    where.mkdir(parents=True, exist_ok=True)
    apart = [row for row in rows if row.agrees is False]
    for name, some in (("disagreements.csv", apart), ("counterfactual.csv", rows)):
        with (where / name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle)
            writer.writerow(COMPARED)
            writer.writerows(tuple(map(_cell, _listed(row))) for row in some)


def _listed(row: "Shadowed") -> tuple[object, ...]:
    said = {True: "yes", False: "no", None: ""}
    return (
        row.line, row.lead, row.written, row.ours, row.person, row.rule or "(asked)", said[row.agrees],
        said[row.outcome], row.why,
    )  # fmt: skip


def _cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
