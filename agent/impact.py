"""What merged proposals promised and what came of it: measured, said once on the change, written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from pydantic import JsonValue, ValidationError
from sqlalchemy import select, update

from agent.bootstrap import House
from agent.proposing.deciding import follow
from loops.config import LoopConfig
from loops.errors import RevloopsError
from loops.history import Outcome
from loops.intervals import Measured, auc, share
from loops.promises import Judged, judge
from loops.proposal import Edit, Promise, Proposal
from loops.qualify.outputs import LeadQualified
from loops.records import Lead
from loops.revision import PromiseJudged
from loops.route.inputs import RouteInput, attributes
from loops.values import canonical, short_id
from tools.connectors.ports import ChangeHost
from tools.evidence.verdicts import PEOPLE
from tools.outcomes import known_outcomes
from tools.store import Erased, Tx
from tools.store import tables as t
from tools.store.evidence import proposals
from tools.store.outcomes import first_events, moved_by_people
from tools.store.store import iso
from tools.yaml_edit import changed

RESTED = timedelta(days=14)
"""How long a lead lies with its owner until it counts as kept by them."""


@dataclass(frozen=True)
class Impact:
    """A merged proposal and how its promise stands."""

    proposal: Proposal
    merged_at: str
    # ISO 8601
    judged: Judged
    told: bool
    # whether the verdict was written down before
    holds: bool
    # whether the loop is configured so still: False after a revert, or once its values were changed again


@dataclass(frozen=True)
class _Decided:
    """A lead that a loop decided under a change."""

    lead: str
    score: int | None
    # of Qualify
    grade: str
    triaged: bool
    chosen: bool
    # whether an agent was asked to choose for it, and a person about it
    asked: bool
    outcome: Outcome | None
    owner: str | None
    # whom Route gave it to; None where it didn't
    moved: bool
    # whether people gave it to somebody else since
    rested: bool
    # whether its owner has kept it: touched it, or had it for long enough


def impacts(house: House) -> tuple[Impact, ...]:
    """Every merged proposal with its promise and what is measured of it, the newest first."""
    with house.store.reading() as tx:
        rows = tx.all(
            select(proposals).where(proposals.c.state == "merged").order_by(proposals.c.merged_at.desc())
        )
        return tuple(_impact(house, tx, row) for row in rows)


def waiting(house: House) -> bool:
    """Whether a proposal waits for a decision, or a merged one's promise hasn't been judged yet."""
    with house.store.reading() as tx:
        unjudged = (proposals.c.state == "merged") & (proposals.c.verdict == "")
        query = select(proposals.c.id).where(unjudged | (proposals.c.state == "open"))
        return tx.first(query.limit(1)) is not None


def _impact(house: House, tx: Tx, row: Any) -> Impact:
    proposal = Proposal.model_validate_json(row.doc)
    decided = list(_decided(house, tx, proposal))
    measured, settled = _measured(proposal.promise, decided)
    judged = judge(proposal.promise, measured, settled)
    holds = all(_stands(house.workspace.configs[proposal.loop], edit) for edit in proposal.edits)
    return Impact(proposal, row.merged_at, judged, bool(row.verdict), holds)


def _stands(config: LoopConfig, edit: Edit) -> bool:
    """Whether the config says what the edit made it say."""
    data: JsonValue = config.model_dump(mode="json", exclude_unset=True)
    try:
        again = changed(data, edit.model_copy(update={"op": "set"}))
        return edit.op == "remove" or type(config).model_validate(again).version == config.version
    except (RevloopsError, ValidationError):
        return False


def tell(house: House, host: ChangeHost | None = None) -> tuple[Impact, ...]:
    """Write down each verdict that can be told now and wasn't; those that were written.

    Args:
        house: the workspace.
        host: where the change was merged, to say it there too; None: nowhere.
    """
    if host is not None:
        follow(house, host)
    ripe = [one for one in impacts(house) if not one.told and one.judged.verdict != "too early"]
    for one in ripe:
        event = _event(one)
        if host is not None:  # before it is noted: said again, it replaces itself
            host.comment(one.proposal.branch, "verdict", verdict_words(one))
        with house.store.transaction() as tx:
            house.runtime.emit(tx, short_id("promise", one.proposal.id), event)
            where = update(proposals).where(proposals.c.id == one.proposal.id)
            tx.run(where.values(verdict=canonical(event).decode()))
    return tuple(ripe)


def verdict_words(one: Impact) -> str:
    """The promise and what came of it, in two sentences."""
    p, judged = one.proposal.promise, one.judged
    said = f"Promised: {p.metric.replace('_', ' ')} from {p.before:.3f} to {p.expected:.3f}"
    said += f" (95 % {p.low:.3f} to {p.high:.3f}). "
    if judged.measured is None or judged.verdict == "too early":
        return f"{said}Too early to say: {judged.settled:,} are settled, {judged.missing:,} more are needed."
    m = judged.measured
    said += f"Measured on {m.sample:,} leads: {m.value:.3f} (95 % {m.low:.3f} to {m.high:.3f})"
    return f"{said}: {judged.verdict}."


def _event(one: Impact) -> PromiseJudged:
    judged, measured = one.judged, one.judged.measured
    assert measured is not None and judged.verdict != "too early"
    return PromiseJudged(
        record=one.proposal.loop,
        loop=one.proposal.loop,
        proposal=one.proposal.branch,
        verdict=judged.verdict,
        metric=one.proposal.promise.metric,
        promised=one.proposal.promise.expected,
        measured=round(measured.value, 6),
        low=round(measured.low, 6),
        high=round(measured.high, 6),
        leads=measured.sample,
    )


# --- measuring ------------------------------------------------------------------------------------
def _measured(promise: Promise, decided: list[_Decided]) -> tuple[Measured | None, int]:
    """The promised figure, and on how many settled leads."""
    if promise.metric == "triaged":
        return share(sum(one.triaged for one in decided), len(decided)), len(decided)
    if promise.metric == "asked_people":
        chosen = [one for one in decided if one.chosen]
        return share(sum(one.asked for one in chosen), len(chosen)), len(chosen)
    if promise.metric == "graded_A":
        graded = [one.grade for one in decided if one.grade]
        return share(graded.count("A"), len(graded)), len(graded)
    if promise.metric == "moved_by_people":
        owned = [one for one in decided if one.owner and (one.moved or one.rested)]
        moved = sum(one.moved for one in owned)
        return share(moved, len(owned)), len(owned)
    settled = [(one, one.outcome) for one in decided if one.outcome and _settled(one.outcome)]
    converted = np.array([outcome.converted_at is not None for _, outcome in settled], dtype=bool)
    if promise.metric == "conversion":
        return share(int(converted.sum()), len(settled)), len(settled)
    scores = np.array([one.score or 0 for one, _ in settled], dtype=np.int64)
    return auc(scores, converted), len(settled)


def _settled(outcome: Outcome) -> bool:
    return outcome.converted_at is not None or outcome.closed_at is not None or outcome.won is not None


def _decided(house: House, tx: Tx, proposal: Proposal) -> Iterator[_Decided]:
    """The leads of the promise's segment that the loop decided under the change, each once."""
    frames = _frames(house, tx, proposal)
    query = select(t.runs).where(t.runs.c.loop == proposal.loop, t.runs.c.frame.in_(frames))
    query = query.where(t.runs.c.trigger.in_(("LeadReceived", "LeadQualified"))).order_by(t.runs.c.at)
    runs = {row.record: row for row in tx.all(query)}
    queues = select(t.ledger.c.run, t.ledger.c.queue)
    queues = queues.where(t.ledger.c.loop == proposal.loop, t.ledger.c.kind == "asked")
    asked = {(row[0], row[1]) for row in tx.all(queues)}
    outcomes = known_outcomes(tx)
    leads = select(t.leads.c.id, t.leads.c.touched_at, t.leads.c.closed_at, t.leads.c.assigned_at)
    there, moved = {row.id: row for row in tx.all(leads)}, moved_by_people(tx)
    long_ago = iso(house.runtime.at() - RESTED)
    scores = first_events(tx, "LeadQualified")
    given = first_events(tx, "LeadAssigned")
    rules = _rules(tx, proposal)
    for lead, row in runs.items():
        if proposal.promise.rule and rules.get(row.id) != proposal.promise.rule:
            continue
        if lead in there and _of_segment(tx, row, proposal.promise.segment):
            qualified, assigned = scores.get(lead), given.get(lead)
            yield _Decided(
                lead,
                int(qualified["score"]) if qualified else None,
                str(qualified["grade"]) if qualified else "",
                (row.id, "triage") in asked,
                (row.id, "agent") in asked,
                any((row.id, queue) in asked for queue in PEOPLE),
                outcomes.get(lead),
                str(assigned["owner"]) if assigned else None,
                lead in moved,
                bool(there[lead].touched_at or there[lead].closed_at)
                or "" < there[lead].assigned_at < long_ago,
            )


