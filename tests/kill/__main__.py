"""Kills the product at random points of run and of send: `python -m tests.kill --rounds 200 --seed 1`."""

import argparse
from collections.abc import Sequence

from tests.kill import run_kill, send_kill


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both harnesses, half of the rounds each; 0 when both held and both controls didn't."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    of_run = options.rounds // 2
    return max(
        harness.main(["--rounds", str(rounds), "--seed", str(options.seed)])
        for harness, rounds in ((run_kill, of_run), (send_kill, options.rounds - of_run))
    )


if __name__ == "__main__":
    raise SystemExit(main())
