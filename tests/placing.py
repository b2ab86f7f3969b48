"""Accounts to place in tests: a small plan, a book in memory, a house whose Deploy places accounts alone."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

from agent import bootstrap
from agent.bootstrap import House
from loops.book import Hints, Listed
from loops.calendar import Calendar
from loops.config import LoopConfig
from loops.deploy.account_config import AccountsConfig
from loops.deploy.account_inputs import AccountInput, PageInput, gather_doubtful, gather_page
from loops.deploy.account_outputs import (
    ACCOUNT_EFFECTS,
    ACCOUNT_EVENTS,
    AccountDoubtful,
    AccountsDue,
    Doubt,
)
from loops.deploy.account_triggers import ACCOUNT_STEPS, ACCOUNT_TRIGGERS
from loops.deploy.config import Cascade
from loops.loop import Archetype, Chain, Loop
from loops.plan import Segment
from loops.records import Account, Company, Member, Records
from loops.registry import Registry
from loops.scenario import Rep, Scenario, Territory
from tests import house
from tools.normalise.whereabouts import domain_country, phone_country, site
from tools.store import tables as t
from tools.store.book import row
from tools.store.records import unavailable

CONFIG_YAML = """\
accounts:
  page: {page}
  ask: [incomplete_billing, two_countries, state_unknown, parent_elsewhere, shared_building]
  leave: [own, competitor]
  owners: [account_executive, enterprise_ae]
  bands: {{fire: {fire}, review: {review}}}
