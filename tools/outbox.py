"""Performs every effect but mail: which connector call each kind of effect is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from loops.effects import AssignOwner, CreateTask, Notify
from loops.qualify.outputs import WriteScore
from loops.route.outputs import Alert
from tools.connectors.local import LocalCrm
from tools.store import Tx

Performer = Callable[[Tx, str, Any, datetime], None]


def write_score(tx: Tx, id: str, effect: WriteScore, at: datetime) -> None:
    """Score, grade and factors onto the lead's CRM record."""
    factors = "; ".join(f"{name} {points}" for name, points in effect.factors.items())
    fields = {"score": str(effect.score), "grade": effect.grade, "factors": factors}
    LocalCrm(tx, at).update(id, effect.record, fields)


def assign_owner(tx: Tx, id: str, effect: AssignOwner, at: datetime) -> None:
    """The owner onto the lead's CRM record."""
    LocalCrm(tx, at).update(id, effect.record, {"owner": effect.owner})


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


PERFORMERS: dict[str, Performer] = {
    "WriteScore": write_score,
    "AssignOwner": assign_owner,
    "CreateTask": create_task,
    "Notify": notify,
    "Alert": alert,
}
