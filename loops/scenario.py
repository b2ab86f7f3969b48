"""A scenario: the plan of who there is, who covers what, and what is expected of them."""

import re
from datetime import date

from pydantic import Field, field_validator

from loops.calendar import known_zone
from loops.plan import (
    AccountList,
    Attrition,
    Compensation,
    Hire,
    Icp,
    Investment,
    Price,
    Productivity,
    Quota,
    Ramp,
    Segment,
    Target,
)
from loops.values import Value

MONTHS_A_YEAR = 12
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MOVED = " in "
"""Stands in the id of a seat that somebody moved to, behind theirs: no id in a file has it."""
KEYS = {
    "territories": ("id",), "pools": ("id",), "roster": ("id",), "hires": ("id",), "segments": ("id",),
    "account_lists": ("id",), "investment": ("segment", "channel"), "prices": ("segment", "territory"),
    "productivity": ("role", "segment", "territory"), "ramps": ("role",), "attrition": ("role",),
    "quotas": ("role", "person"), "compensation": ("role",),
}  # fmt: skip
"""Section of a scenario → the fields by which one of its lines is known."""


class Absence(Value):
    """Days away, both ends included."""

    start: date
    end: date


class Rep(Value):
    """A person of ours who may own records."""

    id: str
    name: str
    email: str
    role: str
    # account_executive, enterprise_ae, sdr, manager, ops …
    manager: str | None = None
    zone: str = "UTC"
    capacity: int = 200
    # open opportunities + open leads at which no more are given
    starts_on: date | None = None
    left_on: date | None = None
    # the first day they are gone
    absences: tuple[Absence, ...] = ()
    territory: str | None = None
    # where they sell; None: they carry no territory
    segment: str | None = None
    # to whom they sell; None: they carry no number
    seat: str | None = None
    # id of the planned hire whose seat they took, once they have
    since: date | None = None
    # the day they joined, where they hold this seat from later on: ramp and attrition count from it

    @field_validator("zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        return known_zone(zone)

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, email: str) -> str:
        if not ADDRESS.fullmatch(email):
            raise ValueError(f"{email} is no e-mail address")
        return email


class Pool(Value):
    """A group of reps among whom records are spread."""

    id: str
    name: str
    members: tuple[str, ...]
    backup: str | None = None
    # the pool that takes over when nobody in this one can


class Territory(Value):
    """A part of the market; a record lies in the first territory whose every given part matches."""

    id: str
    name: str
    countries: tuple[str, ...] = ()
    # ISO alpha-2; empty: any
    regions: tuple[str, ...] = ()
    # ISO 3166-2; empty: any
    parent: str | None = None
    # id of the territory it is a part of; None: the top
    targets: tuple[Target, ...] = ()
    # its own, not its parts'


class Scenario(Value):
    """A plan: who there is, who covers what, and what is expected of them. One scenario is promoted."""

    name: str
    year: int | None = None
    # the fiscal year it begins with; None: it is about coverage alone and no figure is made from it
    months: int = Field(default=12, ge=1, le=36)
    # how far it reaches
    as_of: date | None = None
    # the day on which its roster was true: up to then nobody is counted as having left by chance; None: never
    currency: str = "USD"
    # of every amount that names none, and of every figure made from it
    gross_margin: float = Field(default=1.0, gt=0, le=1)
    territories: tuple[Territory, ...] = ()
    # in the order they are tried
    pools: tuple[Pool, ...] = ()
    queues: tuple[str, ...] = ("nurture", "triage")
    roster: tuple[Rep, ...] = ()
    hires: tuple[Hire, ...] = ()
    # planned people
    icp: Icp = Icp()
    segments: tuple[Segment, ...] = ()
    account_lists: tuple[AccountList, ...] = ()
    investment: tuple[Investment, ...] = ()
    prices: tuple[Price, ...] = ()
    productivity: tuple[Productivity, ...] = ()
    ramps: tuple[Ramp, ...] = ()
    # a role without one starts at full productivity
    attrition: tuple[Attrition, ...] = ()
    seasonality: tuple[float, ...] = ()
    # a weight for each fiscal month, twelve of them; empty: even
    quotas: tuple[Quota, ...] = ()
    compensation: tuple[Compensation, ...] = ()

    @field_validator("seasonality")
    @classmethod
    def _a_year(cls, weights: tuple[float, ...]) -> tuple[float, ...]:
        if weights and (len(weights) != MONTHS_A_YEAR or min(weights) < 0 or sum(weights) <= 0):
            raise ValueError("seasonality takes twelve weights, none below 0 and not all 0")
        return weights


def open_hires(scenario: Scenario) -> tuple[Hire, ...]:
    """The planned people whose seat nobody of the roster has taken."""
    taken = {rep.seat for rep in scenario.roster}
    return tuple(hire for hire in scenario.hires if hire.id not in taken)


def holder(seat: str) -> str:
    """The id of the person who holds the seat: its own, but for one that somebody moved to."""
    return seat.partition(MOVED)[0]


def plan_years(scenario: Scenario) -> range:
    """The numbers of the fiscal years that the plan reaches into; empty where it has no year."""
    first = scenario.year
    return range(0) if first is None else range(first, first + 1 + (scenario.months - 1) // MONTHS_A_YEAR)
