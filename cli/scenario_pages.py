"""A plan's figures and two plans side by side, as pages for a person."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cli.door import WIDTH, Door, counted, table
from cli.look import wrapped

if TYPE_CHECKING:
    from pydantic import JsonValue

    from loops.calendar import Calendar
    from loops.design.figures import Capacity
    from loops.plan import Currencies
    from loops.scenario import Scenario

EVERYWHERE = "all"
NOWHERE = "no territory"


class Money:
    """Writes amounts of a currency in whole major units."""

    def __init__(self, currency: str) -> None:
        from loops.money import minor_digits

        self._unit = 10 ** minor_digits(currency)

    def __call__(self, minor: "JsonValue", *, sign: bool = False) -> str:
        """The amount; "" for none."""
        if not isinstance(minor, int | float):
            return ""
        whole = round(Fraction(round(minor), self._unit))
        return f"{whole:+,}" if sign else f"{whole:,}"


def percent(share: "JsonValue") -> str:
    """The share as a percentage; "" for none."""
    return f"{share:.0%}" if isinstance(share, int | float) else ""


def figured(root: Path, plan: "Scenario") -> "Capacity":
    """The plan's figures.

    Raises:
        PlanError: none can be made from it.
    """
    from loops.design.capacity import capacity

    return capacity(plan, *_reference(root))


def _reference(root: Path) -> "tuple[Calendar, Currencies]":
    from tools.workspace import load_calendar, load_currencies

    return load_calendar(root), load_currencies(root)


# --- one plan ---------------------------------------------------------------------------------------
def page(door: Door, plan: "Scenario", *, promoted: bool) -> None:
    """Show a plan's figures."""
    door.give(scenario=plan.name, active=promoted, currency=plan.currency)
    what = "the promoted scenario" if promoted else "not promoted"
    if plan.year is None:
        door.say(f"{plan.name}, {what}. It has no year, so no figure is made from it.")
        _people(door, plan)
        return
    figures = figured(door.root, plan)
    last = figures.months[-1]
    door.say(
        f"{plan.name}, {what}: {', '.join(dict.fromkeys(figures.years))},"
        f" {figures.months[0].start} until before {last.end}. Amounts in {plan.currency}."
    )
    _people(door, plan)
    for year in dict.fromkeys(figures.years):
        _year(door, plan, figures, year)
    _totals(door, plan, figures)


def _people(door: Door, plan: "Scenario") -> None:
    from loops.scenario import open_hires

    pay = {line.role: line for line in plan.compensation}
    asked = {line.role: line for line in plan.quotas if line.role}
    planned = open_hires(plan)
    roles = dict.fromkeys(person.role for person in (*plan.roster, *plan.hires))
    found = [
        {
            "role": role,
            "people": sum(rep.role == role for rep in plan.roster),
            "planned": sum(hire.role == role for hire in planned),
            "quota_minor": asked[role].amount_minor if role in asked else None,
            "quota_currency": (asked[role].currency if role in asked else None) or plan.currency,
            "at_target_minor": pay[role].base_minor + pay[role].variable_minor if role in pay else None,
            "pay_currency": (pay[role].currency if role in pay else None) or plan.currency,
        }
        for role in roles
    ]
    door.give(people=found)
    rows = [
        (
            str(f["role"]),
            str(f["people"]),
            str(f["planned"]),
            Money(str(f["quota_currency"]))(f["quota_minor"]),
            Money(str(f["pay_currency"]))(f["at_target_minor"]),
        )
        for f in found
    ]
    door.say()
    door.say(right(rows, ("role", "people", "planned", "quota a year", "pay at target")))


