"""The declared state: everything that the promoted scenario says is to stand in the systems of work."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from loops.calendar import Calendar, fiscal_year, fiscal_year_of, local
from loops.plan import Compensation, Hire
from loops.scenario import Rep, Scenario
from loops.scenario import open_hires as vacant
from loops.structure import Item, Part, QuotaYear


def declared(
    scenario: Scenario, calendar: Calendar, at: datetime, quotas: Iterable[QuotaYear], ahead_days: int
) -> tuple[Item, ...]:
    """Everything that is to stand but who covers open seats, by part and key.

    Args:
        scenario: the promoted plan.
        calendar: for fiscal years and today.
        at: now.
        quotas: everybody's, by year.
        ahead_days: days before a fiscal year begins from which on its quotas and documents stand.
    """
    today = local(calendar, at).date()
    years = _years(calendar, today, ahead_days)
    asked = {(quota.person, quota.year): quota for quota in quotas if quota.year in years}
    found = (
        *_structure(scenario),
        *(_person(rep) for rep in scenario.roster),
        *(_seat(hire) for hire in open_hires(scenario, today)),
        *_tied(scenario, today),
        *(item for key in sorted(asked) if (item := _quota(asked[key], scenario, today))),
        *_plans(scenario, calendar, today, years, asked),
    )
    return tuple(sorted(found, key=lambda item: (item.part, item.key)))


def in_office(rep: Rep, today: date) -> bool:
    """Whether they haven't left by that day; they may still have to start."""
    return rep.left_on is None or rep.left_on > today


def open_hires(scenario: Scenario, today: date) -> tuple[Hire, ...]:
    """The planned people whose seat nobody has taken and which wasn't given up again."""
    return tuple(h for h in vacant(scenario) if h.left_on is None or h.left_on > today)


def _item(part: Part, key: str, **fields: object) -> Item:
    said = {name: "" if value is None else str(value) for name, value in fields.items()}
    return Item(part=part, key=key, fields=said)


def _structure(scenario: Scenario) -> Iterator[Item]:
    for land in scenario.territories:
        yield _item(
            "territory",
            land.id,
            name=land.name,
            parent=land.parent,
            countries=" ".join(land.countries),
            regions=" ".join(land.regions),
        )
    for pool in scenario.pools:
        yield _item("pool", pool.id, name=pool.name, backup=pool.backup)


def _person(rep: Rep) -> Item:
    return _item(
        "person",
        rep.id,
        role=rep.role,
        manager=rep.manager,
        zone=rep.zone,
        segment=rep.segment,
        capacity=rep.capacity,
        starts_on=rep.starts_on,
        left_on=rep.left_on,
        seat=rep.seat,
    )


def _seat(hire: Hire) -> Item:
    return _item(
        "seat",
        hire.id,
        role=hire.role,
        territory=hire.territory,
        segment=hire.segment,
        pool=hire.pool,
        manager=hire.manager,
        starts_on=hire.starts_on,
    )


def _tied(scenario: Scenario, today: date) -> Iterator[Item]:
    """Who sells where, and who is in which pool: of those who haven't left."""
    here = {rep.id: rep for rep in scenario.roster if in_office(rep, today)}
    for rep in here.values():
        if rep.territory:
            key = f"{rep.id}@{rep.territory}"
            fields = {"person": rep.id, "territory": rep.territory, "segment": rep.segment}
            yield _item("assignment", key, **fields, starts_on=rep.starts_on)
    for pool in scenario.pools:
        for member in dict.fromkeys(pool.members):
            if member in here:
                yield _item("membership", f"{pool.id}/{member}", pool=pool.id, person=member)


# --- quotas and documents -------------------------------------------------------------------------
def _years(calendar: Calendar, today: date, ahead_days: int) -> tuple[int, ...]:
    """The fiscal year that runs, and the next one where it begins soon."""
    soon = today + timedelta(days=ahead_days)
    return tuple(range(fiscal_year_of(calendar, today), fiscal_year_of(calendar, soon) + 1))


def _quota(quota: QuotaYear, scenario: Scenario, today: date) -> Item | None:
    """Nothing for somebody who left, and nothing where nothing is asked."""
    people = {rep.id for rep in scenario.roster if in_office(rep, today)}
    seats = {hire.id for hire in open_hires(scenario, today)}
    if quota.person not in people | seats or not any(quota.quarters.values()):
        return None
    fields = {"person": quota.person, "year": quota.label, "currency": scenario.currency}
    return _item("quota", f"{quota.person}@{quota.year}", **fields, **quota.quarters)


def _plans(
    scenario: Scenario,
    calendar: Calendar,
    today: date,
    years: tuple[int, ...],
    asked: dict[tuple[str, int], QuotaYear],
) -> Iterator[Item]:
    """The terms of each person's document, for each of those years that the plan says something of."""
    paid = {line.role: line for line in scenario.compensation}
    planned = {year for _, year in asked}
    for rep in scenario.roster:
        for year in (year for year in years if year in planned):
            if rep.role in paid and in_office(rep, today):
                yield from _terms(scenario, calendar, rep, year, paid[rep.role], asked.get((rep.id, year)))


def _terms(
    scenario: Scenario, calendar: Calendar, rep: Rep, year: int, paid: Compensation, asked: QuotaYear | None
) -> Iterator[Item]:
    period = fiscal_year(calendar, year)
    begins = max(period.start, rep.starts_on or period.start)
    ends = min(period.end, rep.left_on or period.end)
    if begins >= ends:
        return
    yield _item(
        "comp_plan",
        f"{rep.id}@{year}",
        person=rep.id,
        role=rep.role,
        territory=rep.territory,
        year=period.label,
        effective_on=begins,
        until=ends - timedelta(days=1),
        base_minor=paid.base_minor,
        variable_minor=paid.variable_minor,
        currency=paid.currency or scenario.currency,
        quota_currency=scenario.currency,
        **(asked.quarters if asked and any(asked.quarters.values()) else {}),
    )
