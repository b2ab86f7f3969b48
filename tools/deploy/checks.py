"""What a plan says of its structure that can't be made real: parents, territories, pools it hasn't."""

from collections.abc import Iterator, Mapping

from loops.scenario import Scenario

Wrong = tuple[tuple[str | int, ...], str]


def wrong(scenario: Scenario) -> tuple[Wrong, ...]:
    """Every such place, each with the key path it stands under; empty: all is well."""
    return (*_parents(scenario), *_places(scenario), *_named(scenario))


def _parents(scenario: Scenario) -> Iterator[Wrong]:
    above = {land.id: land.parent for land in scenario.territories}
    for at, land in enumerate(scenario.territories):
        where = ("territories", at, "parent")
        if land.parent is not None and land.parent not in above:
            yield where, f"there is no territory {land.parent}"
        elif _circle(land.id, above):
            yield where, f"{land.id} lies within itself: {' in '.join(_way(land.id, above))}"


def _way(land: str, above: Mapping[str, str | None]) -> list[str]:
    """The territory and everything it lies in, up to the top or to what was met before."""
    way, at = [land], above.get(land)
    while at is not None and at not in way:
        way.append(at)
        at = above.get(at)
    return way if at is None else [*way, at]


def _circle(land: str, above: Mapping[str, str | None]) -> bool:
    way = _way(land, above)
    return len(way) > 1 and way[-1] == land


def _places(scenario: Scenario) -> Iterator[Wrong]:
    lands = {land.id for land in scenario.territories}
    for section, people in (("roster", scenario.roster), ("hires", scenario.hires)):
        for at, person in enumerate(people):
            if person.territory is not None and person.territory not in lands:
                yield (section, at, "territory"), f"there is no territory {person.territory}"


def _named(scenario: Scenario) -> Iterator[Wrong]:
    people, pools = {rep.id for rep in scenario.roster}, {pool.id for pool in scenario.pools}
    for at, hire in enumerate(scenario.hires):
        if hire.pool is not None and hire.pool not in pools:
            yield ("hires", at, "pool"), f"there is no pool {hire.pool}"
        if hire.manager is not None and hire.manager not in people:
            yield ("hires", at, "manager"), f"there is nobody called {hire.manager} in the roster"
