"""A call over HTTP beside one of the SDK's bare server: same client, same request, tokens in both."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from mcp_server.access import issue
from tests import house
from tests.bench.memory import mib

CLIENTS = 8
WARM = 100
MODERN = "2026-07-28"
_TICK = os.sysconf("SC_CLK_TCK")


def compare(folder: Path, calls: int, rounds: int) -> dict[str, float]:
    """Milliseconds and CPU a call, calls a second of many clients, and MiB, beside the bare server's.

    Args:
        folder: to work in.
        calls: of each measurement.
        rounds: how often each is made, in turns; the median counts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    home = house.house(folder)
    root = home.workspace.root
    with (root / "revloops.toml").open("a", encoding="utf-8") as file:
        file.write("\n[mcp]\ncalls_per_minute = 10000000\n")
    token = issue(home.workspace, "ops-lead", (), datetime.now(UTC), 1)
    key = (root / ".revloops" / "mcp-issuer.key").read_bytes().hex()
    home.store.close()
    ours = ["-c", "from cli.main import main; main()", "mcp", "--http", "-w", str(root), "--port"]
    with _server(ours) as mine, _server(["-m", "tests.bench.mcp_bare"], key) as bare:
        for one in (mine, bare):
            one.sequential(token, WARM)
        told = [(mine.measured(token, calls), bare.measured(token, calls)) for _ in range(rounds)]
        figures = [median(pair[0][n] for pair in told) for n in range(3)]
        plain = [median(pair[1][n] for pair in told) for n in range(3)]
        return {
            "p50_ms": round(figures[0], 2),
            "p50_ms_over_bare": round(figures[0] - plain[0], 2),
            "cpu_ms": round(figures[1], 2),
            "cpu_ms_over_bare": round(figures[1] - plain[1], 2),
            "calls_per_s_8_clients": round(figures[2]),
            "calls_per_s_bare": round(plain[2]),
            "mib": mib(mine.pid),
            "mib_bare": mib(bare.pid),
        }


class Served:
    """A server's process."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid, self._port = pid, port

    def measured(self, token: str, calls: int) -> tuple[float, float, float]:
        """Median milliseconds of calls one after the other, CPU milliseconds a call, calls a second of 8."""
        before = self._cpu_seconds()
        times = self.sequential(token, calls)
        cpu = 1000 * (self._cpu_seconds() - before) / calls
        return 1000 * median(times), cpu, self._at_once(token, calls)

    def sequential(self, token: str, calls: int) -> list[float]:
        """Seconds of each call on one connection."""
        web, body, headers = HTTPConnection("127.0.0.1", self._port), _body(), _headers(token)
        times: list[float] = []
        for _ in range(calls):
            started = perf_counter()
            web.request("POST", "/mcp", body, headers)
            answer = web.getresponse()
            said = answer.read()
            times.append(perf_counter() - started)
            assert answer.status == 200 and b'"person"' in said and b'"isError":true' not in said, said
        web.close()
        return times

    def _at_once(self, token: str, calls: int) -> float:
        share = (token, max(1, calls // CLIENTS))
        each = [threading.Thread(target=self.sequential, args=share) for _ in range(CLIENTS)]
        started = perf_counter()
        for one in each:
            one.start()
        for one in each:
            one.join()
        return CLIENTS * share[1] / (perf_counter() - started)

    def _cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK


@contextmanager
def _server(command: Sequence[str], *more: str) -> Generator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    whole = [sys.executable, *command, str(port), *more]
    with subprocess.Popen(whole, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _listens(port)
            yield Served(process.pid, port)
        finally:
            process.terminate()


def _listens(port: int) -> None:
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            sleep(0.1)
    raise TimeoutError(f"nothing listens on {port}")


def _body() -> bytes:
    meta: dict[str, object] = {
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params: dict[str, object] = {"name": "whoami", "arguments": {}, "_meta": meta}
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def _headers(token: str) -> dict[str, str]:
    return {
        "authorization": f"Bearer {token}", "content-type": "application/json",
        "accept": "application/json, text/event-stream", "mcp-protocol-version": MODERN,
        "mcp-method": "tools/call", "mcp-name": "whoami",
    }  # fmt: skip
