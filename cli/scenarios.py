"""`scenario`: plans as files: list, show, compare, promote, retire, new, and to and from spreadsheets."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.door import Door, command, counted
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from loops.scenario import Scenario
    from tools.scenarios.files import Found

SHEET = ".xlsx"


@click.group()
def scenario() -> None:
    """Plans: who there is, who covers what, what is expected. One is promoted, and everything goes by it."""


@command(name="list")
def list_(door: Door) -> None:
    """Every scenario with its people, target and capacity in its first year; which one is promoted."""
    from cli.scenario_pages import right
    from tools.scenarios import files

    found, gone = files.listed(door.root), files.retired(door.root)
    lines = [_line(door, one) for one in found]
    door.give(
        scenarios=[line for line, _ in lines], retired=list(gone), active=files.active(door.root)
    )
    door.say(right([cells for _, cells in lines], HEAD))
    for one in found:
        if one.wrong:
            door.say(f"\n{one.name} has faults:\n{one.wrong}")
    if gone:
        door.say(f"\nRetired: {', '.join(gone)}")


HEAD = (
    "scenario", "", "year", "months", "people", "planned", "territories", "target", "capacity", "coverage"
)  # fmt: skip


def _line(door: Door, one: "Found") -> tuple[dict[str, object], tuple[str, ...]]:
    """A scenario's line, as values and as cells."""
    from cli.scenario_pages import Money, figured, percent
    from loops.scenario import open_hires
    from tools.planning.tables import totals

    plan, promoted = one.scenario, "promoted" if one.active else ""
    if plan is None:
        wrong = counted(len(one.wrong.splitlines()), "fault")
        return (
            {"name": one.name, "active": one.active, "wrong": one.wrong.splitlines()},
            (one.name, promoted, wrong, *[""] * (len(HEAD) - 3)),
        )
    said: dict[str, object] = {
        "name": plan.name,
        "active": one.active,
        "year": plan.year,
        "months": plan.months,
        "people": len(plan.roster),
        "planned": len(open_hires(plan)),
        "territories": len(plan.territories),
    }
    cells = (plan.name, promoted, str(plan.year or ""), str(plan.months), str(len(plan.roster)),
             str(len(open_hires(plan))), str(len(plan.territories)))  # fmt: skip
    if plan.year is None:
        return said, (*cells, "", "no year", "")
    try:
        figures = figured(door.root, plan)
    except RevloopsError as error:
        return {**said, "wrong": [str(error)]}, (*cells, "", "none", "")
    first, money = totals(figures, figures.years[0]), Money(plan.currency)
    shown = (money(first["target_minor"]), money(first["new_acv_minor"]), percent(first["coverage_share"]))
    return {**said, "first_year": first}, (*cells, *shown)


@command()
@click.argument("name", required=False)
def show(door: Door, name: str | None) -> None:
    """A plan's figures: people, capacity by quarter and territory, cost, payback and the likely range.

    Without NAME the promoted one.
    """
    from cli.scenario_pages import page
    from tools.scenarios import files

    name = name or files.active(door.root)
    if name is None:
        raise RevloopsError("active.yaml names no scenario: name one, or promote one")
    page(door, files.read(door.root, name), promoted=name == files.active(door.root))


@command()
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.option("--period", metavar="PERIOD", help='What it is about, such as FY27 or "Q3 FY27" (first year).')
def compare(door: Door, one: str, other: str, period: str | None) -> None:
    """Two plans side by side, and what each line in which they differ does to the figures."""
    from cli.scenario_pages import side_by_side
    from tools.scenarios import files

    side_by_side(door, files.read(door.root, one), files.read(door.root, other), period)


