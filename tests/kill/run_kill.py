"""Kills `run` at random points and compares: `python -m tests.kill.run_kill --rounds 100 --seed 1`.

A process of its own brings leads in and is killed, again and again, until one comes to its end. What the
workspace then holds must be what a run that nobody disturbed leaves behind, row by row. The control
commits each transaction in two halves and is killed between them: the comparison must find a loss.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Column, Table, func, select

import agent.flow
from agent.bootstrap import open_house
from agent.replay import replay
from tests import house
from tools.intake import examined
from tools.store import Store, Tx
from tools.store import tables as t

LEADS = 40
CHUNK = 8
"""Rows that one transaction imports: more transactions to be killed between than in real life."""
SHORTEST_ROUND_SECONDS = 0.05
ROOT = Path(__file__).parents[2]
SOURCE = "sandbox"


@dataclass(frozen=True)
class Tally:
    """What a series of kills came to."""

    rounds: int
    kills: int
    # runs that died before they were done
    workspaces: int
    # each ended by a run that nobody killed
    leads: int
    ledger_rows: int
    lost: int
    # rows of any table that an undisturbed run leaves behind and these lack
    doubled: int
    # rows that it doesn't leave behind
    broken: int
    # breaks in the chain, differences on replay, wrong loads, events and effects left undone

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or broken."""
        return not (self.lost or self.doubled or self.broken)


def kill_rounds(rounds: int, seed: int, directory: Path, *, split: bool = False) -> Tally:
    """Kill a run so many times, over as many workspaces as that takes.

    Args:
        rounds: kills to aim for.
        seed: of the kills' instants.
        directory: an empty one.
        split: the control: each transaction is committed in two halves, and the kill falls between two.
    """
    dice, total = random.Random(seed), Counter[str]()
    undisturbed = house.workspace(directory / "undisturbed")
    with _start(undisturbed) as process:
        _wait_until_up(process.stdout)
        seconds = _seconds(process)
    whole = picture(undisturbed)
    while total["kills"] < rounds:
        place = house.workspace(directory / str(total["workspaces"]))
        kills = _kill_until_done(place, rounds - total["kills"], dice, seconds, split=split)
        total.update(kills=kills, workspaces=1, leads=LEADS)
        total.update(_compared(place, whole))
        shutil.rmtree(place.parent)
    return Tally(rounds, **{name: total[name] for name in Tally.__dataclass_fields__ if name != "rounds"})


def _seconds(process: "subprocess.Popen[bytes]") -> float:
    """How long the process takes from now to its end."""
    before = os.times().elapsed
    assert process.wait() == 0
    return os.times().elapsed - before


def _kill_until_done(place: Path, most: int, dice: random.Random, seconds: float, *, split: bool) -> int:
    """Kill runs until one outlives its kill, or so many died; then let one come to its end."""
    kills = 0
    while kills < most:
        half = dice.randrange(2, 2 + LEADS // CHUNK) if split else 0
        with _start(place, half) as process:
            _wait_until_up(process.stdout)
            if not split:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(dice.uniform(SHORTEST_ROUND_SECONDS, seconds / 2))
                process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                break
        kills += 1
    with _start(place) as last:
        _wait_until_up(last.stdout)
        assert last.wait() == 0 or split  # what the control left half written may stop it for good
    return kills


def _wait_until_up(output: IO[bytes] | None) -> None:
    assert output is not None
    output.readline()
    output.close()


def _start(place: Path, half: int = 0) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    command = [sys.executable, "-m", "tests.kill.run_kill", "--child", str(place), "--half", str(half)]
    environment = {**os.environ, "PYTHONPATH": path}
    quiet = subprocess.DEVNULL if half else None
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=quiet)


# --- what a workspace holds -----------------------------------------------------------------------
Picture = Counter[tuple[str, ...]]
"""Rows of a workspace, each led by its table's name; what differs between two equal runs is left out."""
WRITTEN = (t.events, t.outbox, t.leads, t.loads, t.crm_fields, t.tasks, t.notices, t.keys, t.imports)
WITH_BODIES = (t.runs, t.ledger, t.exchanges)
BODIES = frozenset({"input", "ask", "body", "response"})
BY_CHANCE = {
    "keys": {"key"},
    "imports": {"batch"},
    "ledger": {"at", "prev", "hash", "duration_ms"},
}
"""Keys are drawn, an import that is started again has another number, and the chain rests on both."""
_ID = re.compile(r"\b[0-9a-f]{32}\b")


def picture(place: Path) -> Picture:
    """What the workspace holds: every row of every table that a run writes, bodies in plain text."""
    store = Store(str(place / ".revloops" / "store.db"))
    with store.reading() as tx:
        names = _names(tx)
        rows = [
            (table.name, *(_plain(tx, row[column], column.name, bodies=bodies) for column in _telling(table)))
            for bodies, tables in ((False, WRITTEN), (True, WITH_BODIES))
            for table in tables
            for row in tx.conn.execute(select(table)).mappings()
        ]
    store.close()
    return Counter(tuple(_ID.sub(lambda id: names.get(id[0], id[0]), cell) for cell in row) for row in rows)


