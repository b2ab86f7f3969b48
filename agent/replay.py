"""Replay: every decision again from what was written down, offline; and the chain's own proof."""

import asyncio
import json
import socket
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from pydantic import JsonValue
from sqlalchemy import select

from agent.runtime import Runtime, settled
from agent.spec import Desk, Specialist
from agent.tape import Tape, TapeMiss
from loops.decision import Answer, Ask
from loops.errors import RevloopsError
from loops.ledger import GENESIS, holds
from loops.values import canonical, content_hash
from tools.catalog import Tool
from tools.git import git
from tools.store import Erased, Store, Tx
from tools.store import tables as t

SEAL = "seal.txt"
CLOCK_OR_CRASH = frozenset({"nobody:timeout", "nobody:failure"})
"""Answers that no tape tells: the runtime gave up waiting, or our own code failed."""


@dataclass(frozen=True)
class Agents:
    """The specialists and the event loop they are run on."""

    specialists: Mapping[str, Specialist]
    loop: asyncio.AbstractEventLoop


@dataclass
class Replayed:
    """What a replay found."""

    runs: int = 0
    decisions: int = 0
    # asked and decided rows that were made again
    answers: int = 0
    # agents' answers that were made again from the tape
    erased: int = 0
    # rows whose person was erased
    not_replayed: int = 0
    # answers that are no reply of an agent who is here: there is nothing to make again
    other_code: int = 0
    # rows decided by code that isn't today's: made again and compared, reported apart
    differences: list[str] = field(default_factory=list[str])
    # one sentence each
    other_code_differences: list[str] = field(default_factory=list[str])
    # what today's code makes otherwise of rows that other code made: no sign that anything was changed


def replay(
    runtime: Runtime,
    specialists: Mapping[str, Specialist],
    run: str | None = None,
    seen: Callable[[int], None] = lambda n: None,
) -> Replayed:
    """Decide everything (or one run) again and compare byte by byte; nothing outside is touched.

    Args:
        runtime: the workspace's runtime.
        specialists: the agents, run again on the tape.
        run: a run's id; None for all, which checks the chain and every body as well.
        seen: called with the number of runs done so far.
    """
    found = Replayed()
    loop = asyncio.new_event_loop()  # made before the network goes: it opens a socket pair of its own
    with closing(loop), no_network():
        if run is None:
            found.differences += verify(runtime.store)
        for id in _runs(runtime.store, run):
            found.runs += 1
            with runtime.store.reading() as tx:
                _replay_run(runtime, tx, id, found, Agents(specialists, loop))
            seen(found.runs)
    return found


def _runs(store: Store, run: str | None) -> Iterator[str]:
    if run:
        yield run
        return
    after = ""
    while True:
        query = select(t.runs.c.id).where(t.runs.c.id > after).order_by(t.runs.c.id).limit(500)
        with store.reading() as tx:
            page = [row[0] for row in tx.all(query)]
        yield from page
        if not page:
            return
        after = page[-1]


def _replay_run(runtime: Runtime, tx: Tx, id: str, found: Replayed, agents: "Agents") -> None:
    row = tx.first(select(t.runs).where(t.runs.c.id == id))
    if row is None:
        raise RevloopsError(f"there is no run {id}; `revloops explain` finds one by a lead's name or e-mail")
    rows = tx.all(
        select(t.ledger).where(t.ledger.c.run == id, t.ledger.c.kind != "performed").order_by(t.ledger.c.seq)
    )
    code = tx.first(select(t.frames.c.code).where(t.frames.c.hash == row.frame))
    other = code is not None and code[0] != runtime.registry.code(row.loop)
    differs = found.other_code_differences if other else found.differences
    try:
        bodies = {body: tx.get(body) for body in (row.input, *(entry.body for entry in rows))}
        config = runtime.config(tx, row.frame)
    except Erased:
        found.erased += len(rows)
        return
    except ValueError as error:
        found.differences.append(f"run {id[:8]}: {error}")
        return
    found.other_code += len(rows) if other else 0
    try:
        trigger = runtime.registry.trigger(row.loop, row.trigger, row.schedule)
        input = trigger.input.model_validate(json.loads(bodies[row.input]))
    except ValueError as error:
        differs.append(f"run {id[:8]}: {error}")
        return
    answers: list[Answer] = []
    asked: tuple[int, dict[str, JsonValue]] | None = None
    for entry in rows:
        stored = bodies[entry.body]
        try:
            if entry.kind == "answered":
                answers.append(Answer.model_validate_json(stored))
                if asked and answers[-1].actor != "person":
                    differs += _replay_agent(runtime, row, asked, stored, found, agents)
                continue
            found.decisions += 1
            out = settled(trigger.decide(input, tuple(answers), config), tuple(answers))
            if canonical(out) != stored:
                differs.append(f"ledger row {entry.seq}: {row.loop} decides otherwise")
            asked = (len(answers) + 1, json.loads(stored)) if isinstance(out, Ask) else None
        except ValueError as error:
            differs.append(f"ledger row {entry.seq}: {error}")


