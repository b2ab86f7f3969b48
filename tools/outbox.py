"""Performs every effect but mail: which connector call each kind of effect is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from loops.deploy.account_outputs import AssignTerritory
from loops.deploy.outputs import Materialize
from loops.effects import AssignOwner, CreateTask, Notify, StopOutreach, Suppress
from loops.qualify.outputs import WriteScore
from loops.route.outputs import Alert, LeadAssigned
from tools.connectors.local import LocalCrm
from tools.deploy.local import LocalStructure
from tools.deploy.making import make
from tools.sender import states
from tools.store import Tx
from tools.store import tables as t
from tools.store.store import iso

Performer = Callable[[Tx, str, Any, datetime], bool | None]
"""Performs one effect within a transaction; False: there was nothing to do for it any more."""


def write_score(tx: Tx, id: str, effect: WriteScore, at: datetime) -> None:
    """Score, grade and factors onto the lead's CRM record."""
    factors = "; ".join(f"{name} {points}" for name, points in effect.factors.items())
    fields = {"score": str(effect.score), "grade": effect.grade, "factors": factors}
    LocalCrm(tx, at).update(id, effect.record, fields)


def assign_owner(tx: Tx, id: str, effect: AssignOwner, at: datetime) -> None:
    """The owner onto the lead's CRM record."""
    LocalCrm(tx, at).update(id, effect.record, {"owner": effect.owner})


def assign_territory(tx: Tx, id: str, effect: AssignTerritory, at: datetime) -> None:
    """Territory and owner onto the accounts' CRM records."""
    crm = LocalCrm(tx, at)
    for one in effect.placings:
        fields = {"territory": one.territory, "owner": one.owner}
        crm.update(id, one.account, {name: value for name, value in fields.items() if value})


def materialize(tx: Tx, id: str, effect: Materialize, at: datetime) -> bool:
    """One change of the promoted plan into the systems of work; False where something else stands by now."""
    return make(LocalStructure(tx, at, effect.scenario, effect.hash), id, effect)


def create_task(tx: Tx, id: str, effect: CreateTask, at: datetime) -> None:
    """A task for a person of ours."""
    LocalCrm(tx, at).create_task(id, effect.record, effect.owner, effect.code, effect.text)


def notify(tx: Tx, id: str, effect: Notify, at: datetime) -> None:
    """A notice to a person of ours."""
    LocalCrm(tx, at).notify(id, effect.person, effect.text)


def alert(tx: Tx, id: str, effect: Alert, at: datetime) -> None:
    """A notice that a lead waits for its first touch."""
    text = f"Lead {effect.record} has waited {effect.waited_hours} working hours for a first touch."
    LocalCrm(tx, at).notify(id, effect.person, text)


def stop_outreach(tx: Tx, id: str, effect: StopOutreach, at: datetime) -> None:
    """No mail to the lead leaves any more, and no draft of theirs waits; each says why."""
    taken_back = t.approvals.c.id.in_(_unsent(tx, effect.record))
    # the sender remembers a revocation: a row set back to pending by somebody else doesn't leave either
    tx.run(t.approvals.update().where(taken_back).values(revoked_at=iso(at)))
    mails = t.mails.c
    query = select(mails.approval, mails.n).where(mails.lead == effect.record, mails.state.in_(states.OPEN))
    for approval, n in tx.all(query.order_by(mails.approval, mails.n.desc())):
        if mail := states.read(tx, approval, n):
            states.mark(tx, mail, "cancelled", effect.text, at)
    _close_drafts(tx, id, effect, at)


def _unsent(tx: Tx, lead: str) -> list[str]:
    """Approvals of which something could still leave, or whose mails aren't in line yet."""
    tx.flush()
    mails, approvals = t.mails.c, t.approvals.c
    ended = select(mails.approval).where(mails.lead == lead, mails.state.not_in(states.OPEN))
    waiting = select(mails.approval).where(mails.lead == lead, mails.state.in_(states.OPEN))
    still = or_(approvals.id.in_(waiting), approvals.id.not_in(ended))
    query = select(approvals.id).where(approvals.lead == lead, approvals.revoked_at == "", still)
    return [row[0] for row in tx.all(query)]


def _close_drafts(tx: Tx, id: str, effect: StopOutreach, at: datetime) -> None:
    runs = t.runs.c
    drafts = (runs.record == effect.record, runs.loop == "engage", runs.trigger == LeadAssigned.__name__)
    for row in tx.all(select(t.runs).where(*drafts, runs.state != "done")):
        closed = {"state": "done", "queue": "", "ask_to": "", "outcome": effect.code, "stale": effect.text}
        tx.run(t.runs.update().where(runs.id == row.id).values(**closed))
        body = tx.put({"outcome": "closed", "reason": effect.text})
        tx.append(run=row.id, kind="performed", loop=row.loop, frame=row.frame, trigger=row.trigger,
                  caused_by=id, outcome="closed", rule=effect.kind, body=body, at=at)


def put_on_list(tx: Tx, id: str, effect: Suppress, at: datetime) -> None:
    """The lead's address onto the suppression list; nothing to do where they have none, or were erased."""
    tx.flush("leads")
    row = tx.first(select(t.leads.c.email).where(t.leads.c.id == effect.record))
    if row and row.email:
        states.suppress(tx, row.email, effect.why, at)


PERFORMERS: dict[str, Performer] = {
    "WriteScore": write_score,
    "AssignOwner": assign_owner,
    "AssignTerritory": assign_territory,
    "Materialize": materialize,
    "CreateTask": create_task,
    "Notify": notify,
    "Alert": alert,
    "StopOutreach": stop_outreach,
    "Suppress": put_on_list,
}
