"""Rules and scores a column at a time: the answers of `first_match` and `score`, over random sets."""

from random import Random

import numpy as np
import pytest

from loops.columns import Attribute, Columns, chosen, column, columns, constant, filled, joined, placed
from loops.compiled import NONE, matched, points
from loops.qualify.config import QualifyConfig
from loops.rules import Condition, Rule, first_match
from loops.scoring import score
from tests.house import template
from tests.loops.test_simulate import condition, rules, scenario

NAMES = ("territory", "country", "grade", "industry", "source", "domain", "email_kind", "score", "employees")
VALUES: dict[str, tuple[Attribute, ...]] = {
    "territory": ("north", "south", "east", None),
    "country": ("US", "DE", "FR", "NL", None),
    "grade": ("A", "B", "C", "D"),
    "industry": ("software", "mining", None),
    "source": ("webinar", "event", "list", "partner"),
    "domain": (*(f"d{n}.example" for n in range(120)), None),
    "email_kind": ("business", "free"),
    "score": tuple(range(101)),
    "employees": (*range(0, 4000, 37), None),
}


def records(draw: Random, count: int) -> list[dict[str, Attribute]]:
    return [{name: draw.choice(VALUES[name]) for name in NAMES} for _ in range(count)]


def test_the_first_rule_and_what_is_unsettled_are_those_of_the_row() -> None:
    asks, open_ones, none = ("territory", "employees", "city"), 0, 0
    for seed in range(60):
        draw = Random(seed)
        rows, some = records(draw, 150), rules(draw, scenario(draw), 150)
        found = matched(some, columns(rows, NAMES))
        unsettled = found.unsettled(asks)
        for at, row in enumerate(rows):
            alone = first_match(some, row)
            first = int(found.first[at])
            rule = None if first == NONE else some[first]
            assert rule == alone.rule, (seed, row)
            assert unsettled[at] == bool(set(alone.unsettled) & set(asks)), (seed, row)
            none += rule is None
        open_ones += int(unsettled.sum())
    assert open_ones and none


def test_a_rule_of_words_alone_over_many_values_knows_numbers_written_as_words() -> None:
    held = columns([{"employees": n} for n in (*range(100), None)], ["employees"])
    rule = Rule(name="r", when={"employees": Condition(any_of=("7", "12"))}, owner="rep:a")
    but = Rule(name="b", when={"employees": Condition(none_of=("7",))}, owner="rep:a")
    assert np.flatnonzero(matched((rule,), held).first == 0).tolist() == [7, 12]
    assert np.flatnonzero(matched((but,), held).first == NONE).tolist() == [7, 100]


def test_a_changed_rule_leaves_what_matching_anew_would() -> None:
    for seed in range(60):
        draw = Random(seed)
        some = rules(draw, scenario(draw), 150)
        held = columns(records(draw, 150), NAMES)
        found = matched(some, held)
        for _ in range(3 if some else 0):
            at = draw.randrange(len(some))
            name = draw.choice(NAMES[:-2])
            when = {name: condition(draw, name)}
            edited = Rule.model_validate({"name": some[at].name, "owner": "rep:r0", "when": when})
            some = (*some[:at], edited, *some[at + 1 :])
            found, anew = found.with_rule(at, edited), matched(some, held)
            assert np.array_equal(found.first, anew.first)
            assert all(np.array_equal(a, b) for a, b in zip(found.fits, anew.fits, strict=True))
            assert found.rules == anew.rules


def test_points_are_those_of_the_row() -> None:
    config = template().workspace.configs["qualify"]
    assert isinstance(config, QualifyConfig)
    draw = Random(1)
    words = {f.attribute: (*f.values, "other", None) for f in config.factors if f.values}
    numbers: dict[str, tuple[Attribute, ...]] = {
        "employees": VALUES["employees"],
        "age_days": (*range(200), None),
    }
    some = {**words, **numbers}
    rows = [{name: draw.choice(values) for name, values in some.items()} for _ in range(500)]
    found = points(config.factors, columns(rows, some)).tolist()
    assert found == [score(config.factors, row).points for row in rows]
    assert len(set(found)) > 20


# --- columns --------------------------------------------------------------------------------------
def values(*given: Attribute) -> Columns:
    return columns([{"a": value} for value in given], ["a"])


@pytest.mark.parametrize("seed", range(5))
def test_columns_joined_hold_the_records_of_each_in_turn(seed: int) -> None:
    draw = Random(seed)
    parts = [records(draw, draw.randint(0, 9)) for _ in range(4)]
    whole = joined([columns(part, NAMES) for part in parts])
    assert [whole.row(at) for at in range(whole.size)] == [row for part in parts for row in part]


def test_what_is_nothing_is_filled_up_and_a_number_isn_t_a_word() -> None:
    one, other = column([None, "", 0, 1, "1"]), column(["a", "b", 7, None, None])
    found = filled(one, other)
    assert [found.at(row) for row in range(5)] == ["a", "b", 7, 1, "1"]
    assert len(set(found.values)) == len(found.values)


def test_a_part_takes_the_place_of_the_records_it_is_of() -> None:
    found = placed(constant(4, "x"), np.array([3, 1]), column(["c", "x"]))
    assert [found.at(row) for row in range(4)] == ["x", "x", "x", "c"]
    mixed = chosen((constant(3, 1), constant(3, 2), column([7, 8, 9])), np.array([2, 0, 1]))
    assert [mixed.at(row) for row in range(3)] == [7, 1, 2]
    assert values("a", None)["a"].at(1) is None