def _replay_agent(
    runtime: Runtime,
    row: Any,
    asked: tuple[int, dict[str, Any]],
    stored: bytes,
    found: Replayed,
    agents: "Agents",
) -> list[str]:
    """What differs; an answer that no agent of ours gave is counted and left."""
    step, ask = asked
    specialist = agents.specialists.get(str(ask["to"]).removeprefix("agent:"))
    if specialist is None or Answer.model_validate_json(stored).by in CLOCK_OR_CRASH:
        found.not_replayed += 1
        return []
    tape = Tape(runtime.store, row.id, step, row.subject, replay=True)
    desk = Desk(tape, _refuse, row.loop, runtime.at())
    try:
        again = agents.loop.run_until_complete(specialist(ask["payload"], desk))
    except (TapeMiss, ValueError) as error:
        return [f"run {row.id[:8]} step {step}: {error}"]
    found.answers += 1
    same = canonical(again) == stored
    return [] if same else [f"run {row.id[:8]} step {step}: {ask['to']} answers otherwise"]


def _refuse(tool: Tool, args: Mapping[str, JsonValue]) -> NoReturn:
    raise TapeMiss(f"{tool.name} isn't on the tape")


def verify(store: Store) -> list[str]:
    """What is wrong with the chain, the bodies or the exchanges; empty when all is as it was written."""
    wrong: list[str] = []
    with store.reading() as tx:
        prev, seq = GENESIS, 0
        for row in tx.rows():
            if row.seq != seq + 1 or not holds(row, prev):
                wrong.append(f"ledger row {row.seq} isn't what was written, or doesn't follow row {seq}")
            prev, seq = row.hash, row.seq
        removed = {row[0] for row in tx.all(select(t.erased.c.subject))}
        query = select(t.blobs.c.hash, t.blobs.c.bytes, t.blobs.c.subject)
        known: set[str] = set()
        for hash, stored, subject in tx.conn.execution_options(yield_per=500).execute(query):
            known.add(hash)
            emptied = not stored and subject in removed
            if not emptied and sha256(stored).hexdigest() != hash:
                wrong.append(f"body {hash[:12]} isn't what was written")
        wrong += _unsound_frames(tx)
        wrong += [f"body {h[:12]} is missing" for (h,) in tx.all(_NAMED) if h and h not in known]
        wrong += _unsound_exchanges(tx)
    return wrong


_NAMED = select(t.ledger.c.body).union(
    select(t.exchanges.c.response),
    select(t.exchanges.c.prompt),
    select(t.runs.c.input),
    select(t.runs.c.ask),
    select(t.frames.c.config),
    select(t.frames.c.scenario),
    select(t.approvals.c.document),
)


def _unsound_frames(tx: Tx) -> list[str]:
    """Frames that aren't what their hash says, and ledger rows whose frame or run is gone."""
    parts = (t.frames.c.loop, t.frames.c.code, t.frames.c.config, t.frames.c.revision, t.frames.c.scenario)
    wrong: list[str] = []
    known: set[str] = set()
    for hash, *values in tx.all(select(t.frames.c.hash, *parts)):
        known.add(hash)
        if content_hash(dict(zip((c.name for c in parts), values, strict=True))) != hash:
            wrong.append(f"frame {hash[:12]} isn't what was written")
    named = tx.all(select(t.ledger.c.frame).distinct())
    wrong += [f"frame {h[:12]} is missing" for (h,) in named if h and h not in known]
    runs = select(t.ledger.c.run).distinct().where(t.ledger.c.run.not_in(select(t.runs.c.id)))
    wrong += [f"run {id[:8]} is missing" for (id,) in tx.all(runs)]
    return wrong


def _unsound_exchanges(tx: Tx) -> list[str]:
    """Answers name the requests they rest on; a changed request or a lost exchange shows against them."""
    wrong: list[str] = []
    query = (
        select(t.ledger.c.run, t.ledger.c.body).where(t.ledger.c.kind == "answered").order_by(t.ledger.c.seq)
    )
    for run, body in tx.all(query):
        try:
            named = Answer.model_validate_json(tx.get(body)).exchanges
        except (Erased, ValueError):
            continue
        if named:
            taped = {row[0] for row in tx.all(select(t.exchanges.c.request).where(t.exchanges.c.run == run))}
            wrong += [
                f"exchange {name[:12]} of run {run[:8]} isn't on the tape"
                for name in named
                if name not in taped
            ]
    return wrong


@contextmanager
def no_network() -> Generator[None]:
    """Within it no socket can be opened."""
    real = socket.socket

    def refuse(*_: object, **__: object) -> NoReturn:
        raise TapeMiss("a replay reached for the network")

    socket.socket = refuse  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        socket.socket = real  # type: ignore[misc]


# --- seal -----------------------------------------------------------------------------------------
def seal(store: Store, root: Path) -> tuple[int, str]:
    """The chain's head, number and hash, committed to the workspace: a tail cut off later is found."""
    with store.reading() as tx:
        seq, head = tx.head()
    path = root / SEAL
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if not lines or lines[-1] != f"{seq} {head}":
        path.write_text("\n".join([*lines, f"{seq} {head}"]) + "\n", encoding="utf-8")
        git(root, "add", SEAL)
        git(root, "commit", "-q", "-m", f"Seal the ledger at row {seq}", "--", SEAL)
    return seq, head


def broken_seals(store: Store, root: Path) -> list[str]:
    """Every sealed head that the ledger no longer holds."""
    path = root / SEAL
    if not path.is_file():
        return []
    wrong: list[str] = []
    with store.reading() as tx:
        for line in path.read_text(encoding="utf-8").splitlines():
            seq, _, head = line.partition(" ")
            row = tx.first(select(t.ledger.c.hash).where(t.ledger.c.seq == int(seq)))
            if row is None or row[0] != head:
                wrong.append(f"the ledger was sealed at row {seq}, and that row is gone or another")
    return wrong


__all__ = ["Replayed", "broken_seals", "replay", "seal", "verify"]