def _telling(table: Table) -> list[Column[Any]]:
    return [column for column in table.c if column.name not in BY_CHANCE.get(table.name, ())]


def _plain(tx: Tx, value: object, column: str, *, bodies: bool) -> str:
    """The value; for a body's hash the body, for its bytes are encrypted under a key that was drawn."""
    if not (bodies and column in BODIES and value):
        return str(value)
    try:
        return tx.get(str(value)).decode()
    except ValueError as error:  # only the control loses one
        return str(error)


def _names(tx: Tx) -> dict[str, str]:
    """Id → what it stands for: an event of a changed row, and each run behind it, is named by its import."""
    names: dict[str, str] = {}
    known = Counter[str]()

    def name(id: str, label: str) -> None:
        known[label] += 1
        names[id] = f"{label} {known[label]}"

    for id, kind, body in tx.all(_EVENTS):
        if ":" not in id:
            name(id, f"{kind} {json.loads(body)['record']}")
    for id, loop, trigger, record in tx.all(_RUNS):
        name(id, f"{loop} {trigger} {record}")
    return names


_EVENTS = select(t.events.c.id, t.events.c.kind, t.events.c.body).order_by(t.events.c.seq)
_FIRST = select(func.min(t.ledger.c.seq)).where(t.ledger.c.run == t.runs.c.id).scalar_subquery()
_RUNS = select(t.runs.c.id, t.runs.c.loop, t.runs.c.trigger, t.runs.c.record).order_by(_FIRST)


def _compared(place: Path, whole: Picture) -> Counter[str]:
    found = picture(place)
    return Counter(
        ledger_rows=sum(count for row, count in found.items() if row[0] == "ledger"),
        lost=(whole - found).total(),
        doubled=(found - whole).total(),
        broken=len(faults(place)),
    )


def faults(place: Path) -> list[str]:
    """What is wrong with a workspace in itself; empty when it is whole and nothing is left to do."""
    home = open_house(place)
    wrong = list(replay(home.runtime, home.specialists).differences)
    with home.store.reading() as tx:
        wrong += [f"event {row[0]} is left undone" for row in tx.all(_UNDONE)]
        wrong += [f"effect {row[0]} is left undone" for row in tx.all(select(t.outbox.c.id))]
        owned = Counter(row[0] for row in tx.all(_OWNED))
        kept = {row[0]: row[1] for row in tx.all(select(t.loads.c.rep, t.loads.c.leads))}
    wrong += [f"{rep}'s load isn't their leads" for rep in {*owned, *kept} if owned[rep] != kept.get(rep, 0)]
    home.store.close()
    return wrong


_UNDONE = select(t.events.c.id).where(t.events.c.done.is_(False))
_OWNED = select(t.leads.c.owner).where(
    t.leads.c.owner != "", t.leads.c.owner.not_like("queue:%"), t.leads.c.closed_at == ""
)


# --- the process that is killed -------------------------------------------------------------------
def _child(place: Path, half: int) -> None:
    home = open_house(place)
    agent.flow.BATCH = CHUNK
    raws = list(house.world().leads(LEADS))
    for raw in raws:
        examined(raw, house.START)  # loads what is loaded at first use, so that no kill is wasted on it
    if half:
        split_transactions(half)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    ran = agent.flow.run(home, raws, SOURCE)
    assert ran.rows == LEADS and ran.alone
    home.store.close()


def split_transactions(at: int) -> None:
    """From now on what is decided is committed in two halves; in the given one this process dies between."""
    whole, done = Store.transaction, 0

    @contextlib.contextmanager
    def in_halves(self: Store) -> Generator[Tx]:
        nonlocal done
        with whole(self) as tx:
            before = tx.head()
            yield tx
            if tx.head() == before:
                return
            tx.conn.exec_driver_sql("COMMIT")
            done += 1
            if done == at:
                os.kill(os.getpid(), signal.SIGKILL)
            tx.conn.exec_driver_sql("BEGIN IMMEDIATE")

    Store.transaction = in_halves


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; 0 when nothing was lost or doubled and the control's losses were found."""
    parser = argparse.ArgumentParser(
        description="Kill runs at random points and compare with one that wasn't."
    )
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path)
    parser.add_argument("--half", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.child:
        _child(options.child, options.half)
        return 0
    with tempfile.TemporaryDirectory() as directory:
        held = kill_rounds(options.rounds, options.seed, Path(directory) / "held")
        sys.stdout.write(json.dumps({"run": asdict(held)}) + "\n")
        sys.stdout.flush()
        control = kill_rounds(
            max(2, options.rounds // 20), options.seed, Path(directory) / "control", split=True
        )
    sys.stdout.write(json.dumps({"run_control": asdict(control)}) + "\n")
    return 0 if held.is_clean and control.lost else 1


if __name__ == "__main__":
    raise SystemExit(main())
