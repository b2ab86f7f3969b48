"""People who move, leave and have come already: each is one person, wherever they sit."""

from datetime import date

import pytest

from loops.design.capacity import capacity
from loops.design.changes import Change
from loops.errors import PlanError
from loops.scenario import Rep, Scenario, Territory
from tests.loops.changing import NORTH, PLAN, RATES, SOUTH, WEEK, change, changed, figures
from tools.planning.draws import band

APRIL, JULY, OCTOBER = date(2027, 4, 1), date(2027, 7, 1), date(2027, 10, 1)
WIDE = PLAN.model_copy(update={"territories": (*PLAN.territories, Territory(id="east", name="East"))})
FILLED = PLAN.model_copy(update={
    "roster": (*PLAN.roster, PLAN.roster[0].model_copy(update={
        "id": "zoe", "name": "Zoe", "territory": "south", "seat": "seat-1", "starts_on": APRIL})),
})  # fmt: skip
"""Zoe has taken the seat that was planned for April in the south."""


def moves(person: str, land: str, on: date) -> Change:
    return change("person_moves", person=person, territory=land, on=on)


def stays(*changes: Change, start: Scenario = WIDE, of: str = "ana") -> list[tuple[str | None, date | None]]:
    """Where the person sits in turn, and until when."""
    after = changed(*changes, start=start).scenario
    mine = [one for one in (*after.roster, *after.hires) if one.id.partition(" ")[0] == of]
    return [(s.territory, s.left_on) for s in sorted(mine, key=lambda s: s.starts_on or date.min)]


# moving


@pytest.mark.feature("DE9")
def test_who_moves_twice_counts_once() -> None:
    twice = (moves("ana", "south", APRIL), moves("ana", "east", JULY))
    assert stays(*twice) == [("north", APRIL), ("south", JULY), ("east", None)]
    after = changed(*twice, start=WIDE)
    plan = capacity(after.scenario, WEEK, RATES)
    assert plan.by_territory() == {
        "north": NORTH - 9 * 120_000, "south": SOUTH + 3 * 110_000, "east": 6 * 120_000, "": 0,
    }  # fmt: skip


@pytest.mark.feature("DE9")
def test_a_move_that_is_said_later_but_comes_before_another_one_lasts_up_to_it() -> None:
    twice = (moves("ana", "east", JULY), moves("ana", "south", APRIL))
    assert stays(*twice) == [("north", APRIL), ("south", JULY), ("east", None)]


@pytest.mark.feature("DE9")
def test_who_moved_away_may_come_back() -> None:
    there = (moves("ana", "south", APRIL), moves("ana", "north", JULY), moves("ana", "south", OCTOBER))
    assert stays(*there) == [("north", APRIL), ("south", JULY), ("north", OCTOBER), ("south", None)]
    ids = [rep.id for rep in changed(*there).scenario.roster]
    assert len(ids) == len(set(ids))
    with pytest.raises(PlanError, match="is in south already"):
        changed(*there, moves("ana", "south", date(2027, 11, 1)))


@pytest.mark.feature("DE9")
def test_who_is_gone_does_not_come_back_by_moving() -> None:
    gone = change("person_leaves", person="ana", leaves_on=APRIL)
    with pytest.raises(PlanError, match="is gone already on 2027-07-01"):
        changed(gone, moves("ana", "south", JULY))
    assert stays(gone, moves("ana", "south", date(2027, 2, 1))) == [
        ("north", date(2027, 2, 1)), ("south", APRIL),
    ]  # fmt: skip


def test_who_leaves_later_leaves_no_later_by_a_second_leave() -> None:
    soon, late = (change("person_leaves", person="ana", leaves_on=day) for day in (APRIL, JULY))
    assert stays(late, soon) == [("north", APRIL)]
    with pytest.raises(PlanError, match="is gone already"):
        changed(soon, late)


# one person, two seats


@pytest.mark.feature("DE9")
def test_people_who_move_are_counted_once_when_some_are_taken_away() -> None:
    away = moves("ana", "south", JULY)
    everybody = {"role": "ae", "leaves_on": "2027-04-01"}
    with pytest.raises(PlanError, match="there are only 5 ae"):
        changed(away, change("remove_people", count=6, **everybody))
    after = changed(away, change("remove_people", count=5, **everybody)).scenario
    assert not [hire for hire in after.hires if hire.left_on is None]
    assert all(rep.left_on == APRIL for rep in after.roster if rep.role == "ae")


@pytest.mark.feature("DE9")
def test_who_is_taken_away_leaves_the_seat_they_would_move_to() -> None:
    away, all_north = moves("ben", "south", JULY), {"role": "ae", "count": 2, "territory": "north"}
    after = changed(away, change("remove_people", **all_north, leaves_on="2027-04-01")).scenario
    assert [(r.id, r.left_on) for r in after.roster if r.id.startswith("ben")] == [("ben", APRIL)]


