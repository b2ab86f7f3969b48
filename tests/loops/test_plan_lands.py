"""Territories that change: no target, place, person or part of theirs is lost or counted twice."""

from datetime import date

import pytest

from loops.design.capacity import capacity
from loops.design.changes import Change
from loops.design.compare import after_changes
from loops.design.goal import falls_short
from loops.plan import Target
from loops.scenario import Scenario, Territory
from tests.loops.changing import PLAN, RATES, WEEK, change, changed

GONE, LATER = date(2026, 9, 1), date(2027, 4, 1)


def two_years(north: tuple[Target, ...], south: tuple[Target, ...] = ()) -> Scenario:
    """The plan over two years, with those targets."""
    lands = (
        PLAN.territories[0].model_copy(update={"targets": north}),
        PLAN.territories[1].model_copy(update={"targets": south}),
    )
    return PLAN.model_copy(update={"months": 24, "territories": lands})


def aims(start: Scenario, *changes: Change, of: str = "north") -> dict[str, int]:
    """The territory's target in each fiscal year."""
    after = changed(*changes, start=start).scenario
    plan = capacity(after, WEEK, RATES)
    return {year: plan.target(year, of) for year in dict.fromkeys(plan.years)}


EVERY, IN_27 = Target(value=1000), Target(value=1500, year=2027)


# targets


@pytest.mark.feature("DE9", "DE4")
@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ({"factor": 1.1}, {"FY27": 1650, "FY28": 1100}),
        ({"by_minor": 100, "territory": "north"}, {"FY27": 1600, "FY28": 1100}),
        ({"by_minor": 100}, {"FY27": 1600, "FY28": 1100}),
        ({"to_value": 900, "territory": "north"}, {"FY27": 900, "FY28": 900}),
        ({"to_value": 900}, {"FY27": 900, "FY28": 900}),
        ({"factor": 1.1, "year": 2028}, {"FY27": 1500, "FY28": 1100}),
        ({"factor": 2, "year": 2027}, {"FY27": 3000, "FY28": 1000}),
    ],
)
def test_a_target_changes_in_each_year_by_what_it_is_in_that_year(
    how: dict[str, object], wanted: dict[str, int]
) -> None:
    start = two_years((EVERY, IN_27))
    assert aims(start) == {"FY27": 1500, "FY28": 1000}
    assert aims(start, change("target", **how)) == wanted


@pytest.mark.feature("DE9", "DE4")
def test_an_amount_for_all_targets_is_shared_out_in_each_year_by_itself() -> None:
    start = two_years((EVERY, IN_27), (Target(value=500),))
    all_of_it = change("target", to_value=4000)
    assert aims(start, all_of_it) == {"FY27": 3000, "FY28": 2667}
    assert aims(start, all_of_it, of="south") == {"FY27": 1000, "FY28": 1333}


def test_a_target_that_only_has_years_changes_without_naming_one() -> None:
    start = two_years((IN_27, Target(value=2000, year=2028)))
    assert aims(start, change("target", factor=2)) == {"FY27": 3000, "FY28": 4000}


@pytest.mark.feature("DE9", "DE4")
def test_a_merge_adds_up_the_targets_of_each_year() -> None:
    merge = change("merge_territories", territory="south", into="north")
    in_27 = Target(value=700, year=2027)
    assert aims(two_years((EVERY,), (in_27,)), merge) == {"FY27": 1700, "FY28": 1000}
    assert aims(two_years((in_27,), (EVERY,)), merge) == {"FY27": 1700, "FY28": 1000}
    assert aims(two_years((EVERY, IN_27), (EVERY,)), merge) == {"FY27": 2500, "FY28": 2000}
    both = (EVERY, Target(measure="new_logos", value=3)), (EVERY, in_27)
    after = changed(merge, start=two_years(*both)).scenario.territories[0]
    assert {t.measure for t in after.targets} == {"new_acv", "new_logos"}


@pytest.mark.feature("DE9", "DE4")
@pytest.mark.parametrize("value", [1, 2, 3, 5, 7, 11])
def test_a_target_that_goes_in_parts_loses_nothing(value: int) -> None:
    logos = Target(measure="new_logos", value=value)
    start = two_years((logos,), (Target(measure="new_logos", value=10),))
    move = change("move_regions", places=["AT"], territory="south")
    after = changed(move, start=start).scenario.territories
    assert sum(t.value for land in after for t in land.targets) == value + 10


# people


@pytest.mark.feature("DE9")
def test_who_has_left_takes_no_turn_when_people_are_dealt_out() -> None:
    left = [r.model_copy(update={"id": f"gone-{n}", "left_on": GONE}) for n, r in enumerate(PLAN.roster[:1])]
    start = PLAN.model_copy(update={"roster": (PLAN.roster[0], *left, *PLAN.roster[1:])})
    after = changed(change("split_territory", territory="north"), start=start).scenario
    sits = {one.id: one.territory for one in (*after.roster, *after.hires)}
    assert [sits[id] for id in ("ana", "ben", "seat-2")] == ["north-1", "north-2", "north-1"]
    assert sits["gone-0"] == "north-1"


