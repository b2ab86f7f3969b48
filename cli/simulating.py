"""`simulate`: what a changed config would do to past leads."""

import csv
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.door import Door, command, counted, table
from cli.shadowing import compare
from loops.config import LoopConfig
from loops.errors import ConfigError, RevloopsError
from loops.loop import Chain

if TYPE_CHECKING:
    from agent.simulate import Desk, Move, Simulated
    from loops.loop import Loop
    from loops.simulate import Group
    from tools.workspace import Workspace

SHOWN = 12
"""Groups, desks and leads that a page shows of each; --json has all."""
SPAN = re.compile(r"(\d+)([hdw])")
HOURS = {"h": 1, "d": 24, "w": 168}
SIDES = ("present", "changed")
"""Which config a figure is of."""
PLANS = "`revloops scenario compare` holds plans against each other"


@command()
@click.argument("loop")
@click.option(
    "--config", "changed", required=True, metavar="FILE|BRANCH",
    help="The changed loops/LOOP.yaml, or a branch or revision of the workspace that holds it.",
)  # fmt: skip
@click.option("--since", default="", metavar="DATE|7d", help="Leads decided from then on (h, d or w).")
@click.option("--last", type=click.IntRange(1), help="The newest so many of them.")
@click.option(
    "--csv", "out", type=click.Path(path_type=Path, dir_okay=False), help="Write every lead that moves."
)
@click.option("--shadow", type=click.Path(path_type=Path), metavar="FILE.csv", help="On leads of a file.")
@click.option("--owner-col", metavar="HEADING", help="With --shadow: the column with the real owner.")
@click.option("--outcome-col", metavar="HEADING", help="With --shadow: what became of the lead.")
def simulate(
    door: Door,
    loop: str,
    changed: str,
    since: str,
    last: int | None,
    out: Path | None,
    shadow: Path | None,
    owner_col: str | None,
    outcome_col: str | None,
) -> None:
    """Try a changed config on past leads: who moves, from whom to whom, and why. Nothing is decided by it.

    With --shadow the leads are those of a file, held against the owners they really had.
    """
    from agent.simulate import Window
    from agent.simulate import simulate as try_out

    house = door.house
    if loop not in house.registry.loops:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(house.registry.loops)}")
    chosen = house.registry.loops[loop]
    if chosen.chain is Chain.PLANNING:
        raise RevloopsError(f"{loop} plans and decides no leads to try a config on: {PLANS}")
    candidate = candidate_config(house.workspace, chosen, changed, house.registry.loops.values())
    if shadow or owner_col or outcome_col:
        compare(door, shadow, {}, (owner_col, outcome_col), configs={loop: candidate})
        return
    window = Window(instant(since, house.runtime.at()), last)
    found = try_out(house.runtime, chosen, candidate, window)
    _give(door, found)
    if not found.leads:
        when = "in that window" if since or last else "yet"
        door.say(f"{loop} decided no lead {when}: there is nothing to try it on.")
        return
    _say(door, found)
    if out:
        _write(out, found)
        door.say(f"{counted(len(found.moves), 'lead')} written to {out}.")


def candidate_config(
    workspace: "Workspace", loop: "Loop", changed: str, loops: "Iterable[Loop]"
) -> LoopConfig:
    """The changed config of a loop, from a file or from a branch or revision of the workspace's git.

    Raises:
        ConfigError: it has faults; each is named with its line.
        RevloopsError: it is another loop's config, or there is neither such a file nor such a branch.
    """
    from tools.git import commit_of
    from tools.workspace import known_owners, load_config

    owners, file = known_owners(workspace.scenario), Path(changed)
    if file.is_file():
        try:
            return load_config(workspace.root, loop, owners, file.absolute())
        except ConfigError as error:
            theirs = _taken_by(workspace, file.absolute(), loops)
            if theirs is None:
                raise
            told = f"{changed} is {theirs}'s config: name a changed copy of loops/{loop.name}.yaml"
            raise RevloopsError(f"{told}, or `simulate {theirs}`") from error
    commit = commit_of(workspace.root, changed)
    if commit is None:
        raise RevloopsError(
            f"there is no file and no branch {changed}: "
            f"name a changed copy of loops/{loop.name}.yaml or a branch that holds one"
        )
    with tempfile.TemporaryDirectory() as folder:
        _unfold(workspace.root, commit, loop, Path(folder))
        return load_config(Path(folder), loop, owners)


