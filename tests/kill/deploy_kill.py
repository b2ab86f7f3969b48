"""Kills `deploy apply` at random points and compares: `python -m tests.kill.deploy_kill --rounds 50`.

A process of its own makes a plan real in small transactions and is killed, again and again; then an apply
that nobody kills is let come to its end. What stands then, which documents were issued and what the ledger
says was made must be what an undisturbed apply leaves behind, and a further apply must write nothing. Two
controls take a guard away. `unordered`: the changes come in the reverse order, and are refused. `halved`:
each transaction is committed in two halves, and a change goes missing between them.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import select

import loops.deploy.logic
from agent.bootstrap import open_house
from agent.deploying import apply
from loops.deploy.ordering import ordered
from loops.deploy.outputs import Change
from tests import house
from tests.kill import run_kill
from tools.store import Store
from tools.store import tables as t

GROUP = 4
"""Changes that land together: more transactions to be killed between than in real life."""
SHORTEST_ROUND_SECONDS = 0.002
Guard = Literal["", "unordered", "halved"]
Picture = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class Tally:
    """What a series of kills came to."""

    rounds: int
    kills: int
    # applies that died before they were done
    workspaces: int
    # each ended by an apply that nobody killed
    changes: int
    # made in all of them, by the ledger
    lost: int
    # rows that an undisturbed apply leaves behind and these lack
    doubled: int
    # rows that it doesn't leave behind
    left: int
    # changes that didn't come about, effects left undone, rows that a further apply wrote

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or left."""
        return not (self.lost or self.doubled or self.left)


def kill_rounds(rounds: int, seed: int, directory: Path, *, without: Guard = "") -> Tally:
    """Kill an apply so many times, over as many workspaces as that takes.

    Args:
        rounds: kills to aim for.
        seed: of the kills' instants.
        directory: an empty one.
        without: the guard that a control takes away.
    """
    dice, total = random.Random(seed), Counter[str]()
    undisturbed = house.workspace(directory / "undisturbed")
    seconds = _finished(undisturbed)
    whole = picture(undisturbed)
    while total["kills"] < rounds:
        place = house.workspace(directory / str(total["workspaces"]))
        kills = _kill_until_done(place, rounds - total["kills"], dice, seconds, without)
        found = picture(place)
        made = sum(count for row, count in found.items() if row[0] == "made")
        total.update(kills=kills, workspaces=1, changes=made)
        total.update(lost=(whole - found).total(), doubled=(found - whole).total(), left=_left(place))
        shutil.rmtree(place.parent)
    return Tally(rounds, **{name: total[name] for name in Tally.__dataclass_fields__ if name != "rounds"})


def _finished(place: Path, without: Guard = "") -> float:
    """How long an apply takes that nobody kills."""
    with _start(place, without) as process:
        _wait_until_up(process)
        before = os.times().elapsed
        assert process.wait() == 0 or without
    return os.times().elapsed - before


def _kill_until_done(place: Path, most: int, dice: random.Random, seconds: float, without: Guard) -> int:
    """Kill applies until one outlives its kill, or so many died; then let one come to its end."""
    kills = 0
    while kills < most:
        half = dice.randrange(2, 12) if without == "halved" else 0
        with _start(place, without, half) as process:
            _wait_until_up(process)
            if not half:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(dice.uniform(SHORTEST_ROUND_SECONDS, seconds * 0.6))
                process.send_signal(signal.SIGKILL)
            if process.wait() != -signal.SIGKILL:
                break
        kills += 1
    _finished(place, without)
    return kills


def _wait_until_up(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()


def _start(place: Path, without: Guard, half: int = 0) -> "subprocess.Popen[bytes]":
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(run_kill.ROOT))))
    command = [sys.executable, "-m", "tests.kill.deploy_kill", "--child", str(place), "--half", str(half)]
    quiet = subprocess.DEVNULL if without else None
    return subprocess.Popen(
        [*command, "--without", without],
        env={**os.environ, "PYTHONPATH": path},
        cwd=run_kill.ROOT,
        stdout=subprocess.PIPE,
        stderr=quiet,
    )


# --- what a workspace holds -----------------------------------------------------------------------
def picture(place: Path) -> Picture:
    """What stands, which documents were issued, and what the ledger says was decided and made."""
    store, found = Store(str(place / ".revloops" / "store.db")), Picture()
    with store.reading() as tx:
        for table in (t.materialized, t.plan_documents):
            found.update((table.name, *map(str, row)) for row in tx.all(select(table)))
        of = t.ledger.c
        rows = tx.all(select(of.kind, of.caused_by, of.outcome, of.rule, of.body).where(of.loop == "deploy"))
        found.update(("made" if row.kind == "performed" else "ledger", *map(str, row)) for row in rows)
    store.close()
    return found


def _left(place: Path) -> int:
    """What is wrong with the workspace in itself; 0 when it is whole and nothing is left to do."""
    home = open_house(place)
    with home.store.reading() as tx:
        undone = len(tx.all(select(t.outbox.c.id))) + len(tx.all(_UNDONE))
        before = tx.head()[0]
    again = apply(home)
    with home.store.reading() as tx:
        written = tx.head()[0] - before
    home.store.close()
    return undone + written + len(again.left)


_UNDONE = select(t.events.c.id).where(t.events.c.done.is_(False))


# --- the process that is killed -------------------------------------------------------------------
def _child(place: Path, without: Guard, half: int) -> None:
    home = open_house(place)
    if without == "unordered":
        loops.deploy.logic.ordered = _reversed
    if half:
        run_kill.split_transactions(half)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    done = apply(home, group=GROUP)
    home.store.close()
    if done.left:
        raise SystemExit(1)


def _reversed(changes: Iterable[Change]) -> tuple[Change, ...]:
    return ordered(changes)[::-1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; 0 when nothing was lost or doubled and both controls' faults were found."""
    parser = argparse.ArgumentParser(description="Kill applies at random points and compare.")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path)
    parser.add_argument("--without", choices=("", "unordered", "halved"), default="")
    parser.add_argument("--half", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.child:
        _child(options.child, options.without, options.half)
        return 0
    guards: tuple[Guard, ...] = ("", "unordered", "halved")
    clean: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as directory:
        for guard in guards:
            rounds = max(2, options.rounds // 20) if guard else options.rounds
            tally = kill_rounds(rounds, options.seed, Path(directory) / (guard or "held"), without=guard)
            sys.stdout.write(json.dumps({f"deploy_{guard}" if guard else "deploy": asdict(tally)}) + "\n")
            sys.stdout.flush()
            clean[guard] = tally.is_clean
    return 0 if clean == {"": True, "unordered": False, "halved": False} else 1


if __name__ == "__main__":
    raise SystemExit(main())
