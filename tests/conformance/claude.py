"""Claude Code itself: README's line adds the server, and the program says that it is connected."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.bootstrap import open_house
from mcp_server.access import issue
from tests.conformance.judges import PLACE, ROOT, SECONDS, env

README = (ROOT / "README.md").read_text(encoding="utf-8")
_LINE = re.compile(r"\*\*Claude Code\*\*.*?```sh\n(.*?)```", re.DOTALL)
_PROGRAM = "@anthropic-ai/claude-code-*/claude"
_STATE = re.compile(r"^(\w+): .* - . (Connected|Failed to connect)", re.MULTILINE)


def rows(url: str, root: Path) -> Iterator[tuple[str, bool, str]]:
    """Each server that was added, whether the program reached it as it should, and what it said.

    Args:
        url: of the server over HTTP.
        root: the sandbox.
    """
    program = next((PLACE / "node_modules").glob(_PROGRAM), None)
    if program is None:
        yield "Claude Code", False, "npm has no build of it for this machine"
        return
    token = issue(open_house(root).workspace, "ops-lead", (), datetime.now(UTC), 1)
    with TemporaryDirectory(prefix="revloops-claude-") as folder:
        home = Path(folder)
        _shim(home)
        told = shlex.split(line().replace("\\\n", " "))
        told = [word.replace("=TOKEN", f"={token}") for word in told]
        bearer = ("--header", f"Authorization: Bearer {token}")
        _run(program, home, [word.replace("/path/to/workspace", str(root)) for word in told[1:]])
        _run(program, home, ["mcp", "add", "--transport", "http", "over_http", url, *bearer])
        forged = (*bearer[:1], f"{bearer[1]}x")
        _run(program, home, ["mcp", "add", "--transport", "http", "forged", url, *forged])
        said = _run(program, home, ["mcp", "list"])
    states = dict(_STATE.findall(said))
    reached, not_reached = "Connected", "Failed to connect"
    for name, wanted in (("revloops", reached), ("over_http", reached), ("forged", not_reached)):
        state = states.get(name, "not added")
        yield f"claude mcp list: {name}", state == wanted, state if states else said[-200:]


def line() -> str:
    """What README tells people to run."""
    found = _LINE.search(README)
    assert found
    return found[1]


def _shim(home: Path) -> None:
    """A `revloops` on the way to programs, as `pip install` puts it there."""
    program = home / "bin" / "revloops"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cli.main "$@"\n', encoding="utf-8")
    program.chmod(0o755)


def _run(program: Path, home: Path, words: list[str]) -> str:
    mine = env()
    mine |= {
        "HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{mine['PATH']}",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1",
    }  # fmt: skip
    ran = subprocess.run(
        [program, *words], cwd=home, env=mine, capture_output=True, text=True, timeout=SECONDS
    )
    return f"{ran.stdout}\n{ran.stderr}"