def _taken_by(workspace: "Workspace", file: Path, loops: "Iterable[Loop]") -> str | None:
    """The one loop whose config this file is without a fault; None where that is none or several."""
    from tools.workspace import load_config

    found: list[str] = []
    for loop in loops:
        with suppress(RevloopsError):
            load_config(workspace.root, loop, None, file)
            found.append(loop.name)
    return found[0] if len(found) == 1 else None


def _unfold(root: Path, commit: str, loop: "Loop", folder: Path) -> None:
    """Write the files of a loop's config as they are in a commit into a folder; nothing is checked out."""
    from tools.git import git, show

    wanted = (f"loops/{loop.name}.yaml", *loop.config.PARTS.values())
    for path in git(root, "ls-tree", "-r", "--name-only", commit, ".").splitlines():
        if any(fnmatch(path, pattern) for pattern in wanted):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(show(root, commit, f"./{path}") or "", encoding="utf-8")


def instant(text: str, now: datetime) -> datetime | None:
    """The instant meant: so long ago, or the start of a day in UTC."""
    span = SPAN.fullmatch(text.strip())
    if not text.strip():
        return None
    if span:
        return now - timedelta(hours=int(span[1]) * HOURS[span[2]])
    try:
        day = datetime.fromisoformat(text.strip())
    except ValueError:
        raise RevloopsError(f"--since {text}: give a date such as 2026-11-01, or 7d, 12h, 2w") from None
    return day if day.tzinfo else day.replace(tzinfo=UTC)


# --- for a person ---------------------------------------------------------------------------------
def _say(door: Door, found: "Simulated") -> None:
    from loops.simulate import OTHER_LOADS

    moved, how = found.moved, f"{counted(found.leads, 'past lead')} decided twice, as if they came in now"
    door.say(f"{how}: {len(moved.decided):,} move, {len(moved.spread):,} more go to others by the same rule.")
    if found.note:
        door.say(f"({found.note})")
    decided = [group for group in found.groups if group.why != OTHER_LOADS]
    rows = [(str(len(g.rows)), g.source, g.target, g.why) for g in decided]
    _table(door, rows, ("leads", "from", "to", "why"))
    grades = [(str(len(g.rows)), g.source, g.target, g.why) for g in moved.grades]
    _table(door, grades, ("leads", "grade", "becomes", "why"))
    _mix(door, found)
    _desks(door, found.desks)
    _outlook(door, found)
    for group in decided[:SHOWN]:
        for move in found.examples(group)[:1]:
            door.say(f"  {move.lead}: {move.source} → {move.target}")
            door.say(f"    {move.why}")


def _table(door: Door, rows: list[tuple[str, ...]], head: tuple[str, ...]) -> None:
    if rows:
        door.say()
        door.say(table(rows[:SHOWN], head))
    if len(rows) > SHOWN:
        door.say(f"and {len(rows) - SHOWN:,} more; --json lists them all")


def _mix(door: Door, found: "Simulated") -> None:
    for name, title in (("rule", "rule"), ("end", "ends"), ("grade", "grade")):
        before, after = found.counted(name)
        rows = [
            (value or "(none)", str(before[value]), str(after[value]))
            for value in sorted({*before, *after})
            if before[value] != after[value]
        ]
        _table(door, rows, (title, *SIDES))


def _desks(door: Door, desks: "tuple[Desk, ...]") -> None:
    full = sum(desk.after >= desk.capacity for desk in desks)
    if full:
        told = f"{counted(full, 'desk is', 'desks are')} full once all of them are given out"
        door.say(f"\n{told}: a shorter --since or --last says more of the rules alone.")
    changed = [desk for desk in desks if desk.before != desk.after]
    changed.sort(key=lambda desk: (-abs(desk.after - desk.before), desk.rep))
    rows = [
        (d.rep, str(d.besides), str(d.before), str(d.after), str(d.capacity),
         "full" if d.after >= d.capacity else "")
        for d in changed
    ]  # fmt: skip
    if rows:
        door.say("\nDesks: what lies there besides these leads, and all of it once these are dealt out")
        door.say("under the present config and under the changed one (not: who has them today):")
    _table(door, rows, ("desk", "besides", *SIDES, "capacity", ""))


