"""Leads that a model works on, beside plain `create_agent` agents at the same tasks: calls, tokens, time.

The server is a process of its own that takes its time for each answer, so that this process's CPU is ours
alone. The plain agents get the tasks that our loops asked (what a lead's research came to is in its writing
task), with the same prompts, tools, reply schema and number at once. What our loops do between the tasks
(import, qualify, route, grade, the ledger) is in `revloops`, not in `specialists` and `create_agent`.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from typing import Protocol
from unittest import mock

from pydantic import JsonValue
from sqlalchemy import func, select

from agent import bootstrap, prompts
from agent.bootstrap import House
from agent.flow import run
from agent.spec import Desk, Payload, ToolCaller
from agent.specialists import SPECS
from agent.tape import Tape
from agent.work import context
from tests import house
from tests.bench.plain import PlainAgents, Spent
from tools.catalog import Tool
from tools.importing import How, Report, take
from tools.intake import RawLead
from tools.store import tables as t

ROLES = ("prospect_researcher", "outreach_writer", "draft_judge")
"""Whom a lead's research to review takes, in turn, where nothing needs revision."""
MILLISECONDS = 1000
SOUGHT, ODDS = 20, 3
"""Among so many leads, and so many more for each that is wanted, enough end in review."""
PASSES = 3
MODEL = "bench-model"
Tasks = tuple[Payload, ...]
"""A lead's payloads, in the order of ROLES."""


class Agents(Protocol):
    """Specialists that can be given tasks."""

    @property
    def spent(self) -> Spent:
        """What they asked the server so far."""
        ...

    async def ask(self, role: str, payload: Payload) -> dict[str, JsonValue]:
        """The value of the role's reply."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True)
class Reviewed:
    """A sandbox lead that ends in review after one research, one draft and one grading."""

    raw: RawLead
    tasks: Tasks


@dataclass(frozen=True)
class Cost:
    """What one way of working came to."""

    calls_per_lead: float
    input_tokens_per_lead: float
    # as the server counts them: the messages alone
    output_tokens_per_lead: float
    one_seconds: float
    # wall time of a single lead
    at_once_seconds: float
    # of all of them at once
    cpu_ms_per_lead: float
    # of this process, at a server that answers at once


@dataclass(frozen=True)
class Timed:
    """What one pass took and spent."""

    seconds: float
    cpu_seconds: float
    spent: Spent
    replies: tuple[dict[str, JsonValue], ...] = ()
    # to each lead's tasks, in their turn; empty where they went through the whole chain


Parts = Sequence[Sequence[Reviewed]]
"""Leads that are worked at once, group after group."""
Way = Callable[[Path, str, Parts], list[Timed]]
"""A way of working: a folder, the server's address and the leads → what each group took."""


