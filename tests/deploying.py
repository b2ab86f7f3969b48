"""A plan to make real in tests: territories in three levels, two pools, a manager, sellers, an open seat."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select

from agent import bootstrap
from agent.bootstrap import House
from loops.plan import Compensation, Hire, Quota, Segment
from loops.registry import Registry, load
from loops.scenario import Pool, Rep, Scenario, Territory
from tests import house
from tools.store import tables as t

CHAIN = ("loops.deploy",)


def seller(id: str, territory: str, **fields: Any) -> Rep:
    """Somebody who sells in a territory."""
    return house.rep(id, territory=territory, segment="commercial", manager="mara", **fields)


def _land(id: str, parent: str | None = None, *countries: str) -> Territory:
    return Territory(id=id, name=id.upper(), parent=parent, countries=countries)


PLAN = Scenario(
    name="plan",
    year=2027,
    # children before their parents, so that the file's order doesn't help
    territories=(
        _land("dach", "europe", "DE"),
        _land("uki", "europe", "GB"),
        _land("europe", "world"),
        _land("world"),
    ),
    pools=(
        Pool(id="emea", name="EMEA", members=("ana", "ben"), backup="spare"),
        Pool(id="spare", name="Spare", members=("eve",)),
    ),
    roster=(
        house.rep("mara", role="manager"),
        seller("ana", "dach"),
        seller("ben", "uki"),
        house.rep("eve", role="sdr", manager="mara"),
    ),
    hires=(
        Hire(
            id="hire-1",
            role="account_executive",
            starts_on=date(2027, 1, 4),
            territory="uki",
            segment="commercial",
            pool="emea",
            manager="mara",
        ),
    ),
    segments=(Segment(id="commercial", name="Commercial"),),
    quotas=(Quota(role="account_executive", amount_minor=120_000_00),),
    compensation=(Compensation(role="account_executive", base_minor=80_000_00, variable_minor=80_000_00),),
)  # fmt: skip


def changed(plan: Scenario, **fields: Any) -> Scenario:
    """The plan with other fields, checked anew."""
    return Scenario.model_validate({**plan.model_dump(), **fields})


def without(plan: Scenario, person: str) -> Scenario:
    """The plan without somebody."""
    pools = tuple(
        p.model_copy(update={"members": tuple(m for m in p.members if m != person)}) for p in plan.pools
    )
    roster = tuple(rep for rep in plan.roster if rep.id != person)
    return plan.model_copy(update={"pools": pools, "roster": roster})


def put_in(plan: Scenario, person: str, **fields: Any) -> Scenario:
    """The plan with somebody's fields changed."""
    roster = tuple(r.model_copy(update=fields) if r.id == person else r for r in plan.roster)
    return plan.model_copy(update={"roster": roster})


def deploying_house(folder: Path, plan: Scenario = PLAN) -> House:
    """A house on a sandbox workspace with that plan promoted, in which Deploy is the only loop."""
    root = house.workspace(folder)
    house.promote(root, plan)
    return bootstrap.open_house(root, registry=_registry())


def _registry() -> Registry:
    return load(CHAIN)


def reopened(home: House, plan: Scenario) -> House:
    """The same workspace under another plan."""
    root = home.workspace.root
    home.store.close()
    house.promote(root, plan)
    return bootstrap.open_house(root, registry=home.registry)


def standing(home: House) -> dict[tuple[str, str], Mapping[str, str]]:
    """Everything that stands."""
    with home.store.reading() as tx:
        return {(i.part, i.key): i.fields for i in home.runtime.records(tx).structure.items()}


def performed(home: House) -> list[str]:
    """The changes that were made, in their order, as action part:key."""
    with home.store.reading() as tx:
        rows = tx.all(select(t.ledger.c.body).where(t.ledger.c.kind == "decided").order_by(t.ledger.c.seq))
        effects = [effect for row in rows for effect in tx.json(row[0])["effects"]]
    return [f"{e['action']} {e['record']}" for e in effects if e["kind"] == "Materialize"]
