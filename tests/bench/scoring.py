"""Qualify and Route over sandbox leads: leads a second, bytes a lead, peak memory.

A lead is taken as far as code alone takes it: read, normalised, merged, scored, routed, its effects
performed, every step in the ledger and every body encrypted. What waits for an agent waits.
"""

import argparse
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import Connection, Table

import tools.store.store as store_module
from agent.bootstrap import House
from agent.perform import perform
from tests import house
from tests.bench.memory import peak_kilobytes
from tools import init
from tools.importing import BATCH, How, Report, take
from tools.intake import RawLead
from tools.sandbox import World
from tools.store import Store, Tx
from tools.workspace import SandboxSettings, Settings

SEED = 7
ROOM = 1_000_000
"""Capacity of each rep: nobody may fill up, or what is measured is triage."""
KILOBYTES_A_MEGABYTE = 1024


@dataclass(frozen=True)
class Measured:
    """One pass over so many leads."""

    seconds: float
    cpu_seconds: float
    bytes_written: int


def roomy_workspace(root: Path) -> Path:
    """A sandbox workspace of full size whose reps never fill up."""
    box = SandboxSettings(seed=SEED, scale=1.0, start=house.START.isoformat())
    init.create(root, house.chain(), Settings(company=init.sandbox_company(), sandbox=box))
    scenario = World(SEED, 1.0, now=house.START).scenario()
    roomy = tuple(rep.model_copy(update={"capacity": ROOM}) for rep in scenario.roster)
    house.promote(root, scenario.model_copy(update={"roster": roomy}))
    return root


def _leads(count: int) -> Iterator[RawLead]:
    return World(SEED, 1.0, now=house.START).leads(count)


def bring(home: House, raws: Iterable[RawLead]) -> None:
    """Take leads as far as code alone takes them."""
    runtime, rows, report = home.runtime, iter(raws), Report()
    how = How(now=runtime.at(), batch="bench", zone=home.workspace.calendar.zone)
    while chunk := list(islice(rows, BATCH)):
        take(home.store, chunk, how, report)
        while runtime.drain():
            pass
        while perform(runtime, home.performers):
            pass


def measure(empty: Path, place: Path, count: int) -> Measured:
    """One pass over a fresh copy of the workspace; the leads are made before the clock starts."""
    shutil.copytree(empty, place)
    home, raws = house.scoring_house(place), list(_leads(count))
    home.store.compact()
    before = home.workspace.store_path.stat().st_size
    started, cpu = perf_counter(), process_time()
    bring(home, raws)
    seconds, cpu_seconds = perf_counter() - started, process_time() - cpu
    home.store.compact()
    home.store.close()
    return Measured(seconds, cpu_seconds, home.workspace.store_path.stat().st_size - before)


def rates(empty: Path, folder: Path, count: int, rounds: int) -> dict[str, float]:
    """Leads a second (the median of some rounds), the raw insert of the same rows, bytes a lead."""
    passes = [measure(empty, folder / f"pass-{n}", count) for n in range(rounds)]
    fast = count / median(one.seconds for one in passes)
    raw = count / median(raw_insert(empty, folder / f"raw-{n}", count) for n in range(rounds))
    return {
        "qualify_route_leads_per_s": round(fast, 1),
        "qualify_route_cpu_ms_per_lead": round(1000 * median(p.cpu_seconds for p in passes) / count, 3),
        "raw_insert_leads_per_s": round(raw, 1),
        "insert_ratio": round(fast / raw, 4),
        "bytes_per_lead": round(passes[0].bytes_written / count),
    }


# --- the same rows, plainly -----------------------------------------------------------------------
@dataclass
class Written:
    """What a pass wrote: transaction by transaction, statement by statement."""

    transactions: list[list[tuple[str, list[tuple[object, ...]]]]] = field(
        default_factory=list[list[tuple[str, list[tuple[object, ...]]]]]
    )


def raw_insert(empty: Path, place: Path, count: int) -> float:
    """Seconds that the rows of a pass take when they are only inserted, in the same transactions."""
    shutil.copytree(empty, place)
    home = house.scoring_house(place)
    with _watched() as written:
        bring(home, _leads(count))
    home.store.close()
    target = place / "raw.db"
    Store(str(target)).close()
    connection = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-8192", "wal_autocheckpoint=8000"):
        connection.execute(f"PRAGMA {pragma}")
    started = perf_counter()
    for statements in written.transactions:
        connection.execute("BEGIN IMMEDIATE")
        for text, rows in statements:
            connection.executemany(text, rows)
        connection.execute("COMMIT")
    seconds = perf_counter() - started
    connection.close()
    return seconds


@contextmanager
def _watched() -> Generator[Written]:
    """Notes every row that is inserted meanwhile."""
    written, insert, whole = Written(), store_module.insert, Store.transaction

    def noted(conn: Connection, table: Table, rows: Sequence[dict[str, object]], *, replace: bool) -> None:
        insert(conn, table, rows, replace=replace)
        columns = list(dict.fromkeys(name for row in rows for name in row))
        names, blanks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
        text = f"INSERT OR {'REPLACE' if replace else 'IGNORE'} INTO {table.name} ({names}) VALUES ({blanks})"
        written.transactions[-1].append((text, [tuple(row.get(name) for name in columns) for row in rows]))

    @contextmanager
    def transaction(self: Store) -> Generator[Tx]:
        written.transactions.append([])
        with whole(self) as tx:
            yield tx

    store_module.insert, Store.transaction = noted, transaction
    try:
        yield written
    finally:
        store_module.insert, Store.transaction = insert, whole


# --- memory ---------------------------------------------------------------------------------------
def peak_mb(empty: Path, place: Path, count: int) -> float:
    """Peak memory of a process of its own that takes so many leads, streamed."""
    shutil.copytree(empty, place)
    command = [sys.executable, "-m", "tests.bench.scoring", str(place), str(count)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return round(int(done.stdout) / KILOBYTES_A_MEGABYTE, 1)


def main() -> None:
    """Take leads in the named workspace; prints the peak memory in kilobytes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("place", type=Path)
    parser.add_argument("count", type=int)
    options = parser.parse_args()
    home = house.scoring_house(options.place)
    bring(home, _leads(options.count))
    home.store.close()
    sys.stdout.write(f"{peak_kilobytes()}\n")


if __name__ == "__main__":
    main()
