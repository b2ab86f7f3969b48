"""Qualify: the worked example moves with every factor; bad enrichment is caught; no answer crashes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from loops.decision import Answer, Ask, Decision
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.qualify.inputs import gather as gather_qualify
from loops.qualify.logic import decide, nearest
from loops.qualify.outputs import LeadQualified, LeadReceived
from loops.records import Company, Enrichment, Lead, Records
from loops.route.config import RouteConfig
from loops.route.inputs import gather as gather_route
from loops.route.logic import decide as route
from loops.scoring import Attribute, Factor, score
from tests.house import START, by_person, scoring_house, template, workspace, world
from tests.loops.json_values import some_json
from tools.importing import How, Report, take
from tools.store import tables as t

INBOUND = "priya.raman@tessaly.example"


def config() -> QualifyConfig:
    found = template().workspace.configs["qualify"]
    assert isinstance(found, QualifyConfig)
    return found


def rules() -> RouteConfig:
    found = template().workspace.configs["route"]
    assert isinstance(found, RouteConfig)
    return found


@dataclass(frozen=True)
class Example:
    """The worked example's inbound lead, received and not yet scored."""

    input: QualifyInput
    records: Records

    def decided(self, input: QualifyInput) -> tuple[LeadQualified, Decision, Decision]:
        scored = decide(input, (), config())
        assert isinstance(scored, Decision)
        event = scored.events[0]
        assert isinstance(event, LeadQualified)
        found = gather_route(event, self.records, rules())
        assert found
        routed = route(found, (), rules())
        assert isinstance(routed, Decision)
        return event, scored, routed


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Example]:
    house = scoring_house(workspace(tmp_path_factory.mktemp("example")))
    take(house.store, world().worked_example(), How(now=START, batch="b", zone="UTC"), Report())
    with house.store.reading() as tx:
        records = house.runtime.records(tx)
        row = tx.first(select(t.leads.c.id).where(t.leads.c.email == INBOUND))
        assert row
        input = gather_qualify(LeadReceived(record=row[0]), records, config())
        assert input
        yield Example(input, records)


def moved(input: QualifyInput, attribute: str, value: Attribute) -> QualifyInput:
    """The same lead with one attribute moved, wherever that attribute comes from."""
    profile = input.enrichment.candidates[0]
    lead: dict[str, object] = {}
    company: dict[str, object] = {}
    match attribute:
        case "employees":
            lead, company = {"employees": value}, {"employees": value}
        case "industry":
            lead, company = {"industry": value}, {"industry": value}
        case "funding_stage":
            company = {"funding_stage": value}
        case "age_days":
            lead = {"created_at": input.at - timedelta(days=int(value or 0), minutes=1)}
        case _:
            lead = {attribute: value}
    return input.model_copy(
        update={
            "lead": input.lead.model_copy(update=lead),
            "enrichment": input.enrichment.model_copy(
                update={"candidates": (profile.model_copy(update=company),)}
            ),
        }
    )


def reachable(factor: Factor) -> list[Attribute]:
    """Values on both sides of each of the factor's bounds, and one it doesn't list."""
    if factor.bands:
        edges = {max(factor.bands[0].at_least, b.at_least + step) for b in factor.bands for step in (-1, 0)}
        return [*sorted(edges)]
    return [*factor.values, "something else"]


def expected_rule(event: LeadQualified) -> tuple[str, str | None]:
    """The rule a lead from Colorado falls under, and the pool that rule leads to."""
    if event.grade == "D":
        return "nurture", None
    if (event.employees or 0) >= 1000:
        return "north america enterprise", "na-enterprise"
    return "north america commercial", "na-commercial"


def least(records: Records, pool: str) -> str:
    able = [m for m in records.members(pool) if m.unavailable is None]
    return min(able, key=lambda m: (m.load, m.rep)).rep


def consistent(example: Example, input: QualifyInput, points: int) -> LeadQualified:
    """Asserts that score, grade, rule and owner are those that follow from the points."""
    event, scored, routed = example.decided(input)
    assert event.score == points
    assert event.grade == config().grades.grade(points)
    assert sum(scored.effects[0].model_dump()["factors"].values()) == points
    rule, pool = expected_rule(event)
    assert routed.rule == rule
    owner = getattr(routed.effects[0], "owner")  # noqa: B009
    assert owner == (least(example.records, pool) if pool else "queue:nurture")
    return event


