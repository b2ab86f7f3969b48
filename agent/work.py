"""Work on open agent asks by a pool of tasks: a slow one holds up its own lead alone."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue
from sqlalchemy import select

from agent.runtime import Runtime
from agent.specialist import Specialist
from agent.tape import Tape
from loops.decision import Answer, Ask
from loops.records import Records
from tools.catalog import Tool
from tools.connectors.ports import ResearchIndex
from tools.store import Erased
from tools.store import tables as t
from tools.store.records import StoreResearch

log = logging.getLogger(__name__)
BATCH = 100
BEAT_SECONDS = 20
_OPEN = (
    select(t.runs.c.id, t.runs.c.step, t.runs.c.subject, t.runs.c.ask, t.runs.c.ask_to)
    .where(t.runs.c.state == "agent")
    .order_by(t.runs.c.at, t.runs.c.id)
    .limit(BATCH)
)


@dataclass(frozen=True)
class Context:
    """What a tool may reach."""

    records: Records
    research: ResearchIndex


@dataclass(frozen=True)
class OpenAsk:
    """An ask that waits for an agent."""

    run: str
    step: int
    subject: str | None
    ask: Ask
    payload: dict[str, JsonValue]


def open_asks(runtime: Runtime) -> tuple[OpenAsk, ...]:
    """Up to `BATCH` asks that wait for agents, the oldest first."""
    found: list[OpenAsk] = []
    with runtime.store.reading() as tx:
        for run, step, subject, body, to in tx.all(_OPEN):
            try:
                data: dict[str, Any] = tx.json(body)
            except Erased:
                data = {"to": to, "queue": "agent", "question": "", "payload": {}}
            payload = data.pop("payload")
            ask = Ask.model_construct(None, **{**data, "payload": None})
            found.append(OpenAsk(run, step, subject, ask, payload))
    return tuple(found)


async def work(
    runtime: Runtime,
    specialists: Mapping[str, Specialist],
    workers: int,
    beat: Callable[[], None] = lambda: None,
) -> int:
    """How many asks one round answered; 0 when no agent is asked anything.

    Each answer lands as soon as it is there; one that takes longer than the workspace allows is
    `nobody:timeout`.

    Args:
        runtime: the workspace's runtime.
        specialists: by name.
        workers: how many asks are worked at once.
        beat: called now and then while they are, to keep a lease.
    """
    asks = open_asks(runtime)
    gate = asyncio.Semaphore(workers)
    open_tasks: dict[asyncio.Task[Answer], OpenAsk] = {
        asyncio.create_task(_answer(runtime, specialists, ask, gate)): ask for ask in asks
    }
    while open_tasks:
        done, _ = await asyncio.wait(open_tasks, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        landed = [(ask, task.result()) for task, ask in tuple(open_tasks.items()) if task in done]
        open_tasks = {task: ask for task, ask in open_tasks.items() if task not in done}
        beat()
        if landed:
            with runtime.store.transaction() as tx:
                records = runtime.records(tx)
                for ask, answer in landed:
                    runtime.answer(tx, records, ask.run, ask.step, answer)
                records.save()
    return len(asks)


async def _answer(
    runtime: Runtime, specialists: Mapping[str, Specialist], asked: OpenAsk, gate: asyncio.Semaphore
) -> Answer:
    name = asked.ask.to.removeprefix("agent:")
    specialist = specialists.get(name)
    if specialist is None:
        return Answer(by="nobody:refusal", why=f"there is no specialist {name}")
    tape = Tape(runtime.store, asked.run, asked.step, asked.subject)

    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        with runtime.store.reading() as tx:
            return tool.fn(Context(runtime.records(tx), StoreResearch(tx)), **args)

    async with gate:
        try:
            async with asyncio.timeout(runtime.workspace.settings.agent_timeout_seconds):
                return await specialist(asked.ask, asked.payload, tape, call)
        except TimeoutError:
            return Answer(by="nobody:timeout", why=f"{name} took too long", exchanges=tuple(tape.requests))
        except Exception:
            # an agent's failure is never the run's: a person is asked instead
            log.exception("specialist %s failed on run %s", name, asked.run)
            return Answer(
                by="nobody:refusal", why=f"{name} failed; see the log", exchanges=tuple(tape.requests)
            )
