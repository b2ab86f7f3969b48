"""`run` and `tick`: bring leads in, and let schedules come due."""

import csv
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

from cli.door import Door, command
from cli.shadowing import beside, shadow_options
from loops.errors import RevloopsError

if TYPE_CHECKING:
    from agent.flow import Ran
    from tools.intake import RawLead

TICK_SECONDS = 5.0
"""How often somebody who waits hears that it works."""
LABELS = {
    "sequence_review": "drafted, waits for its rep's approval",
    "assigned_without_sequence": "assigned, without a sequence (`revloops tasks` says why)",
    "assigned": "assigned",
    "nurture": "nurture",
    "routing_review": "routing or match to be confirmed by a person",
    "triage": "triage",
    "merged": "merged with an earlier row",
    "suppressed": "suppressed",
    "rejected": "rejected, with line and reason",
}


@command()
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE.csv]")
@click.option(
    "--sandbox-leads", type=click.IntRange(min=1), metavar="N", help="Take N leads of the sandbox instead."
)
@click.option("--map", "columns", multiple=True, metavar="FIELD=HEADING", help="Name a column yourself.")
@click.option(
    "--rejects", type=click.Path(path_type=Path), metavar="FILE", help="Where rejected rows are listed."
)
@shadow_options
def run(
    door: Door,
    file: Path | None,
    sandbox_leads: int | None,
    columns: tuple[str, ...],
    rejects: Path | None,
    **shadow: Any,
) -> None:
    """Bring leads in and take each as far as it goes without a person.

    Every row ends in exactly one way. The same file again changes nothing; a changed row is scored again.
    With --shadow nothing is written or sent: past leads are decided beside what people did with them.
    """
    if beside(door, file, _columns(columns), **shadow):
        return
    ran, where = _flow(door, file, sandbox_leads, columns, rejects)
    _tell(door, ran, where)


def _flow(
    door: Door, file: Path | None, sandbox_leads: int | None, columns: tuple[str, ...], rejects: Path | None
) -> "tuple[Ran, Path | None]":
    """What the run did, and where its rejected rows are listed."""
    from agent.flow import run as flow
    from tools.intake import read_rows

    if (file is None) == (sandbox_leads is None):
        raise RevloopsError("name one source: a CSV file, or --sandbox-leads N in a sandbox")
    if file is None:
        raws, source, day_first, total = *_sandbox(door, sandbox_leads or 0), None, sandbox_leads or 0
    else:
        mapping, raws = read_rows(file, _columns(columns))
        source, day_first, total = file.name, mapping.day_first, _lines(file)
        door.say(mapping.shown())
        door.say()
    with progress(door, total, "Rows taken on") as seen:
        ran = flow(door.house, raws, source, day_first=day_first, seen=seen)
    where = _write_rejects(rejects or (Path(f"{file.stem}.rejected.csv") if file else None), ran.rejects)
    door.give(
        rows=ran.rows,
        ended=dict(ran.ended),
        ledger_rows_written=ran.ledger_rows_written,
        notes=ran.notes,
        rejected=[{"line": line, "reason": reason} for line, reason in ran.rejects],
        eligible=ran.eligible,
        owned_by_a_rule=ran.covered,
        owned_share=round(ran.covered / ran.eligible, 3) if ran.eligible else None,
        triage_share=round(ran.ended["triage"] / ran.rows, 3) if ran.rows else None,
    )
    return ran, where


def _tell(door: Door, ran: "Ran", where: Path | None) -> None:
    door.say(f"{ran.rows:,} rows read, {ran.ledger_rows_written:,} ledger rows written.")
    for name, count in ran.ended.most_common():
        door.say(f"  {count:>6,}  {LABELS.get(name, name.replace('_', ' '))}")
    if ran.eligible:
        door.say(
            f"Of {ran.eligible:,} rows with a business address, a company and a country or state, "
            f"{ran.covered / ran.eligible:.1%} are graded and owned by a rule."
        )
        door.say(f"In triage: {ran.ended['triage'] / ran.rows:.1%} of all rows.")
    for note in ran.notes[:10]:
        door.say(f"  {note}")
    for line, reason in ran.rejects[:10]:
        door.say(f"  line {line}: rejected, {reason}" if line else f"  rejected, {reason}")
    if where:
        door.say(f"Rejected rows: {where}")
    if not ran.alone:
        door.say(
            "Another process is at work on this workspace and takes them on; run this again to see how they"
            " end."
        )
    if ran.ended["sequence_review"] + ran.ended["routing_review"] + ran.ended["triage"]:
        door.say("Next: `revloops review list`.")


def _sandbox(door: Door, count: int) -> "tuple[Iterator[RawLead], str]":
    from datetime import datetime

    from tools.sandbox.world import World

    box = door.house.workspace.settings.sandbox
    if box is None:
        raise RevloopsError("this workspace is no sandbox: name a CSV file instead")
    return World(box.seed, box.scale, now=datetime.fromisoformat(box.start)).leads(count), "sandbox"


def _columns(pairs: tuple[str, ...]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise RevloopsError(f"--map {wrong[0]} has no =: write --map email='E-Mail Addr'")
    return dict(pair.split("=", 1) for pair in pairs)


def _lines(file: Path) -> int:
    with file.open("rb") as handle:
        return sum(block.count(b"\n") for block in iter(lambda: handle.read(1 << 20), b""))


def _write_rejects(path: Path | None, rejects: list[tuple[int | None, str]]) -> Path | None:
    if path is None or not rejects:
        return None
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("line", "reason"))
        writer.writerows(rejects)
    return path


@contextmanager
def progress(door: Door, total: int, label: str) -> Generator[Callable[[int], None]]:
    """A function to call with the count so far: a bar on a terminal, else a line every few seconds.

    Both go to stderr, and tell the time on while a single step takes long.
    """
    if not door.interactive:
        done = 0

        def count_on(count: int) -> None:
            nonlocal done
            done = count

        with ticking(lambda s: click.echo(f"{label}: {done:,} of {total:,} after {s:,.0f} s", err=True)):
            yield count_on
        return
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        drawing = Lock()

        def seen(count: int) -> None:
            with drawing:
                bar.update(count - bar.pos)

        def tell(seconds: float) -> None:
            with drawing:
                bar.label = f"{label}, {seconds:,.0f} s"
                bar.render_progress()

        with ticking(tell):
            yield seen


@contextmanager
def ticking(tell: Callable[[float], object], every: float = TICK_SECONDS) -> Generator[None]:
    """Tells every so often how many seconds it has taken by then, until what is inside is done."""
    began, over = monotonic(), Event()

    def go() -> None:
        while not over.wait(every):
            tell(monotonic() - began)

    thread = Thread(target=go, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@command()
@click.option(
    "--at", metavar="INSTANT", help="Pretend it is then (ISO 8601 with a zone); for trying a schedule."
)
def tick(door: Door, at: str | None) -> None:
    """Run the schedules that are due, each (schedule, slot) once."""
    from agent.schedule import tick as run_schedules

    done = run_schedules(door.house, at)
    door.give(slots=[f"{loop}.{schedule} {slot}" for loop, schedule, slot in done.slots], alerts=done.alerts)
    for loop, schedule, slot in done.slots:
        door.say(f"{loop}.{schedule}: slot {slot}")
    door.say(f"{len(done.slots)} slots ran; {done.alerts} alerts went out.")