"""
AT = house.START


class PlacingConfig(LoopConfig):
    """A config with the part on accounts alone."""

    accounts: AccountsConfig
    cascade: Cascade = Cascade(order=("territory_manager", "queue"), queue="triage")


def seller(id: str, territory: str, segment: str = "commercial", **fields: Any) -> Rep:
    """Somebody who sells in a territory to a segment."""
    return house.rep(id, territory=territory, segment=segment, **fields)


EAST = Territory(id="ams-east", name="AMS East", countries=("US",), regions=("US-MA", "US-NY"), parent="ams")
WEST = Territory(id="ams-west", name="AMS West", countries=("US",), regions=("US-CA",), parent="ams")
REST = Territory(id="ams-other", name="AMS, state unknown", countries=("US",), parent="ams")
UKI = Territory(id="uki", name="UK and Ireland", countries=("GB", "IE"), parent="emea")
DACH = Territory(id="dach", name="DACH", countries=("DE", "AT", "CH"), parent="emea")
GROUPS = (Territory(id="ams", name="Americas"), Territory(id="emea", name="EMEA"))
PLAN = Scenario(
    name="plan",
    territories=(*GROUPS, EAST, WEST, REST, UKI, DACH),
    segments=(
        Segment(id="commercial", name="Commercial", max_employees=999),
        Segment(id="enterprise", name="Enterprise", min_employees=1000),
    ),
    roster=(
        seller("east-1", "ams-east"),
        seller("east-2", "ams-east"),
        seller("east-big", "ams-east", "enterprise", role="enterprise_ae"),
        seller("west-1", "ams-west"),
        seller("uki-1", "uki"),
        seller("emea-head", "emea"),
        seller("gone", "uki", left_on=date(2026, 1, 1)),
        seller("soon", "uki", starts_on=date(2027, 6, 1)),
        house.rep("ops-lead", role="ops"),
    ),
)


def config(**fields: Any) -> PlacingConfig:
    """The config, every doubt asked about."""
    asked: tuple[Doubt, ...] = (
        "incomplete_billing",
        "two_countries",
        "state_unknown",
        "parent_elsewhere",
        "shared_building",
    )
    said: dict[str, Any] = {
        "page": 500,
        "ask": asked,
        "leave": ("own", "competitor"),
        "owners": ("account_executive", "enterprise_ae"),
        "bands": {"fire": 0.8, "review": 0.5},
    }
    return PlacingConfig(accounts=AccountsConfig.model_validate({**said, **fields}))


def account(id: str, country: str | None = "GB", region: str | None = None, **fields: Any) -> Account:
    """A prospect in a country."""
    city = fields.pop("city", None)
    conflict = fields.pop("conflict", ())
    place = {"country": country, "region": region, "city": city, "conflict": conflict}
    return Account.model_validate(
        {"id": id, "name": f"Name {id}", "key": f"name {id}", "place": place, **fields}
    )


def company(id: str, country: str, region: str | None = None) -> Company:
    """A profile with its headquarters."""
    place = {"country": country, "region": region}
    said = {"id": id, "name": id, "place": place, "updated_on": date(2026, 1, 1), "source": "test"}
    return Company.model_validate(said)


# --- in memory ------------------------------------------------------------------------------------
@dataclass
class Shelf:
    """A book in memory."""

    all: Sequence[Account]
    companies: Sequence[Company] = ()
    asked: dict[str, str] = field(default_factory=dict[str, str])

    def page(self, after: str, limit: int) -> tuple[Listed, ...]:
        """Accounts ordered by id, ids after `after`."""
        found = sorted((a for a in self.all if a.id > after), key=lambda a: a.id)
        return tuple(map(self._listed, found[:limit]))

    def listed(self, account: str) -> Listed | None:
        """That account, or None."""
        return next((self._listed(a) for a in self.all if a.id == account), None)

    def accounts(self, ids: Collection[str]) -> Mapping[str, Account]:
        """Those of these accounts that there are, by id."""
        return {a.id: a for a in self.all if a.id in ids}

    def profiles(self, ids: Collection[str]) -> Mapping[str, Company]:
        """Those of these company profiles that there are, by id."""
        return {c.id: c for c in self.companies if c.id in ids}

    def tenants(self, sites: Collection[str]) -> Mapping[str, tuple[Account, ...]]:
        """Everybody in these buildings, ordered by id."""
        found: dict[str, list[Account]] = {}
        for one in sorted(self.all, key=lambda a: a.id):
            found.setdefault(_site(one), []).append(one)
        return {where: tuple(them) for where, them in found.items() if where in sites}

    def owned(self) -> Mapping[str, int]:
        """How many accounts each owner has."""
        return Counter(a.owner for a in self.all if a.owner)

    def hints(self, account: Account) -> Hints:
        """The countries of the web domain and the phone number."""
        return Hints(domain_country(account.domain), phone_country(account.phone))

    def _listed(self, found: Account) -> Listed:
        return Listed(found, _site(found), self.asked.get(found.id, ""))


def _site(found: Account) -> str:
    return site(found.street, found.place.city, found.place.country)


@dataclass
class _Known:
    book: Shelf
    scenario: Scenario
    at: datetime
    calendar: Calendar = field(default_factory=Calendar)

    @property
    def structure(self) -> "_Known":
        return self

    def items(self) -> tuple[()]:
        return ()

    def rep(self, rep: str) -> Rep | None:
        return next((one for one in self.scenario.roster if one.id == rep), None)

    def member(self, rep: str) -> Member | None:
        known = self.rep(rep)
        return Member(rep=rep, load=0, unavailable=unavailable(known, self.at)) if known else None

    def members(self, pool: str) -> tuple[Member, ...]:
        return ()


def records(*accounts: Account, companies: Sequence[Company] = (), plan: Scenario = PLAN) -> Records:
    """Records that hold these accounts and profiles alone."""
    return cast("Records", _Known(Shelf(accounts, companies), plan, AT))


def page(
    *accounts: Account, companies: Sequence[Company] = (), plan: Scenario = PLAN, **said: Any
) -> PageInput:
    """The first page of these accounts."""
    known = records(*accounts, companies=companies, plan=plan)
    return gather_page(AccountsDue(record="accounts@"), known, config(**said))


def doubtful(*accounts: Account, companies: Sequence[Company] = (), **said: Any) -> AccountInput:
    """The first of these accounts with what is asked about it."""
    event = AccountDoubtful(record=accounts[0].id, doubts=(), basis="")
    found = gather_doubtful(event, records(*accounts, companies=companies), config(**said))
    assert found is not None
    return found


# --- in a store -----------------------------------------------------------------------------------
LOOP = Loop(
    name="deploy",
    package="loops.deploy",
    chain=Chain.PLANNING,
    archetypes=(Archetype.MATERIALIZED,),
    version="1.0.0",
    owner="sales-operations",
    config=PlacingConfig,
    triggers=ACCOUNT_TRIGGERS,
    events=ACCOUNT_EVENTS,
    effects=ACCOUNT_EFFECTS,
    steps=ACCOUNT_STEPS,
    metrics=lambda rows: (),
    feedback=lambda metrics, config: (),
)


def placing_house(
    folder: Path,
    *accounts: Account,
    companies: Sequence[Company] = (),
    plan: Scenario = PLAN,
    page: int = 500,
    fire: float = 0.8,
    review: float = 0.5,
) -> House:
    """A house that holds these accounts alone, under that plan."""
    root = house.workspace(folder)
    house.promote(root, plan)
    text = CONFIG_YAML.format(page=page, fire=fire, review=review)
    (root / "loops" / "deploy.yaml").write_text(text, encoding="utf-8")
    home = bootstrap.open_house(root, registry=Registry({"deploy": LOOP}))
    with home.store.transaction() as tx:
        tx.run(t.accounts.delete())
        tx.run(t.companies.delete())
        for one in accounts:
            tx.add(t.accounts, **row(one))
        for known in companies:
            tx.add(t.companies, id=known.id, key="", domain=None, doc=known.model_dump_json())
    return home


def reopened(home: House, plan: Scenario | None = None) -> House:
    """The same workspace opened again, under another plan where one is given."""
    root = home.workspace.root
    home.store.close()
    if plan:
        house.promote(root, plan)
    return bootstrap.open_house(root, registry=home.registry)


def book(home: House) -> dict[str, tuple[str | None, str | None]]:
    """Each account's territory and owner."""
    with home.store.reading() as tx:
        docs = tx.all(t.accounts.select().order_by(t.accounts.c.id))
    found = (Account.model_validate_json(one.doc) for one in docs)
    return {a.id: (a.territory, a.owner) for a in found}
