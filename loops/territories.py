"""Which territory a place lies in, and the words in which a place in doubt is asked about."""

import re
from dataclasses import dataclass, field
from typing import Literal

from loops.ids import AccountId
from loops.scenario import Scenario, Territory
from loops.values import Quoted, Value

_UNIT = re.compile(r"^(floors?|fl|suites?|ste|units?|levels?|rooms?|c/o|care of|etage|stock)\b\.?", re.I)


class Evidence(Value):
    """One thing that speaks for a place or for one of the options, and where it stands."""

    kind: Literal[
        "billing", "headquarters", "building", "tenant", "parent", "domain", "phone", "industry", "claim"
    ]
    says: Quoted
    # as it was found: an address line, a directory entry, the account's own words
    source: str
    country: str | None = None
    # ISO alpha-2 that it points to; None where it names no country
    region: str | None = None
    # ISO 3166-2; None where it names no region


class TerritoryOption(Value):
    """One of the territories, or of the reps, that could take the account."""

    id: str
    name: str
    countries: tuple[str, ...] = ()
    # ISO alpha-2 it covers; empty: any
    regions: tuple[str, ...] = ()
    # ISO 3166-2 it covers; empty: any
    holds: tuple[str, ...] = ()
    # names it answers for already: tenants, parent companies, floors, industries


class TerritoryTask(Value):
    """Where does this account belong? Everything known about its place, each piece with its source."""

    account: AccountId
    name: str
    employees: int | None = None
    evidence: tuple[Evidence, ...]
    options: tuple[TerritoryOption, ...]


def territory_of(scenario: Scenario, country: str | None, region: str | None) -> str | None:
    """The first territory that covers the place; None where the country isn't known or nobody covers it."""
    return None if country is None else _first(places(scenario), country, region)


def places(scenario: Scenario) -> tuple[Territory, ...]:
    """The territories that a record can lie in, in their order: not those that only group others."""
    groups = {t.parent for t in scenario.territories if t.parent}
    return tuple(t for t in scenario.territories if t.id not in groups or t.countries or t.regions)


def _first(lands: tuple[Territory, ...], country: str, region: str | None) -> str | None:
    return next(
        (
            t.id
            for t in lands
            if (not t.countries or country in t.countries) and (not t.regions or region in t.regions)
        ),
        None,
    )


@dataclass
class Atlas:
    """A scenario's territories, each place looked up once: what many accounts are matched with."""

    scenario: Scenario
    lands: tuple[Territory, ...] = field(init=False)
    # those that a record can lie in, in their order
    _known: dict[tuple[str, str | None], str | None] = field(init=False)

    def __post_init__(self) -> None:
        self.lands, self._known = places(self.scenario), {}

    def of(self, country: str | None, region: str | None) -> str | None:
        """What `territory_of` answers."""
        if country is None:
            return None
        key = (country, region)
        if key not in self._known:
            self._known[key] = _first(self.lands, country, region)
        return self._known[key]

    def parted(self, country: str) -> tuple[Territory, ...]:
        """The territories that each take some regions of the country; empty where it isn't parted."""
        within = f"{country}-"
        return tuple(t for t in self.lands if any(region.startswith(within) for region in t.regions))


def units(street: str | None) -> tuple[str, ...]:
    """The parts of an address line that tell one tenant of a building from another: "Floor 6", "c/o …"."""
    parts = (part.strip() for part in (street or "").split(","))
    return tuple(part for part in parts if _UNIT.match(part))
