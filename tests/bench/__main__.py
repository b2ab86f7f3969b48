"""Measures and prints one JSON object; `--scale 0.01` for a quick look, which says little about speed."""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from time import perf_counter

from agent.flow import run
from tests import house
from tests.bench import bulk, lookup, mcp_calls, models, planning, scoring, territories

Figure = float | Mapping[str, float | str | Mapping[str, float]]


@dataclass(frozen=True)
class Sizes:
    """How much is measured; a scale below 1 makes each smaller."""

    rounds: int = 3
    leads: int = 5_000
    chain_leads: int = 200
    few_leads: int = 10_000
    many_leads: int = 100_000
    ledger_rows: int = 1_000_000
    starts: int = 7
    model_leads: int = 20
    model_cpu_leads: int = 60
    model_delay_ms: int = 1000
    plan_people: int = 200
    accounts: int = 100_000
    past_leads: int = 1_000_000
    moved_leads: int = 100_000
    mcp_calls: int = 2_000

    def scaled(self, scale: float) -> "Sizes":
        """The same, so many times as large; nothing falls below 1."""
        return Sizes(
            **{field.name: max(1, round(getattr(self, field.name) * scale)) for field in fields(self)}
        )


def measure(sizes: Sizes, folder: Path) -> dict[str, Figure]:
    """Every figure by its key; keys and units stay the same from release to release."""
    empty = scoring.roomy_workspace(folder / "roomy")
    return {
        **scoring.rates(empty, folder, sizes.leads, sizes.rounds),
        "chain_ms_per_lead": _chain_ms(folder, sizes.chain_leads),
        "peak_mb_10k_leads": scoring.peak_mb(empty, folder / "few", sizes.few_leads),
        "peak_mb_100k_leads": scoring.peak_mb(empty, folder / "many", sizes.many_leads),
        "ledger_lookup_ms_1m_rows": lookup.lookup_ms(folder / "ledger.db", sizes.ledger_rows),
        "what_if_10k_draws_s": planning.what_if_seconds(folder / "plan", sizes.plan_people),
        "territories_100k_s": territories.rules_seconds(folder / "territories", sizes.accounts),
        **bulk.figures(folder / "bulk", sizes.past_leads, sizes.moved_leads),
        "cli_help_ms": _help_ms(sizes.starts),
        "models": models.compare(
            folder / "models", sizes.model_leads, sizes.model_cpu_leads, sizes.model_delay_ms
        ),
        "mcp": mcp_calls.compare(folder / "mcp", sizes.mcp_calls, sizes.rounds),
        "machine": {"cpus": os.cpu_count() or 1, "python": platform.python_version()},
    }


def _chain_ms(folder: Path, count: int) -> float:
    """Milliseconds a lead through the whole chain, the embedded policy in the place of a model."""
    home = house.house(folder / "chain")
    raws, started = list(house.world().leads(count)), perf_counter()
    ran = run(home, raws, "sandbox")
    seconds = perf_counter() - started
    assert ran.rows == count and ran.alone
    home.store.close()
    return round(1000 * seconds / count, 2)


def _help_ms(starts: int) -> float:
    """Milliseconds that `revloops --help` takes as a process."""
    command = [sys.executable, "-c", "from cli.main import main; main()", "--help"]
    return round(1000 * median(_seconds(command) for _ in range(starts)), 1)


def _seconds(command: Sequence[str]) -> float:
    started = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return perf_counter() - started


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Sizes().scaled(options.scale), Path(folder))
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
