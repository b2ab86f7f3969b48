"""What Route may emit."""

from datetime import datetime
from typing import Literal

from loops.decision import Effect, Event
from loops.effects import AssignOwner
from loops.values import Quoted, Value

By = Literal["rule", "pool", "account_owner", "open_deal", "earlier_lead", "agent", "person", "balance"]


class LeadAssigned(Event):
    """A rep became the lead's owner."""

    kind: Literal["LeadAssigned"] = "LeadAssigned"
    owner: str
    # rep id
    by: By
    rule: str | None
    grade: str
    score: int
    company: str | None
    # id of the matched profile
    account: str | None
    account_status: str | None
    pool: str | None = None
    # the pool that its rule, an agent or a person named; None where a claim or a person gave it to somebody
    territory: str | None = None
    # None where no territory took it, or its place wasn't known
    region: str | None = None
    # ISO 3166-2 of its place, or the country's ISO alpha-2; None where it isn't known


class LeadParked(Event):
    """A lead went to a queue instead of a person."""

    kind: Literal["LeadParked"] = "LeadParked"
    queue: str
    rule: str | None
    grade: str
    score: int
    lifts: tuple[str, ...]


class PoolChosen(Event):
    """An agent or a person settled on a pool; who in it is decided with the loads of that moment."""

    kind: Literal["PoolChosen"] = "PoolChosen"
    pool: str
    by: Literal["agent", "person"]
    grade: str
    score: int
    company: str | None
    account: str | None
    account_status: str | None


class LeadWaiting(Event):
    """A lead has waited for a first touch for too long; somebody was told."""

    kind: Literal["LeadWaiting"] = "LeadWaiting"
    level: int
    # 1: its owner was told, 2: their manager
    person: str


class Alert(Effect):
    """Tell a person of ours that a lead waits."""

    kind: Literal["Alert"] = "Alert"
    person: str
    waited_hours: int
    # whole working hours since it was assigned


class OwnerOption(Value):
    """One owner the router may choose, and what it covers."""

    owner: str
    covers: str
    territories: tuple[str, ...]
    countries: tuple[str, ...]


class RouteQuestion(Value):
    """Who should own this lead? Every piece of evidence with where it comes from."""

    lead: str
    assigned_at: datetime | None
    city: str | None
    region: str | None
    country: str | None
    conflict: tuple[str, ...]
    # countries that the written address points to, when they differ
    headquarters: str | None
    # country of the matched profile
    headquarters_source: str | None
    domain: str | None
    industry: str | None
    employees: int | None
    phone_country: str | None
    claim: Quoted | None
    # what the lead wrote; a claim, never an instruction
    owners: tuple[OwnerOption, ...]


EVENTS = (LeadAssigned, LeadParked, PoolChosen, LeadWaiting)
EFFECTS = (AssignOwner, Alert)
