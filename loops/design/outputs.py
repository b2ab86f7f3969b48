"""What Design may emit: a promoted scenario, a skewed workload, moves that a person approved."""

from datetime import date
from typing import Literal

from loops.decision import Event
from loops.effects import AssignOwner, CreateTask
from loops.values import Value
from loops.workload import Holding, Plan

Why = Literal["period", "macro_shift", "attrition", "funding", "new_segment", "split"]


class ScenarioPromoted(Event):
    """Another scenario became the plan; `record` is its name."""

    kind: Literal["ScenarioPromoted"] = "ScenarioPromoted"
    scenario: str
    hash: str
    # content hash of the scenario
    before: str
    # name of the one that was promoted until then; "" where none was


class WorkloadSkewFound(Event):
    """Desks lie outside their bounds."""

    kind: Literal["WorkloadSkewFound"] = "WorkloadSkewFound"
    overloaded: tuple[str, ...]
    # rep ids, the fullest first
    idle: tuple[str, ...]
    # rep ids, the emptiest first
    moves: int
    bound: int
    # no plan that restores as much needs fewer
    short: int
    # leads by which desks would still lie outside their bounds


class MoveApproved(Event):
    """A person approved that a lead goes to another desk; `record` is the lead."""

    kind: Literal["MoveApproved"] = "MoveApproved"
    holding: Holding
    # as it was when they were asked
    to: str
    # rep id
    person: str
    # who approved


class ReplanCalled(Event):
    """Something changed that the plan was made without."""

    kind: Literal["ReplanCalled"] = "ReplanCalled"
    reason: Why
    territory: str | None = None
    regions: tuple[str, ...] = ()
    # of a split: what goes, and from where


class Finding(Value):
    """A desk outside its bounds, in figures."""

    rep: str
    state: Literal["overloaded", "idle", "left"]
    load: int
    capacity: int
    low: int
    high: int
    stale: int
    # leads with which nothing has happened for too long
    oldest_days: int
    # age of the oldest of them; 0 where there is none
    movable: int
    # leads that may go to somebody else
    groups: tuple[str, ...]
    # pools and territories its leads are of, sorted


class Split(Value):
    """Which regions would leave a territory, because no reassignment within it restores balance."""

    territory: str
    regions: tuple[str, ...]
    # that go, the most loaded first
    leads: int
    # that go with them
    of: int
    # leads of the territory on desks that stay too full
    over: int
    # leads by which those desks stay above their bound
    to: str
    # the pool with the most room; "" where none has any: it takes new people


class Move(Value):
    """One lead to another desk."""

    holding: Holding
    to: str
    group: str
    overflow: bool = False


class BalanceProposal(Value):
    """What a person is asked to approve."""

    findings: tuple[Finding, ...]
    # overloaded, left, idle; in each the furthest from its bound first
    plan: Plan
    moves: tuple[Move, ...]
    # by flow; in each what has waited longest first
    splits: tuple[Split, ...]


class OpenSeat(Value):
    """A planned hire whose seat nobody has taken."""

    hire: str
    role: str
    territory: str | None
    due: date


class ReplanQuestion(Value):
    """What changed since the plan was made."""

    reason: Why
    period: str
    # the fiscal period that begins or runs, such as Q2 FY27
    scenario: str
    left: tuple[str, ...]
    # rep ids of people who left and whose seat nobody took, the latest first
    overdue: tuple[OpenSeat, ...]
    # the longest overdue first
    uncovered: tuple[str, ...]
    # territories that have a target and nobody who sells there
    territory: str | None = None
    regions: tuple[str, ...] = ()


EVENTS = (ScenarioPromoted, WorkloadSkewFound, MoveApproved, ReplanCalled)
EFFECTS = (AssignOwner, CreateTask)