def _outlook(door: Door, found: "Simulated") -> None:
    speed, came = found.speed, found.fate(found.moves)
    door.say()
    if found.moves:
        leaving, going = _hours(speed.leaving_hours), _hours(speed.going_hours)
        door.say(f"First touch by the owners they leave: {leaving}; by those they go to: {going}.")
        known = f"{came.converted:,} of {counted(came.settled, 'settled lead')} converted"
        door.say(f"What became of those that move: {known if came.settled else 'nothing is known yet'}.")
    if speed.alone_before is not None and speed.alone_after is not None:
        alone = f"{speed.alone_before:.1%} under the present, {speed.alone_after:.1%} under the changed one"
        door.say(f"Decided without asking anybody: {alone}.")


def _hours(hours: float | None) -> str:
    return "not known" if hours is None else f"{hours:,.1f} hours (median)"


# --- for a program --------------------------------------------------------------------------------
def _give(door: Door, found: "Simulated") -> None:
    moves, speed = found.moves, found.speed
    came = found.fate(moves)
    by_lead = {move.lead: move for move in moves}
    door.give(
        leads=found.leads,
        moved=len(found.moved.decided),
        spread=len(found.moved.spread),
        regraded=len(found.moved.regraded),
        engine=found.engine,
        note=found.note,
        **{f"{name}s": _sides(found, name) for name in ("rule", "end", "grade")},
        desks=[_desk(desk) for desk in found.desks],
        first_touch_hours={"leaving": speed.leaving_hours, "going": speed.going_hours},
        decided_alone={"now": speed.alone_before, "then": speed.alone_after},
        outcomes={"settled": came.settled, "converted": came.converted},
        groups=[_group(found, group, by_lead) for group in found.groups],
        regrades=[
            {"from": g.source, "to": g.target, "why": g.why,
             "leads": [found.past.record(int(row)) for row in g.rows]}
            for g in found.moved.grades
        ],
        moves=[_move(move) for move in moves],
    )  # fmt: skip


def _sides(found: "Simulated", name: str) -> dict[str, dict[str, int]]:
    before, after = found.counted(name)
    return {"now": dict(before), "then": dict(after)}


def _desk(desk: "Desk") -> dict[str, object]:
    return {
        "rep": desk.rep, "besides": desk.besides, "now": desk.before, "then": desk.after,
        "capacity": desk.capacity,
        "grades": {"now": dict(desk.grades_before), "then": dict(desk.grades_after)},
    }  # fmt: skip


def _group(found: "Simulated", group: "Group", by_lead: "dict[str, Move]") -> dict[str, object]:
    leads = [found.past.record(int(row)) for row in group.rows]
    came = found.fate(by_lead[lead] for lead in leads)
    return {
        "from": group.source, "to": group.target, "why": group.why, "leads": len(leads),
        "examples": [move.lead for move in found.examples(group)],
        "settled": came.settled, "converted": came.converted,
    }  # fmt: skip


def _move(move: "Move") -> dict[str, object]:
    return {
        "lead": move.lead, "from": move.source, "to": move.target, "why": move.why, "group": move.group,
        "rule": {"now": move.before.rule, "then": move.after.rule},
        "grade": {"now": move.before.grade, "then": move.after.grade},
    }  # fmt: skip


def _write(path: Path, found: "Simulated") -> None:
    head = ("lead", "from", "to", "group", "why", "rule now", "rule then", "grade now", "grade then")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for m in found.moves:
            stands = (m.before.rule, m.after.rule, m.before.grade, m.after.grade)
            writer.writerow((m.lead, m.source, m.target, m.group, m.why, *(one or "" for one in stands)))
