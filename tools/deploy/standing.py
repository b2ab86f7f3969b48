"""What stands in the systems of work, and everybody's quotas by the promoted plan."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from loops.calendar import Calendar, fiscal_year, fiscal_year_of
from loops.plan import Currencies
from loops.scenario import Scenario
from loops.structure import Item, QuotaYear
from tools.store import Tx
from tools.store import tables as t

_ALL = select(t.materialized.c.part, t.materialized.c.key, t.materialized.c.doc).order_by(
    t.materialized.c.part, t.materialized.c.key
)


@dataclass(frozen=True)
class StoreStanding:
    """The structure in the store."""

    tx: Tx
    scenario: Scenario
    calendar: Calendar
    currencies: Currencies

    def items(self) -> tuple[Item, ...]:
        """Everything that stands there, by part and key."""
        return tuple(Item(part=p, key=key, fields=json.loads(doc)) for p, key, doc in self.tx.all(_ALL))

    def quotas(self) -> tuple[QuotaYear, ...]:
        """Everybody's quotas by the promoted scenario; empty where it has no year.

        Raises:
            PlanError: a rate isn't known.
        """
        if self.scenario.year is None:
            return ()
        return tuple(self._quotas())

    def _quotas(self) -> Iterator[QuotaYear]:
        from loops.design.capacity import capacity

        figures = capacity(self.scenario, self.calendar, self.currencies)
        years = [fiscal_year_of(self.calendar, month.start) for month in figures.months]
        for person in figures.people:
            for year in dict.fromkeys(years):
                quarters: dict[str, int] = {}
                for of, label, asked in zip(years, figures.quarters, person.quota, strict=True):
                    if of == year:
                        quarters[label] = quarters.get(label, 0) + asked
                label = fiscal_year(self.calendar, year).label
                yield QuotaYear(person=person.id, year=year, label=label, quarters=quarters)
