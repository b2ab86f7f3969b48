"""What changes of figures do to a plan: ramps, productivity, attrition, money, targets, rates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TypeVar

from loops.design import changes as c
from loops.design.overlay import Overlay, new_amount, rescaled, times
from loops.errors import PlanError
from loops.money import exact, spread
from loops.plan import Attrition, Compensation, Investment, Price, Productivity, Quota, Ramp, Rate, Target
from loops.scenario import Territory, holder, plan_years

DECIMALS = 6
"""Of a stretched ramp's shares."""
ALWAYS = date(1900, 1, 1)
"""The day of a rate that holds from the first on."""
Local = TypeVar("Local", Price, Productivity)
Amount = TypeVar("Amount", Price, Quota)


def ramp(plan: Overlay, change: c.ChangeRamp) -> Overlay:
    """The plan with ramps of another length."""
    ramps = list(plan.scenario.ramps)
    if change.role and plan.role(change.role) not in {line.role for line in ramps}:
        if change.factor is not None:
            raise PlanError(f"{change.role} have no ramp in the plan: say how many months it is to take")
        ramps.append(Ramp(role=change.role))
    made = rescaled(
        ramps, lambda line: change.role in {None, line.role}, lambda line: _stretched(line, change), "ramp"
    )
    return plan.having("A ramp of another length keeps the form of its curve.", ramps=made)


def _stretched(line: Ramp, change: c.ChangeRamp) -> Ramp:
    old = len(line.shares)
    if change.to_months is not None:
        new = change.to_months
    elif change.by_months is not None:
        new = max(0, old + change.by_months)
    else:
        new = round(old * exact(change.factor or 0))
    points = [*map(exact, line.shares), Fraction(1)] if old else [Fraction(0), Fraction(1)]
    at = (Fraction(month * (len(points) - 1), new) for month in range(new))
    return line.model_copy(update={"shares": tuple(float(round(_between(points, x), DECIMALS)) for x in at)})


def _between(points: Sequence[Fraction], x: Fraction) -> Fraction:
    """The value at x on the line through the points at 0, 1, 2 …."""
    left = int(x)
    return points[left] + (points[left + 1] - points[left]) * (x - left)


def productivity(plan: Overlay, change: c.ChangeProductivity) -> Overlay:
    """The plan with people who close more or fewer deals."""
    if change.role:
        plan.role(change.role)
    lines = _own_lines(plan, plan.scenario.productivity, change.territory)
    factor = exact(change.factor)

    def chosen(line: Productivity) -> bool:
        own = change.territory in {None, line.territory}
        return own and change.role in {None, line.role} and change.segment in {None, line.segment}

    def changed(line: Productivity) -> Productivity:
        return line.model_copy(update={"deals_per_year": times(line.deals_per_year, factor)})

    return plan.having(productivity=rescaled(lines, chosen, changed, "productivity of that kind"))


def price(plan: Overlay, change: c.ChangePrice) -> Overlay:
    """The plan with dearer or cheaper deals."""
    lines = _own_lines(plan, plan.scenario.prices, change.territory)

    def chosen(line: Price) -> bool:
        return change.territory in {None, line.territory} and change.segment in {None, line.segment}

    def changed(line: Price) -> Price:
        return _amount(plan, line, change.factor, change.to_minor, change.by_minor)

    made = rescaled(lines, chosen, changed, "price of that kind")
    return plan.having("As many deals are closed at the new price as at the old one.", prices=made)


def _own_lines(plan: Overlay, lines: Sequence[Local], territory: str | None) -> list[Local]:
    """The lines, with one of its own for the territory where it goes by the one of all."""
    if territory is None:
        return list(lines)
    plan.land(territory)
    own = {_about(line) for line in lines if line.territory == territory}
    everywhere = (line for line in lines if line.territory is None and _about(line) not in own)
    return [*lines, *(line.model_copy(update={"territory": territory}) for line in everywhere)]


def _about(line: Price | Productivity) -> tuple[str, str]:
    return (line.role if isinstance(line, Productivity) else "", line.segment)


def attrition(plan: Overlay, change: c.ChangeAttrition) -> Overlay:
    """The plan with more or fewer people leaving."""
    lines = list(plan.scenario.attrition)
    if change.role and plan.role(change.role) not in {line.role for line in lines}:
        if change.factor is not None:
            raise PlanError(f"{change.role} have no attrition in the plan: say the share a year that leaves")
        lines.append(Attrition(role=change.role, yearly_share=0))

    def changed(line: Attrition) -> Attrition:
        return line.model_copy(update={"yearly_share": float(_share(exact(line.yearly_share), change))})

    made = rescaled(lines, lambda line: change.role in {None, line.role}, changed, "attrition")
    return plan.having("Nobody takes the seat of who leaves.", attrition=made)