@pytest.mark.feature("DE9")
def test_a_seat_that_somebody_took_goes_along_and_takes_no_turn() -> None:
    taken = PLAN.roster[1].model_copy(update={"id": "zoe", "seat": "seat-2"})
    start = PLAN.model_copy(update={"roster": (*PLAN.roster, taken)})
    after = changed(change("split_territory", territory="north"), start=start).scenario
    here = [rep.territory for rep in after.roster if rep.territory and rep.territory != "south"]
    assert here == ["north-1", "north-2", "north-1"]
    assert after.hires[1].territory in {"north-1", "north-2"}
    merged = changed(change("merge_territories", territory="north", into="south"), start=start).scenario
    assert {h.territory for h in merged.hires} == {"south"}


@pytest.mark.feature("DE9")
def test_who_moves_away_and_back_stays_one_person_in_a_split() -> None:
    there = change("person_moves", person="ana", territory="south", on="2027-04-01")
    back = change("person_moves", person="ana", territory="north", on="2027-07-01")
    after = changed(there, back, change("split_territory", territory="north")).scenario
    mine = {rep.territory for rep in after.roster if rep.id.partition(" ")[0] == "ana"}
    assert mine == {"north-1", "south"}


# ids and parents


def family(*more: Territory) -> Scenario:
    return PLAN.model_copy(update={"territories": (*PLAN.territories, *more)})


def parents(start: Scenario, *changes: Change) -> dict[str, str | None]:
    return {land.id: land.parent for land in changed(*changes, start=start).scenario.territories}


@pytest.mark.feature("DE9")
def test_parts_get_ids_that_no_other_territory_has() -> None:
    start = family(Territory(id="north-1", name="First"), Territory(id="north-2-2", name="Second"))
    split = change("split_territory", territory="north")
    assert set(parents(start, split)) == {"north-1-2", "north-2", "south", "north-1", "north-2-2"}
    ids = [land.id for land in changed(split, start=start).scenario.territories]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.feature("DE9")
def test_places_of_another_kind_from_two_territories_stand_in_two_new_ones() -> None:
    parted = Territory(id="us", name="US", countries=("US",), regions=("US-NY", "US-MA"))
    start = family(parted, Territory(id="ca", name="CA", countries=("CA",), regions=("CA-ON", "CA-QC")))
    move = change("move_regions", places=["US-NY", "CA-ON"], territory="north")
    after = changed(move, start=start).scenario.territories
    assert [land.id for land in after] == ["north", "north-more-2", "north-more", "south", "us", "ca"]


@pytest.mark.feature("DE9")
def test_parts_of_a_territory_that_goes_hang_up_where_it_hung_or_where_it_went() -> None:
    top, mid = Territory(id="world", name="World"), Territory(id="mid", name="Mid", parent="north")
    north = PLAN.territories[0].model_copy(update={"parent": "world"})
    start = PLAN.model_copy(update={"territories": (top, north, PLAN.territories[1], mid)})
    assert parents(start, change("split_territory", territory="north"))["mid"] == "world"
    into_south = change("merge_territories", territory="north", into="south")
    assert parents(start, into_south)["mid"] == "south"
    into_part = change("merge_territories", territory="north", into="mid")
    assert parents(start, into_part) == {"world": None, "mid": "world", "south": None}
    deep = Territory(id="deep", name="Deep", parent="mid")
    deeper = start.model_copy(update={"territories": (*start.territories, deep)})
    assert parents(deeper, change("merge_territories", territory="north", into="deep"))["mid"] == "world"


# what lies in another


@pytest.mark.feature("DE3", "DE4")
def test_a_territory_has_its_own_figures_and_those_of_all_that_lies_in_it() -> None:
    world, europe = Territory(id="world", name="World"), Territory(id="europe", name="E", parent="world")
    north, south = (land.model_copy(update={"parent": "europe"}) for land in PLAN.territories)
    empty = Territory(id="empty", name="Empty", parent="world", targets=(Target(value=50),))
    flat = capacity(PLAN, WEEK, RATES)
    nested = PLAN.model_copy(update={"territories": (north, south, europe, empty, world)})
    plan = capacity(nested, WEEK, RATES)
    assert plan.by_territory("FY27") == flat.by_territory("FY27") == flat.by_land("FY27")
    both, aim = flat.new_acv("FY27"), flat.target("FY27")
    made = plan.by_land("FY27")
    assert both and aim and made == {**flat.by_land("FY27"), "europe": both, "world": both}
    assert [plan.land_target(name, "FY27") for name in ("europe", "empty", "world")] == [aim, 50, aim + 50]
    assert plan.land_target("north", "FY27") == flat.target("FY27", "north")
    assert (plan.new_acv("FY27"), plan.target("FY27")) == (both, aim + 50)
    short = {one.territory: one for one in falls_short(plan, 1.0, date(2026, 2, 1))}
    assert set(short) == {*plan.targets, "europe", "world"} and short["empty"].month is not None
    never = falls_short(plan, 0.0, date(2026, 2, 1))
    assert {one.territory: (one.capacity, one.target) for one in never}["world"] == (both, aim + 50)


def test_in_a_comparison_the_territory_above_moves_with_what_lies_in_it() -> None:
    north, south = (land.model_copy(update={"parent": "all"}) for land in PLAN.territories)
    start = PLAN.model_copy(update={"territories": (north, south, Territory(id="all", name="All"))})
    before = capacity(start, WEEK, RATES)
    applied = changed(change("target", territory="north", factor=2), start=start)
    found = after_changes(before, applied, WEEK, "FY27")
    rows = {row.label: row.after.target - row.before.target for row in found.by_territory("FY27")}
    doubled = before.target("FY27", "north")
    assert rows == {"north": doubled, "south": 0, "all": doubled, "": 0}
