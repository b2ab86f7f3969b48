"""Calls that take long: progress, an id, other calls meanwhile, cancelling, and a process that is killed."""

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agent.bootstrap import House
from agent.flow import settle
from loops.errors import RevloopsError
from mcp_server import work
from mcp_server.access import TOKEN, issue
from mcp_server.desk import Desk
from tests.house import height, leads
from tests.mcp_server.served import ERAS, NOW, Era, as_person, served
from tools.store import tables as t

JOB = re.compile(r"job-[0-9a-f]{8}")
LEADS = ["priya raman", "jonas whitaker"]


class Gate:
    """Work that waits until the test lets it go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, patience: float = 20) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        monkeypatch.setattr(work, "settle", self._settle)
        monkeypatch.setattr(work, "WAIT_SECONDS", patience)

    def _settle(self, house: House) -> bool:
        self.reached.set()
        assert self.open.wait(60)
        return settle(house)

    async def passed(self) -> None:
        """Let it go on, and wait until it is over."""
        self.open.set()
        for thread in threading.enumerate():
            if thread.name.startswith(work.PREFIX):
                await asyncio.to_thread(thread.join, 60)


def counted(home: House, table: Any) -> int:
    with home.store.reading() as tx:
        return tx.first(select(func.count()).select_from(table))[0]


@pytest.mark.parametrize("era", ERAS)
async def test_a_long_call_tells_its_job_and_how_far_it_is(home: House, era: Era) -> None:
    heard: list[tuple[float, float | None, str]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message or ""))

    async with served(home, era=era) as it:
        arguments = {"leads": LEADS, "dry_run": False}
        result = await it.client.call_tool("leads_qualify", arguments, progress_callback=hear)
        assert result.structured_content
        job = result.structured_content["job"]
        later = await it.call("runs_get", run=job)
    assert heard[0][:2] == (0, 2) and heard[-1][:2] == (2, 2) and all(job in says for *_, says in heard)
    assert later["job"] == job and len(later["items"]) == 2 and "graded" in later["says"]


async def test_work_that_outlasts_its_call_is_found_under_its_id(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, patience=0)
    async with served(home) as it:
        begun = await it.call("leads_route", leads=LEADS, dry_run=False)
        assert "2 are still at work" in begun["says"] and begun["job"] in begun["says"]
        assert {one["state"] for one in begun["items"]} == {"queued"}
        assert "2 queued" in (await it.call("runs_get", run=begun["job"]))["says"]
        await gate.passed()
        ended = await it.call("runs_get", run=begun["job"])
    assert {one["state"] for one in ended["items"]} == {"done"}


async def test_other_calls_are_answered_while_one_waits(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(monkeypatch)
    async with served(home) as it:
        long = asyncio.create_task(it.call("leads_route", leads=LEADS, dry_run=False))
        assert await asyncio.to_thread(gate.reached.wait, 60)
        assert (await it.call("whoami"))["says"] and not long.done()
        await gate.passed()
        assert {one["state"] for one in (await long)["items"]} == {"done"}


@pytest.mark.parametrize("era", ERAS)
async def test_a_cancelled_call_ends_the_waiting_and_leaves_no_run_half_done(
    home: House, monkeypatch: pytest.MonkeyPatch, era: Era
) -> None:
    gate, heard = Gate(monkeypatch), list[str]()

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(message or "")

    async with served(home, era=era) as it:
        arguments = {"leads": LEADS, "dry_run": False}
        call = it.client.call_tool("leads_route", arguments, progress_callback=hear)
        long = asyncio.create_task(call)
        assert await asyncio.to_thread(gate.reached.wait, 60)
        long.cancel()
        await asyncio.gather(long, return_exceptions=True)
        (job,) = set(JOB.findall(" ".join(heard)))
        assert (await it.call("whoami"))["says"]
        await gate.passed()
        ended = await it.call("runs_get", run=job)
        said = ("ops-lead", "leads_route", "cancelled")
        for _ in range(100):  # it is written down once the waiting call has looked up
            if era == "auto" or said in it.server.journal.rows():
                break
            await it.call("runs_get", run=job)
    # the SDK's client in memory tells a server of the older era alone that a call was cancelled
    assert era == "auto" or said in it.server.journal.rows()
    assert {one["state"] for one in ended["items"]} == {"done"} and len(ended["items"]) == 2


async def test_a_call_that_breaks_while_it_begins_leaves_nothing(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, events, emit, calls = height(home), counted(home, t.events), type(home.runtime).emit, [0]

    def second_breaks(self: Any, *given: Any) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise OSError("the disk is full")
        emit(self, *given)

    async with served(home) as it:
        monkeypatch.setattr(type(home.runtime), "emit", second_breaks)
        said = await it.refused("leads_qualify", leads=LEADS, dry_run=False)
        assert "failed inside" in said and calls == [2]
        assert (height(home), counted(home, t.events), counted(home, work.jobs)) == (before, events, 0)
        monkeypatch.undo()
        assert (await it.call("leads_qualify", leads=LEADS, dry_run=False))["job"]
    assert counted(home, t.events) > events and counted(home, work.jobs) == 1


async def test_a_lead_that_is_being_drafted_isn_t_drafted_twice(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch, patience=0)
    async with served(home) as it:
        first = await it.call("leads_route", leads=LEADS, dry_run=False)
        again = await it.call("leads_route", leads=LEADS, dry_run=False)
        assert [one["run"] for one in first["items"]] == [one["run"] for one in again["items"]]
        await gate.passed()


async def test_jobs_of_somebody_else_aren_t_there(home: House) -> None:
    async with served(home) as it:
        job = (await it.call("leads_route", leads=LEADS, dry_run=False))["job"]
    async with served(home, as_person(home, "vp-sales")) as it:
        assert "you have no job" in await it.refused("runs_get", run=job)


async def test_a_proposal_is_looked_for_as_a_job_and_its_answer_is_kept(home: House) -> None:
    before = height(home)
    async with served(home) as it:
        asked = await it.call("config_propose", loop="qualify", dry_run=False)
        again = await it.call("runs_get", run=asked["job"])
    assert asked == again and asked["dry_run"] is False and height(home) > before
    with home.store.reading() as tx:
        (row,) = tx.all(select(t.runs).where(t.runs.c.trigger == "TuningDue"))
    assert asked["items"][0]["run"] == row.id and asked["items"][0]["ended"] == row.outcome


async def test_a_simulation_that_was_cut_off_is_made_again_when_it_is_asked_for(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = {"loop": "qualify", "set": {"grades.A": 88}, "response_format": "detailed"}
    async with served(home) as it:
        whole = await it.call("config_simulate", **change)
        monkeypatch.setattr(work, "_work", killed)
        cut = await it.call("config_simulate", **change)
        assert "runs_get" in cut["says"] and "items" not in cut and cut["job"] != whole["job"]
        monkeypatch.undo()
        found = await it.call("runs_get", run=cut["job"])
    assert whole["items"] and {**found, "job": ""} == {**whole, "job": ""}


def killed(desk: Desk, job: work.Job, act: work.Act) -> None:
    """What a thread does whose process is gone."""


async def test_a_job_that_fails_says_why_and_which_call_to_make_again(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> Any:
        raise RevloopsError("another process is at work on this workspace")

    async with served(home) as it:
        monkeypatch.setattr("mcp_server.configs.ended", broken)
        said = await it.refused("config_propose", loop="qualify", dry_run=False)
        with home.store.reading() as tx:
            job = tx.first(select(work.jobs.c.id))[0]
        later = await it.refused("runs_get", run=job)
    assert "another process" in said and "another process" in later and "config_propose again" in later


# --- a process that is killed ---------------------------------------------------------------------
class Process:
    """A server of its own, spoken to line by line."""

    def __init__(self, root: Path, token: str) -> None:
        words = (sys.executable, "-m", "cli.main", "mcp", "-w", str(root))
        self._ran = subprocess.Popen(
            words, env={**os.environ, TOKEN: token}, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        who = {"name": "t", "version": "1"}
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": who}
        self.ask(1, "initialize", hello, lambda said: said.get("id") == 1)
        self._write({"method": "notifications/initialized"})

    def ask(
        self, id: int, method: str, params: dict[str, Any], until: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """The first line that is the one waited for."""
        self._write({"id": id, "method": method, "params": params})
        assert self._ran.stdout
        for line in self._ran.stdout:
            if until(said := json.loads(line)):
                return said
        raise AssertionError("the server is gone")

    def kill(self) -> None:
        """End it at once."""
        self._ran.kill()
        self._ran.communicate()

    def _write(self, message: dict[str, Any]) -> None:
        assert self._ran.stdin
        self._ran.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self._ran.stdin.flush()


def test_a_killed_server_s_work_is_carried_on_by_the_next_and_nothing_is_doubled(home: House) -> None:
    root, token = home.workspace.root, issue(home.workspace, "ops-lead", (), NOW, 1)
    ids = [*leads(home)][:40]
    arguments = {"leads": ids, "dry_run": False}
    call = {"name": "leads_qualify", "arguments": arguments, "_meta": {"progressToken": 7}}
    first = Process(root, token)
    said = first.ask(2, "tools/call", call, lambda said: said.get("method") == "notifications/progress")
    first.kill()
    (job,) = JOB.findall(said["params"]["message"])
    with home.store.reading() as tx:
        runs = json.loads(tx.first(select(work.jobs.c.runs).where(work.jobs.c.id == job))[0])
        rested = select(t.runs.c.id).where(t.runs.c.id.in_(runs), t.runs.c.state != "agent")
        assert len(runs) == len(ids) > len(tx.all(rested))
    second = Process(root, token)
    asked = {"name": "runs_get", "arguments": {"run": job}}
    answered = second.ask(2, "tools/call", asked, lambda said: said.get("id") == 2)
    second.kill()
    found = answered["result"]["structuredContent"]
    assert found["says"].startswith(f"leads_qualify on {len(ids)}:") and "at work" not in found["says"]
    with home.store.reading() as tx:
        rows = (t.ledger.c.run.in_(runs), t.ledger.c.kind == "decided")
        decided = [row[0] for row in tx.all(select(t.ledger.c.run).where(*rows))]
        open_runs = tx.all(select(t.runs.c.id).where(t.runs.c.id.in_(runs), t.runs.c.state == "person"))
    assert len(decided) == len({*decided}) and len(decided) + len(open_runs) == len(ids)
