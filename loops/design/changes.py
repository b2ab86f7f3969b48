"""The changes that a what-if is made of: structured, each one thing, applied in the order they come.

Conventions, the same for people's words and for tools. A period stands for its first day: "next quarter" and
"in Q3" are the first day of that fiscal quarter, "in March" the first of the next March that isn't over,
"next year" the first day of the next fiscal year, "by the end of March" and "after March" the first of April,
"now" or no date at all `None`: today. A day on which somebody leaves is the first day they are gone.
A factor multiplies: "20 % less" is 0.8, "doubles" 2. Points of a share are added: "up five points" is +0.05.
"""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from loops.ids import (
    ChannelId,
    CountryOrRegion,
    CurrencyCode,
    HireId,
    RepId,
    RoleId,
    ScenarioName,
    SegmentId,
    TerritoryId,
)
from loops.plan import Measure
from loops.values import Value

Count = Annotated[int, Field(ge=1, le=500)]
Months = Annotated[int, Field(ge=0, le=36)]
MoreMonths = Annotated[int, Field(ge=-36, le=36)]
MOST_TIMES = 100
"""As much as a factor may be."""
Factor = Annotated[float, Field(ge=0, le=MOST_TIMES)]
Share = Annotated[float, Field(ge=0, le=1)]
Points = Annotated[float, Field(ge=-1, le=1)]
Minor = Annotated[int, Field(ge=0, le=10**15)]
MoreMinor = Annotated[int, Field(ge=-(10**15), le=10**15)]
Year = Annotated[int, Field(ge=2000, le=2200)]
RateValue = Annotated[float, Field(gt=0, le=10**6)]


class _OneOf(Value):
    """A change that is told in exactly one of several ways."""

    @model_validator(mode="after")
    def _told_one_way(self) -> Self:
        ways = [name for name in type(self).model_fields if name in WAYS]
        if sum(getattr(self, name) is not None for name in ways) != 1:
            raise ValueError(f"give exactly one of {', '.join(ways)}")
        return self


WAYS = frozenset(
    {"factor", "to_minor", "by_minor", "to_share", "by_share", "to_months", "by_months", "to_value"}
)


class AddPeople(Value):
    """People are hired."""

    kind: Literal["add_people"] = "add_people"
    role: RoleId
    count: Count = 1
    territory: TerritoryId | None = None
    segment: SegmentId | None = None
    # None: the segment that the role sells to
    starts_on: date | None = None


class RemovePeople(Value):
    """People of a role leave: planned people first, the ones who start last first; then who started last."""

    kind: Literal["remove_people"] = "remove_people"
    role: RoleId
    count: Count = 1
    territory: TerritoryId | None = None
    # None: wherever they are
    segment: SegmentId | None = None
    leaves_on: date | None = None


class PersonLeaves(Value):
    """Somebody of the roster leaves."""

    kind: Literal["person_leaves"] = "person_leaves"
    person: RepId
    leaves_on: date | None = None


class PersonMoves(Value):
    """Somebody of the roster goes to another territory, and is fully ramped there if they were before."""

    kind: Literal["person_moves"] = "person_moves"
    person: RepId
    territory: TerritoryId
    on: date | None = None


class MovePeople(Value):
    """People of a role go from one territory to another: of those there on that day, who started last."""

    kind: Literal["move_people"] = "move_people"
    role: RoleId
    count: Count = 1
    source: TerritoryId
    territory: TerritoryId
    # where they go
    on: date | None = None


class ShiftHires(Value):
    """Planned people start later (positive) or earlier (negative)."""

    kind: Literal["shift_hires"] = "shift_hires"
    by_months: MoreMonths
    hire: HireId | None = None
    # None: every planned person, or those of the role and territory
    role: RoleId | None = None
    territory: TerritoryId | None = None


class CancelHires(Value):
    """Planned people aren't hired: a hiring freeze."""

    kind: Literal["cancel_hires"] = "cancel_hires"
    hire: HireId | None = None
    # None: every planned person, or those of the role and territory
    role: RoleId | None = None
    territory: TerritoryId | None = None
    after: date | None = None
    # those who start on that day or later; None: all


class ChangeRamp(_OneOf):
    """A ramp gets another length; its curve is stretched over it. Length: months until full productivity."""

    kind: Literal["ramp"] = "ramp"
    role: RoleId | None = None
    # None: every role that has one
    to_months: Months | None = None
    by_months: MoreMonths | None = None
    factor: Factor | None = None


class ChangeProductivity(Value):
    """Fully ramped people close more or fewer deals."""

    kind: Literal["productivity"] = "productivity"
    factor: Factor
    role: RoleId | None = None
    # None: every role; the same for the other two
    segment: SegmentId | None = None
    territory: TerritoryId | None = None