@command()
@click.argument("name")
def promote(door: Door, name: str) -> None:
    """Make NAME the plan that everything goes by: one line of active.yaml changes, and nothing else."""
    from loops.registry import load
    from tools.scenarios.promotion import promote as promoted
    from tools.store import Store
    from tools.workspace import DATA

    (door.root / DATA).mkdir(exist_ok=True)
    store = Store(str(door.root / DATA / "store.db"))
    try:
        done = promoted(door.root, store, load(), name)
    finally:
        store.close()
    same = done.before == name
    door.give(
        scenario=name, before=done.before, differences=list(done.differences), hash=done.hash, told=done.told,
        changed=not same,
    )  # fmt: skip
    if same:
        told = "the loops are told of it as it stands now" if done.told else "nothing changed"
        door.say(f"{name} is the promoted scenario already; {told}.")
        return
    before = f" in place of {done.before}" if done.before else ""
    door.say(f"Promoted {name}{before}: one line of active.yaml changed.")
    for line in done.differences:
        door.say(f"  {line}")
    door.say("Deploy makes it real with the next `revloops run` or `revloops deploy apply`; "
             "`revloops deploy plan` shows what that changes.")  # fmt: skip
    door.say("Commit it when you are ready: git add active.yaml scenarios && git commit")


@command()
@click.argument("name")
def retire(door: Door, name: str) -> None:
    """Lay NAME aside, in scenarios/retired/; the promoted one can't be retired."""
    from tools.scenarios import files

    path = files.retire(door.root, name)
    door.give(scenario=name, file=str(path))
    door.say(f"Retired {name}: it lies in {path.relative_to(door.root)}.")


@command()
@click.argument("name")
@click.option("--from", "source", metavar="OTHER", help="What to copy (default: the promoted one).")
def new(door: Door, name: str, source: str | None) -> None:
    """Make a scenario file NAME to edit: a copy with every comment."""
    from tools.scenarios import files

    source = source or files.active(door.root)
    if source is None:
        raise RevloopsError("active.yaml names no scenario: say what to copy with --from OTHER")
    path = files.made(door.root, name, source)
    door.give(scenario=name, source=source, file=str(path))
    door.say(f"Made {path.relative_to(door.root)} from {source}. Next: edit it.")


@command(name="import")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.xlsx")
@click.option("--name", metavar="NAME", help="What to call it (default: as the workbook says).")
@click.option("--replace", is_flag=True, help="Write over a scenario of that name; its comments are lost.")
def import_(door: Door, file: Path, name: str | None, replace: bool) -> None:
    """Take a plan from a workbook, one sheet a section, amounts in major units; a fault writes nothing.

    `revloops scenario export` writes a workbook with every sheet and heading.
    """
    from tools.scenarios import files
    from tools.scenarios.importing import taken

    read = taken(door.root, file, name)
    path = files.written(door.root, read.scenario, replace=replace)
    door.give(scenario=read.scenario.name, file=str(path), notes=list(read.notes), **_counts(read.scenario))
    for note in read.notes:
        door.say(f"Note: {note}.")
    said = ", ".join(f"{count} {what}" for what, count in _counts(read.scenario).items() if count)
    door.say(f"Made {path.relative_to(door.root)}: {said or 'an empty plan'}.")
    door.say(f"Next: revloops scenario show {read.scenario.name}")


def _counts(plan: "Scenario") -> dict[str, int]:
    return {
        "people": len(plan.roster),
        "hires": len(plan.hires),
        "territories": len(plan.territories),
        "pools": len(plan.pools),
        "segments": len(plan.segments),
        "prices": len(plan.prices),
        "quotas": len(plan.quotas),
    }


@command()
@click.argument("name")
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE.xlsx]")
@click.option("--replace", is_flag=True, help="Write over the file.")
def export(door: Door, name: str, file: Path | None, replace: bool) -> None:
    """Write NAME as a workbook (NAME.xlsx) that `import` takes back as the same plan."""
    from tools.scenarios import files
    from tools.scenarios.exporting import export as write

    path = file or Path(f"{name}{SHEET}")
    if path.suffix.lower() != SHEET:
        raise RevloopsError(f"{path} isn't called {SHEET}: a workbook is what is written")
    plan = files.read(door.root, name)
    if path.exists() and not replace:
        raise RevloopsError(f"{path} is there already: name another file, or write over it with --replace")
    write(plan, path)
    door.give(scenario=name, file=str(path))
    door.say(f"Wrote {path}.")


for _command in (list_, show, compare, promote, retire, new, import_, export):
    scenario.add_command(_command)
