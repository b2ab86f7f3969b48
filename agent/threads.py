"""Chat threads: a person's words go through the orchestrator; its checkpointer keeps what was said.

A thread's exchanges lie on the tape under a key of its own: forgetting the thread makes them unreadable.
"""

import json
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue
from sqlalchemy import delete, select, update

from agent.bootstrap import House
from agent.spec import Desk
from agent.specialists import Crew
from agent.tape import Tape
from agent.work import context
from loops.errors import RevloopsError
from loops.values import short_id
from tools.catalog import Tool
from tools.knowledge.ports import ANYBODY
from tools.scopes import Principal
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

if TYPE_CHECKING:
    from agent.graph import Progress, Turn

_SOURCES = ("call ", "decision ")
"""How a passage that may name a person begins its source."""
URL = "REVLOOPS_THREADS_URL"
"""The environment's name for a PostgreSQL address that threads are kept at, in place of a file."""


@dataclass(frozen=True)
class Thread:
    """A conversation that is going on."""

    id: str
    principal: str
    turns: int
    # messages of the person's so far

    @property
    def subject(self) -> str:
        """The key that its exchanges are kept under."""
        return f"thread:{self.id}"


@asynccontextmanager
async def checkpointer(house: House) -> AsyncGenerator[Any]:
    """What keeps the threads: a file of the workspace, or PostgreSQL where its address is in the environment.

    Raises:
        RevloopsError: PostgreSQL is asked for, and the extra isn't installed.
    """
    url = os.environ.get(URL, "")
    if not url:
        import aiosqlite
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

        async with aiosqlite.connect(house.workspace.data / "threads.db") as conn:
            for pragma in (
                "journal_mode=WAL",
                "synchronous=NORMAL",
                "busy_timeout=30000",
                "secure_delete=ON",
            ):
                await conn.execute(f"PRAGMA {pragma}")
            yield AsyncSqliteSaver(conn)
        return
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    except ImportError as error:
        raise RevloopsError(f'{URL} needs PostgreSQL\'s client: pip install "revloops[scale]"') from error
    async with AsyncPostgresSaver.from_conn_string(url) as saver:
        await saver.setup()
        yield saver


def open_thread(house: House, id: str | None, principal: Principal) -> Thread:
    """The thread of that id, or a new one.

    Raises:
        RevloopsError: there is none of that id, or it is somebody else's.
    """
    if id is None:
        with house.store.transaction() as tx:
            new = Thread(secrets.token_hex(6), principal.id, 0)
            tx.add(t.threads, id=new.id, principal=new.principal, turns=0, at=iso(house.runtime.at()))
            return new
    with house.store.reading() as tx:
        row = tx.first(select(t.threads).where(t.threads.c.id == id))
    if row is None or row.principal != principal.id:
        raise RevloopsError(f"you have no thread {id}: leave --thread out to begin one")
    return Thread(row.id, row.principal, row.turns)


async def converse(
    house: House, thread: Thread, principal: Principal, words: str
) -> "AsyncIterator[Progress | tuple[Turn, ...]]":
    """Each step as it is made; at last what was said.

    Args:
        house: the workspace.
        thread: whose history the words continue.
        principal: the person; tools outside their scopes aren't there.
        words: theirs.

    Raises:
        ModelDown: no model can be reached, and the workspace would rather wait than fall back.
        RevloopsError: the thread has gone on meanwhile.
    """
    if not isinstance(house.specialists, Crew):
        raise RevloopsError("these specialists can't be talked to")
    _claim(house, thread)
    run = short_id("chat", thread.id, str(thread.turns))
    tape = Tape(house.store, run, 0, thread.subject)

    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        with house.store.reading() as tx:
            found = tool.call(context(house.runtime, tx, ANYBODY), args)
            people = _people(tx, [found, dict(args)])
        with house.store.transaction() as tx:  # before anything of it is written down
            for person in people:
                tx.add(t.thread_people, thread=thread.id, person=person)
        return found

    desk = Desk(tape, call, "chat", house.runtime.at(), scopes=principal.scopes)
    async with checkpointer(house) as saver:
        graph = replace(house.specialists.orchestrator, checkpointer=saver)
        try:
            async for part in graph.stream(words, thread.id, desk):
                yield part
        finally:
            await _drop_if_erased(house, thread.id, saver)


def _claim(house: House, thread: Thread) -> None:
    """Take the thread's next turn: two at once would write over each other."""
    ours = (t.threads.c.id == thread.id, t.threads.c.turns == thread.turns)
    at = iso(house.runtime.at())
    with house.store.transaction() as tx:
        done = tx.conn.execute(update(t.threads).where(*ours).values(turns=thread.turns + 1, at=at))
    if done.rowcount != 1:
        raise RevloopsError(
            f"thread {thread.id} has gone on in another window: ask again to go on after that"
        )


async def _drop_if_erased(house: House, id: str, saver: Any) -> None:
    """Delete the thread where somebody whom a tool gave it was erased while it was answered."""
    named = select(t.thread_people.c.thread).join(t.erased, t.erased.c.subject == t.thread_people.c.person)
    with house.store.reading() as tx:
        erased = tx.first(named.where(t.thread_people.c.thread == id))
    if erased:
        await saver.adelete_thread(id)
        _delete(house, [id])


def _people(tx: Tx, value: JsonValue) -> set[str]:
    """The persons behind the leads, calls and runs that a tool's result names."""
    said = set(_strings(value))
    sources = (text.partition(" ")[2] for text in said if text.startswith(_SOURCES))
    named = list(said | {source.partition(":")[0] for source in sources})
    found: set[str] = set()
    for start in range(0, len(named), 500):
        some = named[start : start + 500]
        found |= {row[0] for row in tx.all(select(t.leads.c.person).where(t.leads.c.id.in_(some)))}
        for table in (t.calls, t.runs):
            found |= {row[0] for row in tx.all(select(table.c.subject).where(table.c.id.in_(some))) if row[0]}
    return found


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(item)


async def forget(house: House, person: str, words: tuple[str, ...]) -> int:
    """How many threads were deleted because a tool gave them that person, or their text has one of the words.

    Args:
        house: the workspace.
        person: the subject, as `Lead.person` has it.
        words: their names, addresses and lead ids; compared without regard to case.
    """
    with house.store.reading() as tx:
        ids = [row[0] for row in tx.all(select(t.threads.c.id))]
        named = {
            row[0]
            for row in tx.all(select(t.thread_people.c.thread).where(t.thread_people.c.person == person))
        }
    if not ids:
        return 0
    sought = tuple(word.casefold() for word in words if word.strip())
    gone: list[str] = []
    async with checkpointer(house) as saver:
        for id in ids:
            kept = await saver.aget_tuple({"configurable": {"thread_id": id}})
            values: dict[str, Any] = kept.checkpoint["channel_values"] if kept else {}
            said = json.dumps(values, ensure_ascii=False, default=str)
            if id in named or any(word in said.casefold() for word in sought):
                await saver.adelete_thread(id)
                gone.append(id)
        if gone and not os.environ.get(URL):
            await saver.conn.execute("VACUUM")
            await saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _delete(house, gone)
    return len(gone)


def _delete(house: House, ids: list[str]) -> None:
    """The threads' rows and the keys of their exchanges, which nobody can read from then on."""
    with house.store.transaction() as tx:
        tx.conn.execute(delete(t.keys).where(t.keys.c.subject.in_([f"thread:{id}" for id in ids])))
        for table, column in ((t.threads, t.threads.c.id), (t.thread_people, t.thread_people.c.thread)):
            tx.conn.execute(delete(table).where(column.in_(ids)))
