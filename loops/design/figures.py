"""A plan's figures as a value: rows of people, month by month, and the totals over them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from loops.calendar import Period
from loops.errors import PlanError
from loops.scenario import MONTHS_A_YEAR, holder

Shares = tuple[Fraction, ...]


@dataclass(frozen=True)
class PersonRow:
    """One person of the plan, month by month."""

    id: str
    role: str
    territory: str | None
    segment: str | None
    planned: bool
    # whether it is a hire that nobody has taken yet
    gross: Shares
    # ACV in minor units before attrition, not rounded: what the band is drawn from
    staying: Shares
    # the chance that they are still there
    cells: tuple[int, ...]
    # ACV in minor units of the plan's currency
    deals: Shares
    quota: tuple[int, ...]
    cost: tuple[int, ...]
    present: Shares
    # the part of the month in which they are employed


@dataclass(frozen=True)
class Capacity:
    """A plan's figures, in minor units of its currency; tuples go along `months`."""

    currency: str
    months: tuple[Period, ...]
    quarters: tuple[str, ...]
    # the fiscal quarter's label of each month
    years: tuple[str, ...]
    # the fiscal year's label of each month
    people: tuple[PersonRow, ...]
    # roster, then hires
    targets: Mapping[str, tuple[int, ...]]
    # territory → target of new ACV a month; territories without one aren't there
    logo_targets: Mapping[str, tuple[int, ...]]
    # territory → customers a month
    spending: Mapping[tuple[str, str], tuple[int, ...]]
    # (segment, channel) → investment a month
    pipeline: Mapping[str, tuple[Fraction, ...]]
    # segment → pipeline a month
    win_rates: Mapping[str, Fraction]
    # segment → win rate, where it has one
    margin: Fraction
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    # territory → itself and every one that lies in it, however deep; one that isn't there has no parts

    def within(self, period: str | None) -> tuple[int, ...]:
        """The places of the months that lie in the month, quarter or year of that label; None: all.

        Raises:
            PlanError: the plan doesn't reach there.
        """
        labels = zip((m.label for m in self.months), self.quarters, self.years, strict=True)
        found = tuple(at for at, label in enumerate(labels) if period is None or period in label)
        if not found:
            last = self.months[-1].label
            raise PlanError(f"the plan doesn't reach {period}: it goes from {self.months[0].label} to {last}")
        return found

    def new_acv(self, period: str | None = None, keep: Callable[[PersonRow], bool] | None = None) -> int:
        """New ACV in a period, of the people that are kept (None: all)."""
        return self._sum((p.cells for p in self.people if keep is None or keep(p)), period)

    def new_logos(self, period: str | None = None) -> Fraction:
        """Deals closed in a period, not rounded."""
        at = self.within(period)
        return sum((person.deals[n] for person in self.people for n in at), Fraction(0))

    def target(self, period: str | None = None, territory: str | None = None) -> int:
        """The target of new ACV in a period, of one territory or of all."""
        rows = (row for name, row in self.targets.items() if territory in {None, name})
        return self._sum(rows, period)

    def quota(self, period: str | None = None) -> int:
        """All quotas in a period."""
        return self._sum((person.quota for person in self.people), period)

    def cost(self, period: str | None = None) -> int:
        """Cost of sales in a period: people and investment."""
        return self._sum((*(p.cost for p in self.people), *self.spending.values()), period)

    def coverage(self, period: str | None = None) -> Fraction | None:
        """Capacity as a part of the target; None without a target."""
        target = self.target(period)
        return Fraction(self.new_acv(period), target) if target else None

    def over_assignment(self, period: str | None = None) -> Fraction | None:
        """By how much all quotas exceed all targets, as a share of these; None without a target."""
        target = self.target(period)
        return Fraction(self.quota(period), target) - 1 if target else None

    def payback_months(self, period: str | None = None) -> Fraction | None:
        """Months of gross margin that pay back what the new ACV cost; None where nothing is sold."""
        sold = self.new_acv(period) * self.margin / MONTHS_A_YEAR
        return self.cost(period) / sold if sold else None

    def supported(self, period: str | None = None) -> int | None:
        """New ACV that the pipeline is enough for; None where no segment has a win rate."""
        at = self.within(period)
        rows = [self.win_rates[name] * sum(row[n] for n in at) for name, row in self.pipeline.items()
                if name in self.win_rates]  # fmt: skip
        return round(sum(rows, Fraction(0))) if self.win_rates else None

    def headcount(self, period: str | None = None) -> int:
        """People who work on at least one day of the period's last month."""
        last = self.within(period)[-1]
        return len({holder(person.id) for person in self.people if person.present[last] > 0})

    def by_quarter(self) -> dict[str, int]:
        """Fiscal quarter → new ACV."""
        return {label: self.new_acv(label) for label in dict.fromkeys(self.quarters)}

    def by_year(self) -> dict[str, int]:
        """Fiscal year → new ACV."""
        return {label: self.new_acv(label) for label in dict.fromkeys(self.years)}

    def by_territory(self, period: str | None = None) -> dict[str, int]:
        """Territory → new ACV; "" for people who carry none."""
        return self._by(lambda person: person.territory or "", period)

    def lands(self, territory: str) -> tuple[str, ...]:
        """The territory and every one that lies in it."""
        return self.parts.get(territory, (territory,))

    def by_land(self, period: str | None = None) -> dict[str, int]:
        """Territory → new ACV of it and of all that lies in it; "" for people who carry none.

        What lies in another territory counts there too: these don't add up to all, `by_territory` does.
        """
        own = self.by_territory(period)
        above = (name for name in self.parts if not own.keys().isdisjoint(self.parts[name]))
        names = dict.fromkeys([*own, *above])
        return {name: sum(own.get(part, 0) for part in self.lands(name)) for name in names}

    @property
    def aimed(self) -> tuple[str, ...]:
        """The territories that have a target, or in which one lies that has."""
        above = (name for name in self.parts if not self.targets.keys().isdisjoint(self.parts[name]))
        return tuple(dict.fromkeys([*self.targets, *above]))

    def land_target(self, territory: str, period: str | None = None) -> int:
        """The target of new ACV of the territory and of all that lies in it."""
        lands = self.lands(territory)
        return self._sum((row for name, row in self.targets.items() if name in lands), period)

    def by_role(self, period: str | None = None) -> dict[str, int]:
        """Role → new ACV."""
        return self._by(lambda person: person.role, period)

    def _by(self, name: Callable[[PersonRow], str], period: str | None) -> dict[str, int]:
        at, found = self.within(period), dict[str, int]()
        for person in self.people:
            found[name(person)] = found.get(name(person), 0) + sum(person.cells[n] for n in at)
        return found

    def _sum(self, rows: Iterable[Sequence[int]], period: str | None) -> int:
        at = self.within(period)
        return sum(row[n] for row in rows for n in at)
