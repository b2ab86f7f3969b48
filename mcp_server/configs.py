"""Tools on a loop's config: try a change on past leads, have one proposed; a person merges."""

import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, JsonValue
from sqlalchemy import select

from agent.proposing.deciding import found as held
from agent.proposing.propose import due, ended, looked_at
from agent.simulate import Simulated, Window, simulate
from loops.config import LoopConfig
from loops.errors import RevloopsError
from loops.proposal import Edit
from loops.records import Lead
from loops.simulate import GRADE
from loops.tuning.task import TuningDue
from loops.values import canonical, content_hash, short_id
from mcp_server.answer import PAGE, Answer, Approval, page
from mcp_server.desk import Desk, Plain
from mcp_server.leads import Format
from mcp_server.look import Cursor
from mcp_server.when import since as instant
from mcp_server.work import Job, begun, carry, prepare
from mcp_server.work import found as found_job
from tools.changes.opening import change_host
from tools.store import tables as t
from tools.workspace import known_owners, load_config
from tools.yaml_edit import edited

Loop = Annotated[str, Field(max_length=40)]
End = tuple[str, str, str, str]
"""A lead that ends otherwise: its id, from where, to where, why."""


def config_simulate(
    desk: Desk,
    loop: Loop,
    set: Annotated[dict[str, JsonValue], Field(min_length=1, max_length=20)],
    since: Annotated[str, Field(max_length=40)] = "",
    last: Annotated[int, Field(ge=1, le=100_000)] | None = None,
    source: Annotated[str, Field(max_length=40)] = "",
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """Try a changed config on past leads: how many end otherwise, who moves and why. Nothing is decided.

    Use it for "simulate A at 88 for webinar leads". To have a change proposed from evidence: config_propose.

    Args:
        desk: whose view.
        loop: qualify or route, or any loop of whoami.
        set: path in the loop's config → new value, e.g. {"grades.A": 88} or {"rules.0.owner": "pool:x"}.
        since: leads decided from then on: 7d, monday, 2026-11-01; empty: all.
        last: the newest so many of them; null: all.
        source: count and list only leads of that source, e.g. webinar; empty: any.
        cursor: of the page before.
        response_format: detailed lists each lead that moves.
    """
    known, loop = desk.house.registry.loops, loop.strip().lower()
    if loop not in known:
        raise RevloopsError(f"there is no loop {loop}; there are {', '.join(known)}")
    desk.needs("records")
    _candidate(desk, loop, set)
    if source:
        _known(desk, source)
    instant(since, desk.at, desk.zone)
    given: Plain = {"loop": loop, "set": set, "since": since, "last": last, "source": source}
    prepare(desk)
    with desk.house.store.transaction() as tx:
        job = begun(desk, tx, "config_simulate", "loops", arguments=given | {"form": response_format})
    carry(desk, job, simulated)
    return _outcome(desk, job.id, "past leads are still being decided twice", cursor)


def simulated(desk: Desk, job: Job) -> Answer:
    """What the changed config comes to; every row of it."""
    args: dict[str, Any] = job.arguments
    loop, source = desk.house.registry.loops[args["loop"]], args["source"]
    window = Window(instant(args["since"], desk.at, desk.zone), args["last"])
    found = simulate(desk.house.runtime, loop, _candidate(desk, loop.name, args["set"]), window)
    moved, regraded = _ends(found)
    past = [found.past.record(row) for row in range(found.leads)]
    kept = _from(desk, {*past}, source)
    moves, grades = ([end for end in ends if end[0] in kept] for ends in (moved, regraded))
    shown = partial(_each, desk) if args["form"] == "detailed" else _groups
    rows = [*shown([_named(desk, move) for move in moves], "owner"), *shown(grades, "grade")]
    rows += _mix(found, [row for row, lead in enumerate(past) if lead in kept])
    named = f" Of {len(kept)} of source {source}," if source else ""
    ends = f"{len(moves)} go elsewhere, {len(grades)} are graded otherwise"
    says = f"{found.leads} past leads decided twice{'.' if source else ':'}{named} {ends}."
    return Answer(says=says, items=tuple(rows), dry_run=True)


def _outcome(desk: Desk, id: str, still: str, cursor: str = "") -> Answer:
    """The page of what came of a job; where it isn't at its end, that, and how to ask again.

    Raises:
        RevloopsError: it failed.
    """
    with desk.house.store.reading() as tx:
        job = found_job(desk, tx, id)
    if job is None or job.state == "open":
        return Answer(says=f"{still}: ask runs_get for {id}.", dry_run=True, job=id)
    if job.state == "failed":
        raise RevloopsError(job.answer)
    return paged(job, cursor)


def paged(job: Job, cursor: str) -> Answer:
    """A page of a job's answer."""
    whole = Answer.model_validate_json(job.answer)
    items, more, after = page(whole.items, cursor, PAGE, "since, last or source")
    return whole.model_copy(update={"items": items, "more": more, "cursor": after, "job": job.id})


def _candidate(desk: Desk, loop: str, changes: dict[str, JsonValue]) -> LoopConfig:
    """The loop's config with those places changed, checked as a file would be."""
    ws = desk.house.workspace
    path = ws.root / "loops" / f"{loop}.yaml"
    edits = [Edit(path=_path(key), value=value) for key, value in changes.items()]
    text = edited(path.read_text(encoding="utf-8"), edits, f"loops/{loop}.yaml")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{loop}.yaml"
        file.write_text(text, encoding="utf-8")
        try:
            return load_config(ws.root, desk.house.registry.loops[loop], known_owners(ws.scenario), file)
        except RevloopsError as error:
            raise RevloopsError(str(error).replace(str(file), f"loops/{loop}.yaml")) from None


def _path(key: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdecimal() else part for part in key.split("."))


def _ends(found: Simulated) -> tuple[list[End], list[End]]:
    """The leads that go elsewhere, and those that are graded otherwise."""
    moved = [(m.lead, m.source, m.target, m.group) for m in found.moves]
    graded = [
        (found.past.record(int(row)), g.source, g.target, g.why) for g in found.moved.grades for row in g.rows
    ]
    return moved, graded


def _from(desk: Desk, leads: set[str], source: str) -> set[str]:
    """Those of the leads that came from the source; all, where none is named."""
    if not source:
        return leads
    with desk.house.store.reading() as tx:
        docs = tx.all(select(t.leads.c.id, t.leads.c.doc))
    return {id for id, doc in docs if id in leads and Lead.model_validate_json(doc).source == source}


def _known(desk: Desk, source: str) -> None:
    """Refuse a source that no lead came from: 0 of it would look like an answer.

    Raises:
        RevloopsError: it is one; the text lists those there are.
    """
    with desk.house.store.reading() as tx:
        there = Counter(Lead.model_validate_json(row[0]).source for row in tx.all(select(t.leads.c.doc)))
    if source not in there:
        named = ", ".join(name for name, _ in there.most_common(PAGE) if name)
        raise RevloopsError(f"no lead came from {source!r}; they came from {named or 'nowhere named'}")


def _named(desk: Desk, move: End) -> End:
    lead, a, b, why = move
    return lead, desk.name_of(a), desk.name_of(b), why


def _each(desk: Desk, ends: list[End], what: str) -> list[Plain]:
    with desk.house.store.reading() as tx:
        names = {row.id: row.name.title() for row in tx.all(select(t.leads.c.id, t.leads.c.name))}
    return [
        {"lead": lead, "name": names.get(lead, ""), "changes": what, "from": a, "to": b, "why": why}
        for lead, a, b, why in ends
    ]


def _mix(found: Simulated, rows: list[int]) -> list[Plain]:
    """How many of those leads have each grade, as it is and as it would be; empty where none is graded."""
    mixes: list[dict[str, JsonValue]] = []
    for stands in (found.before, found.after):
        graded = stands.ends.take(np.array(rows, dtype=np.intp))[GRADE]
        mix = Counter(str(graded.at(row)) for row in range(len(rows)) if graded.at(row) is not None)
        mixes.append({grade: mix[grade] for grade in sorted(mix)})
    return [{"all": "grades", "now": mixes[0], "then": mixes[1]}] if any(mixes) else []


def _groups(ends: list[End], what: str) -> list[Plain]:
    """How many leads go from where to where, and why; the largest group first."""
    counts = Counter((a, b, why) for _, a, b, why in ends)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"leads": n, "changes": what, "from": a, "to": b, "why": why} for (a, b, why), n in ordered]


