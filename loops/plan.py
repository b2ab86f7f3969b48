"""The nouns of a plan: what a scenario says beside who there is and who covers what.

Amounts are integers in minor units of their own `currency` (None: the plan's); shares are 0-1 and are read
as the decimals they are written as, so that every figure made from them is exact.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from loops.values import Value

Measure = Literal["new_acv", "expansion_acv", "pipeline", "new_logos"]
"""What a target is set in; `new_logos` counts customers, the others are amounts of money."""


class Icp(Value):
    """The ideal customer profile; an empty part doesn't narrow it."""

    industries: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    # ISO alpha-2
    min_employees: int | None = Field(default=None, ge=0)
    max_employees: int | None = Field(default=None, ge=0)
    technologies: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    # industries we don't sell to


class Segment(Value):
    """A part of the market by kind of customer."""

    id: str
    name: str
    personas: tuple[str, ...] = ()
    # who buys: titles or functions, the most important first
    min_employees: int | None = Field(default=None, ge=0)
    max_employees: int | None = Field(default=None, ge=0)
    # both ends included; None: open
    win_rate: float | None = Field(default=None, ge=0, le=1)
    # share of pipeline that is won; None: nothing is computed from pipeline


class AccountList(Value):
    """Named target accounts."""

    id: str
    name: str
    accounts: tuple[str, ...]
    # account ids or registered domains, sorted by nothing but the list's own order
    segment: str | None = None


class Investment(Value):
    """What is spent in a fiscal year on a channel for a segment."""

    segment: str
    channel: str
    # events, paid, outbound, partners, content …
    amount_minor: int = Field(ge=0)
    currency: str | None = None
    pipeline_per_unit: float = Field(default=0.0, ge=0)
    # pipeline made by one unit of money spent


class Price(Value):
    """The average new ACV of one deal; the price of a territory goes before that of its segment."""

    segment: str
    territory: str | None = None
    # None: every territory without a price of its own
    amount_minor: int = Field(ge=0)
    currency: str | None = None


class Productivity(Value):
    """What a fully ramped person closes in a year; one for their territory goes before one without."""

    role: str
    segment: str
    territory: str | None = None
    deals_per_year: float = Field(ge=0)
    spread: float = Field(default=0.0, ge=0, le=2)
    # coefficient of variation between people, 0: all alike; used by the band alone


class Ramp(Value):
    """How a role comes up to speed."""

    role: str
    shares: tuple[float, ...] = ()
    # share of full productivity in the calendar month of the start, the next … ; after the last: 1; empty: 1


class Attrition(Value):
    """How many people of a role leave without it being planned; nobody takes their seat by itself."""

    role: str
    yearly_share: float = Field(ge=0, le=1)
    # a twelfth of it leaves each month


class Quota(Value):
    """The new ACV asked of a person in a year; one for a person goes before the one of their role."""

    role: str | None = None
    person: str | None = None
    # exactly one of the two
    amount_minor: int = Field(ge=0)
    currency: str | None = None


class Compensation(Value):
    """What a person of a role costs in a year, at target."""

    role: str
    base_minor: int = Field(ge=0)
    variable_minor: int = Field(default=0, ge=0)
    # at 100 % of quota
    currency: str | None = None
    overhead_share: float = Field(default=0.0, ge=0, le=5)
    # on top of base and variable: taxes, tools, desk


class Target(Value):
    """What a territory is to reach in a fiscal year."""

    measure: Measure = "new_acv"
    value: int = Field(ge=0)
    # minor units of `currency`, or customers for `new_logos`
    currency: str | None = None
    year: int | None = None
    # fiscal year; None: each year of the plan


class Hire(Value):
    """A planned person: a seat that is open until somebody of the roster takes it."""

    id: str
    role: str
    starts_on: date
    territory: str | None = None
    segment: str | None = None
    manager: str | None = None
    pool: str | None = None
    # the pool they will be a member of
    left_on: date | None = None
    # the first day they are gone again
    since: date | None = None
    # the day they joined, where they hold this seat from later on: ramp and attrition count from it


class Rate(Value):
    """What one unit of a currency is worth in the base currency, from a day on."""

    currency: str
    # ISO 4217
    on: date
    value: float = Field(gt=0)
    # read as the decimal it is written as


class Currencies(Value):
    """The workspace's exchange rates."""

    base: str = "USD"
    rates: tuple[Rate, ...] = ()
    # in any order; the newest on or before a day holds on it
