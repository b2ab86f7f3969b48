"""A seeded fuzzer: malformed messages over HTTP and stdio; none is accepted, and a good call follows each.

Our own, for it must know what may be accepted: it spoils calls that fit our schemas, in one place each,
and can take the argument check away to show that it would notice. By what their pages say of them, of the
others on PyPI mcp-fuzzer assesses security and reports findings to be read rather than a count to be held
at 0; jbt-mcpcheck and pytest-mcp-tools judge schemas and well-formed calls (the official suite and the
Inspector do that here, and the latter takes no token); mcp-contract compares schemas, which
tests/mcp_server/breaking.py does. None was run.
"""

import json
import logging
import os
import select
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, cast
from unittest.mock import patch

import httpx

from agent.bootstrap import open_house
from mcp_server import schema
from mcp_server.access import caller, issue
from mcp_server.rate import Rate
from mcp_server.server import Server
from mcp_server.stdio import serve
from tests.conformance.cases import KINDS, Case, made
from tests.conformance.judges import env
from tests.mcp_server.over_http import META, MODERN, over_http
from tests.mcp_server.served import schemas

PERSON = "ops-lead"
"""Whose token it shows: somebody who may do everything."""
UNBOUNDED = 1_000_000
"""Calls a minute: or the rate would refuse what the argument check should."""
UNFORESEEN = "failed inside and nothing more is known here"
"""What the server says of an error that it doesn't know."""
WAIT = 20.0
"""Seconds until a server that says nothing counts as gone."""
CONTROL = 3 * len(KINDS)
Json = Any
Send = Callable[[Case], Json]
"""What answers a message; None: nothing came. `Gone` where the server doesn't live any more."""


class Gone(Exception):
    """The server answers no more."""


@dataclass
class Count:
    """What became of the cases."""

    sent: Counter[str] = field(default_factory=Counter[str])
    accepted: list[Case] = field(default_factory=list[Case])
    crashes: list[Case] = field(default_factory=list[Case])
    faults: list[Case] = field(default_factory=list[Case])
    # refused, but by an error that nobody foresaw

    @property
    def clean(self) -> bool:
        """Whether every case was refused for what is wrong with it."""
        return not (self.accepted or self.crashes or self.faults)

    def says(self) -> str:
        """The figures, and the first few of what went wrong."""
        total = f"{self.sent.total()} cases, {len(self.accepted)} accepted, {len(self.crashes)} crashes, "
        total += f"{len(self.faults)} refused by an unforeseen error"
        wrong = (*self.accepted, *self.crashes, *self.faults)[:6]
        first = [f"{one.kind}: {one.body[:160]!r}" for one in wrong]
        return "; ".join([total, *first])


def rows(root: Path, seed: int, count: int) -> Iterator[tuple[str, bool, str]]:
    """Each transport, whether nothing was accepted and nothing broke, and the figures; then the controls.

    Args:
        root: the sandbox.
        seed: of the cases.
        count: how many over each transport.
    """
    for way, over in (("http, stateless era", _http), ("stdio, session era", _stdio)):
        with over(root, unchecked=False) as (send, _):
            found = judged(send, seed, count, META if over is _http else {})
        kinds = ", ".join(f"{kind} {number}" for kind, number in found.sent.items())
        yield way, found.clean, f"{found.says()} ({kinds})"
        with over(root, unchecked=True) as (send, _):
            control = judged(send, seed, CONTROL, META if over is _http else {})
        said = f"{len(control.accepted)} of {control.sent.total()} accepted, "
        said += f"{len(control.faults)} by an unforeseen error (both must be more than 0)"
        yield f"{way}: argument check taken out", bool(control.accepted and control.faults), said
    with _stdio(root, unchecked=False) as (send, end):
        end()
        lost = judged(send, seed, len(KINDS), {})
    seen = f"{len(lost.crashes)} crashes seen (must be more than 0)"
    yield "stdio: server killed", bool(lost.crashes), seen


def judged(send: Send, seed: int, count: int, meta: dict[str, Json]) -> Count:
    """What became of so many cases; it ends at the first crash."""
    tools = {name: one["inputSchema"] for name, one in schemas().items()}
    found = Count()
    for case in made(seed, count, tools, meta):
        found.sent[case.kind] += 1
        try:
            answer = send(case)
            if accepted(answer):
                found.accepted.append(case)
            if UNFORESEEN in json.dumps(answer):
                found.faults.append(case)
            if not accepted(send(_whoami(meta))):
                found.crashes.append(case)
        except Gone:
            found.crashes.append(case)
            break
    return found


def accepted(answer: Json) -> bool:
    """Whether the answer is a result, and not one that says what was wrong."""
    if isinstance(answer, list):
        return any(accepted(one) for one in cast("list[Json]", answer))
    whole = cast("dict[str, Json]", answer if isinstance(answer, dict) else {})
    result = cast("dict[str, Json] | None", whole.get("result"))
    return result is not None and not result.get("isError", False)


