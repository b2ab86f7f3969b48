"""Computes everything that a proposal says once more, from the store, and names whatever differs."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select

from agent.bootstrap import House
from agent.proposing.verified import Mismatch, Verified
from loops.config import LoopConfig
from loops.proposal import Figure, Proposal
from loops.tuning.task import Evidence, Tried, TuningInput
from tools.evidence.making import Ground, evidence
from tools.store import Tx
from tools.store import tables as t

CLOSE = 2e-6
"""How far a rounded figure may lie apart on another machine."""


def verify(house: House, proposal: Proposal) -> Verified:
    """Whether each figure, the leads it rests on and the edits come out as the proposal says."""
    with house.store.reading() as tx:
        base = _config(house, tx, proposal)
        if base is None:
            told = "a config that this instance has"
            return Verified(0, (Mismatch("base", proposal.base[:12], f"none: it isn't {told}"),))
        ws = house.workspace
        last = proposal.window.held_to + timedelta(days=1)
        until = _until(proposal) or datetime.combine(last, time(), UTC)
        ground = Ground(tx, ws.root, ws.scenario, ws.configs, until, heeds=False)
        found = evidence(ground, proposal.loop, base)
        wrong = tuple(_differences(proposal, found))
        stood = bool(wrong) and any(not [*_differences(proposal, one)] for one in _kept(tx, proposal.loop))
    return Verified(len(proposal.figures), wrong, stood)


def _kept(tx: Tx, loop: str) -> Iterator[Evidence]:
    """What the leads said each time that somebody looked, as the ledger has it."""
    rows = select(t.runs.c.input).where(t.runs.c.loop == loop, t.runs.c.trigger == "TuningDue")
    for (body,) in tx.all(rows.order_by(t.runs.c.at.desc())):
        yield TuningInput.model_validate(tx.json(body)).evidence


def _config(house: House, tx: Tx, proposal: Proposal) -> LoopConfig | None:
    """The config that it changes: today's, or one that the loop ran under."""
    today = house.workspace.configs.get(proposal.loop)
    if today and today.version == proposal.base:
        return today
    frames = select(t.frames.c.hash).where(t.frames.c.loop == proposal.loop)
    for (frame,) in tx.all(frames):
        config = house.runtime.config(tx, frame)
        if config.version == proposal.base:
            return config
    return None


def _until(proposal: Proposal) -> datetime | None:
    """The day up to which leads counted, as its commands say it."""
    for figure in proposal.figures:
        words = figure.command.split()
        if "--until" in words:
            try:
                return datetime.fromisoformat(words[words.index("--until") + 1]).replace(tzinfo=UTC)
            except (ValueError, IndexError):
                return None
    return None


def _differences(proposal: Proposal, found: Evidence) -> Iterator[Mismatch]:
    if proposal.window != found.window:
        said, computed = proposal.window.model_dump(mode="json"), found.window.model_dump(mode="json")
        for name, value in said.items():
            if computed[name] != value:
                yield Mismatch(f"window.{name}", str(value)[:40], str(computed[name])[:40])
    pairs = zip(found.task.choices, found.trials, strict=True)
    match = next(((c, tried) for c, tried in pairs if c.edits == proposal.edits), None)
    if match is None:
        yield Mismatch("edits", proposal.title, "no change that the leads speak for makes these edits")
        return
    choice, tried = match
    for name, said, computed in (
        ("title", proposal.title, choice.title),
        ("why", proposal.why, choice.says),
        ("candidate", proposal.candidate, tried.candidate),
        ("confirmed", "", tried.refused),
        ("promise", str(proposal.promise), str(tried.promise)),
        ("guardrails", str(proposal.guardrails), str(tried.guardrails)),
        ("refused", str(proposal.refused), str(found.task.refused)),
    ):
        if said != computed:
            yield Mismatch(name, said, computed)
    yield from _figures(proposal.figures, tried)


def _figures(said: tuple[Figure, ...], tried: Tried) -> Iterator[Mismatch]:
    computed = {figure.name: figure for figure in tried.figures}
    for figure in said:
        again = computed.pop(figure.name, None)
        if again is None:
            yield Mismatch(figure.name, str(figure.value), "no such figure")
        elif not _same(figure, again):
            yield Mismatch(figure.name, _words(figure), _words(again))
    for name in computed:
        yield Mismatch(name, "nothing", _words(computed[name]))


def _same(one: Figure, other: Figure) -> bool:
    near = all(
        a == b or (isinstance(a, float | int) and isinstance(b, float | int) and abs(a - b) <= CLOSE)
        for a, b in ((one.value, other.value), (one.low, other.low), (one.high, other.high))
    )
    blank = {"value": 0, "low": None, "high": None}
    return near and one.model_copy(update=blank) == other.model_copy(update=blank)


def _words(figure: Figure) -> str:
    return f"{figure.value} [{figure.low}, {figure.high}] on {figure.sample}, by {figure.command}"


__all__ = ["verify"]
