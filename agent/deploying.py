"""Deploy from a person's hand: what departs from the promoted plan, and making it real."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import func, select

from agent.bootstrap import House
from agent.perform import perform
from agent.runtime import GROUP
from loops.decision import Decision
from loops.deploy.cascade import Covered, covered
from loops.deploy.config import DeployConfig
from loops.deploy.inputs import DeployInput, coverage_changes, look
from loops.deploy.logic import decide, left_standing
from loops.deploy.ordering import ordered
from loops.deploy.outputs import Change, DeployDue, Materialize
from loops.errors import RevloopsError
from loops.values import short_id
from tools.deploy.status import open_effects
from tools.store import tables as t
from tools.store.lease import Busy, Lease

LOOP = "deploy"
_COUNTER = "deployments"


@dataclass(frozen=True)
class Plan:
    """What departs from the promoted scenario, in the order in which it would be made so."""

    input: DeployInput
    changes: tuple[Change, ...]
    # empty: everything stands
    seats: tuple[Covered, ...]
    # each open seat's outcome
    decision: Decision

    @property
    def counts(self) -> dict[str, int]:
        """Changes by what they do."""
        return {a: sum(c.action == a for c in self.changes) for a in ("create", "change", "remove")}


@dataclass
class Applied:
    """What an apply did."""

    performed: int = 0
    # changes performed
    failed: int = 0
    # that were refused for good
    left: tuple[Change, ...] = ()
    # what still departs from the plan
    waiting: Mapping[str, int] = field(default_factory=dict[str, int])
    # effects that aren't performed, by their state
    held: str = ""
    # what is left standing although the plan, without a year, doesn't declare it; "": nothing is


def plan(house: House) -> Plan:
    """What `apply` would do; nothing is written.

    Raises:
        RevloopsError: the workspace has no such loop, or no figure can be made from its plan.
    """
    config = _config(house)
    with house.store.reading() as tx:
        input = look(house.runtime.records(tx), config)
    changes = ordered((*input.changes, *coverage_changes(input, config)))
    decision = decide(input, (), config)
    return Plan(input, changes, covered(input.seats, config.cascade), cast("Decision", decision))


def apply(house: House, *, group: int = GROUP) -> Applied:
    """Make the promoted plan real; what was left by an apply that was stopped is done first.

    Nothing is written where everything stands.

    Args:
        house: the workspace.
        group: changes that land together.

    Raises:
        RevloopsError: the workspace has no such loop, or another process is at work on it.
    """
    _config(house)
    lease = Lease(house.store, "drainer")
    try:
        lease.take()
    except Busy:
        raise RevloopsError("another process is at work here: try again when it is done") from None
    before = _height(house)
    try:
        _settle(house, lease, group)
        if plan(house).changes:
            _due(house)
            _settle(house, lease, group)
    finally:
        lease.release()
    after = plan(house)
    done = Applied(left=after.changes, held=" ".join(reason.text for reason in left_standing(after.input)))
    of = t.ledger.c
    since = (of.seq > before, of.loop == LOOP, of.kind == "performed", of.rule == Materialize.__name__)
    with house.store.reading() as tx:
        ended = dict(tx.all(select(of.outcome, func.count()).where(*since).group_by(of.outcome)))
        done.waiting = open_effects(tx, Materialize.__name__)
    done.performed, done.failed = ended.get("done", 0), ended.get("failed", 0)
    return done


def _config(house: House) -> DeployConfig:
    config: Any = house.workspace.configs.get(LOOP)
    if not isinstance(config, DeployConfig):
        raise RevloopsError(f"this workspace has no loops/{LOOP}.yaml: make one with revloops init")
    return config


def _due(house: House) -> None:
    with house.store.transaction() as tx:
        # each time is an event of its own, however often the same plan comes back
        number = str(int(tx.setting(_COUNTER) or 0) + 1)
        tx.set_setting(_COUNTER, number)
        event = DeployDue(record=house.workspace.scenario.name)
        house.runtime.emit(tx, short_id("deployment", number), event)


def _settle(house: House, lease: Lease, group: int) -> None:
    while house.runtime.drain() or perform(house.runtime, house.performers, group):
        with house.store.transaction() as tx:
            lease.beat(tx)


def _height(house: House) -> int:
    with house.store.reading() as tx:
        return tx.head()[0]
