"""What Deploy reads: where what stands departs from the plan, and who could cover the plan's open seats."""

from collections.abc import Iterable
from datetime import datetime

from loops.deploy.cascade import Seat, coverage, covered, open_seats
from loops.deploy.config import DeployConfig
from loops.deploy.declared import declared
from loops.deploy.ordering import differences, keyed
from loops.deploy.outputs import Change, DeployDue
from loops.design.outputs import ScenarioPromoted
from loops.records import Records
from loops.scenario import Scenario
from loops.structure import Item, Part, told
from loops.values import Value, content_hash

FIGURES: tuple[Part, ...] = ("quota", "comp_plan")
"""What is made from a plan's figures, which only a plan with a year has."""


class DeployInput(Value):
    """How what stands departs from the promoted scenario."""

    at: datetime
    scenario: str
    hash: str
    # content hash of the scenario
    changes: tuple[Change, ...]
    # by part and key; all but who covers which seat
    seats: tuple[Seat, ...]
    # every open one
    coverage: tuple[Item, ...]
    # who covers which seat as it stands
    held: tuple[str, ...] = ()
    # part:key of quotas and documents that stand and are left as they are, as the plan has no year


def gather(
    event: ScenarioPromoted | DeployDue, records: Records, config: DeployConfig
) -> DeployInput | None:
    """What departs from the plan that is promoted now; None where nothing does."""
    found = look(records, config)
    return found if found.changes or found.held or coverage_changes(found, config) else None


def look(records: Records, config: DeployConfig) -> DeployInput:
    """The promoted plan held against what stands."""
    scenario, structure = records.scenario, records.structure
    items = structure.items()
    covering = tuple(item for item in items if item.part == "coverage")
    held = _held(scenario, items)
    ahead = config.documents.ahead_days
    wanted = declared(scenario, records.calendar, records.at, structure.quotas(), ahead)
    standing = keyed(item for item in items if item.part != "coverage" and item not in held)
    return DeployInput(
        at=records.at,
        scenario=scenario.name,
        hash=content_hash(scenario),
        changes=differences(keyed(wanted), standing),
        seats=open_seats(records, {item.key: item.fields.get("owner", "") for item in covering}),
        coverage=covering,
        held=tuple(told(item.part, item.key) for item in held),
    )


def _held(scenario: Scenario, items: Iterable[Item]) -> tuple[Item, ...]:
    """The quotas and documents that a plan without a year says nothing against: it can't have meant to.

    Those of people, seats and territories that it no longer has go.
    """
    if scenario.year is not None:
        return ()
    there = {"", *(land.id for land in scenario.territories)}
    there |= {one.id for one in (*scenario.roster, *scenario.hires)}
    return tuple(
        item
        for item in items
        if item.part in FIGURES and {item.fields.get(name, "") for name in ("person", "territory")} <= there
    )


def coverage_changes(input: DeployInput, config: DeployConfig) -> tuple[Change, ...]:
    """What changes in who covers which seat."""
    outcomes = covered(input.seats, config.cascade)
    return differences(keyed(map(coverage, outcomes)), keyed(input.coverage))