def _rules(tx: Tx, proposal: Proposal) -> dict[str, str]:
    """Run → the rule that decided it; none are read where the promise names none."""
    if not proposal.promise.rule:
        return {}
    decided = select(t.ledger.c.run, t.ledger.c.rule).where(t.ledger.c.kind == "decided")
    return {row.run: row.rule for row in tx.all(decided.where(t.ledger.c.loop == proposal.loop))}


def _frames(house: House, tx: Tx, proposal: Proposal) -> list[str]:
    """Under which the loop was configured as the proposal has it."""
    rows = tx.all(select(t.frames.c.hash).where(t.frames.c.loop == proposal.loop))
    return [row[0] for row in rows if house.runtime.config(tx, row[0]).version == proposal.candidate]


def _of_segment(tx: Tx, row: Any, segment: dict[str, str]) -> bool:
    if not segment:
        return True
    try:
        data = tx.json(row.input)
    except Erased:
        return False
    known = _attributes(data)
    return all(str(known.get(name)) == value for name, value in segment.items())


def _attributes(data: dict[str, Any]) -> dict[str, object]:
    """What a run's stored input says of the lead."""
    if "qualified" in data:
        input = RouteInput.model_validate(data)
        status = input.match.account.status if input.match else None
        return dict(attributes(input.lead, input.qualified, input.territory, status))
    lead = Lead.model_validate(data["lead"])
    blank = LeadQualified(
        record=lead.id, score=0, grade="D", company=None, employees=lead.employees, industry=lead.industry,
        lifts=(),
    )  # fmt: skip
    return dict(attributes(lead, blank, None, None))
