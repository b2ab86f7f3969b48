"""What changes of territories do to a plan: places moving, one becoming several, two becoming one."""

from collections.abc import Sequence
from fractions import Fraction

from loops.design import changes as c
from loops.design.overlay import Overlay
from loops.errors import PlanError
from loops.money import convert, spread
from loops.plan import Target
from loops.scenario import Territory


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
        plan = _replaced(plan, source.id, [_without(source, going, 1 - part)])
        plan = _joined(plan, into.id, going, _parts(source.targets, part))
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


def _without(land: Territory, places: Sequence[str], part: Fraction) -> Territory:
    """The territory without the places, with that part of its targets."""
    kept = {
        name: tuple(p for p in getattr(land, name) if p not in places) for name in ("countries", "regions")
    }
    if not (kept["regions"] or kept["countries"]) or (land.regions and not kept["regions"]):
        raise PlanError(f"nothing would be left of {land.name}: merge it into the other one instead")
    return land.model_copy(update={**kept, "targets": _parts(land.targets, part)})


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
    made = [
        land.model_copy(
            update={
                "id": f"{land.id}-{n + 1}",
                "name": f"{land.name} {n + 1}",
                name: places[starts[n] : starts[n] + sizes[n]],
                "targets": tuple(t.model_copy(update={"value": share[n]})
                                 for t, share in zip(land.targets, shares, strict=True)),
            }
        )
        for n in range(parts)
    ]  # fmt: skip
    plan = _copied_lines(_replaced(plan, land.id, made), land.id, [one.id for one in made])
    sitting = [one for one in plan.people if one.territory == land.id]
    dealt = {
        one.id: one.model_copy(update={"territory": made[n % parts].id}) for n, one in enumerate(sitting)
    }
    told = f"{land.name} is split by its places in their order; people are dealt out in turn, targets evenly."
    return plan.having(told).with_people({**dealt})


def merge_territories(plan: Overlay, change: c.MergeTerritories) -> Overlay:
    """The plan with a territory gone up in another one."""
    land, into = plan.land(change.territory), plan.land(change.into)
    if land.id == into.id:
        raise PlanError(f"{land.name} can't be merged into itself: name two territories")
    plan = _replaced(plan, land.id, [])
    plan = _joined(plan, into.id, land.regions or land.countries, land.targets)
    moved = {p.id: p.model_copy(update={"territory": into.id}) for p in plan.people if p.territory == land.id}
    told = f"In {into.name} its prices and productivity hold for whoever came from {land.name}."
    return plan.having(told).with_people({**moved})


def _replaced(plan: Overlay, id: str, made: Sequence[Territory]) -> Overlay:
    """The plan with those territories in the place of the one."""
    lands = [one for land in plan.scenario.territories for one in (made if land.id == id else [land])]
    return plan.having(territories=tuple(lands))


def _joined(plan: Overlay, id: str, places: Sequence[str], targets: Sequence[Target]) -> Overlay:
    """The plan with more places and targets in a territory."""
    land = plan.land(id)
    for target in targets:
        land = land.model_copy(update={"targets": _added(plan, land.targets, target)})
    fits = [place for place in places if ("-" in place) == bool(land.regions)]
    countries = [place.partition("-")[0] for place in fits] if land.regions else fits
    land = land.model_copy(
        update={
            "countries": tuple(dict.fromkeys([*land.countries, *countries])),
            "regions": tuple(dict.fromkeys([*land.regions, *fits])) if land.regions else (),
        }
    )
    return _replaced(plan, id, [land, *_beside(land, [place for place in places if place not in fits])])


def _beside(land: Territory, places: Sequence[str]) -> list[Territory]:
    """A territory for places of another kind: one with regions can't hold a whole country, or the reverse."""
    if not places:
        return []
    regions = tuple(place for place in places if "-" in place)
    countries = tuple(dict.fromkeys(place.partition("-")[0] for place in places))
    name = f"{land.name} ({', '.join(places)})"
    return [
        Territory(id=f"{land.id}-more", name=name, countries=countries, regions=regions, parent=land.parent)
    ]


def _added(plan: Overlay, targets: Sequence[Target], more: Target) -> tuple[Target, ...]:
    """The targets with one more added to the one of its measure and year."""
    old = next((t for t in targets if (t.measure, t.year) == (more.measure, more.year)), None)
    if old is None:
        return (*targets, more)
    if more.measure == "new_logos":
        value = more.value
    else:
        own = plan.scenario.currency
        value = round(convert(more.value, more.currency or own, old.currency or own, plan.rates))
    return tuple(t.model_copy(update={"value": t.value + value}) if t is old else t for t in targets)


def _copied_lines(plan: Overlay, id: str, made: Sequence[str]) -> Overlay:
    """The plan with the territory's own prices and productivity for each that it became."""
    scenario = plan.scenario
    prices = [
        one
        for line in scenario.prices
        for one in (
            [line.model_copy(update={"territory": m}) for m in made] if line.territory == id else [line]
        )
    ]
    lines = [
        one
        for line in scenario.productivity
        for one in (
            [line.model_copy(update={"territory": m}) for m in made] if line.territory == id else [line]
        )
    ]
    return plan.having(prices=tuple(prices), productivity=tuple(lines))
