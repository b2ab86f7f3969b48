"""A second route to a plan's figures: a sheet per person, a line per month, counted day by day.

It shares the nouns with the code under test and nothing else: dates, rates, rounding and lookups are its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from loops.calendar import Calendar
from loops.plan import Currencies, Hire, Price, Productivity, Quota, Target
from loops.scenario import Rep, Scenario

Figure = int | Fraction | None
Key = tuple[str, ...]
Person = Rep | Hire

TWELVE = 12
DIGITS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}
"""ISO 4217 digits of a minor unit where they aren't two."""


@dataclass(frozen=True, eq=False)
class Month:
    """A column heading of the sheet."""

    label: str
    quarter: str
    year: str
    number: int
    # of the fiscal year
    place: int
    # in the fiscal year, from 0
    days: tuple[date, ...]
    # all of them


@dataclass(frozen=True)
class Line:
    """One month of one person."""

    month: Month
    season: Fraction
    ramp: Fraction
    present: Fraction
    staying: Fraction
    acv: int
    deals: Fraction
    quota: int
    cost: int


@dataclass(frozen=True)
class Table:
    """The sheet of one person."""

    person: Person
    lines: tuple[Line, ...]


def decimal(number: float) -> Fraction:
    """The decimal as it is written."""
    return Fraction(Decimal(repr(number)))