class ChangeAttrition(_OneOf):
    """More or fewer people leave."""

    kind: Literal["attrition"] = "attrition"
    role: RoleId | None = None
    # None: every role that has a share
    factor: Factor | None = None
    to_share: Share | None = None
    by_share: Points | None = None


class ChangeInvestment(_OneOf):
    """More or less is spent in a year, in the plan's currency; over several lines in proportion."""

    kind: Literal["investment"] = "investment"
    segment: SegmentId | None = None
    channel: ChannelId | None = None
    # None: every one
    factor: Factor | None = None
    to_minor: Minor | None = None
    by_minor: MoreMinor | None = None


class ChangePrice(_OneOf):
    """Deals get dearer or cheaper; as many are closed as before."""

    kind: Literal["price"] = "price"
    segment: SegmentId | None = None
    territory: TerritoryId | None = None
    # None: every one
    factor: Factor | None = None
    to_minor: Minor | None = None
    by_minor: MoreMinor | None = None


class ChangeTarget(_OneOf):
    """A territory's target, or all of them in proportion, gets another value."""

    kind: Literal["target"] = "target"
    territory: TerritoryId | None = None
    # None: all of them; an amount is then their sum
    measure: Measure = "new_acv"
    year: Year | None = None
    # None: each year of the plan
    factor: Factor | None = None
    to_value: Minor | None = None
    # minor units of the plan's currency, or customers
    by_minor: MoreMinor | None = None


class ChangeQuota(_OneOf):
    """A role's or a person's quota gets another value."""

    kind: Literal["quota"] = "quota"
    role: RoleId | None = None
    person: RepId | None = None
    # both None: every quota
    factor: Factor | None = None
    to_minor: Minor | None = None
    by_minor: MoreMinor | None = None


class ChangeCompensation(_OneOf):
    """A role costs more or less."""

    kind: Literal["compensation"] = "compensation"
    role: RoleId | None = None
    # None: every role
    part: Literal["base", "variable", "both"] = "both"
    factor: Factor | None = None
    to_minor: Minor | None = None
    by_minor: MoreMinor | None = None


class ChangeRate(_OneOf):
    """A currency is worth more or less in the plan's currency."""

    kind: Literal["exchange_rate"] = "exchange_rate"
    currency: CurrencyCode
    factor: Factor | None = None
    to_value: RateValue | None = None


class MoveRegions(Value):
    """Countries or regions go to another territory; as large a part of the target goes with them."""

    kind: Literal["move_regions"] = "move_regions"
    places: Annotated[tuple[CountryOrRegion, ...], Field(min_length=1, max_length=60)]
    # ISO alpha-2 or ISO 3166-2
    territory: TerritoryId
    # where they go
    target_share: Share | None = None
    # of the targets they leave; None: as large as their part of the places


class SplitTerritory(Value):
    """A territory becomes several, its places, people and targets shared out evenly."""

    kind: Literal["split_territory"] = "split_territory"
    territory: TerritoryId
    parts: Annotated[int, Field(ge=2, le=8)] = 2


class MergeTerritories(Value):
    """A territory goes up in another one, with its places, people and targets."""

    kind: Literal["merge_territories"] = "merge_territories"
    territory: TerritoryId
    into: TerritoryId


Change = Annotated[
    AddPeople
    | RemovePeople
    | PersonLeaves
    | PersonMoves
    | MovePeople
    | ShiftHires
    | CancelHires
    | ChangeRamp
    | ChangeProductivity
    | ChangeAttrition
    | ChangeInvestment
    | ChangePrice
    | ChangeTarget
    | ChangeQuota
    | ChangeCompensation
    | ChangeRate
    | MoveRegions
    | SplitTerritory
    | MergeTerritories,
    Field(discriminator="kind"),
]


class Goal(Value):
    """What is to be reached in a fiscal year."""

    measure: Literal["new_acv", "new_logos"] = "new_acv"
    value: Minor | None = None
    # minor units of the plan's currency, or customers; None: the target
    factor: Factor | None = None
    # of what the plan makes: "grow by 20 %" is 1.2; None with a value, or with the target
    year: Year | None = None
    # None: the year that the next quarter lies in, where the plan reaches it; else the running one
    territory: TerritoryId | None = None
    # None: all of them
    role: RoleId | None = None
    # whom we would hire; None: any role


class Inquiry(Value):
    """What a planning question asks, as structure.

    `what_if`: what the changes would do. `reach`: what it takes to get to the goal, after the changes.
    `breaks_first`: which territory falls short first, after the changes. `now`: what the plan has, no change.
    `compare`: this scenario beside another.
    """

    ask: Literal["what_if", "reach", "breaks_first", "now", "compare"]
    changes: Annotated[tuple[Change, ...], Field(max_length=20)] = ()
    # in the order they are applied; of a follow-up question: the earlier ones too, where it builds on them
    goal: Goal | None = None
    scenario: ScenarioName | None = None
    # for `compare`: the other one
