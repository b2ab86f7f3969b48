"""What changes of territories do to a plan: places moving, one becoming several, two becoming one."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeVar

from loops.design import changes as c
from loops.design.overlay import Overlay, free
from loops.errors import PlanError
from loops.money import convert, spread
from loops.plan import Price, Productivity, Target
from loops.scenario import Territory, holder, plan_years

Line = TypeVar("Line", Price, Productivity)


def move_regions(plan: Overlay, change: c.MoveRegions) -> Overlay:
    """The plan with countries or regions in another territory, and a part of their targets there too."""
    into = plan.land(change.territory)
    sources = {place: _source(plan, place, into) for place in dict.fromkeys(change.places)}
    for source in {land.id: land for land in sources.values()}.values():
        going = [place for place in sources if sources[place].id == source.id]
        held = source.regions or source.countries
        part = (
            Fraction(str(change.target_share))
            if change.target_share is not None
            else Fraction(len(going), len(held))
        )
        going_too = _parts(source.targets, part)
        plan = _replaced(plan, source.id, [_without(source, going, going_too)])
        plan = _joined(plan, into.id, going, going_too)
    told = (
        ""
        if change.target_share is not None
        else "The target goes with the places, each of them as large a part."
    )
    return plan.having(f"{told} People stay in their territories.".strip())


def _source(plan: Overlay, place: str, into: Territory) -> Territory:
    """The territory that the place goes away from.

    Raises:
        PlanError: no other one has it.
    """
    for land in plan.scenario.territories:
        if land.id != into.id and place in (land.regions or land.countries):
            return land
    raise PlanError(
        f"{place} stands in no territory other than {into.name}: name a place that another one has"
    )


def _without(land: Territory, places: Sequence[str], going: Sequence[Target]) -> Territory:
    """The territory without the places, and without what goes with them of each of its targets."""
    kept = {
        name: tuple(p for p in getattr(land, name) if p not in places) for name in ("countries", "regions")
    }
    if not (kept["regions"] or kept["countries"]) or (land.regions and not kept["regions"]):
        raise PlanError(f"nothing would be left of {land.name}: merge it into the other one instead")
    left = tuple(
        target.model_copy(update={"value": target.value - gone.value})
        for target, gone in zip(land.targets, going, strict=True)
    )
    return land.model_copy(update={**kept, "targets": left})


def _parts(targets: Sequence[Target], part: Fraction) -> tuple[Target, ...]:
    return tuple(target.model_copy(update={"value": round(target.value * part)}) for target in targets)


def split_territory(plan: Overlay, change: c.SplitTerritory) -> Overlay:
    """The plan with a territory's places, people and targets shared out evenly."""
    land, parts = plan.land(change.territory), change.parts
    name, places = ("regions", land.regions) if land.regions else ("countries", land.countries)
    if len(places) < parts:
        raise PlanError(f"{land.name} has only {len(places)} places, so it can't be split in {parts}")
    sizes = spread(len(places), [Fraction(1, parts)] * parts)
    starts = [sum(sizes[:n]) for n in range(parts)]
    shares = [spread(target.value, [Fraction(1, parts)] * parts) for target in land.targets]
    ids = _fresh(plan, land.id, parts)
    made = [
        land.model_copy(
            update={
                "id": ids[n],
                "name": f"{land.name} {n + 1}",
                name: places[starts[n] : starts[n] + sizes[n]],
                "targets": tuple(t.model_copy(update={"value": share[n]})
                                 for t, share in zip(land.targets, shares, strict=True)),
            }
        )
        for n in range(parts)
    ]  # fmt: skip
    plan = _copied_lines(_replaced(_rehung(plan, land, land.parent), land.id, made), land.id, ids)
    told = f"{land.name} is split by its places in their order; people are dealt out in turn, targets evenly."
    return _dealt(plan.having(told), land.id, ids)


def _fresh(plan: Overlay, id: str, parts: int) -> list[str]:
    """Ids for that many parts of the territory, none of which another one has."""
    taken = {land.id for land in plan.scenario.territories}
    found = list[str]()
    for n in range(parts):
        found.append(free(f"{id}-{n + 1}", {*taken, *found}))
    return found


def _dealt(plan: Overlay, id: str, made: Sequence[str]) -> Overlay:
    """The plan with everybody of a territory dealt out; who has left, and seats that are taken, apart."""
    scenario = plan.scenario
    everybody = [one for one in (*scenario.roster, *scenario.hires) if one.territory == id]
    open_seats = {one.id for one in plan.people}
    here = {
        holder(one.id)
        for one in everybody
        if one.id in open_seats and (one.left_on is None or one.left_on > plan.today)
    }
    turns: dict[str, str] = {}
    for who in (here, {holder(one.id) for one in everybody} - here):
        in_turn = dict.fromkeys(holder(one.id) for one in everybody if holder(one.id) in who)
        turns |= {name: made[n % len(made)] for n, name in enumerate(in_turn)}
    moved = {one.id: one.model_copy(update={"territory": turns[holder(one.id)]}) for one in everybody}
    return plan.with_people({**moved})