def _year(door: Door, plan: "Scenario", figures: "Capacity", year: str) -> None:
    """Capacity by quarter and territory in a year."""
    money = Money(plan.currency)
    quarters = [q for q, of in zip(figures.quarters, figures.years, strict=True) if of == year]
    periods = (*dict.fromkeys(quarters), year)
    made = {period: figures.by_land(period) for period in periods}
    lands = dict.fromkeys((*figures.aimed, *(name for name in made[year] if name and made[year][name])))
    if made[year].get(""):
        lands[""] = None
    found: list[dict[str, object]] = []
    for name in (*lands, None):
        cells = {p: (_made(figures, made[p], p, name), _aim(figures, p, name)) for p in periods}
        found.append({"territory": EVERYWHERE if name is None else name or NOWHERE, "cells": cells})
    door.give(
        territories=[
            *cast("list[object]", door.result.get("territories", [])),
            *(
                {"territory": f["territory"], "period": p, "new_acv_minor": got, "target_minor": aim}
                for f in found
                for p, (got, aim) in cast("dict[str, tuple[int, int]]", f["cells"]).items()
            ),
        ]
    )
    rows = [_row(f, year, money) for f in found]
    above = [name for name in lands if name and len(figures.lands(name)) > 1]
    door.say()
    door.say(f"New ACV by territory in {year}, and how much of the target it covers")
    head = (*(period.partition(" ")[0] for period in periods[:-1]), year, "target", "")
    door.say(right(rows, ("territory", *head)))
    if above:
        door.say(f"With all that lies in them, which stands in a line of its own too: {', '.join(above)}.")


def _row(found: dict[str, object], year: str, money: Money) -> tuple[str, ...]:
    cells = cast("dict[str, tuple[int, int]]", found["cells"])
    quarters = (f"{money(got)} {_covers(got, aim):>5}" for p, (got, aim) in cells.items() if p != year)
    got, aim = cells[year]
    return (str(found["territory"]), *quarters, money(got), money(aim), _covers(got, aim))


def _covers(got: int, aim: int) -> str:
    return percent(got / aim) if aim else ""


def _made(figures: "Capacity", made: dict[str, int], period: str, name: str | None) -> int:
    return figures.new_acv(period) if name is None else made.get(name, 0)


def _aim(figures: "Capacity", period: str, name: str | None) -> int:
    return figures.target(period) if name is None else figures.land_target(name, period)


def _totals(door: Door, plan: "Scenario", figures: "Capacity") -> None:
    """Every fiscal year's figures, with the likely range."""
    from tools.planning.draws import DRAWS, HIGH, LOW, band
    from tools.planning.tables import bands, totals

    money, years = Money(plan.currency), tuple(dict.fromkeys(figures.years))
    quarters = tuple(dict.fromkeys(figures.quarters))
    drawn = band(plan, figures, (*years, *quarters))
    said = {year: totals(figures, year) for year in years}
    door.give(years=list(said.values()), bands=bands(drawn, plan.currency))
    ranges = {one.label: one for one in drawn}

    def line(what: str, cells: Iterable[str]) -> tuple[str, ...]:
        return (what, *cells)

    rows = [
        line("new ACV", (money(said[y]["new_acv_minor"]) for y in years)),
        line("target", (money(said[y]["target_minor"]) for y in years)),
        line("coverage", (percent(said[y]["coverage_share"]) for y in years)),
        line(f"range, {LOW}th to {HIGH}th percentile",
             (f"{money(ranges[y].low)} to {money(ranges[y].high)}" for y in years)),
        line("chance to reach the target", (percent(ranges[y].above_target) for y in years)),
        line("quotas above target", (percent(said[y]["quota_over_target_share"]) for y in years)),
        line("cost of sales", (money(said[y]["cost_minor"]) for y in years)),
        line("payback, months", (str(said[y]["payback_months"] or "") for y in years)),
        line("what pipeline supports", (money(said[y]["pipeline_supports_minor"]) for y in years)),
        line("people at the end", (str(said[y]["headcount"]) for y in years)),
    ]  # fmt: skip
    door.say()
    door.say(right(rows, ("", *years)))
    door.say(f"The range is of {counted(DRAWS, 'draw')}: people differ, and leave by chance.")


