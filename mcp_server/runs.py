"""Where a run or a long call stands, also after a restart: one that was cut off is carried on."""

from collections import Counter
from typing import cast

from pydantic import JsonValue
from sqlalchemy import select

from agent.explain import explain
from loops.errors import RevloopsError
from mcp_server import configs
from mcp_server.answer import PAGE, Answer, page
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format, Text
from mcp_server.look import Cursor
from mcp_server.running import AT_WORK, approval, approvals, state
from mcp_server.work import PREFIX, Act, Job, carry, found, prepare, settled
from tools.store import Tx
from tools.store import tables as t

_ACTS: dict[str, Act] = {"config_simulate": configs.simulated, "config_propose": configs.proposed}
"""What carries a tool's job to its end; any other tool's by its runs alone."""

_READS = {"config_simulate": "loops", "config_propose": "loops"}
"""What reading a tool's job takes; any other's: records."""


def runs_get(desk: Desk, run: Text, cursor: Cursor = "", response_format: Format = "concise") -> Answer:
    """Where a run or a long call stands: queued, at work, waiting for whom, its result; after a restart too.

    Use it with the id that another tool gave. For all that led to a lead use decisions_explain.

    Args:
        desk: whose view.
        run: a job's id such as job-1a2b3c4d, or a run's, or the first 8 digits of it.
        cursor: of the page before.
        response_format: detailed adds every step with its reasons.
    """
    if run.strip().lower().startswith(PREFIX):
        return _of_job(desk, run, cursor)
    with desk.house.store.reading() as tx:
        begun = t.runs.c.id.startswith(run, autoescape=True)
        runs = tx.all(select(t.runs.c.id, t.runs.c.record).where(begun).limit(PAGE))
        rows = [row for row in runs if desk.sees(tx, row.record)]
        if len(rows) != 1:
            why = "more than one begins so" if rows else "there is none, or it isn't in your book"
            raise RevloopsError(f"no one run {run[:40]!r} ({why}): decisions_list gives the ids of late ones")
        said = _with_name(tx, state(tx, rows[0].id))
        waits = approval(desk, tx, rows[0].id)
    steps: list[Plain] = []
    if response_format == "detailed":
        told = explain(desk.house.runtime, str(rows[0].record)).told
        steps = [
            {"at": one.at, "by": one.by, "step": one.text, "reasons": list(one.details)}
            for one in told if one.run == rows[0].id
        ]  # fmt: skip
    items, more, after = page([said, *steps], cursor, PAGE, "concise")
    end = str(said.get("ended") or said["state"])
    because = said.get("why") or said.get("stale")
    return Answer(
        says=f"{said['loop']} on {said['name']}: {_in_words(end)}{f' ({because})' if because else ''}.",
        items=items,
        more=more,
        cursor=after,
        approval_required=(waits,) if waits else (),
    )


def _of_job(desk: Desk, id: str, cursor: str) -> Answer:
    prepare(desk)
    job = _read(desk, id)
    desk.needs(_READS.get(job.tool, "records"))
    if _unfinished(desk, job) and desk.caller.may(job.scope):
        carry(desk, job, _ACTS.get(job.tool, settled))
        job = _read(desk, id)
    if job.state == "failed":
        raise RevloopsError(f"{job.id} failed: {job.answer}; call {job.tool} again when that is mended")
    if job.answer:
        return configs.paged(job, cursor)
    return _of_runs(desk, job, cursor)


def _read(desk: Desk, id: str) -> Job:
    with desk.house.store.reading() as tx:
        job = found(desk, tx, id)
    if job is None:
        raise RevloopsError(f"you have no job {id[:20]!r}: the tool that began it says its id")
    return job


def _unfinished(desk: Desk, job: Job) -> bool:
    """Whether it was cut off, or waits for a model: somebody has to carry it on."""
    if job.state == "open":
        return True
    with desk.house.store.reading() as tx:
        return any(state(tx, run)["state"] in AT_WORK for run in job.runs)


def _of_runs(desk: Desk, job: Job, cursor: str) -> Answer:
    """How each of its runs stands."""
    with desk.house.store.reading() as tx:
        states = [_with_name(tx, state(tx, run)) for run in job.runs]
        states = [one for one in states if "record" not in one or desk.may_answer(tx, str(one["record"]))]
        waits = approvals(desk, tx, [str(one["run"]) for one in states], job.id)
    mix = Counter(str(one.get("ended") or one["state"]) for one in states)
    said = ", ".join(f"{count} {_in_words(end)}" for end, count in sorted(mix.items()))
    away = len(job.runs) - len(states)
    said += f"; {away} are about leads that aren't in your book" if away else ""
    slim = [{k: v for k, v in one.items() if v not in ("", None)} for one in states]
    items, more, after = page(cast("list[dict[str, JsonValue]]", slim), cursor, PAGE, "a run's own id")
    return Answer(
        says=f"{job.tool} on {len(job.runs)}: {said or 'nothing was begun'}.",
        items=items, more=more, cursor=after, job=job.id, approval_required=waits,
    )  # fmt: skip


_WORDS = {"agent": "at work", "person": "waiting for a person", "stale": "out of date"}


def _in_words(end: str) -> str:
    return _WORDS.get(end, end.replace("_", " "))


def _with_name(tx: Tx, said: Plain) -> Plain:
    """A run's state with the name of the lead it is about, or else its record."""
    row = tx.first(select(t.leads.c.name).where(t.leads.c.id == said.get("record", "")))
    return {**said, "name": str(row[0]).title() if row and row[0] else str(said.get("record", ""))}