@pytest.mark.feature("CH6", "QU3", "QU4", "RO2", "RO5")
def test_the_worked_example_is_91_an_a_by_the_second_rule_for_the_least_loaded(example: Example) -> None:
    event, scored, routed = example.decided(example.input)
    assert (event.score, event.grade, scored.outcome) == (91, "A", "graded_A")
    assert routed.rule == rules().rules[1].name == "north america commercial"
    assert [r.code for r in routed.reasons] == ["missed", "matched", "least_loaded"]
    assert getattr(routed.events[0], "owner") == least(example.records, "na-commercial")  # noqa: B009


@pytest.mark.feature("CH6", "QU3", "QU6")
@pytest.mark.parametrize("factor", config().factors, ids=lambda factor: factor.name)
def test_moving_a_factor_across_its_bounds_moves_score_grade_rule_and_owner(
    example: Example, factor: Factor
) -> None:
    base = decide(example.input, (), config())
    assert isinstance(base, Decision)
    had = base.effects[0].model_dump()["factors"][factor.name]
    seen = {
        consistent(
            example, moved(example.input, factor.attribute, value), 91 - had + factor.points(value)
        ).score
        for value in reachable(factor)
    }
    assert len(seen) >= 3


@pytest.mark.feature("CH6", "QU3", "QU4")
def test_moving_all_factors_at_once_reaches_every_grade_and_rule(example: Example) -> None:
    draw, grades, owners = Random(13), set[str](), set[str | None]()
    for _ in range(400):
        values = {f.attribute: draw.choice(reachable(f)) for f in config().factors}
        input = example.input
        for attribute, value in values.items():
            input = moved(input, attribute, value)
        event = consistent(example, input, score(config().factors, values).points)
        grades.add(event.grade)
        owners.add(expected_rule(event)[1])
    assert grades == set("ABCD")
    assert owners == {None, "na-enterprise", "na-commercial"}


@pytest.mark.feature("AN4", "QU4")
def test_a_threshold_in_config_alone_changes_the_grade(example: Example) -> None:
    grades = config().grades.model_copy(update={"A": 92})
    out = decide(example.input, (), config().model_copy(update={"grades": grades}))
    assert isinstance(out, Decision)
    assert out.outcome == "graded_B"


def test_the_nearest_change_names_what_is_missing_for_the_next_grade(example: Example) -> None:
    input = moved(example.input, "source", "newsletter")
    out = decide(input, (), config())
    assert isinstance(out, Decision)
    assert (
        nearest(input, out, config()) == "4 more points would make it grade A: intent referral instead of "
        "newsletter (+17)."
    )


# --- checks ---------------------------------------------------------------------------------------
def with_profile(input: QualifyInput, **changes: object) -> QualifyInput:
    profile = input.enrichment.candidates[0].model_copy(update=changes)
    return input.model_copy(
        update={"enrichment": input.enrichment.model_copy(update={"candidates": (profile,)})}
    )


def codes(input: QualifyInput) -> list[str]:
    out = decide(input, (), config())
    assert isinstance(out, Decision)
    return [reason.code for reason in out.reasons]


@pytest.mark.feature("QU9")
def test_a_stale_profile_s_changing_fields_do_not_score(example: Example) -> None:
    alone = example.input.model_copy(
        update={"lead": example.input.lead.model_copy(update={"employees": None})}
    )
    fresh, stale = (
        decide(alone, (), config()),
        decide(with_profile(alone, updated_on=date(2024, 1, 1)), (), config()),
    )
    assert isinstance(fresh, Decision) and isinstance(stale, Decision)
    before, after = (d.effects[0].model_dump()["factors"] for d in (fresh, stale))
    assert {name for name in before if before[name] != after[name]} == {"company size", "funding"}
    assert "stale" in {r.code for r in stale.reasons} - {r.code for r in fresh.reasons}


@pytest.mark.feature("QU9")
def test_two_head_counts_that_contradict_each_other_are_used_by_nobody(example: Example) -> None:
    agreeing, against = (
        with_profile(example.input, employees=460),
        with_profile(example.input, employees=9000),
    )
    assert "conflict" not in codes(agreeing)
    assert "conflict" in codes(against)
    out = decide(against, (), config())
    assert isinstance(out, Decision)
    assert "company size: unknown gives 8 of 18" in [r.text for r in out.reasons]