class Sheet:
    """A plan on paper; a disturbed copy overrides one method."""

    def __init__(self, plan: Scenario, calendar: Calendar, currencies: Currencies) -> None:
        self.plan, self.calendar, self.currencies = plan, calendar, currencies
        self.months = tuple(self._headings())
        self.first_day = self.months[0].days[0]
        taken = {rep.seat for rep in plan.roster}
        self.people: tuple[Person, ...] = (*plan.roster, *(h for h in plan.hires if h.id not in taken))
        self.weights = tuple(decimal(weight) for weight in plan.seasonality) or (Fraction(1),) * TWELVE
        self.of_all = sum(self.weights, Fraction(0))
        self.tables = tuple(Table(p, tuple(self.line(p, m) for m in self.months)) for p in self.people)

    def _headings(self) -> Iterator[Month]:
        first, number = self.calendar.fiscal_year_starts_month, self.plan.year
        assert number is not None
        by_end = first > 1 and self.calendar.fiscal_year_named_by == "end"
        year, month = (number - 1 if by_end else number), first
        for n in range(self.plan.months):
            fiscal, place = number + n // TWELVE, n % TWELVE
            name = f"FY{fiscal % 100:02d}"
            days = tuple(_days_of(year, month))
            label = f"{year:04d}-{month:02d}"
            yield Month(label, f"Q{place // 3 + 1} {name}", name, fiscal, place, days)
            year, month = (year + 1, 1) if month == TWELVE else (year, month + 1)

    # what a finance person would write into one cell

    def rounded(self, amount: Fraction) -> int:
        """The nearest minor unit; exactly between two, the even one."""
        below, over = divmod(amount.numerator, amount.denominator)
        twice = 2 * over - amount.denominator
        return below + (twice > 0 or (twice == 0 and below % 2 == 1))

    def season(self, month: Month) -> Fraction:
        """The month's part of the year."""
        return self.weights[month.place] / self.of_all

    def even(self, month: Month) -> Fraction:
        """The month's part of a year in which all months are alike."""
        assert month
        return Fraction(1, TWELVE)

    def employed(self, person: Person, day: date) -> bool:
        """Whether they are ours on that day."""
        begun = person.starts_on is None or day >= person.starts_on
        return begun and (person.left_on is None or day < person.left_on)

    def present(self, person: Person, month: Month) -> Fraction:
        """The part of the month's working days on which they are employed."""
        days = [day for day in month.days if self.works(day)] or list(month.days)
        return Fraction(sum(self.employed(person, day) for day in days), len(days))

    def works(self, day: date) -> bool:
        """Whether people work on that day."""
        return day.weekday() in self.calendar.weekdays and day not in self.calendar.holidays

    def ramp(self, person: Person, month: Month) -> Fraction:
        """How far up to speed they are."""
        shares = [line.shares for line in self.plan.ramps if line.role == person.role]
        joined = person.since or person.starts_on
        if not shares or joined is None:
            return Fraction(1)
        return self.share(shares[0], _months_from(joined, month.days[0]))

    def share(self, shares: Sequence[float], at: int) -> Fraction:
        """The ramp's share so many months after the month of the start; nothing is made before that."""
        if at < 0:
            return Fraction(0)
        return decimal(shares[at]) if at < len(shares) else Fraction(1)

    def staying(self, person: Person, month: Month) -> Fraction:
        """The chance that they are still there."""
        lost = [decimal(line.yearly_share) for line in self.plan.attrition if line.role == person.role]
        chance = Fraction(1)
        for earlier in self.months:
            if earlier is month or not lost:
                break
            if self.may_have_left(person, earlier):
                chance *= 1 - lost[0] / TWELVE
        return chance

    def may_have_left(self, person: Person, month: Month) -> bool:
        """Whether the month is one after which a part of those like them is gone."""
        joined, as_of = person.since or person.starts_on, self.plan.as_of
        here = joined is None or month.days[-1] >= joined
        return here and (as_of is None or month.days[-1] >= as_of)

    # lookups

    def deals(self, person: Person) -> Fraction:
        """Deals a year, fully ramped."""
        lines = [p for p in self.plan.productivity if (p.role, p.segment) == (person.role, person.segment)]
        line = self.closest(lines, person.territory)
        return decimal(line.deals_per_year) if isinstance(line, Productivity) else Fraction(0)

    def price(self, person: Person) -> Fraction:
        """What a deal of theirs is worth, in the plan's currency."""
        line = self.closest([p for p in self.plan.prices if p.segment == person.segment], person.territory)
        return self.money(line.amount_minor, line.currency) if isinstance(line, Price) else Fraction(0)

    def closest(
        self, lines: Sequence[Price | Productivity], territory: str | None
    ) -> Price | Productivity | None:
        """The line of their territory, else the one for every territory."""
        own = [line for line in lines if territory is not None and line.territory == territory]
        return next(iter(own + [line for line in lines if line.territory is None]), None)

    def quota(self, person: Person) -> int:
        """Their quota of a year."""
        own = [q for q in self.plan.quotas if q.person == person.id]
        lines = own or [q for q in self.plan.quotas if q.role == person.role]
        return sum(self.yearly(line) for line in lines[:1])

    def yearly(self, line: Quota) -> int:
        """A yearly amount in the plan's currency, rounded."""
        return self.rounded(self.money(line.amount_minor, line.currency))

    def pay(self, person: Person) -> Fraction:
        """What they cost in a year."""
        lines = [line for line in self.plan.compensation if line.role == person.role]
        return sum((self.money(c.base_minor + c.variable_minor, c.currency) * (1 + decimal(c.overhead_share))
                    for c in lines), Fraction(0))  # fmt: skip

    def money(self, minor: int, currency: str | None) -> Fraction:
        """The amount in minor units of the plan's currency, not rounded."""
        source, target = currency or self.plan.currency, self.plan.currency
        if source == target:
            return Fraction(minor)
        major = Fraction(minor, 10 ** DIGITS.get(source, 2))
        return major * self.rate(source) / self.rate(target) * 10 ** DIGITS.get(target, 2)

    def rate(self, currency: str) -> Fraction:
        """What a unit is worth in the base currency on the plan's first day."""
        if currency == self.currencies.base:
            return Fraction(1)
        known = {rate.on: rate.value for rate in self.currencies.rates if rate.currency == currency}
        day = max((on for on in known if on <= self.first_day), default=min(known))
        return decimal(known[day])

    # the sheet

    def line(self, person: Person, month: Month) -> Line:
        """One month of one person."""
        season, ramp = self.season(month), self.ramp(person, month)
        present, staying = self.present(person, month), self.staying(person, month)
        deals = self.deals(person) * season * ramp * present * staying
        return Line(
            month, season, ramp, present, staying,
            acv=self.rounded(deals * self.price(person)),
            deals=deals,
            quota=self.asked(person, month),
            cost=self.rounded(self.pay(person) / TWELVE * present * staying),
        )  # fmt: skip

    def asked(self, person: Person, month: Month) -> int:
        """What is asked of them in the month: by its end, minus what was asked by its beginning."""
        year = [m for m in self.months if m.year == month.year and m.place <= month.place]
        parts = [self.season(m) * self.ramp(person, m) * self.present(person, m) for m in year]
        whole = self.quota(person)
        return self.rounded(whole * sum(parts, Fraction(0))) - self.rounded(
            whole * sum(parts[:-1], Fraction(0))
        )

    def target(self, targets: Sequence[Target], measure: str, month: Month) -> int:
        """A territory's target of the month: what is due by its end minus what was due by its beginning."""
        said = [t for t in targets if t.measure == measure and t.year in {month.number, None}]
        value = 0
        for target in sorted(said, key=lambda t: t.year is None)[:1]:
            money = measure != "new_logos"
            value = self.rounded(self.money(target.value, target.currency)) if money else target.value
        return self.due(value, month, by_season=True)

    def spending(self, month: Month) -> dict[Key, int]:
        """(segment, channel) → what is spent in the month."""
        spent = dict[Key, int]()
        for line in self.plan.investment:
            key = (line.segment, line.channel)
            year = self.rounded(self.money(line.amount_minor, line.currency))
            spent[key] = spent.get(key, 0) + self.due(year, month, by_season=False)
        return spent

    def due(self, value: int, month: Month, by_season: bool) -> int:
        """A year's amount in the month, so that twelve of them add up to it."""
        part = self.season if by_season else self.even
        year = [m for m in self.months if m.year == month.year and m.place < month.place]
        before = sum((part(m) for m in year), Fraction(0))
        return self.rounded(value * (before + part(month))) - self.rounded(value * before)

    def pipeline(self, segment: str) -> Fraction:
        """What a year's investment makes."""
        return sum((self.rounded(self.money(i.amount_minor, i.currency)) * decimal(i.pipeline_per_unit)
                    for i in self.plan.investment if i.segment == segment), Fraction(0))  # fmt: skip

    # everything, flat: a name for each figure

    def figures(self) -> dict[Key, Figure]:
        """Every figure of the plan by its name."""
        found = dict[Key, Figure]()
        for table in self.tables:
            for line in table.lines:
                name = (table.person.id, line.month.label)
                found |= {("acv", *name): line.acv, ("quota", *name): line.quota}
                found |= {("cost", *name): line.cost, ("deals", *name): line.deals}
        beside = {month: self.beside(month) for month in self.months}
        for month, figures in beside.items():
            found |= {(*name, month.label): figure for name, figure in figures.items()}
        for label, months in self.periods().items():
            sums = self.period(months, [beside[month] for month in months])
            found |= {(*name, label): figure for name, figure in sums.items()}
        return found | {("whole year", *name): figure for name, figure in self.whole_year().items()}

    def periods(self) -> dict[str, tuple[Month, ...]]:
        """Every month, quarter and year, and `all`."""
        found = dict[str, tuple[Month, ...]]({"all": self.months})
        for month in self.months:
            for label in (month.label, month.quarter, month.year):
                found[label] = (*found.get(label, ()), month)
        return found

    def beside(self, month: Month) -> dict[Key, int]:
        """The month's targets and spending."""
        lands = self.plan.territories
        return {
            **{("target", land.id): self.target(land.targets, "new_acv", month) for land in lands},
            **{("logo target", land.id): self.target(land.targets, "new_logos", month) for land in lands},
            **{("spending", *line): amount for line, amount in self.spending(month).items()},
        }

    def period(self, months: tuple[Month, ...], beside: Sequence[Mapping[Key, int]]) -> dict[Key, Figure]:
        """The figures of a period, each a sum of cells."""
        lines = [(t.person, line) for t in self.tables for line in t.lines if line.month in months]
        acv, quota = sum(line.acv for _, line in lines), sum(line.quota for _, line in lines)
        target = sum(value for month in beside for name, value in month.items() if name[0] == "target")
        spent = sum(value for month in beside for name, value in month.items() if name[0] == "spending")
        cost = sum(line.cost for _, line in lines) + spent
        earned = acv * decimal(self.plan.gross_margin) / TWELVE
        return {
            ("new acv",): acv,
            ("new logos",): sum((line.deals for _, line in lines), Fraction(0)),
            ("target",): target,
            ("quota",): quota,
            ("cost",): cost,
            ("coverage",): Fraction(acv, target) if target else None,
            ("over-assignment",): Fraction(quota, target) - 1 if target else None,
            ("payback",): cost / earned if earned else None,
            **_sums("territory", ((p.territory or "", line.acv) for p, line in lines)),
            **_sums("land", ((at, line.acv) for p, line in lines for at in self.around(p.territory or ""))),
            **_sums("land target", ((at, value) for month in beside for name, value in month.items()
                                    if name[0] == "target" for at in self.around(name[1]))),
            **_sums("role", ((p.role, line.acv) for p, line in lines)),
        }

    def around(self, territory: str) -> tuple[str, ...]:
        """The territory, the one that it lies in, the one that this lies in, and so on."""
        land = next((land for land in self.plan.territories if land.id == territory), None)
        return (territory, *(self.around(land.parent) if land and land.parent else ()))

    def whole_year(self) -> dict[Key, Figure]:
        """Pipeline of a year and what it can become; nothing where the plan is shorter than a year."""
        if self.plan.months < TWELVE:
            return {}
        made = {s.id: self.pipeline(s.id) for s in self.plan.segments}
        won = {s.id: decimal(s.win_rate) for s in self.plan.segments if s.win_rate is not None}
        becomes = sum((made[id] * rate for id, rate in won.items()), Fraction(0))
        supported = self.rounded(becomes) if won else None
        return {**{("pipeline", id): value for id, value in made.items()}, ("supported",): supported}


def _days_of(year: int, month: int) -> Iterator[date]:
    day = date(year, month, 1)
    while day.month == month:
        yield day
        day += timedelta(days=1)


def _months_from(start: date, day: date) -> int:
    return TWELVE * (day.year - start.year) + day.month - start.month


def _sums(name: str, pairs: Iterable[tuple[str, int]]) -> Mapping[Key, int]:
    found = dict[Key, int]()
    for key, amount in pairs:
        found[name, key] = found.get((name, key), 0) + amount
    return found