def config_propose(
    desk: Desk,
    loop: Literal["qualify", "route"],
    dry_run: bool = True,
    cursor: Cursor = "",
    response_format: Format = "concise",
) -> Answer:
    """Hold a loop's config against what became of its leads, and have one change proposed if warranted.

    Use it for "should we change the grading?". It never merges: a person accepts a proposal at its link.

    Args:
        desk: whose view.
        loop: whose config.
        dry_run: true: show the evidence; false: ask the config author, and open what holds.
        cursor: of the page before.
        response_format: detailed adds each change's figures.
    """
    if not dry_run:
        return _proposed(desk, loop)
    found = looked_at(desk.house, loop)
    items: list[Plain] = []
    for choice, tried in zip(found.task.choices, found.trials, strict=True):
        item: Plain = {"change": choice.id, "title": choice.title, "says": choice.says,
                       "suggested": choice.id == found.task.suggested, "refused": tried.refused}  # fmt: skip
        if response_format == "detailed":
            item["figures"] = [{"name": f.name, "value": f.value, "unit": f.unit} for f in tried.figures]
        items.append(item)
    says = found.trouble or f"{len(items)} changes of {loop} are worth a look on {found.task.fitted} leads."
    shown, more, after = page(items, cursor, PAGE, "the other loop")
    return Answer(says=says, items=shown, more=more, cursor=after, dry_run=True)


def _proposed(desk: Desk, loop: str) -> Answer:
    desk.needs("config:propose")
    prepare(desk)
    house = desk.house
    with house.store.transaction() as tx:
        id = due(house, tx, loop)
        runs = [
            short_id(found.name, trigger.schedule or "", id)
            for found, trigger in house.registry.subscribers(TuningDue(record=loop, loop=loop))
        ]
        given: Plain = {"loop": loop, "event": id, "before": desk.spent_so_far()}
        job = begun(desk, tx, "config_propose", "config:propose", runs=runs, arguments=given)
    carry(desk, job, proposed)
    return _outcome(desk, job.id, f"{loop} is still being looked at").model_copy(update={"dry_run": False})


def proposed(desk: Desk, job: Job) -> Answer:
    """How the look at a loop's config ended, and the proposal that waits for a person."""
    args: dict[str, Any] = job.arguments
    came = ended(desk.house, args["loop"], args["event"])
    waits: tuple[Approval, ...] = ()
    if came.proposal:
        ws = desk.house.workspace
        proposal = held(desk.house, change_host(ws.root, ws.settings.changes), came.proposal).proposal
        digest = content_hash(canonical(proposal)) if proposal else ""
        link = f"revloops proposal show {came.proposal}"
        waits = (Approval(id=came.proposal, digest=digest, link=link),)
    item: Plain = {"loop": came.loop, "run": came.run, "ended": came.outcome, "proposal": came.proposal}
    cost = desk.cost(args["before"])
    return Answer(says=came.says, items=(item,), dry_run=False, approval_required=waits, cost=cost)
