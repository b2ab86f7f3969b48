"""A change in words, with its dates and fiscal quarters spelled out."""

from datetime import date
from decimal import Decimal

from loops.calendar import fiscal_quarter_of
from loops.design import changes as c
from loops.design.overlay import Overlay
from loops.money import exact, written
from loops.values import Value


def words(change: c.Change, plan: Overlay) -> str:
    """The change as a person would put it; ids where the plan has no name."""
    said = _Said(plan)
    match change:
        case c.AddPeople():
            where = said.where(change.territory, change.segment)
            return f"Add {change.count} {change.role}{where}, from {said.day(change.starts_on)}"
        case c.RemovePeople():
            where = said.where(change.territory, change.segment)
            return f"{change.count} {change.role}{where} leave, gone on {said.day(change.leaves_on)}"
        case c.PersonLeaves():
            return f"{said.person(change.person)} leaves, gone on {said.day(change.leaves_on)}"
        case c.PersonMoves():
            return (
                f"{said.person(change.person)} goes to {said.land(change.territory)} on {said.day(change.on)}"
            )
        case c.MovePeople():
            way = f"from {said.land(change.source)} to {said.land(change.territory)}"
            return f"{change.count} {change.role} go {way} on {said.day(change.on)}"
        case c.ShiftHires():
            way = "later" if change.by_months > 0 else "earlier"
            return f"{said.hires(change)} start {abs(change.by_months)} months {way}"
        case c.CancelHires():
            after = f" from {said.day(change.after)} on" if change.after else ""
            return f"{said.hires(change)} aren't hired{after}"
        case _:
            return _figures(change, said)


def _figures(change: Value, said: "_Said") -> str:
    match change:
        case c.ChangeRamp():
            return f"Ramp of {change.role or 'every role'}: {said.how(change)}"
        case c.ChangeProductivity():
            where = said.where(change.territory, change.segment)
            return f"Productivity of {change.role or 'everybody'}{where}: {said.how(change)}"
        case c.ChangeAttrition():
            return f"Attrition of {change.role or 'every role'}: {said.how(change)}"
        case c.ChangeInvestment():
            where = said.where(None, change.segment)
            return f"Investment in {change.channel or 'all channels'}{where}: {said.how(change)}"
        case c.ChangePrice():
            return f"Price of a deal{said.where(change.territory, change.segment)}: {said.how(change)}"
        case c.ChangeTarget():
            year = f" in fiscal year {change.year}" if change.year else ""
            measure = change.measure.replace("_", " ").replace("acv", "ACV")
            count = change.measure == "new_logos"
            return f"Target of {measure}{said.where(change.territory, None)}{year}: {said.how(change, count)}"
        case c.ChangeQuota():
            who = said.person(change.person) if change.person else change.role or "everybody"
            return f"Quota of {who}: {said.how(change)}"
        case c.ChangeCompensation():
            part = "pay" if change.part == "both" else f"{change.part} pay"
            return f"{part.capitalize()} of {change.role or 'every role'}: {said.how(change)}"
        case c.ChangeRate():
            return f"A unit of {change.currency} in {said.plan.scenario.currency}: {said.how(change, True)}"
        case _:
            return _lands(change, said)


def _lands(change: Value, said: "_Said") -> str:
    match change:
        case c.MoveRegions():
            return f"{', '.join(change.places)} go to {said.land(change.territory)}"
        case c.SplitTerritory():
            return f"{said.land(change.territory)} is split in {change.parts}"
        case c.MergeTerritories():
            return f"{said.land(change.territory)} is merged into {said.land(change.into)}"
        case _:
            raise TypeError(f"there are no words for {type(change).__name__}")


class _Said:
    """Names of the plan's things."""

    def __init__(self, plan: Overlay) -> None:
        self.plan = plan

    def day(self, day: date | None) -> str:
        day = day or self.plan.today
        return f"{day} ({fiscal_quarter_of(self.plan.calendar, day).label})"

    def land(self, id: str) -> str:
        return self.plan.land(id).name

    def person(self, id: str) -> str:
        return getattr(self.plan.person(id), "name", id)

    def where(self, land: str | None, segment: str | None) -> str:
        named = f" in {self.land(land)}" if land else ""
        return f"{named} for {self.plan.segment(segment)}" if segment else named

    def hires(self, change: c.ShiftHires | c.CancelHires) -> str:
        if change.hire:
            return f"Planned {self.person(change.hire)}"
        return f"Planned {change.role or 'people'}{self.where(change.territory, None)}"

    def how(self, change: Value, plain: bool = False) -> str:
        """By how much, as it was told; `plain` where the amounts are no money."""
        told = {
            name: getattr(change, name) for name in sorted(c.WAYS) if getattr(change, name, None) is not None
        }
        name, value = next(iter(told.items()))
        if name == "factor":
            return f"times {_number(value)}"
        if name.endswith("share"):
            points = f"{float(exact(value) * 100):g}"
            return f"{points} % a year" if name == "to_share" else f"{float(exact(value) * 100):+g} points"
        if name.endswith("months"):
            return f"{value} months" if name == "to_months" else f"{value:+d} months"
        amount = _number(value) if plain else written(value, self.plan.scenario.currency)
        return f"to {amount}" if name.startswith("to") else f"by {amount}"


def _number(value: float) -> str:
    """The number as a person writes it, every digit of it."""
    return f"{Decimal(str(value)).normalize():,f}"
