"""Kills the product at random points of run, send, deploy: `python -m tests.kill --rounds 200 --seed 1`."""

import argparse
from collections.abc import Sequence

from tests.kill import deploy_kill, run_kill, send_kill


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harnesses; 0 when all held and no control did. Deploy's gets a quarter of the rounds."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill", description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    of_deploy = options.rounds // 4
    of_run = (options.rounds - of_deploy) // 2
    shares = (
        (run_kill, of_run),
        (send_kill, options.rounds - of_deploy - of_run),
        (deploy_kill, of_deploy),
    )
    return max(
        harness.main(["--rounds", str(rounds), "--seed", str(options.seed)]) for harness, rounds in shares
    )


if __name__ == "__main__":
    raise SystemExit(main())