@pytest.mark.feature("QU9")
def test_what_is_not_known_is_named(example: Example) -> None:
    empty = example.input.model_copy(
        update={
            "enrichment": Enrichment(provider="none", searched=()),
            "lead": example.input.lead.model_copy(update={"employees": None, "industry": None}),
        }
    )
    out = decide(empty, (), config())
    assert isinstance(out, Decision)
    assert "Not known: employees, industry." in [r.text for r in out.reasons]


@pytest.mark.feature("QU2", "QU8")
def test_enrichment_fills_what_the_lead_left_open(example: Example) -> None:
    bare = example.input.model_copy(
        update={"lead": example.input.lead.model_copy(update={"employees": None, "industry": None})}
    )
    event, _, _ = example.decided(bare)
    profile = bare.enrichment.candidates[0]
    assert (event.company, event.employees, event.score) == (profile.id, profile.employees, 91)


# --- answers --------------------------------------------------------------------------------------
def profile(id: str, country: str) -> Company:
    return Company.model_validate(
        {
            "id": id,
            "name": "Twin",
            "place": {"country": country},
            "updated_on": "2026-10-01",
            "source": "case",
        }
    )


@pytest.fixture(scope="module")
def twins(example: Example) -> QualifyInput:
    """A lead whose company could be either of two."""
    lead = Lead.model_validate(
        {**example.input.lead.model_dump(), "domain": None, "email_kind": "free", "place": {}}
    )
    found = Enrichment(
        provider="case", searched=("name twin",), candidates=(profile("C-1", "US"), profile("C-2", "DE"))
    )
    return QualifyInput(at=START, lead=lead, enrichment=found)


def by_agent(value: dict[str, Any], confidence: float | None) -> Answer:
    return Answer(by="agent:enrichment_matcher@embedded", value=value, confidence=confidence)


@pytest.mark.feature("QU8")
@pytest.mark.parametrize(
    ("sure", "to", "queue"),
    [
        (0.85, None, None),
        (0.849, "role:ops", "review"),
        (0.5, "role:ops", "review"),
        (0.499, "role:ops", "triage"),
        (None, "role:ops", "triage"),
    ],
)
def test_a_match_is_taken_confirmed_or_triaged_by_its_confidence(
    twins: QualifyInput, sure: float | None, to: str | None, queue: str | None
) -> None:
    out = decide(twins, (by_agent({"choice": "C-2"}, sure),), config())
    if isinstance(out, Ask):
        assert (out.to, out.queue, out.options[0]) == (to, queue, "C-2")
    else:
        assert to is None
        assert getattr(out.events[0], "company") == "C-2"  # noqa: B009


@pytest.mark.feature("QU8")
def test_the_question_carries_candidates_and_what_speaks_for_them(twins: QualifyInput) -> None:
    first = decide(twins, (), config())
    assert isinstance(first, Ask)
    assert (first.to, first.options) == ("agent:enrichment_matcher", ("C-1", "C-2", "none"))
    person = decide(twins, (by_agent({"choice": "C-2"}, 0.6),), config())
    assert isinstance(person, Ask)
    assert [r.code for r in person.evidence] == ["why_asked", "candidate", "candidate"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(by="nobody:timeout"),
        Answer(by="nobody:invalid", value={"choice": "C-1"}, confidence=1.0),
        by_agent({}, 1.0),
        by_agent({"choice": ["C-1"]}, 1.0),
        by_agent({"choice": "C-3"}, 1.0),
        by_person({}),
        by_person({"choice": {"C-1": 1}}),
    ],
)
def test_an_unusable_answer_goes_to_triage(twins: QualifyInput, answer: Answer) -> None:
    out = decide(twins, (answer,), config())
    assert isinstance(out, Ask)
    assert (out.to, out.queue) == ("role:ops", "triage")


def test_no_content_of_an_answer_crashes_it(twins: QualifyInput) -> None:
    draw = Random(17)
    for _ in range(1500):
        given = tuple(
            Answer.model_validate(
                {
                    "by": draw.choice(("agent:enrichment_matcher@m", "person:x", "nobody:timeout")),
                    "value": some_json(draw, ("choice", "verdict")),
                    "confidence": draw.choice((None, 0, 0.6, 1)),
                }
            )
            for _ in range(draw.randint(1, 4))
        )
        out = decide(twins, given, config())
        assert isinstance(out, Ask | Decision)
        if isinstance(out, Ask):
            assert out.to == "role:ops"