def _share(old: Fraction, change: c.ChangeAttrition) -> Fraction:
    if change.factor is not None:
        new = old * exact(change.factor)
    else:
        new = exact(change.to_share) if change.to_share is not None else old + exact(change.by_share or 0)
    return min(Fraction(1), max(Fraction(0), new))


def investment(plan: Overlay, change: c.ChangeInvestment) -> Overlay:
    """The plan with more or less spent."""
    lines = list(plan.scenario.investment)

    def chosen(line: Investment) -> bool:
        return change.segment in {None, line.segment} and change.channel in {None, line.channel}

    told = "Spending changes pipeline and cost; capacity is what people can close, whatever is spent."
    at = [n for n, line in enumerate(lines) if chosen(line)]
    if not at and change.segment and change.channel and change.factor is None:
        plan.segment(change.segment)
        lines.append(Investment(segment=change.segment, channel=change.channel, amount_minor=0))
        told = f"Nothing was spent on {change.channel} yet: pipeline from it isn't known and counts as none."
        at = [len(lines) - 1]
    if not at:
        raise PlanError("the plan has no investment of that kind, so there is nothing to change")
    old = [plan.money(lines[n].amount_minor, lines[n].currency) for n in at]
    total = new_amount(sum(old, Fraction(0)), change.factor, change.to_minor, change.by_minor)
    for n, amount in zip(at, _shared(total, old), strict=True):
        lines[n] = lines[n].model_copy(update={"amount_minor": amount, "currency": None})
    return plan.having(told, investment=tuple(lines))


def _shared(total: Fraction, old: Sequence[Fraction]) -> tuple[int, ...]:
    """The total shared out as the old amounts were, evenly where there was nothing."""
    whole = sum(old, Fraction(0))
    weights = [one / whole if whole else Fraction(1, len(old)) for one in old]
    return spread(round(total), weights)


def target(plan: Overlay, change: c.ChangeTarget) -> Overlay:
    """The plan with other targets; without a year those of every year, each in its place."""
    if change.territory:
        plan.land(change.territory)
    lands = [
        land
        for land in plan.scenario.territories
        if change.territory == land.id or (change.territory is None and _all_held(land, change))
    ]
    held = [one for land in lands for one in _all_held(land, change)]
    by_year = any(one.year for one in held)
    if change.year is None and change.factor is not None and any(one.value for one in held):
        return _each_target(plan, change)
    if change.year is None and by_year and change.territory is None:
        for year in plan_years(plan.scenario):
            plan = target(plan, change.model_copy(update={"year": year}))
        return plan
    if change.year is None and by_year and change.by_minor is not None:
        return _each_target(plan, change)
    return _shared_target(plan, change, lands)


def _all_held(land: Territory, change: c.ChangeTarget) -> list[Target]:
    """The territory's targets of that measure that the change is about."""
    years = {None, change.year}
    fitting = [one for one in land.targets if one.measure == change.measure]
    return fitting if change.year is None else [one for one in fitting if one.year in years]


def _each_target(plan: Overlay, change: c.ChangeTarget) -> Overlay:
    """The plan with each target of the measure changed where it stands, in its own currency."""

    def changed(one: Target) -> Target:
        if one.measure != change.measure:
            return one
        if change.factor is not None:
            return one.model_copy(update={"value": round(one.value * exact(change.factor))})
        money = change.measure != "new_logos"
        old = plan.money(one.value, one.currency) if money else Fraction(one.value)
        new = round(new_amount(old, None, None, change.by_minor))
        return one.model_copy(update={"value": new, "currency": None})

    def aimed(land: Territory) -> Territory:
        return land.model_copy(update={"targets": tuple(map(changed, land.targets))})

    def chosen(land: Territory) -> bool:
        return change.territory in {None, land.id}

    lands = (aimed(one) if chosen(one) else one for one in plan.scenario.territories)
    return plan.having(territories=tuple(lands))


def _shared_target(plan: Overlay, change: c.ChangeTarget, lands: Sequence[Territory]) -> Overlay:
    """The plan with one new target of that year in each territory, their sum shared out as it was."""
    old = [_value(plan, land, change) for land in lands]
    if not lands or (change.factor is not None and not any(old)):
        raise PlanError(f"the plan has no target of {change.measure} there, so there is nothing to change")
    total = new_amount(sum(old, Fraction(0)), change.factor, change.to_value, change.by_minor)
    new = dict(zip((land.id for land in lands), _shared(total, old), strict=True))
    aimed = (_aimed(one, change, new[one.id]) if one.id in new else one for one in plan.scenario.territories)
    return plan.having(territories=tuple(aimed))