@pytest.mark.feature("DE9")
def test_a_planned_person_who_moves_twice_shifts_as_one() -> None:
    there = (moves("seat-2", "south", date(2027, 8, 1)), moves("seat-2", "north", OCTOBER))
    later = change("shift_hires", hire="seat-2", by_months=2)
    held = [h for h in changed(*there, later).scenario.hires if h.id.startswith("seat-2")]
    assert [(h.territory, h.starts_on, h.left_on) for h in held] == [
        ("south", date(2027, 9, 1), OCTOBER), ("north", OCTOBER, None),
    ]  # fmt: skip
    assert {h.since for h in held} == {date(2027, 9, 1)}
    again = changed(*there, later, change("cancel_hires", hire="seat-2")).scenario
    assert not [h for h in again.hires if h.id.startswith("seat-2")]


def test_who_moves_in_the_middle_of_a_month_is_one_head() -> None:
    away = moves("ana", "south", date(2027, 7, 15))
    assert figures(away).headcount("2027-07") == figures().headcount("2027-07") == 6


@pytest.mark.feature("DE5")
def test_who_moves_has_one_fate_in_the_draws() -> None:
    spread = tuple(p.model_copy(update={"spread": 1.0}) for p in PLAN.productivity)
    alone = PLAN.model_copy(update={"roster": PLAN.roster[:1], "hires": (), "productivity": spread})
    twin = alone.model_copy(update={"territories": (*alone.territories, Territory(id="twin", name="Twin"))})
    after = changed(moves("ana", "twin", JULY), start=twin).scenario
    one, same = (band(s, capacity(s, WEEK, RATES), ("FY27",)) for s in (alone, after))
    assert one == same


# seats that somebody has taken


@pytest.mark.feature("DE9")
def test_a_seat_that_somebody_has_taken_is_nobody_planned() -> None:
    fewer = change("remove_people", role="ae", territory="south", leaves_on="2027-05-01")
    after = changed(fewer, start=FILLED).scenario
    assert [rep.id for rep in after.roster if rep.left_on] == ["zoe"]
    assert [hire.id for hire in after.hires] == ["seat-1", "seat-2"]
    with pytest.raises(PlanError, match="there are only 2 ae in south"):
        changed(fewer.model_copy(update={"count": 3}), start=FILLED)


@pytest.mark.feature("DE9")
@pytest.mark.parametrize("kind", ["cancel_hires", "shift_hires"])
def test_who_has_come_is_neither_cancelled_nor_put_off(kind: str) -> None:
    how = {"by_months": 1} if kind == "shift_hires" else {}
    after = changed(change(kind, **how), start=FILLED).scenario
    assert after.hires[0] == PLAN.hires[0] and after.roster == FILLED.roster
    with pytest.raises(PlanError, match="Zoe has taken the seat seat-1: name them as zoe"):
        changed(change(kind, hire="seat-1", **how), start=FILLED)


@pytest.mark.feature("DE9")
def test_who_took_a_seat_moves_and_the_seat_does_not() -> None:
    move = change("move_people", role="ae", source="south", territory="north", on="2027-10-01")
    after = changed(move, start=FILLED).scenario
    assert [r.territory for r in after.roster if r.id.startswith("zoe")] == ["south", "north"]
    assert after.hires == PLAN.hires


# what is said


def test_new_people_who_change_nothing_are_said_to() -> None:
    told = " ".join(changed(change("add_people", role="manager", territory="north")).assumptions)
    assert "what manager sell" in told and "what manager are paid" in told
    assert "sell" not in " ".join(changed(change("add_people", role="ae", territory="north")).assumptions)


def test_who_keeps_a_quota_of_their_own_is_named() -> None:
    own, role = change("quota", person="ana", factor=2), change("quota", role="ae", factor=1.1)
    assert "Who has a quota of their own keeps it: ana." in changed(own, role).assumptions
    assert not any("of their own" in told for told in changed(role).assumptions)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (change("target", measure="new_logos", territory="north", to_value=1_234_567), "to 1,234,567"),
        (change("productivity", factor=1.2345678), "times 1.2345678"),
        (change("productivity", factor=2), "times 2"),
        (change("exchange_rate", currency="EUR", to_value=123456.75), "to 123,456.75"),
    ],
)
def test_figures_of_a_change_are_said_with_every_digit(told: Change, words: str) -> None:
    assert changed(told).steps[0].words.endswith(words)


def test_an_id_with_a_territory_in_it_is_a_person_of_its_own() -> None:
    def seller(id: str) -> Rep:
        return PLAN.roster[0].model_copy(update={"id": id})

    two = PLAN.model_copy(update={"roster": (seller("ae-in-north"), seller("ae-in-south")), "hires": ()})
    assert capacity(two, WEEK, RATES).headcount("FY27") == 2
    after = changed(change("person_leaves", person="ae-in-north"), start=two).scenario
    assert [rep.left_on is None for rep in after.roster] == [False, True]