def _whoami(meta: dict[str, Json]) -> Case:
    params = {"name": "whoami", "arguments": {}} | ({"_meta": meta} if meta else {})
    whole = {"jsonrpc": "2.0", "id": "good", "method": "tools/call", "params": params}
    return Case("good", json.dumps(whole).encode(), name="whoami")


def _anything(name: str, model: type[Any], arguments: dict[str, Json]) -> dict[str, Json]:
    """The arguments unchecked: unknown ones dropped, as the SDK alone would."""
    known = {key: arguments[key] for key in model.model_fields if key in arguments}
    built = model.model_construct(**known)
    return {key: getattr(built, key, None) for key in model.model_fields}


@contextmanager
def _http(root: Path, *, unchecked: bool) -> Generator[tuple[Send, Callable[[], None]]]:
    home = open_house(root)
    check = _anything if unchecked else schema.read
    logging.disable(logging.CRITICAL)  # what it would say is counted
    with patch.object(schema, "read", check), over_http(home) as it, httpx.Client(trust_env=False) as web:
        it.server.rate = Rate(UNBOUNDED)
        token = issue(home.workspace, PERSON, (), datetime.now(UTC), 1)

        def send(case: Case) -> Json:
            try:
                said = web.post(it.url, content=case.body, headers=_headers(token, case), timeout=WAIT)
            except httpx.HTTPError as error:
                raise Gone from error
            if said.status_code >= 500:
                raise Gone
            return _read(said.text)

        yield send, lambda: None
    home.store.close()


def _headers(token: str, case: Case) -> dict[str, str]:
    """What goes with a message, true to its body: it is to be refused for that, not for them."""
    said = {
        "content-type": "application/json", "accept": "application/json, text/event-stream",
        "authorization": f"Bearer {token}", "mcp-protocol-version": MODERN, "mcp-method": case.method,
    }  # fmt: skip
    plain = case.name.isascii() and case.name.isprintable() and case.name == case.name.strip()
    return said | ({"mcp-name": case.name} if case.name and plain else {})


def _read(text: str) -> Json:
    """The JSON of an answer, a stream's too; None where there is none."""
    lines = [line.removeprefix("data:") for line in text.splitlines() if line.startswith("data:")]
    for one in (text, *lines):
        try:
            found = json.loads(one)
        except ValueError:
            continue
        if isinstance(found, dict) and "id" in found:
            return cast("dict[str, Json]", found)
    return None


@contextmanager
def _stdio(root: Path, *, unchecked: bool) -> Generator[tuple[Send, Callable[[], None]]]:
    words = [sys.executable, "-m", "tests.conformance.fuzz", str(root), "unchecked" if unchecked else ""]
    server = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env(), cwd=root
    )
    talk = _Talk(server)
    info = {"name": "fuzzer", "version": "1"}
    client = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info}
    try:
        talk.write({"jsonrpc": "2.0", "id": "good", "method": "initialize", "params": client})
        if not accepted(talk.until_good()[-1]):
            raise SystemExit("the server over stdio didn't start")
        talk.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        yield talk.send, lambda: (server.kill(), server.wait(), None)[-1]
    finally:
        server.kill()
        server.wait()


@dataclass
class _Talk:
    """Lines to a server and from it."""

    server: subprocess.Popen[bytes]
    kept: bytes = b""
    good: Json = None

    def send(self, case: Case) -> Json:
        """The answers to a message; those that a call in order put behind it brought back."""
        if case.kind == "good":
            return self.good
        self._put(case.body.replace(b"\n", b" ") + b"\n" + _whoami({}).body + b"\n")
        *others, self.good = self.until_good()
        return others

    def write(self, message: Json) -> None:
        """Send one message."""
        self._put(json.dumps(message).encode() + b"\n")

    def until_good(self) -> list[Json]:
        """What came, up to the answer to the call in order."""
        found, ends = list[Json](), monotonic() + WAIT
        while True:
            line = self._line(ends)
            found.append(json.loads(line))
            if cast("dict[str, Json]", found[-1]).get("id") == "good":
                return found

    def _put(self, lines: bytes) -> None:
        assert self.server.stdin
        try:
            self.server.stdin.write(lines)
            self.server.stdin.flush()
        except OSError as error:
            raise Gone from error

    def _line(self, ends: float) -> bytes:
        assert self.server.stdout
        at = self.server.stdout.fileno()
        while b"\n" not in self.kept:
            there, _, _ = select.select([at], [], [], max(0.0, ends - monotonic()))
            more = os.read(at, 1 << 16) if there else b""
            if not more:
                raise Gone
            self.kept += more
        line, _, self.kept = self.kept.partition(b"\n")
        return line


def _served(root: str, unchecked: str) -> None:
    home = open_house(Path(root))
    now = datetime.now(UTC)
    who = caller(home.workspace, issue(home.workspace, PERSON, (), now, 1), now)
    with patch.object(schema, "read", _anything if unchecked else schema.read):
        serve(Server(home, who, per_minute=UNBOUNDED))


if __name__ == "__main__":
    _served(*sys.argv[1:])