def _value(plan: Overlay, land: Territory, change: c.ChangeTarget) -> Fraction:
    """The territory's target of that measure: that of the year before that of every year."""
    found = max(_all_held(land, change), key=lambda one: one.year is not None, default=None)
    if found is None:
        return Fraction(0)
    return Fraction(found.value) if change.measure == "new_logos" else plan.money(found.value, found.currency)


def _aimed(land: Territory, change: c.ChangeTarget, value: int) -> Territory:
    """The territory with that target; a year's own stands beside the one for every year."""
    kept = [t for t in land.targets if t.measure != change.measure or (change.year and t.year != change.year)]
    made = Target(measure=change.measure, value=value, year=change.year)
    return land.model_copy(update={"targets": (*kept, made)})


def quota(plan: Overlay, change: c.ChangeQuota) -> Overlay:
    """The plan with other quotas."""
    lines = list(plan.scenario.quotas)
    seats = plan.seats(plan.person(change.person).id) if change.person else []
    for seat in seats:
        if seat.id not in {line.person for line in lines}:
            none = Quota(role=seat.role, amount_minor=0)
            asked = next((line for line in lines if line.role == seat.role), none)
            lines.append(asked.model_copy(update={"role": None, "person": seat.id}))
    if (
        change.role
        and plan.role(change.role) not in {line.role for line in lines}
        and change.to_minor is not None
    ):
        lines.append(Quota(role=change.role, amount_minor=0))

    def chosen(line: Quota) -> bool:
        own = line.person in {seat.id for seat in seats}
        return own if change.person else change.role in {None, line.role}

    def changed(line: Quota) -> Quota:
        return _amount(plan, line, change.factor, change.to_minor, change.by_minor)

    if change.role:
        plan = plan.having(_own_quotas(plan, change.role))
    told = "A quota changes what is asked of people, not what they can close."
    return plan.having(told, quotas=rescaled(lines, chosen, changed, "quota of that kind"))


def _own_quotas(plan: Overlay, role: str) -> str:
    """Who of the role keeps a quota of their own; "" where nobody has one."""
    own = {line.person for line in plan.scenario.quotas if line.person}
    names = dict.fromkeys(holder(one.id) for one in plan.people if one.role == role and one.id in own)
    return f"Who has a quota of their own keeps it: {', '.join(names)}." if names else ""


def compensation(plan: Overlay, change: c.ChangeCompensation) -> Overlay:
    """The plan with people who cost more or less."""
    if change.role:
        plan.role(change.role)

    def changed(line: Compensation) -> Compensation:
        held = {"base": line.base_minor, "variable": line.variable_minor}
        parts = [part for part in held if change.part in {part, "both"}]
        old = [plan.money(held[part], line.currency) for part in parts]
        total = new_amount(sum(old, Fraction(0)), change.factor, change.to_minor, change.by_minor)
        kept = {f"{part}_minor": round(plan.money(held[part], line.currency)) for part in held}
        new = {f"{part}_minor": amount for part, amount in zip(parts, _shared(total, old), strict=True)}
        return line.model_copy(update={**kept, **new, "currency": None})

    def chosen(line: Compensation) -> bool:
        return change.role in {None, line.role}

    told = "Pay changes cost; that better pay keeps or wins people isn't in the model."
    return plan.having(
        told, compensation=rescaled(plan.scenario.compensation, chosen, changed, "compensation there")
    )


def exchange_rate(plan: Overlay, change: c.ChangeRate) -> Overlay:
    """The plan with a currency that is worth more or less."""
    rates, own = plan.rates, plan.scenario.currency
    if change.currency == own:
        raise PlanError(f"{own} is the plan's own currency: name the one that changes against it")
    if change.currency not in rates or own not in rates:
        raise PlanError(f"there is no rate for {change.currency}: add one to currencies.yaml, with its day")
    worth = rates[change.currency]
    new = (
        worth * exact(change.factor)
        if change.factor is not None
        else exact(change.to_value or 0) * rates[own]
    )
    if new <= 0:
        raise PlanError(f"{change.currency} can't be worth nothing: give a factor above 0")
    base = plan.currencies.base
    name, value = (own, rates[own] * worth / new) if change.currency == base else (change.currency, new)
    others = tuple(rate for rate in plan.currencies.rates if rate.currency != name)
    rates_now = (*others, Rate(currency=name, on=ALWAYS, value=float(value)))
    return replace(plan, currencies=plan.currencies.model_copy(update={"rates": rates_now}))


def _amount(plan: Overlay, line: Amount, factor: float | None, to: int | None, by: int | None) -> Amount:
    """The line with another amount; told as a factor it stays in its own currency."""
    if factor is not None:
        return line.model_copy(update={"amount_minor": round(line.amount_minor * exact(factor))})
    new = new_amount(plan.money(line.amount_minor, line.currency), None, to, by)
    return line.model_copy(update={"amount_minor": round(new), "currency": None})
