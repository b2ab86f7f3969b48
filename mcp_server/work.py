"""Long work: begun in one transaction, carried on behind the call, and found again after a restart."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from pydantic import JsonValue
from sqlalchemy import Column, MetaData, String, Table, Text, delete, insert, select, update

from agent.bootstrap import House, models
from agent.flow import settle
from agent.models.port import NoModels
from agent.specialists import Crew
from loops.errors import RevloopsError
from loops.values import short_id
from mcp_server.answer import Answer
from mcp_server.desk import Desk
from tools.errors import ToolFailed, ToolRetry
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

log = logging.getLogger(__name__)
WAIT_SECONDS = 20.0
"""How long a call waits for its work; after that it gives the id alone. Clients give up after 30 or 60."""
LOOK_SECONDS = 0.1
"""How often the waiting call looks how far the work is."""
MOST_AT_ONCE = 4
"""Threads of this process that are at long work; more is refused."""
KEPT = 500
"""Jobs that are over and still known."""
PREFIX = "job-"
meta = MetaData()
jobs = Table(
    "mcp_jobs", meta,
    Column("id", String(16), primary_key=True),
    Column("at", String, nullable=False),
    Column("principal", String, nullable=False),
    Column("tool", String, nullable=False),
    Column("scope", String, nullable=False),
    # what going on with it takes
    Column("arguments", Text, nullable=False),
    # JSON; holds no text of a person's
    Column("runs", Text, nullable=False),
    # JSON: ids of the runs it began; [] where it decides nothing
    Column("state", String, nullable=False),
    # open | done | failed
    Column("answer", Text, nullable=False),
    # JSON of what came of it, or why it failed; "" while it is open, and where its runs say it
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """Work that may outlast its call."""

    id: str
    tool: str
    scope: str
    arguments: dict[str, JsonValue]
    runs: tuple[str, ...]
    state: str
    answer: str


Act = Callable[[Desk, Job], Answer | None]
"""What carries a job to its end; None where its runs say all that came of it."""


def prepare(desk: Desk) -> None:
    """Make sure that jobs can be written down."""
    meta.create_all(desk.house.store.engine)


def begun(
    desk: Desk,
    tx: Tx,
    tool: str,
    scope: str,
    *,
    runs: Sequence[str] = (),
    arguments: dict[str, JsonValue] | None = None,
) -> Job:
    """The job, written down in the transaction that begins its runs: both are there, or neither.

    Raises:
        RevloopsError: too many are being worked on already.
    """
    if sum(thread.name.startswith(PREFIX) for thread in threading.enumerate()) >= MOST_AT_ONCE:
        raise RevloopsError(f"{MOST_AT_ONCE} long calls are being worked on: wait for one with runs_get")
    _forget(tx)
    who, given = desk.caller.principal.id, arguments or {}
    count = len(tx.all(select(jobs.c.id)))
    id = PREFIX + short_id("job", tool, who, iso(desk.at), json.dumps(given), *runs, str(count))[:8]
    job = Job(id, tool, scope, given, tuple(runs), "open", "")
    row = insert(jobs).values(
        id=id, at=iso(desk.at), principal=who, tool=tool, scope=scope, arguments=json.dumps(given),
        runs=json.dumps(job.runs), state=job.state, answer="",
    )  # fmt: skip
    tx.run(row)
    return job


def _forget(tx: Tx) -> None:
    """Drop the oldest jobs that are over: what they came to was told, and their runs are in the ledger."""
    late = select(jobs.c.id).order_by(jobs.c.at.desc(), jobs.c.id).limit(KEPT)
    tx.run(delete(jobs).where(jobs.c.state != "open", jobs.c.id.not_in(late)))


def found(desk: Desk, tx: Tx, id: str) -> Job | None:
    """The caller's job of that id, as it stands; None where there is none."""
    mine = (jobs.c.id == id.strip().lower(), jobs.c.principal == desk.caller.principal.id)
    row = tx.first(select(jobs).where(*mine))
    if row is None:
        return None
    runs = tuple(json.loads(row.runs))
    return Job(row.id, row.tool, row.scope, json.loads(row.arguments), runs, row.state, row.answer)


def settled(desk: Desk, job: Job) -> Answer | None:
    """Take a job's runs as far as they go without a person; their rows say what came of it."""
    patience = threading.Event()
    while not settle(desk.house) and _done(desk, job) < len(job.runs):
        patience.wait(LOOK_SECONDS)  # another process is at it: its turn may end before it saw ours
    return None


def carry(desk: Desk, job: Job, act: Act) -> None:
    """Have a job worked on behind the call, and wait for it as long as a call may.

    A call that is cancelled ends the waiting, not the work: every run that was begun goes to its end.

    Args:
        desk: whose house; told how far it is.
        job: as it stands; one that is worked on in this process already is only waited for.
        act: carries it to its end.
    """
    says = f"{job.id} (runs_get knows it under this id)"
    desk.tell(_done(desk, job), _total(job), says)
    behind = next((thread for thread in threading.enumerate() if thread.name == job.id), None)
    if behind is None:
        own = Desk(apart(desk.house), desk.caller)
        behind = threading.Thread(target=_work, args=(own, job, act), name=job.id, daemon=True)
        behind.start()
    end = monotonic() + WAIT_SECONDS
    with desk.aside():
        while behind.is_alive() and monotonic() < end:
            behind.join(LOOK_SECONDS)
            desk.tell(_done(desk, job) if behind.is_alive() else _total(job), _total(job), says)


def _work(desk: Desk, job: Job, act: Act) -> None:
    """The thread: act, and write down what came of it."""
    try:
        answer = act(desk, job)
        state, said = "done", json.dumps(answer.whole) if answer else ""
    except (RevloopsError, ToolRetry, ToolFailed) as error:
        state, said = "failed", str(error)
    except Exception:
        log.exception("%s failed", job.id)
        state, said = "failed", "it failed inside; the server's log says why"
    with desk.house.store.transaction() as tx:
        tx.run(update(jobs).where(jobs.c.id == job.id).values(state=state, answer=said))


def _total(job: Job) -> int:
    return len(job.runs) or 1


def _done(desk: Desk, job: Job) -> int:
    """How many of its runs are at their end or before a person."""
    with desk.house.store.reading() as tx:
        rested = select(t.runs.c.id).where(t.runs.c.id.in_(job.runs), t.runs.c.state != "agent")
        return len(tx.all(rested))


def apart(house: House) -> House:
    """The house with a way to models of its own: a way to models belongs to one thread."""
    if isinstance(house.models, NoModels):
        return house
    door = models(house.workspace, house.store)
    return replace(house, specialists=Crew(house.workspace, door), models=door)