# --- two plans --------------------------------------------------------------------------------------
def side_by_side(door: Door, one: "Scenario", other: "Scenario", period: str | None) -> None:
    """Show two plans' figures, and every difference with what it does to them."""
    from loops.design.compare import common_years, compare
    from tools.planning.tables import compared

    reference = _reference(door.root)
    focus = period or common_years(one, other, reference[0])[0]
    found = compare(one, other, *reference, focus)
    said = compared(found, focus, {t.id: t.name for t in (*one.territories, *other.territories)})
    door.give(one=one.name, other=other.name, **said)
    door.say(f"{one.name} and {other.name} in {focus}. Amounts in {one.currency}.")
    money = Money(one.currency)
    _figures(door, said, (one.name, other.name), money)
    for what in ("years", "quarters", "territories", "roles"):
        _side(door, what, cast("list[dict[str, JsonValue]]", said[what]), (one.name, other.name), money)
    _causes(door, cast("list[dict[str, JsonValue]]", said["causes"]), focus, money)


EFFECTS = (("new_acv_minor", "new ACV"), ("target_minor", "target"), ("cost_minor", "cost"))
NAMED = (
    ("new_acv_minor", "new ACV"),
    ("target_minor", "target"),
    ("coverage_share", "coverage"),
    ("quota_minor", "quotas"),
    ("quota_over_target_share", "quotas above target"),
    ("cost_minor", "cost of sales"),
    ("payback_months", "payback, months"),
    ("pipeline_supports_minor", "what pipeline supports"),
    ("headcount", "people at the end"),
)


def _figures(door: Door, said: "dict[str, JsonValue]", names: tuple[str, str], money: Money) -> None:
    before, after, apart = (
        cast("dict[str, JsonValue]", said[part]) for part in ("before", "after", "difference")
    )

    def cell(key: str, value: "JsonValue", *, sign: bool = False) -> str:
        if key.endswith("_minor"):
            return money(value, sign=sign)
        if key.endswith("_share"):
            return f"{value:+.1%}" if sign and isinstance(value, int | float) else percent(value)
        return (f"{value:+}" if sign else str(value)) if isinstance(value, int | float) else ""

    rows = [
        (name, cell(key, before[key]), cell(key, after[key]), cell(key, apart.get(key), sign=True))
        for key, name in NAMED
    ]
    door.say()
    door.say(right(rows, ("", *names, "difference")))


def _side(
    door: Door, what: str, lines: "list[dict[str, JsonValue]]", names: tuple[str, str], money: Money
) -> None:
    if not lines:
        return
    rows = [
        (
            str(line["label"]), money(line["before_minor"]), percent(line["coverage_before_share"]),
            money(line["after_minor"]), percent(line["coverage_after_share"]),
            money(line["difference_minor"], sign=True),
        )
        for line in lines
    ]  # fmt: skip
    door.say()
    door.say(f"New ACV by {'territory' if what == 'territories' else what.removesuffix('s')}, and coverage")
    door.say(right(rows, ("", names[0], "", names[1], "", "difference")))


def _causes(door: Door, causes: "list[dict[str, JsonValue]]", focus: str, money: Money) -> None:
    door.say()
    if not causes:
        door.say("They say the same.")
        return
    door.say(f"What differs, and what each does to {focus} on top of the ones before")
    for cause in causes:
        effects = [
            f"{money(cause[key], sign=True)} {what}"
            for key, what in EFFECTS
            if cause[key]
        ]
        for n, line in enumerate(wrapped(str(cause["words"]), WIDTH - 4)):
            door.say(f"{'- ' if n == 0 else '  '}{line}")
        door.say(f"    {', '.join(effects) or f'no figure of {focus} changes'}")


def right(rows: list[tuple[str, ...]], head: tuple[str, ...]) -> str:
    """A table whose figures stand at the right of their columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def aligned(row: tuple[str, ...]) -> tuple[str, ...]:
        return (row[0], *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)))

    return table([aligned(row) for row in rows], aligned(head))
