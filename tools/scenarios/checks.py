"""What a plan says that can't be meant: names nobody has, the same thing twice, dates that don't fit."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from loops.calendar import Calendar, fiscal_months
from loops.ids import is_plain, plain
from loops.plan import Hire
from loops.scenario import KEYS, Rep, Scenario, plan_years
from loops.values import Value

Path = tuple[str | int, ...]
Wrong = tuple[Path, str]
CURRENCY = re.compile(r"[A-Z]{3}")
ROLES = ("productivity", "ramps", "attrition", "quotas", "compensation")
"""The sections whose lines name a role."""
SEGMENTS = ("roster", "hires", "account_lists", "investment", "prices", "productivity")
TERRITORIES = ("prices", "productivity")
"""The sections of figures whose lines may name a territory."""
ONCE = {section: fields for section, fields in KEYS.items() if section not in ("roster", "hires")}
"""Sections, and the fields that no two of their lines may share; people share one set of ids."""


def wrong(scenario: Scenario, calendar: Calendar | None) -> tuple[Wrong, ...]:
    """Everything a schema can't see in the plan's figures, each with the key path it stands under.

    Args:
        scenario: the plan.
        calendar: the workspace's, for fiscal years; None where it can't be read: no day is then held to
            the plan's end.
    """
    checks: tuple[Iterable[Wrong], ...] = (
        _twice(scenario),
        _people_twice(scenario),
        _roles(scenario),
        _named(scenario, SEGMENTS, "segment", {s.id for s in scenario.segments}),
        _named(scenario, TERRITORIES, "territory", {t.id for t in scenario.territories}),
        _seats(scenario),
        _quotas(scenario),
        _targets(scenario),
        _days(scenario, calendar),
        _shares(scenario),
        _ids(scenario),
        _currencies(scenario),
    )
    return tuple(found for check in checks for found in check)


NAMED: tuple[tuple[str, str], ...] = (
    ("roster", "id"), ("roster", "role"), ("hires", "id"), ("hires", "role"), ("territories", "id"),
    ("segments", "id"), ("productivity", "role"), ("ramps", "role"), ("attrition", "role"),
    ("quotas", "role"), ("compensation", "role"), ("investment", "channel"),
)  # fmt: skip
"""Sections and their fields by which a question about the plan names something."""


def _ids(scenario: Scenario) -> Iterator[Wrong]:
    """Ids that no question could name, each where it stands first."""
    seen = set[tuple[str, str]]()
    for section, field in NAMED:
        for at, line in enumerate(_lines(scenario, section)):
            id = _said(line, field)
            what = field if field != "id" else section
            if id is None or is_plain(id) or (what, id) in seen:
                continue
            seen.add((what, id))
            form = f", such as {plain(id)}" if is_plain(plain(id)) else ""
            yield (section, at, field), f"{id!r} can't be asked about: use letters, digits, - and _{form}"


def _lines(scenario: Scenario, section: str) -> tuple[Value, ...]:
    return getattr(scenario, section)


def _said(line: Value, field: str) -> str | None:
    return getattr(line, field, None)


def _repeated(lines: Iterable[Value], key: Callable[[Value], tuple[Any, ...]]) -> Iterator[tuple[int, int]]:
    """Places of lines that say what an earlier one says, and that one's place."""
    seen: dict[tuple[Any, ...], int] = {}
    for at, line in enumerate(lines):
        first = seen.setdefault(key(line), at)
        if first != at:
            yield at, first


def _twice(scenario: Scenario) -> Iterator[Wrong]:
    for section, fields in ONCE.items():
        lines = _lines(scenario, section)
        for at, first in _repeated(lines, lambda line, fields=fields: tuple(_said(line, f) for f in fields)):
            what = ", ".join(str(said) for f in fields if (said := _said(lines[at], f)) is not None)
            yield (section, at), f"{what or 'this'} stands here twice: line {first + 1} of {section} says it"


def _people_twice(scenario: Scenario) -> Iterator[Wrong]:
    people = (*scenario.roster, *scenario.hires)
    for at, _ in _repeated(people, lambda person: (_said(person, "id"),)):
        split = at - len(scenario.roster)
        where: Path = ("roster", at, "id") if split < 0 else ("hires", split, "id")
        yield where, f"{people[at].id} is another person's id already: everybody needs their own"


def _roles(scenario: Scenario) -> Iterator[Wrong]:
    """Roles that stand in one section alone and that nobody has: most likely a slip."""
    held = {person.role for person in (*scenario.roster, *scenario.hires)}
    said = {section: {_said(line, "role") for line in _lines(scenario, section)} for section in ROLES}
    for section in ROLES:
        known = held.union(*(roles for other, roles in said.items() if other != section))
        for at, line in enumerate(_lines(scenario, section)):
            role = _said(line, "role")
            if role is not None and role not in known:
                text = f"nobody has the role {role}, and no other section names it: {_among(held)}"
                yield (section, at, "role"), text


