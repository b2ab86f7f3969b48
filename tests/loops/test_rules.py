"""Rules: three-valued, every miss recorded, and linted before they run."""

from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from loops.rules import Attribute, Condition, Rule, first_match, lint

LAND = frozenset({"north", "south"})
OWNERS = frozenset({"rep:ana", "pool:p", "queue:triage"})
VALUES: dict[str, frozenset[str] | None] = {
    "land": LAND,
    "grade": frozenset("ABCD"),
    "size": None,
    "word": None,
}
NUMBERS = frozenset({"size"})


def rule(name: str, owner: str = "rep:ana", **when: Any) -> Rule:
    return Rule.model_validate({"name": name, "owner": owner, "when": when})


def found(*rules: Rule) -> list[tuple[tuple[str | int, ...], str]]:
    return list(lint(rules, VALUES, OWNERS, NUMBERS))


@pytest.mark.feature("RO2", "RO3")
def test_the_first_rule_that_holds_wins_and_each_earlier_one_says_why_not() -> None:
    rules = (
        rule("big", size={"at_least": 1000}),
        rule("south", land="south"),
        rule("north", land="north"),
        rule("rest"),
    )
    match = first_match(rules, {"land": "north", "size": 450})
    assert match.rule == rules[2]
    assert [miss.words() for miss in match.misses] == [
        "big: size is 450, wanted at least 1000",
        "south: land is north, wanted south",
    ]
    assert match.unsettled == ()


@pytest.mark.feature("RO2")
def test_an_unknown_attribute_is_no_match_and_no_miss_but_unsettled() -> None:
    match = first_match((rule("north", land="north"), rule("rest")), {"land": None})
    assert match.rule and match.rule.name == "rest"
    assert match.unsettled == ("land",)
    assert match.misses[0].words() == "north: land is unknown, wanted north"


def test_an_unknown_attribute_leaves_nothing_open_where_another_one_already_says_no() -> None:
    match = first_match((rule("n", land="north", grade="A"), rule("rest")), {"land": None, "grade": "D"})
    assert match.unsettled == ()
    assert match.misses[0].attribute == "grade"


def test_without_a_rule_that_holds_nobody_is_named() -> None:
    assert first_match((rule("n", land="north"),), {"land": "south"}).rule is None


@pytest.mark.parametrize(
    ("condition", "value", "truth"),
    [
        ("A", "A", "yes"),
        ("A", "B", "no"),
        ("A", None, "unknown"),
        (["A", "B"], "B", "yes"),
        ({"none_of": ["A"]}, "A", "no"),
        ({"none_of": ["A"]}, "B", "yes"),
        ({"at_least": 10}, 10, "yes"),
        ({"at_least": 10}, 9, "no"),
        ({"below": 10}, 10, "no"),
        ({"below": 10}, 9, "yes"),
        ({"at_least": 10, "below": 20}, 20, "no"),
        (7, 7, "yes"),
    ],
)
def test_a_condition_is_true_false_or_unknown(condition: Any, value: Attribute, truth: str) -> None:
    assert Condition.model_validate(condition).holds(value) == truth


def test_an_empty_condition_is_refused() -> None:
    with pytest.raises(ValidationError, match="needs a value"):
        Condition.model_validate({})


def test_implication_never_claims_more_than_the_values_show() -> None:
    draw = Random(7)
    pool: list[Any] = [1, 5, 9, 12]
    implied = 0
    for _ in range(4000):
        one, other = (Condition.model_validate(_some_condition(draw)) for _ in range(2))
        if one.implies(other):
            implied += 1
            assert all(other.holds(v) == "yes" for v in pool if one.holds(v) == "yes"), (one, other)
    assert implied > 100


def _some_condition(draw: Random) -> dict[str, Any]:
    options: dict[str, Any] = {
        "any_of": [str(v) for v in draw.sample([1, 5, 9, 12], draw.randint(1, 3))],
        "none_of": [str(v) for v in draw.sample([1, 5, 9, 12], draw.randint(1, 2))],
        "at_least": draw.randint(0, 12),
        "below": draw.randint(1, 14),
    }
    return {name: options[name] for name in draw.sample(sorted(options), draw.randint(1, 3))}


@pytest.mark.feature("RO2")
@pytest.mark.parametrize(
    ("rules", "path", "says"),
    [
        (
            (rule("all"), rule("late", land="north")),
            ("rules", 1),
            "can't be reached: all before it takes everything",
        ),
        (
            (rule("n", land=["north", "south"]), rule("late", land="north", grade="A")),
            ("rules", 1),
            "never matches: n",
        ),
        (
            (rule("n", size={"at_least": 10}), rule("late", size={"at_least": 20})),
            ("rules", 1),
            "never matches: n",
        ),
        ((rule("n", owner="rep:zoe"),), ("rules", 0, "owner"), "there is no rep zoe"),
        ((rule("n", owner="pool:q"),), ("rules", 0, "owner"), "there is no pool q"),
        (
            (rule("n", land="west"),),
            ("rules", 0, "when", "land"),
            "land is never west; it is one of north, south",
        ),
        ((rule("n", mood="good"),), ("rules", 0, "when", "mood"), "no lead has an attribute mood"),
        ((rule("n", grade="E"),), ("rules", 0, "when", "grade"), "grade is never E"),
        ((rule("n", grade={"none_of": ["E"]}),), ("rules", 0, "when", "grade"), "grade is never E"),
        ((rule("n", word={"at_least": 3}),), ("rules", 0, "when", "word"), "a word, not a number"),
        (
            (rule("n", size={"at_least": 9, "below": 9}),),
            ("rules", 0, "when", "size"),
            "never at least 9 and below 9",
        ),
        ((rule("n", land="north"), rule("n", land="south")), ("rules", 1, "name"), "another rule named n"),
    ],
)
def test_the_linter_finds_what_cannot_be_meant(
    rules: tuple[Rule, ...], path: tuple[str | int, ...], says: str
) -> None:
    ((at, text),) = found(*rules)
    assert at == path
    assert says in text


def test_the_linter_finds_nothing_in_a_sound_rule_set() -> None:
    assert not found(
        rule("a", land="north", size={"at_least": 10}),
        rule("b", land="north"),
        rule("c", land="south"),
        rule("rest", owner="queue:triage"),
    )
