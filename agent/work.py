"""Work on open agent asks by a pool of tasks: a slow one holds up its own lead alone."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue
from sqlalchemy import bindparam, select

from agent.models.errors import ModelDown
from agent.runtime import Runtime
from agent.spec import Desk, Payload, Specialist
from agent.tape import Tape
from loops.config import LoopConfig
from loops.decision import Answer, Ask
from loops.records import Records
from loops.registry import Registry
from tools.catalog import Tool
from tools.connectors.ports import ResearchIndex
from tools.knowledge.ports import Knowledge
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.records import StoreResearch
from tools.workspace import Workspace

log = logging.getLogger(__name__)
BATCH = 100
_EVENT = select(t.runs.c.event).where(t.runs.c.id == bindparam("run"))
BEAT_SECONDS = 20
GROUP_SECONDS = 0.05
"""How long a model's answer waits for others to land in the same transaction."""
_OPEN = (
    select(t.runs.c.id, t.runs.c.step, t.runs.c.subject, t.runs.c.loop, t.runs.c.ask, t.runs.c.ask_to)
    .where(t.runs.c.state == "agent")
    .order_by(t.runs.c.at, t.runs.c.id)
)


@dataclass(frozen=True)
class Context:
    """What a tool may reach, read-only, within one transaction."""

    tx: Tx
    records: Records
    research: ResearchIndex
    registry: Registry
    configs: Mapping[str, LoopConfig]
    subject: str | None
    # whom the task is about: text that names another person isn't found; ANYBODY: it is
    search: Callable[[], Knowledge]
    workspace: Workspace

    @property
    def knowledge(self) -> Knowledge:
        """The search; opened when it is first needed."""
        return self.search()


def context(runtime: Runtime, tx: Tx, subject: str | None) -> Context:
    """What a tool may reach within a transaction."""
    ws, records = runtime.workspace, runtime.records(tx)
    return Context(
        tx, records, StoreResearch(tx), runtime.registry, ws.configs, subject, lambda: runtime.knowledge, ws
    )


@dataclass(frozen=True)
class OpenAsk:
    """An ask that waits for an agent."""

    run: str
    step: int
    subject: str | None
    loop: str
    request: str
    # the run that its chain began with
    ask: Ask
    payload: Payload

    @property
    def specialist(self) -> str:
        """Whom it is for."""
        return self.ask.to.removeprefix("agent:")


@dataclass
class Worked:
    """What a round of work came to."""

    answered: int = 0
    waiting: dict[str, str] = field(default_factory=dict[str, str])
    # specialist → why its asks stay open: no model can be reached, and the workspace would rather wait


def open_asks(
    runtime: Runtime, busy: frozenset[str] = frozenset(), waiting: frozenset[str] = frozenset()
) -> tuple[OpenAsk, ...]:
    """Up to `BATCH` asks that wait for agents, the oldest first.

    Args:
        runtime: the workspace's runtime.
        busy: runs that are being worked on.
        waiting: specialists whose asks are left.
    """
    query = _OPEN.where(t.runs.c.id.not_in(busy)) if busy else _OPEN
    query = query.where(t.runs.c.ask_to.not_in([f"agent:{name}" for name in waiting])) if waiting else query
    with runtime.store.reading() as tx:
        return tuple(_read(tx, *row) for row in tx.all(query.limit(BATCH)))


def first_run(tx: Tx, run: str) -> str:
    """The run that a chain began with: an event's id names the run that it came from."""
    while (row := tx.first(_EVENT, run=run)) and (before := row[0].rpartition(":")[0]):
        if not tx.first(_EVENT, run=before):
            return run
        run = before
    return run


def _read(tx: Tx, run: str, step: int, subject: str | None, loop: str, body: str, to: str) -> OpenAsk:
    try:
        data: dict[str, Any] = tx.json(body)
    except Erased:
        data = {"to": to, "queue": "agent", "question": "", "payload": {}}
    payload = data.pop("payload")
    ask = Ask.model_construct(None, **{**data, "payload": None})
    return OpenAsk(run, step, subject, loop, first_run(tx, run), ask, payload)


