"""Complete plans made by chance from a seed: every part of a scenario, a calendar and rates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Literal, TypeVar

from loops.calendar import Calendar
from loops.plan import (
    Attrition,
    Compensation,
    Currencies,
    Hire,
    Investment,
    Measure,
    Price,
    Productivity,
    Quota,
    Ramp,
    Rate,
    Segment,
    Target,
)
from loops.scenario import Rep, Scenario, Territory

Thing = TypeVar("Thing")
YEAR = 2027
ROLES = ("ae", "enterprise_ae", "sdr", "manager")
SEGMENTS = ("commercial", "enterprise", "public")
LANDS = ("north", "south", "east", "west")
CHANNELS = ("events", "paid", "outbound")
WEEKS = ((0, 1, 2, 3, 4), (0, 1, 2, 3, 4), (6, 0, 1, 2, 3), (0, 1, 2, 3, 4, 5, 6), (5, 6), (2,), ())
MONEY = ("USD", "EUR", "JPY", "KWD")


@dataclass(frozen=True)
class Case:
    """A plan with what its figures are made from."""

    scenario: Scenario
    calendar: Calendar
    currencies: Currencies

    def but(self, **parts: object) -> "Case":
        """The same case with other parts of the plan."""
        return Case(self.scenario.model_copy(update=parts), self.calendar, self.currencies)


def plan(seed: int) -> Case:
    """The plan of that seed; one in four has small round numbers, whose cells often end in a half."""
    return _Dice(seed).case()


def first_day(calendar: Calendar, year: int) -> date:
    """The first day of that fiscal year."""
    month = calendar.fiscal_year_starts_month
    return date(year - (month > 1 and calendar.fiscal_year_named_by == "end"), month, 1)


class _Dice:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.nests = seed % 3 == 0
        self.round_numbers = seed % 4 == 0
        self.start = date(YEAR, 1, 1)
        self.months = self.random.choice((1, 5, 12, 12, 12, 14, 24))
        self.money = tuple(self.random.sample(MONEY, self.random.randint(2, 3)))
        self.lands = LANDS[: self.random.randint(1, 4)]
        self.segments = SEGMENTS[: self.random.randint(1, 3)]
        self.roles = ROLES[: self.random.randint(1, 3)]

    def case(self) -> Case:
        """All of it."""
        calendar = self._calendar()
        self.start = first_day(calendar, YEAR)
        calendar = calendar.model_copy(update={"holidays": self._holidays()})
        hires = tuple(self._hire(n) for n in range(self.random.randint(0, 4)))
        roster = tuple(self._rep(n, hires) for n in range(self.random.randint(1, 7)))
        scenario = Scenario(
            name="by-chance",
            year=YEAR,
            months=self.months,
            as_of=self._day(-200, 420) if self._now(0.5) else None,
            currency=self.money[0],
            gross_margin=self.random.choice((1, 0.8, 0.755)),
            territories=tuple(self._territory(land) for land in self.lands),
            roster=roster,
            hires=hires,
            segments=tuple(self._segment(name) for name in self.segments),
            investment=tuple(self._investment() for _ in range(self.random.randint(0, 4))),
            prices=self._shuffled(self._prices()),
            productivity=self._shuffled(self._productivity()),
            ramps=tuple(self._ramps()),
            attrition=tuple(self._attrition()),
            seasonality=self._seasonality(),
            quotas=self._shuffled(self._quotas((*roster, *hires))),
            compensation=tuple(self._compensation()),
        )
        return Case(scenario, calendar, self._currencies())

    # throws

    def _now(self, chance: float) -> bool:
        return self.random.random() < chance

    def _day(self, low: int, high: int) -> date:
        return self.start + timedelta(days=self.random.randint(low, high))

    def _currency(self) -> str | None:
        return None if self.round_numbers else self.random.choice((None, *self.money))

    def _amount(self, top: int) -> int:
        if self.round_numbers:
            return 6 * self.random.randint(1, 60)
        return 0 if self._now(0.1) else self.random.randint(1, top)

    def _share(self) -> float:
        return round(self.random.random(), self.random.randint(1, 4))

    def _shuffled(self, things: Iterator[Thing]) -> tuple[Thing, ...]:
        found = list(things)
        self.random.shuffle(found)
        return tuple(found)

    # parts

    def _calendar(self) -> Calendar:
        named: Literal["end", "start"] = "end" if self._now(0.6) else "start"
        return Calendar(
            weekdays=self.random.choice(WEEKS),
            fiscal_year_starts_month=self.random.choice((1, 2, 4, 7, 10, 12)),
            fiscal_year_named_by=named,
        )

    def _holidays(self) -> tuple[date, ...]:
        days = {self._day(-10, 380) for _ in range(self.random.randint(0, 15))}
        if self._now(0.2):
            shut = self._day(0, 200)
            days |= {shut + timedelta(days=n) for n in range(45)}
        return tuple(sorted(days))

    def _currencies(self) -> Currencies:
        base, *others = self.random.sample(self.money, len(self.money))
        rates = [rate for name in others for rate in self._rates(name)]
        self.random.shuffle(rates)
        return Currencies(base=base, rates=tuple(rates))

    def _rates(self, name: str) -> Iterator[Rate]:
        days = {self._day(-400, 200) for _ in range(self.random.randint(1, 4))}
        if self._now(0.3):
            days.add(self.start)
        for day in sorted(days):
            value = 1 if self.round_numbers else round(self.random.uniform(0.006, 3), 5)
            yield Rate(currency=name, on=day, value=value)

    def _territory(self, id: str) -> Territory:
        kinds: Sequence[tuple[Measure, int | None]] = (
            ("new_acv", None), ("new_acv", YEAR), ("new_acv", YEAR + 1), ("new_logos", None),
            ("new_logos", YEAR), ("expansion_acv", None),
        )  # fmt: skip
        targets = [self._target(kind, year) for kind, year in kinds if self._now(0.4)]
        self.random.shuffle(targets)
        at = LANDS.index(id)
        parent = LANDS[(at - 1) // 2] if at and self.nests else None
        return Territory(id=id, name=id.title(), targets=tuple(targets), parent=parent)

    def _target(self, measure: Measure, year: int | None) -> Target:
        logos = measure == "new_logos"
        value = self.random.randint(0, 200) if logos else self._amount(10**9)
        return Target(measure=measure, value=value, currency=None if logos else self._currency(), year=year)

    def _segment(self, id: str) -> Segment:
        return Segment(id=id, name=id.title(), win_rate=self._share() if self._now(0.6) else None)

    def _investment(self) -> Investment:
        return Investment(
            segment=self.random.choice(self.segments),
            channel=self.random.choice(CHANNELS),
            amount_minor=self._amount(10**8),
            currency=self._currency(),
            pipeline_per_unit=self.random.choice((0, 4, 3.7, 0.125)),
        )

    def _lands(self) -> Iterator[str | None]:
        yield None
        yield from (land for land in self.lands if self._now(0.3))

    def _prices(self) -> Iterator[Price]:
        for segment in self.segments:
            for land in self._lands():
                yield Price(segment=segment, territory=land, amount_minor=self._amount(10**7),
                            currency=self._currency())  # fmt: skip

    def _productivity(self) -> Iterator[Productivity]:
        for role in ROLES[:3]:
            for segment in self.segments:
                lands = [land for land in self._lands() if land is not None or self._now(0.8)]
                for land in lands:
                    yield Productivity(role=role, segment=segment, territory=land,
                                       deals_per_year=self._deals())  # fmt: skip

    def _deals(self) -> float:
        if self.round_numbers:
            return self.random.choice((1, 1, 3, 5, 0.5))
        return self.random.choice((0, 8, 12, 2.5, 33.333, 0.1, round(self.random.uniform(0, 60), 2)))

    def _ramps(self) -> Iterator[Ramp]:
        for role in ROLES:
            if self._now(0.6):
                shares = sorted(self._share() for _ in range(self.random.randint(0, 8)))
                yield Ramp(role=role, shares=tuple(shares))

    def _attrition(self) -> Iterator[Attrition]:
        for role in ROLES:
            if self._now(0.2 if self.round_numbers else 0.7):
                share = self.random.choice((0, 0.12, 0.25, 1, self._share()))
                yield Attrition(role=role, yearly_share=share)

    def _seasonality(self) -> tuple[float, ...]:
        if self.round_numbers or self._now(0.3):
            return ()
        weights = [self.random.choice((0, 1, 1.5, 0.07, round(self.random.random(), 3))) for _ in range(11)]
        return (*weights, 1)

    def _quotas(self, people: Sequence[Rep | Hire]) -> Iterator[Quota]:
        for role in ROLES:
            if self._now(0.7):
                yield Quota(role=role, amount_minor=self._amount(10**9), currency=self._currency())
        for person in people:
            if self._now(0.2):
                yield Quota(person=person.id, amount_minor=self._amount(10**9), currency=self._currency())

    def _compensation(self) -> Iterator[Compensation]:
        for role in ROLES:
            if self._now(0.8):
                yield Compensation(
                    role=role,
                    base_minor=self._amount(10**7),
                    variable_minor=self._amount(10**7),
                    currency=self._currency(),
                    overhead_share=self.random.choice((0, 0.2, 0.185)),
                )

    # people

    def _role(self) -> str:
        return "manager" if self._now(0.1) else self.random.choice(self.roles)

    def _to_whom(self) -> str | None:
        return None if self._now(0.1) else self.random.choice(self.segments)

    def _hire(self, n: int) -> Hire:
        starts = self._day(-60, 420)
        return Hire(
            id=f"seat-{n}",
            role=self._role(),
            starts_on=starts,
            territory=self.random.choice((None, *self.lands)),
            segment=self._to_whom(),
            left_on=starts + timedelta(days=self.random.randint(0, 400)) if self._now(0.2) else None,
            since=starts - timedelta(days=self.random.randint(0, 400)) if self._now(0.3) else None,
        )

    def _rep(self, n: int, hires: Sequence[Hire]) -> Rep:
        starts = self._day(-700, -1) if self._now(0.4) else self._day(0, 400)
        starts = None if self._now(0.15) else starts
        joined = starts - timedelta(days=self.random.randint(0, 300)) if starts else None
        return Rep(
            id=f"rep-{n}",
            name=f"Rep {n}",
            email=f"rep{n}@lumenpath.example",
            role=self._role(),
            starts_on=starts,
            left_on=self._day(-30, 500) if self._now(0.3) else None,
            territory=self.random.choice((None, *self.lands, *self.lands)),
            segment=self._to_whom(),
            seat=hires[n].id if n < len(hires) and self._now(0.2) else None,
            since=joined if self._now(0.3) else None,
        )
