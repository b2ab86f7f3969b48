"""`make conformance`: every judge of the MCP server, in a table; it ends with 1 where one finds a fault.

`--only suite|inspector|claude|fuzz` for one of them; `--seed` and `--cases` are the fuzzer's.
"""

import argparse
import sys
from collections.abc import Iterable

from tests.conformance import claude, fuzz, inspector, suite
from tests.conformance.judges import install, sandbox, say, serving

PARTS = ("suite", "inspector", "claude", "fuzz")


def main(words: list[str]) -> int:
    """How many faults there are."""
    read = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    read.add_argument("--only", choices=PARTS)
    read.add_argument("--seed", type=int, default=7)
    read.add_argument("--cases", type=int, default=600, help="that the fuzzer sends over each transport")
    given = read.parse_args(words)
    parts = (given.only,) if given.only else PARTS
    install()
    bad = 0
    with sandbox() as root:
        with serving(root, "--open-to-read") as url:
            if "suite" in parts:
                bad += _table("official conformance suite", suite.rows(url))
            if "inspector" in parts:
                bad += _table("Inspector, command line", inspector.rows(url, root))
        if "claude" in parts:
            with serving(root) as url:
                bad += _table("Claude Code, README's line", claude.rows(url, root))
        if "fuzz" in parts:
            bad += _table(f"fuzzer, seed {given.seed}", fuzz.rows(root, given.seed, given.cases))
    say(f"{bad} faults" if bad else "no fault found")
    return bad


def _table(title: str, rows: Iterable[tuple[str, bool, str]]) -> int:
    say(f"\n{title}")
    bad = 0
    for name, good, says in rows:
        bad += not good
        say(f"  {'ok  ' if good else 'BAD '} {name:<48} {says}")
    return bad


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
