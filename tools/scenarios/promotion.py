"""Promotion: one value of active.yaml changes, and the loops hear of it; nothing else is touched."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from loops.design.capacity import capacity
from loops.design.outputs import ScenarioPromoted
from loops.errors import ConfigError, PlanError, RevloopsError
from loops.registry import Registry
from loops.scenario import Scenario
from loops.values import canonical, content_hash, short_id
from tools import workspace as workspaces
from tools.scenarios import files
from tools.scenarios.differences import differences
from tools.store import Store, Tx
from tools.store import tables as t

KIND = "ScenarioPromoted"


@dataclass(frozen=True)
class Promoted:
    """What a promotion did."""

    scenario: Scenario
    hash: str
    # of its content: what every decision from now on records
    before: str | None
    # the scenario that was promoted until then; itself where it was already; None: none was
    differences: tuple[str, ...]
    # against the one before, in sentences; empty where they say the same
    told: bool
    # whether an event went out: not when the loops heard of exactly this plan last


def promote(root: Path, store: Store, registry: Registry, name: str) -> Promoted:
    """Make a scenario the one that everything goes by from now on.

    Raises:
        RevloopsError: there is none of that name, no figure can be made from it, or it has no year and
            the one before has.
        ConfigError: it has faults, or a loop's config names what it doesn't have; file and line.
    """
    scenario = files.read(root, name)
    _fits(root, registry, scenario)
    before = files.active(root)
    earlier = _earlier(root, before) if before and before != name else None
    if earlier and earlier.year is not None and scenario.year is None:
        raise RevloopsError(
            f"{name} can't be promoted: it has no year, so quotas and pay documents made from {before} would "
            f"be withdrawn; add a line such as `year: {earlier.year}` to {files.FOLDER}/{name}.yaml"
        )
    told = differences(earlier, scenario) if earlier else ()
    with store.transaction() as tx:
        # the file last: should it fail, no loop hears of a promotion that wasn't
        heard = _tell(tx, scenario, before)
        if before != name:
            files.point_at(root, name)
    return Promoted(scenario, content_hash(scenario), before, told, heard)


def _fits(root: Path, registry: Registry, scenario: Scenario) -> None:
    """Refuses a plan that the loops couldn't go by."""
    owners, wrong = workspaces.known_owners(scenario), list[str]()
    for loop in registry.loops.values():
        try:
            workspaces.load_config(root, loop, owners)
        except ConfigError as error:
            wrong += map(str, error.faults)
    if wrong:
        said = f"nothing was changed: with {scenario.name} promoted, this would no longer hold"
        raise RevloopsError("\n".join((said, *wrong)))
    if scenario.year is not None:
        try:
            capacity(scenario, workspaces.load_calendar(root), workspaces.load_currencies(root))
        except PlanError as error:
            raise RevloopsError(f"{scenario.name} can't be promoted: {error}") from error


def _earlier(root: Path, name: str) -> Scenario:
    """The scenario as it is; an empty one where it can't be read any more."""
    try:
        return files.read(root, name)
    except RevloopsError:
        return Scenario(name=name)


def _tell(tx: Tx, scenario: Scenario, before: str | None) -> bool:
    """Let the loops know, unless the last they heard is just this."""
    event = ScenarioPromoted(
        record=scenario.name, scenario=scenario.name, hash=content_hash(scenario), before=before or ""
    )
    query = select(t.events.c.body).where(t.events.c.kind == KIND).order_by(t.events.c.seq.desc()).limit(1)
    last = tx.first(query)
    if last and ScenarioPromoted.model_validate_json(last[0]).hash == event.hash:
        return False
    # the same plan may be promoted again after another: how many went before tells them apart
    counted = tx.first(select(func.count()).select_from(t.events).where(t.events.c.kind == KIND))
    id = short_id("scenario", scenario.name, event.hash, str(counted[0] if counted else 0))
    tx.add(t.events, id=id, kind=event.kind, body=canonical(event).decode(), done=False)
    return True