def _named(scenario: Scenario, sections: Iterable[str], field: str, known: set[str]) -> Iterator[Wrong]:
    for section in sections:
        for at, line in enumerate(_lines(scenario, section)):
            name = _said(line, field)
            if name is not None and name not in known:
                yield (section, at, field), f"there is no {field} {name}: {_among(known)}"


def _among(known: Iterable[str]) -> str:
    names = sorted(known)
    return f"it is one of {', '.join(names)}" if names else "the plan has none"


def _seats(scenario: Scenario) -> Iterator[Wrong]:
    seats, taken = {hire.id for hire in scenario.hires}, dict[str, str]()
    for at, rep in enumerate(scenario.roster):
        if rep.seat is None:
            continue
        if rep.seat not in seats:
            yield ("roster", at, "seat"), f"there is no planned hire {rep.seat}: {_among(seats)}"
        holder = taken.setdefault(rep.seat, rep.id)
        if holder != rep.id:
            yield ("roster", at, "seat"), f"{holder} holds the seat {rep.seat} already"


def _quotas(scenario: Scenario) -> Iterator[Wrong]:
    people = {person.id for person in (*scenario.roster, *scenario.hires)}
    for at, quota in enumerate(scenario.quotas):
        if (quota.role is None) == (quota.person is None):
            yield ("quotas", at), "a quota is for a role or for a person: give exactly one of the two"
        elif quota.person is not None and quota.person not in people:
            text = f"there is nobody called {quota.person} in the roster or among the hires"
            yield ("quotas", at, "person"), text


def _targets(scenario: Scenario) -> Iterator[Wrong]:
    for at, land in enumerate(scenario.territories):
        for n, _ in _repeated(land.targets, lambda t: (_said(t, "measure"), _said(t, "year"))):
            text = f"{land.id} has another target for the same measure and year"
            yield ("territories", at, "targets", n), text
        for n, target in enumerate(land.targets):
            if target.year is not None and scenario.year is not None:
                reached = plan_years(scenario)
                if target.year not in reached:
                    whole = f"{reached[0]} to {reached[-1]}"
                    text = f"the plan goes from {whole}: {target.year} lies outside"
                    yield ("territories", at, "targets", n, "year"), text


def _days(scenario: Scenario, calendar: Calendar | None) -> Iterator[Wrong]:
    end = None
    if calendar is not None and scenario.year is not None:
        end = fiscal_months(calendar, scenario.year, scenario.months)[-1].end
    for at, person in enumerate(scenario.roster):
        yield from _stay(("roster", at), person, None)
        for n, away in enumerate(person.absences):
            if away.end < away.start:
                yield ("roster", at, "absences", n, "end"), "the last day away is before the first"
    for at, person in enumerate(scenario.hires):
        yield from _stay(("hires", at), person, end)


def _stay(where: Path, person: Rep | Hire, end: date | None) -> Iterator[Wrong]:
    if person.starts_on and person.left_on and person.left_on <= person.starts_on:
        yield (*where, "left_on"), f"{person.id} is gone from {person.left_on} on, before their first day"
    if person.starts_on and person.since and person.since > person.starts_on:
        yield (*where, "since"), f"{person.id} joined on {person.since}, after they start on this seat"
    if end and person.starts_on and person.starts_on >= end:
        yield (*where, "starts_on"), f"{person.starts_on} is after the plan's end: it goes until {end}"


def _shares(scenario: Scenario) -> Iterator[Wrong]:
    for at, ramp in enumerate(scenario.ramps):
        for n, share in enumerate(ramp.shares):
            if not 0 <= share <= 1:
                yield ("ramps", at, "shares", n), f"{share} is no share of full productivity: 0 to 1"


def _currencies(scenario: Scenario) -> Iterator[Wrong]:
    if not CURRENCY.fullmatch(scenario.currency):
        yield ("currency",), _no_currency(scenario.currency)
    for section in ("investment", "prices", "quotas", "compensation"):
        for at, line in enumerate(_lines(scenario, section)):
            code = _said(line, "currency")
            if code is not None and not CURRENCY.fullmatch(code):
                yield (section, at, "currency"), _no_currency(code)
    for at, land in enumerate(scenario.territories):
        for n, target in enumerate(land.targets):
            if target.currency is not None and not CURRENCY.fullmatch(target.currency):
                yield ("territories", at, "targets", n, "currency"), _no_currency(target.currency)


def _no_currency(code: str) -> str:
    return f"{code} is no currency: write its three letters, such as EUR"