@contextmanager
def model_server(delay_seconds: float) -> Generator[str]:
    """A model server in a process of its own; its address."""
    command = [sys.executable, "-m", "tests.model_server", str(delay_seconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


@contextmanager
def modelled_house(root: Path, base_url: str) -> Generator[House]:
    """A house whose specialists ask the model server at that address."""
    with mock.patch.dict(os.environ, {"OPENAI_BASE_URL": base_url, "REVLOOPS_MODEL": MODEL}):
        home = bootstrap.open_house(root)
    try:
        yield home
    finally:
        home.store.close()


# --- what there is to do --------------------------------------------------------------------------
def reviewed(folder: Path, count: int) -> tuple[Reviewed, ...]:
    """So many sandbox leads that end in review with nothing to revise, found by the embedded policy."""
    home = house.house(folder)
    raws = list(house.world().leads(SOUGHT + ODDS * count))
    run(home, raws, "sandbox")
    by_email = {stand.lead.email: lead for lead, stand in house.leads(home).items()}
    tasks = [asked(home, by_email.get(raw.fields.get("email", ""))) for raw in raws]
    home.store.close()
    each = zip(raws, tasks, strict=True)
    found = [Reviewed(raw, tuple(given.values())) for raw, given in each if tuple(given) == ROLES]
    assert len(found) >= count
    return tuple(found[:count])


def asked(home: House, lead: str | None) -> dict[str, Payload]:
    """The tasks that a lead's Engage run gave to agents, by role; empty where one was given twice."""
    asks = house.asks(home, "engage", lead) if lead else []
    asks = [ask for ask in asks if ask["to"].startswith("agent:")]
    tasks = {ask["to"].removeprefix("agent:"): ask["payload"] for ask in asks}
    return tasks if len(tasks) == len(asks) else {}


# --- ours -----------------------------------------------------------------------------------------
def whole(folder: Path, base_url: str, parts: Parts) -> list[Timed]:
    """Leads from their rows to the review item."""
    found: list[Timed] = []
    with modelled_house(house.workspace(folder), base_url) as home:
        for leads in parts:
            before, started, cpu = spent(home), perf_counter(), process_time()
            ran = run(home, [lead.raw for lead in leads], "sandbox")
            seconds, cpu_seconds = perf_counter() - started, process_time() - cpu
            assert ran.ended == {"sequence_review": len(leads)}, ran.ended
            found.append(Timed(seconds, cpu_seconds, spent(home) - before))
    return found


def spent(home: House) -> Spent:
    """What the server was asked so far, and the tokens it counted."""
    of = t.usage.c
    with home.store.reading() as tx:
        row = tx.first(select(func.count(), func.sum(of.input_tokens), func.sum(of.output_tokens)))
    assert row is not None
    return Spent(row[0], row[1] or 0, row[2] or 0)


class Specialists:
    """Our own specialists at tasks that were asked already, each exchange on a tape."""

    def __init__(self, home: House) -> None:
        self._home, self._asked = home, 0

    @property
    def spent(self) -> Spent:
        """What they asked the server so far."""
        return spent(self._home)

    async def ask(self, role: str, payload: Payload) -> dict[str, JsonValue]:
        """What the specialist answers."""
        self._asked += 1
        runtime = self._home.runtime
        tape = Tape(runtime.store, f"bench{self._asked}", 1, None)
        desk = Desk(tape, caller(self._home), "engage", runtime.at())
        answer = await self._home.specialists[role](payload, desk)
        assert answer.by == f"agent:{role}@{MODEL}", answer.why
        return answer.value

    async def close(self) -> None:
        """Let go of the connections."""
        await self._home.models.close()


def caller(home: House) -> ToolCaller:
    """What a tool does in that house."""

    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        with home.store.reading() as tx:
            return tool.call(context(home.runtime, tx, None), args)

    return call


def specialists(folder: Path, base_url: str, parts: Parts) -> list[Timed]:
    """The same leads' tasks by our own specialists alone."""
    with modelled_house(house.workspace(folder), base_url) as home:
        bring(home, parts)
        return asyncio.run(worked(Specialists(home), home, parts))


def create_agent(folder: Path, base_url: str, parts: Parts) -> list[Timed]:
    """The same leads' tasks by plain agents."""
    home = house.house(folder)
    bring(home, parts)
    try:
        return asyncio.run(worked(plain(home, base_url), home, parts))
    finally:
        home.store.close()


def plain(home: House, base_url: str) -> PlainAgents:
    """The plain agents over a house's records, with its prompts."""
    specs = {spec.name: spec for spec in SPECS if spec.name in ROLES}
    texts = {role: prompts.load(home.workspace, spec.prompt).text for role, spec in specs.items()}
    return PlainAgents(specs, texts, base_url, caller(home))


def bring(home: House, parts: Parts) -> None:
    """Take the leads in, so that tools find them."""
    rows = [lead.raw for leads in parts for lead in leads]
    take(home.store, rows, How(now=home.runtime.at(), batch="bench"), Report())


async def worked(agents: Agents, home: House, parts: Parts) -> list[Timed]:
    """Part after part, as many tasks at once as the workspace lets asks be worked."""
    limit = home.workspace.settings.workers
    try:
        return [await at_once(agents, [lead.tasks for lead in leads], limit) for leads in parts]
    finally:
        await agents.close()


async def at_once(agents: Agents, leads: Sequence[Tasks], limit: int) -> Timed:
    """Every lead's tasks in their turn, `limit` tasks at a time."""
    gate = asyncio.Semaphore(limit)

    async def lead(tasks: Tasks) -> list[dict[str, JsonValue]]:
        replies: list[dict[str, JsonValue]] = []
        for role, payload in zip(ROLES, tasks, strict=True):
            async with gate:
                replies.append(await agents.ask(role, payload))
        return replies

    before, started, cpu = agents.spent, perf_counter(), process_time()
    said = await asyncio.gather(*map(lead, leads))
    seconds, cpu_seconds = perf_counter() - started, process_time() - cpu
    return Timed(seconds, cpu_seconds, agents.spent - before, tuple(chain.from_iterable(said)))


# --- measuring ------------------------------------------------------------------------------------
WAYS: Mapping[str, Way] = {"revloops": whole, "specialists": specialists, "create_agent": create_agent}


def compare(folder: Path, leads: int, cpu_leads: int, delay_ms: int) -> dict[str, int | dict[str, float]]:
    """Each way's cost of the same leads, and how they were measured.

    Args:
        folder: for the workspaces.
        leads: how many are worked at once.
        cpu_leads: how many the CPU time is taken over.
        delay_ms: how long the server takes for an answer.
    """
    found = reviewed(folder / "found", 2 + max(leads, cpu_leads))
    first, alone, rest = found[:1], found[1:2], found[2:]
    # a house's first lead pays for its graph and its client, so it isn't measured
    costs: dict[str, int | dict[str, float]] = {"delay_ms": delay_ms, "leads": leads, "cpu_leads": cpu_leads}
    with model_server(0) as fast, model_server(delay_ms / MILLISECONDS) as slow:
        for name, way in WAYS.items():
            cpu_ms = least_cpu_ms(way, folder / f"{name}-cpu", fast, first, rest[:cpu_leads])
            _, one, many = way(folder / name, slow, (first, alone, rest[:leads]))
            costs[name] = asdict(_cost(one, many, leads, cpu_ms))
    return costs


def least_cpu_ms(
    way: Way, folder: Path, base_url: str, first: Sequence[Reviewed], leads: Sequence[Reviewed]
) -> float:
    """CPU milliseconds a lead, of the cheapest of a few passes: what else runs here only adds to it."""
    passes = [part for n in range(PASSES) if (part := leads[n::PASSES])]
    _, *done = way(folder, base_url, (first, *passes))
    each = zip(passes, done, strict=True)
    return MILLISECONDS * min(timed.cpu_seconds / len(part) for part, timed in each)


def _cost(one: Timed, many: Timed, leads: int, cpu_ms: float) -> Cost:
    return Cost(
        calls_per_lead=round(many.spent.calls / leads, 2),
        input_tokens_per_lead=round(many.spent.input_tokens / leads),
        output_tokens_per_lead=round(many.spent.output_tokens / leads),
        one_seconds=round(one.seconds, 3),
        at_once_seconds=round(many.seconds, 3),
        cpu_ms_per_lead=round(cpu_ms, 2),
    )
