"""A loop as one typed value: its six elements, its triggers, and who owns it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

from loops.config import LoopConfig
from loops.decision import Answer, Ask, Decision, Event
from loops.ledger import LedgerRow, Metric
from loops.records import Records
from loops.values import Value

if TYPE_CHECKING:
    from loops.simulate import Bulk


class Chain(StrEnum):
    """The four chains, and the one loop across them."""

    PLANNING = "planning"
    DEMAND = "demand"
    ACQUISITION = "acquisition"
    RETENTION = "retention"
    CROSS_CUTTING = "cross-cutting"


class Archetype(StrEnum):
    """How a loop is started and what it yields."""

    EVENT_DRIVEN = "event_driven"
    SCHEDULED = "scheduled"
    MATERIALIZED = "materialized"
    MODELING = "modeling"


MAP: dict[str, Chain] = {
    "design": Chain.PLANNING,
    "deploy": Chain.PLANNING,
    "generate": Chain.DEMAND,
    "qualify": Chain.DEMAND,
    "route": Chain.DEMAND,
    "engage": Chain.ACQUISITION,
    "pursue": Chain.ACQUISITION,
    "onboard": Chain.RETENTION,
    "expand": Chain.RETENTION,
    "coach": Chain.CROSS_CUTTING,
}
"""The ten loops of a revenue organisation; `revloops loops` says which of them are built."""


class ScheduleDue(Event):
    """A schedule's slot came due; `record` is `<schedule>@<page>`."""

    kind: Literal["ScheduleDue"] = "ScheduleDue"
    loop: str
    schedule: str
    slot: str
    # the slot's local start, ISO 8601
    after: str = ""
    # fan-out: this page holds ids after it


@dataclass(frozen=True)
class Step:
    """One step a run may take, and who takes it."""

    name: str
    by: Literal["code", "agent", "human"]


class Decide(Protocol):
    """The fold over the answers so far."""

    def __call__(self, input: Any, answers: tuple[Answer, ...], config: Any, /) -> Decision | Ask:
        """The decision, or the next ask where an answer is still missing."""
        ...


@dataclass(frozen=True)
class Trigger:
    """What starts a run: an event, how its input is gathered, and the fold that decides."""

    on: type[Event]
    input: type[Value]
    gather: Callable[[Any, Records, Any], Value | None]
    # None: there is nothing to decide (the record is gone)
    decide: Decide
    schedule: str | None = None
    # for `on=ScheduleDue`: the schedule's name
    cadence: Callable[[Any], int] | None = None
    # minutes between its slots, from the loop's config
    nearest: Callable[[Any, Decision, Any], str | None] | None = None
    # the nearest change that would have led elsewhere, as one sentence
    again: bool = False
    # whether anybody may have it decided again from the same event: never where that bears a person's word


@dataclass(frozen=True)
class Loop:
    """The six elements (config, logic, inputs, outputs, metrics, feedback) and who owns them."""

    name: str
    package: str
    # the importable package the six files lie in
    chain: Chain
    archetypes: tuple[Archetype, ...]
    version: str
    owner: str
    # the team
    config: type[LoopConfig]
    triggers: tuple[Trigger, ...]
    events: tuple[type[Event], ...]
    effects: tuple[type[Value], ...]
    steps: tuple[Step, ...]
    metrics: Callable[[Iterable[LedgerRow]], tuple[Metric, ...]]
    feedback: Callable[[tuple[Metric, ...], Any], tuple["Finding", ...]]
    verbs: tuple[str, ...] = field(default=())
    bulk: Callable[[], "Bulk"] | None = None
    # how many past inputs are decided side by side; None: one after the other alone


@dataclass(frozen=True)
class Finding:
    """A metric that departs from intent, and the config key that could answer for it."""

    metric: str
    value: float
    expected: str
    config_key: str
    text: str
