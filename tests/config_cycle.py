"""`python -m tests.config_cycle`: a change of config from the edit to the first lead under it, timed.

Two ways, on a sandbox of its own: a person's edit (simulate, commit, live) and an agent's proposal (propose,
verify, accept, merge, live, revert). Prints one JSON object with seconds a step; reading isn't in it.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

LEADS = 300
POINTS = ("referral: 20, demo_request: 18", "referral: 5, demo_request: 3")
EDIT = ("employees: {at_least: 1000}", "employees: {at_least: 500}")


class Cycle:
    """A workspace, and the commands that are run on it."""

    def __init__(self, root: Path, leads: int) -> None:
        self.root, self.leads = root, leads
        self.seconds: dict[str, float] = {}

    def revloops(self, step: str, *words: str) -> dict[str, Any]:
        """What the command gives as JSON, its time counted under the step; "" counts nothing."""
        command = [sys.executable, "-c", "from cli.main import main; main()", *words, "--json"]
        started = perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=self.root)
        if step:
            self.seconds[step] = self.seconds.get(step, 0) + perf_counter() - started
        said = done.stdout.strip().splitlines()
        assert done.returncode == 0, (words, done.stderr, said[-1:])
        return json.loads(said[-1])

    def git(self, step: str, *words: str) -> str:
        """What git says."""
        started = perf_counter()
        done = subprocess.run(
            ["git", "-c", "user.name=ops", "-c", "user.email=ops@localhost", *words],
            capture_output=True, text=True, check=True, cwd=self.root,
        )  # fmt: skip
        if step:
            self.seconds[step] = self.seconds.get(step, 0) + perf_counter() - started
        return done.stdout.strip()


def edited(cycle: Cycle) -> dict[str, Any]:
    """A person's edit of a routing rule: simulated, committed, and the next leads routed by it."""
    file = cycle.root / "loops" / "route.yaml"
    text = file.read_text(encoding="utf-8")
    assert EDIT[0] in text
    changed = cycle.root / "route.changed.yaml"
    changed.write_text(text.replace(*EDIT), encoding="utf-8")
    simulated = cycle.revloops("edit: simulate", "simulate", "route", "--config", str(changed))
    file.write_text(changed.read_text(encoding="utf-8"), encoding="utf-8")
    changed.unlink()
    cycle.revloops("edit: check", "config", "check")
    cycle.git("edit: commit", "commit", "-aqm", "Enterprise from 500 employees")
    cycle.revloops("edit: live", "run", "--sandbox-leads", str(cycle.leads + 5))
    history = cycle.revloops("edit: live", "config", "history", "route")
    newest = history["changes"][0]
    return {"moved": simulated["moved"], "by": newest["by"], "keys": newest["keys"]}


def turned(cycle: Cycle) -> None:
    """Points that the past speaks against, committed: a sandbox's own config has nothing to mend."""
    file = cycle.root / "loops" / "qualify.yaml"
    text = file.read_text(encoding="utf-8")
    assert POINTS[0] in text
    file.write_text(text.replace(*POINTS), encoding="utf-8")
    cycle.git("", "commit", "-aqm", "Other points for intent")


def proposed(cycle: Cycle) -> dict[str, Any]:
    """An agent's proposal: worked out, verified, accepted, merged, live, and taken back."""
    found = cycle.revloops("proposal: propose", "propose", "qualify")["loops"][0]
    id = found["proposal"]
    assert id, found
    cycle.revloops("proposal: verify", "proposal", "verify", id)
    cycle.revloops("proposal: accept", "proposal", "accept", id, "--as", "ops-lead")
    cycle.revloops("proposal: merge", "proposal", "merge", id)
    cycle.revloops("proposal: live", "run", "--sandbox-leads", str(cycle.leads + 10))
    history = cycle.revloops("proposal: live", "config", "history", "qualify")
    merge = cycle.git("proposal: revert", "rev-parse", "HEAD")
    cycle.git("proposal: revert", "revert", "-m", "1", "--no-edit", merge)
    return {"title": found["says"], "by": history["changes"][0]["by"]}


def measure(root: Path, leads: int = LEADS) -> dict[str, Any]:
    """Both ways after so many leads; seconds by step and in all."""
    cycle = Cycle(root.parent, leads)
    cycle.revloops("", "init", str(root), "--sandbox")
    cycle.root = root
    turned(cycle)
    cycle.revloops("", "run", "--sandbox-leads", str(leads))
    told = {"edit": edited(cycle), "proposal": proposed(cycle)}
    seconds = {step: round(took, 2) for step, took in cycle.seconds.items()}
    return {**told, "seconds": seconds, "machine_seconds": round(sum(cycle.seconds.values()), 1)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(json.dumps(measure(Path(folder) / "workspace"), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