async def work(
    runtime: Runtime,
    specialists: Mapping[str, Specialist],
    workers: int,
    beat: Callable[[], None] = lambda: None,
    landed: Callable[[], None] = lambda: None,
    group_seconds: float = GROUP_SECONDS,
) -> Worked:
    """What became of every open ask and of those that their answers led to.

    Each answer lands as soon as it is there, and its run's next ask is taken up at once. One that
    takes longer than the workspace allows is `nobody:timeout`.

    Args:
        runtime: the workspace's runtime.
        specialists: by name.
        workers: how many asks are worked at once.
        beat: called now and then while they are, to keep a lease.
        landed: called after answers have landed: what follows from them may open more asks.
        group_seconds: how long an answer waits for others, to land together with them.
    """
    gate, done = asyncio.Semaphore(workers), Worked()
    tasks: dict[asyncio.Task[Answer], OpenAsk] = {}
    try:
        while True:
            if len(tasks) < workers:
                busy = frozenset(ask.run for ask in tasks.values())
                for ask in open_asks(runtime, busy, frozenset(done.waiting)):
                    tasks[asyncio.create_task(_answer(runtime, specialists, ask, gate))] = ask
            if not tasks:
                return done
            await asyncio.wait(tasks, timeout=BEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(tasks, timeout=group_seconds)
            beat()
            finished = [(tasks.pop(task), task) for task in tuple(tasks) if task.done()]
            if _land(runtime, finished, done):
                landed()
    finally:
        for task in tasks:
            task.cancel()


def _land(runtime: Runtime, finished: list[tuple[OpenAsk, asyncio.Task[Answer]]], done: Worked) -> bool:
    """Whether an answer landed; an ask whose model can't be reached stays open."""
    answers: list[tuple[OpenAsk, Answer]] = []
    for ask, task in finished:
        error = task.exception()
        if isinstance(error, ModelDown):
            done.waiting[ask.specialist] = str(error)
        else:
            answers.append((ask, task.result()))
    if answers:
        try:
            _take(runtime, answers)
        except Exception:
            log.exception("answers couldn't be taken together")
            for one in answers:
                _take_or_fail(runtime, *one)
    done.answered += len(answers)
    return bool(answers)


def _take(runtime: Runtime, answers: list[tuple[OpenAsk, Answer]]) -> None:
    with runtime.store.transaction() as tx:
        records = runtime.records(tx)
        for ask, answer in answers:
            runtime.answer(tx, records, ask.run, ask.step, answer)
        records.save()


def _take_or_fail(runtime: Runtime, ask: OpenAsk, answer: Answer) -> None:
    """One that can't be taken is nobody's: it stops neither the others nor what comes after."""
    try:
        _take(runtime, [(ask, answer)])
    except Exception:
        log.exception("an answer of %s to run %s couldn't be taken", ask.specialist, ask.run)
        why = f"{ask.specialist}'s answer couldn't be taken; see the log"
        _take(runtime, [(ask, Answer(by="nobody:failure", why=why, exchanges=answer.exchanges))])


async def _answer(
    runtime: Runtime, specialists: Mapping[str, Specialist], asked: OpenAsk, gate: asyncio.Semaphore
) -> Answer:
    name = asked.specialist
    specialist = specialists.get(name)
    if specialist is None:
        return Answer(by="nobody:failure", why=f"there is no specialist {name}")
    tape = Tape(runtime.store, asked.run, asked.step, asked.subject)

    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        with runtime.store.reading() as tx:
            return tool.call(context(runtime, tx, asked.subject), args)

    async with gate:
        try:
            async with asyncio.timeout(runtime.workspace.settings.agent_timeout_seconds):
                desk = Desk(tape, call, asked.loop, runtime.at(), asked.request)
                return await specialist(asked.payload, desk)
        except TimeoutError:
            return Answer(by="nobody:timeout", why=f"{name} took too long", exchanges=tuple(tape.requests))
        except ModelDown:
            raise
        except Exception:
            # an agent's failure is never the run's: a person is asked instead
            log.exception("specialist %s failed on run %s", name, asked.run)
            return Answer(
                by="nobody:failure", why=f"{name} failed; see the log", exchanges=tuple(tape.requests)
            )
