"""What Deploy reads: where what stands departs from the plan, and who could cover the plan's open seats."""

from datetime import datetime

from loops.deploy.cascade import Seat, coverage, covered, open_seats
from loops.deploy.config import DeployConfig
from loops.deploy.declared import declared
from loops.deploy.ordering import differences, keyed
from loops.deploy.outputs import Change, DeployDue
from loops.design.outputs import ScenarioPromoted
from loops.records import Records
from loops.structure import Item
from loops.values import Value, content_hash


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


def gather(
    event: ScenarioPromoted | DeployDue, records: Records, config: DeployConfig
) -> DeployInput | None:
    """What departs from the plan that is promoted now; None where nothing does."""
    found = look(records, config)
    return found if found.changes or coverage_changes(found, config) else None


def look(records: Records, config: DeployConfig) -> DeployInput:
    """The promoted plan held against what stands."""
    scenario, structure = records.scenario, records.structure
    items = structure.items()
    held = tuple(item for item in items if item.part == "coverage")
    ahead = config.documents.ahead_days
    wanted = declared(scenario, records.calendar, records.at, structure.quotas(), ahead)
    standing = keyed(item for item in items if item.part != "coverage")
    return DeployInput(
        at=records.at,
        scenario=scenario.name,
        hash=content_hash(scenario),
        changes=differences(keyed(wanted), standing),
        seats=open_seats(records, {item.key: item.fields.get("owner", "") for item in held}),
        coverage=held,
    )


def coverage_changes(input: DeployInput, config: DeployConfig) -> tuple[Change, ...]:
    """What changes in who covers which seat."""
    outcomes = covered(input.seats, config.cascade)
    return differences(keyed(map(coverage, outcomes)), keyed(input.coverage))
