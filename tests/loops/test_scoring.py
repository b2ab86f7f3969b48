"""Scores: integers that add up exactly, weights and thresholds that come from config alone."""

from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from loops.qualify.config import QualifyConfig
from loops.scoring import Attribute, Factor, Thresholds, lifts, score
from tests.house import template


def config() -> QualifyConfig:
    found = template().workspace.configs["qualify"]
    assert isinstance(found, QualifyConfig)
    return found


def some_attributes(draw: Random) -> dict[str, Attribute]:
    """A value for each factor's attribute: a listed one, another one, or none."""
    made: dict[str, Attribute] = {}
    for factor in config().factors:
        if factor.bands:
            edges = [
                edge
                for band in factor.bands
                for edge in (band.at_least - 1, band.at_least, band.at_least + 1)
            ]
            options: list[Attribute] = [*edges, None]
        else:
            options = [*factor.values, "something else", None]
        made[factor.attribute] = draw.choice(options)
    return made


@pytest.mark.feature("QU3", "QU6")
def test_contributions_add_up_exactly_for_any_lead() -> None:
    draw, sums = Random(11), set[int]()
    for _ in range(3000):
        scored = score(config().factors, some_attributes(draw))
        assert sum(part.points for part in scored.contributions) == scored.points
        assert all(0 <= part.points <= part.of for part in scored.contributions)
        assert [part.factor for part in scored.contributions] == [f.name for f in config().factors]
        sums.add(scored.points)
    assert len(sums) > 40
    assert sum(part.of for part in score(config().factors, {}).contributions) == 100


@pytest.mark.feature("QU3")
def test_the_same_attributes_score_the_same_in_any_order() -> None:
    draw = Random(3)
    for _ in range(200):
        given = some_attributes(draw)
        turned = dict(reversed(given.items()))
        assert score(config().factors, given) == score(config().factors, turned)


@pytest.mark.feature("QU4", "AN4")
def test_a_grade_changes_exactly_at_its_threshold() -> None:
    grades = Thresholds(A=80, B=60, C=40)
    assert [grades.grade(p) for p in (80, 79, 60, 59, 40, 39, 0, 100)] == list("ABBCCDDA")
    moved = Thresholds(A=79, B=60, C=40)
    assert (grades.grade(79), moved.grade(79)) == ("B", "A")


def test_grades_must_descend() -> None:
    with pytest.raises(ValidationError, match="A above B above C"):
        Thresholds(A=60, B=60, C=40)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"values": {}}, "either values or bands"),
        ({"values": {"x": 11}}, "outside 0 to its weight of 10"),
        ({"otherwise": 11}, "outside 0 to its weight of 10"),
        (
            {"values": {}, "bands": [{"at_least": 5, "points": 1}, {"at_least": 5, "points": 2}]},
            "bands must ascend",
        ),
    ],
)
def test_a_factor_that_cannot_be_meant_is_refused(change: dict[str, Any], says: str) -> None:
    sound = {"name": "f", "attribute": "a", "weight": 10, "values": {"x": 5}}
    assert Factor.model_validate(sound).points("x") == 5
    with pytest.raises(ValidationError, match=says):
        Factor.model_validate({**sound, **change})


def test_lifts_reach_the_next_grade_whenever_they_can() -> None:
    draw, cfg, reached = Random(5), config(), 0
    best = {f.name: f.best()[0] for f in cfg.factors}
    for _ in range(500):
        scored = score(cfg.factors, some_attributes(draw))
        steps = lifts(cfg.factors, scored, cfg.grades)
        above = cfg.grades.next_above(scored.points)
        if above is None:
            assert steps == ()
            continue
        gain = sum(int(step.rpartition("(+")[2].rstrip(")")) for step in steps)
        possible = sum(best[c.factor] - c.points for c in scored.contributions)
        assert gain >= min(above[1] - scored.points, possible)
        reached += 1
    assert reached > 100
