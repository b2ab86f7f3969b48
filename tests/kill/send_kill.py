"""Kills the sender at random points and counts: `python -m tests.kill.send_kill --rounds 100 --seed 1`.

Each round starts a sender in a process of its own against a real mail server and kills it; at last one may
finish. No Message-ID may arrive twice; a mail may end `unknown` only where a kill found it `sending`. The
control's sender takes up again what it finds half done: it must double mails, or the kills hit nothing.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from tests.tools.workplace import MAILS, NOW, SECRET, Workplace, document_for
from tools.sandbox.mail_server import MailServer
from tools.sender import GUARDS, OutreachPolicy, open_sender
from tools.store import Store

LEADS = 25
LONGEST_MS = 500
THINKS_SECONDS = 0.03
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Tally:
    """What a series of kills came to."""

    rounds: int
    kills: int
    # senders that died before they were done
    mails: int
    sent: int
    unknown: int
    unknown_delivered: int
    # of the unknown ones, how many the server has
    doubled: int
    # Message-IDs that arrived more than once
    lost: int
    # mails neither sent nor unknown at the end, or marked sent and never received
    unexplained: int
    # unknown mails that no kill found `sending`

    @property
    def is_clean(self) -> bool:
        """Whether nothing was doubled, lost or unexplained."""
        return not (self.doubled or self.lost or self.unexplained)


def kill_rounds(rounds: int, seed: int, directory: Path, *, resend: bool = False) -> Tally:
    """Kill a sender so many times, over as many workspaces as that takes.

    Args:
        rounds: kills to aim for.
        seed: of the kills' instants.
        directory: an empty one.
        resend: the control: what is found half done is sent again.
    """
    dice, total, batch = random.Random(seed), Counter[str](), 0
    while total["kills"] < rounds:
        total.update(_workspace(rounds - total["kills"], dice, directory / str(batch), resend=resend))
        batch += 1
    return Tally(
        rounds=rounds, **{name: total[name] for name in Tally.__dataclass_fields__ if name != "rounds"}
    )


def _workspace(most: int, dice: random.Random, directory: Path, *, resend: bool) -> Counter[str]:
    place = Workplace(directory / "workspace")
    names = {f"n{n}": place.approved(document_for(f"n{n}", mails=MAILS[:1])) for n in range(LEADS)}
    place.store.close()
    half_done, kills = set[str](), 0
    with MailServer(thinks_seconds=THINKS_SECONDS) as server:
        while kills < most and _kill_one(place.directory, server, dice, resend=resend):
            kills += 1
            half_done |= _in_state(place.directory, "sending")
        with _start(place.directory, server, resend=resend) as last:
            last.communicate()
        arrived = Counter(message.message_id for message in server.messages)
    ids = {names[name]: document_for(name).messages[0].message_id for name in names}
    return Counter(kills=kills, mails=LEADS) + _count(place.directory, arrived, ids, half_done)


def _count(workspace: Path, arrived: Counter[str], ids: dict[str, str], half_done: set[str]) -> Counter[str]:
    sent, unknown = _in_state(workspace, "sent"), _in_state(workspace, "unknown")
    return Counter(
        sent=len(sent),
        unknown=len(unknown),
        unknown_delivered=sum(ids[name] in arrived for name in unknown),
        doubled=sum(count > 1 for count in arrived.values()),
        lost=len(ids) - len(sent | unknown) + sum(ids[name] not in arrived for name in sent),
        unexplained=len(unknown - half_done),
    )


def _kill_one(workspace: Path, server: MailServer, dice: random.Random, *, resend: bool) -> bool:
    """Whether the sender died of it; otherwise it was done before."""
    process = _start(workspace, server, resend=resend)
    _started(process.stdout)
    try:
        process.wait(dice.uniform(0, LONGEST_MS) / 1000)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def _started(output: IO[bytes] | None) -> None:
    assert output is not None
    output.readline()
    output.close()


def _start(workspace: Path, server: MailServer, *, resend: bool) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT)))),
        "REVLOOPS_SMTP_URL": server.url,
        "REVLOOPS_SENDER_SECRET": SECRET,
        "REVLOOPS_SENDER_STATE": str(workspace.parent / "own"),
    }
    command = [sys.executable, "-m", "tests.kill.send_kill", "--child", str(workspace)]
    return subprocess.Popen(
        [*command, *(["--resend"] if resend else [])], env=environment, cwd=ROOT, stdout=subprocess.PIPE
    )


def _in_state(workspace: Path, state: str) -> set[str]:
    store = Store(str(workspace / ".revloops" / "store.db"))
    with store.reading() as tx:
        rows = tx.conn.exec_driver_sql("SELECT approval FROM mails WHERE state = ?", (state,)).all()
    store.close()
    return {row[0] for row in rows}


def _child(workspace: Path, *, resend: bool) -> None:
    store = Store(str(workspace / ".revloops" / "store.db"), durable=True)
    guards = {name: guard for name, guard in GUARDS.items() if not (resend and name == "single_use")}
    if resend:
        with store.transaction() as tx:
            tx.conn.exec_driver_sql("UPDATE mails SET state = 'pending' WHERE state = 'sending'")
    policy = OutreachPolicy(per_mailbox_per_day=10 * LEADS)
    sender = open_sender(workspace, store, policy, guards=guards)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write("up\n")
        sys.stdout.flush()
    sender.run_once(NOW)
    store.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; 0 when the sender held and the control didn't."""
    parser = argparse.ArgumentParser(description="Kill the sender at random points and count.")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path)
    parser.add_argument("--resend", action="store_true")
    options = parser.parse_args(arguments)
    if options.child:
        _child(options.child, resend=options.resend)
        return 0
    with tempfile.TemporaryDirectory() as directory:
        held = kill_rounds(options.rounds, options.seed, Path(directory) / "held")
        control = kill_rounds(
            max(10, options.rounds // 5), options.seed, Path(directory) / "control", resend=True
        )
    sys.stdout.write(json.dumps({"sender": asdict(held), "control": asdict(control)}) + "\n")
    return 0 if held.is_clean and control.doubled else 1


if __name__ == "__main__":
    raise SystemExit(main())