def merge_territories(plan: Overlay, change: c.MergeTerritories) -> Overlay:
    """The plan with a territory gone up in another one."""
    land, into = plan.land(change.territory), plan.land(change.into)
    if land.id == into.id:
        raise PlanError(f"{land.name} can't be merged into itself: name two territories")
    below = land.parent if land.id in _above(plan, into) else into.id
    plan = _replaced(_rehung(plan, land, below), land.id, [])
    plan = _joined(plan, into.id, land.regions or land.countries, land.targets)
    told = f"In {into.name} its prices and productivity hold for whoever came from {land.name}."
    return _dealt(plan.having(told), land.id, [into.id])


def _above(plan: Overlay, land: Territory) -> list[str]:
    """The territories that it lies in, the closest first."""
    parents = {one.id: one.parent for one in plan.scenario.territories}
    found, at = list[str](), land.parent
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return found


def _rehung(plan: Overlay, gone: Territory, to: str | None) -> Overlay:
    """The plan with the parts of a territory that goes hung up in another one."""
    lands = plan.scenario.territories
    moved = (one.model_copy(update={"parent": to}) if one.parent == gone.id else one for one in lands)
    return plan.having(territories=tuple(moved))


def _replaced(plan: Overlay, id: str, made: Sequence[Territory]) -> Overlay:
    """The plan with those territories in the place of the one."""
    lands = [one for land in plan.scenario.territories for one in (made if land.id == id else [land])]
    return plan.having(territories=tuple(lands))


def _joined(plan: Overlay, id: str, places: Sequence[str], targets: Sequence[Target]) -> Overlay:
    """The plan with more places and targets in a territory."""
    land = plan.land(id)
    land = land.model_copy(update={"targets": _added(plan, land.targets, targets)})
    fits = [place for place in places if ("-" in place) == bool(land.regions)]
    countries = [place.partition("-")[0] for place in fits] if land.regions else fits
    land = land.model_copy(
        update={
            "countries": tuple(dict.fromkeys([*land.countries, *countries])),
            "regions": tuple(dict.fromkeys([*land.regions, *fits])) if land.regions else (),
        }
    )
    beside = _beside(plan, land, [place for place in places if place not in fits])
    return _replaced(plan, id, [land, *beside])


def _beside(plan: Overlay, land: Territory, places: Sequence[str]) -> list[Territory]:
    """A territory for places of another kind: one with regions can't hold a whole country, or the reverse."""
    if not places:
        return []
    regions = tuple(place for place in places if "-" in place)
    countries = tuple(dict.fromkeys(place.partition("-")[0] for place in places))
    name = f"{land.name} ({', '.join(places)})"
    id = free(f"{land.id}-more", {one.id for one in plan.scenario.territories})
    return [Territory(id=id, name=name, countries=countries, regions=regions, parent=land.parent)]


def _added(plan: Overlay, targets: Sequence[Target], more: Sequence[Target]) -> tuple[Target, ...]:
    """The targets with more added to them, so that each year's are the sum of both."""
    found = list[Target]()
    for measure in dict.fromkeys(one.measure for one in (*targets, *more)):
        ours, theirs = ({t.year: t for t in side if t.measure == measure} for side in (targets, more))
        years: Iterable[int | None] = dict.fromkeys((*ours, *theirs))
        if (ours and theirs) and set(ours) != set(theirs):
            # one holds in every year and the other has years of its own: each year is written out
            years = plan_years(plan.scenario) or years
        for year in years:
            sides = (side.get(year, side.get(None)) for side in (ours, theirs))
            found += _sum([one for one in sides if one], year, plan)
    return tuple(found)


def _sum(both: Sequence[Target], year: int | None, plan: Overlay) -> list[Target]:
    """One target of that year, of up to two; in the currency of the first."""
    if not both:
        return []
    own, (first, *others) = plan.scenario.currency, both
    money = first.measure != "new_logos"
    value = first.value
    for one in others:
        source, to = one.currency or own, first.currency or own
        value += round(convert(one.value, source, to, plan.rates)) if money else one.value
    return [first.model_copy(update={"value": value, "year": year})]


def _copied_lines(plan: Overlay, id: str, made: Sequence[str]) -> Overlay:
    """The plan with the territory's own prices and productivity for each that it became."""
    def copied(lines: Sequence[Line]) -> tuple[Line, ...]:
        return tuple(
            line.model_copy(update={"territory": name}) if name else line
            for line in lines
            for name in (made if line.territory == id else [""])
        )

    scenario = plan.scenario
    return plan.having(prices=copied(scenario.prices), productivity=copied(scenario.productivity))
