"""Side by side and one by one: the same answers over random rules, people, claims and leads."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest

from agent.simulate import decided
from loops.columns import columns
from loops.decision import Answer
from loops.loop import Trigger
from loops.qualify.compiled import BULK as QUALIFY
from loops.qualify.config import QualifyConfig
from loops.qualify.inputs import QualifyInput
from loops.qualify.outputs import LeadQualified
from loops.records import Account, AccountMatch, Company, EarlierLead, Enrichment, Lead, Origin, Place
from loops.route.compiled import BULK as ROUTE
from loops.route.compiled import stands
from loops.route.config import RouteConfig
from loops.route.inputs import RouteInput
from loops.rules import Rule
from loops.scenario import Pool, Rep, Scenario
from loops.simulate import OTHER_LOADS, Bulk, Floor, Stand, Stands, moves, repointed, stands_of
from tests.house import template

WHOLE = os.environ.get("REVLOOPS_WHOLE_EQUALITY") == "1"
"""Whether the thousand sets of a thousand leads are tried, which takes minutes."""
SETS, LEADS = (1000, 1000) if WHOLE else (100, 200)
NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)
LANDS = ("north", "south", "east", None)
COUNTRIES = ("US", "DE", "FR", None)
INDUSTRIES = ("software", "SaaS", "Banking", "mining", None)
SIZES = (None, 0, 1, 49, 50, 199, 200, 999, 1000, 20_000)
WORDS: dict[str, tuple[str, ...]] = {
    "territory": ("north", "south", "east"),
    "country": ("US", "DE", "FR"),
    "grade": ("A", "B", "C", "D"),
    "industry": ("software", "financial services", "mining"),
    "source": ("webinar", "event", "list"),
    "domain": tuple(f"d{n}.example" for n in range(80)),
    "email_kind": ("business", "free"),
    "account_status": ("prospect", "customer"),
    "seniority": ("vp", "director"),
}


# --- what is drawn --------------------------------------------------------------------------------
def scenario(draw: Random) -> Scenario:
    """People with room for few, pools that share members and back each other up, also in a circle."""
    people = [f"r{n}" for n in range(draw.randint(1, 8))]
    pools = [f"p{n}" for n in range(draw.randint(1, 4))]
    return Scenario(
        name="drawn",
        queues=("nurture", "triage", "assigned"),
        pools=tuple(
            Pool(
                id=id,
                name=id,
                members=tuple(draw.choices(people, k=draw.randint(1, 6))),
                backup=draw.choice([None, *pools]),
            )
            for id in pools
        ),
        roster=tuple(
            Rep(
                id=id,
                name=id,
                email=f"{id}@ours.example",
                role="ae",
                capacity=draw.choice([0, 3, 15, 90, 9999]),
            )
            for id in people
        ),
    )


def floor(draw: Random, plan: Scenario) -> Floor:
    people = [rep.id for rep in plan.roster]
    away = {rep: draw.choice(["absent", "departed", "not started"]) for rep in people if draw.random() < 0.2}
    return Floor(NOW, plan, {rep: draw.randint(0, 20) for rep in people if draw.random() < 0.8}, away)


def condition(draw: Random, name: str) -> dict[str, Any]:
    if name in ("score", "employees"):
        low, high = (
            sorted(draw.sample(range(101), 2)) if name == "score" else (draw.choice([1, 50, 200]), 1000)
        )
        if draw.random() < 0.1:
            return {"any_of": [str(low), str(high)]}
        return draw.choice([{"at_least": low}, {"below": high}, {"at_least": low, "below": high}])
    some = draw.sample(WORDS[name], draw.randint(1, min(3, len(WORDS[name]))))
    return {draw.choice(["any_of", "any_of", "none_of"]): some}


def rules(draw: Random, plan: Scenario, most: int = 90) -> tuple[Rule, ...]:
    names = [*WORDS, "score", "employees", "city"]
    owners = [f"pool:{pool.id}" for pool in plan.pools] * 3
    owners += [f"rep:{rep.id}" for rep in plan.roster]
    owners += ["queue:nurture", "queue:triage", "queue:assigned", "pool:gone", "rep:gone"]
    found = list[Rule]()
    for at in range(draw.choice([0, 1, 3, 8, 20, most])):
        asked = draw.sample(names, draw.choice([0, 1, 1, 2, 2, 3, 4]))
        when = {n: {"any_of": ["Berlin"]} if n == "city" else condition(draw, n) for n in asked if n or at}
        found.append(Rule.model_validate({"name": f"rule {at}", "owner": draw.choice(owners), "when": when}))
    return tuple(found)


def route_config(draw: Random, plan: Scenario) -> RouteConfig:
    config = template().workspace.configs["route"]
    asks = draw.sample(["territory", "employees", "domain", "city"], draw.choice([0, 1, 2]))
    assert isinstance(config, RouteConfig)
    return config.model_copy(update={"rules": rules(draw, plan), "ask_when_unknown": tuple(asks)})


def a_lead(draw: Random, at: int) -> Lead:
    free = draw.random() < 0.2
    country = draw.choice(COUNTRIES)
    return Lead(
        id=f"L-{at}",
        person=f"P-{at}",
        source=draw.choice([*WORDS["source"], "demo_request"]),
        created_at=NOW - timedelta(days=draw.randint(0, 150)),
        seniority=draw.choice(["vp", "director", "unknown"]),
        job_function=draw.choice(["sales", "unknown"]),
        email_kind="free" if free else "business",
        company_key="acme" if draw.random() < 0.5 else "",
        domain=None if free else draw.choice(WORDS["domain"]),
        place=Place(
            country=country,
            city=draw.choice([None, "Berlin", "berlin"]),
            conflict=("US", "DE") if draw.random() < 0.1 else (),
        ),
        industry=draw.choice(INDUSTRIES),
        employees=draw.choice(SIZES),
        origin=Origin(source="drawn"),
        touched_at=NOW if draw.random() < 0.2 else None,
    )


def route_input(draw: Random, at: int, plan: Scenario) -> RouteInput:
    people = [rep.id for rep in plan.roster] + ["gone"]
    some = lambda: draw.choice(people) if draw.random() < 0.3 else None  # noqa: E731
    status = draw.choice(["prospect", "customer", "own", "competitor", "prospect", "prospect"])
    account = Account.model_validate(
        {"id": "A", "name": "Acme", "key": "acme", "status": status, "owner": some()}
    )
    event = LeadQualified(
        record=f"L-{at}",
        score=draw.randint(0, 100),
        grade=draw.choice("ABCD"),  # type: ignore[arg-type]
        company=None,
        employees=draw.choice(SIZES),
        industry=draw.choice(["software", "financial services", None]),
        lifts=(),
    )
    return RouteInput(
        at=NOW,
        lead=a_lead(draw, at),
        qualified=event,
        headquarters=None,
        suppression="asked to" if draw.random() < 0.05 else None,
        match=AccountMatch(account=account, by="domain", open_deal_owner=some())
        if draw.random() < 0.3
        else None,
        earlier=EarlierLead(lead="L-x", owner=draw.choice(people)) if draw.random() < 0.1 else None,
        current_owner=some(),
        claimants=(),
        territory=draw.choice(LANDS),
        pools=(),
        options=(),
    )


# --- both ways ------------------------------------------------------------------------------------
def side_by_side(
    bulk: Bulk, inputs: list[tuple[Any, tuple[Answer, ...]]], config: Any, desks: Floor
) -> Stands:
    rows = [bulk.facts(input, answers) for input, answers in inputs]
    return bulk.stands(columns(rows, bulk.names), config, desks, None)


def one_by_one(
    trigger: Trigger, bulk: Bulk, inputs: list[tuple[Any, tuple[Answer, ...]]], config: Any, desks: Floor
) -> Stands:
    mine, found = desks.anew(), list[Stand]()
    for input, answers in inputs:
        stand, _ = decided(trigger, bulk, input, answers, config, mine)
        if stand.owner:
            mine.take(stand.owner)
        found.append(stand)
    return stands_of(found, mine.loads)


def differences(one: Stands, other: Stands, count: int) -> list[tuple[Stand, Stand]]:
    return [(one.at(row), other.at(row)) for row in range(count) if one.at(row) != other.at(row)]


def loads(found: Stands) -> dict[str, int]:
    return {rep: load for rep, load in found.loads.items() if load}


def routed(draw: Random) -> tuple[list[tuple[Any, tuple[Answer, ...]]], RouteConfig, Floor]:
    plan = scenario(draw)
    inputs = [(route_input(draw, at, plan), ()) for at in range(LEADS)]
    return inputs, route_config(draw, plan), floor(draw, plan)


@pytest.mark.timeout(7200 if WHOLE else 120)
@pytest.mark.feature("RO9", "RO10")
def test_many_leads_at_once_go_where_each_would_go_alone() -> None:
    trigger, ends = template().registry.loops["route"].triggers[0], set[str]()
    ruled = full = 0
    for seed in range(SETS):
        inputs, config, desks = routed(Random(seed))
        many = side_by_side(ROUTE, inputs, config, desks)
        alone = one_by_one(trigger, ROUTE, inputs, config, desks)
        assert not differences(many, alone, len(inputs)), (seed, differences(many, alone, len(inputs))[0])
        assert loads(many) == loads(alone), seed
        ends |= {str(many.ends["end"].at(row)) for row in range(len(inputs))}
        ruled += len({many.at(row).rule for row in range(len(inputs))})
        full += sum(alone.loads.get(rep.id, 0) >= rep.capacity for rep in desks.scenario.roster)
    assert {"assigned", "suppressed", "nurture", "asks agent:lead_router", "asks role:ops"} <= ends
    assert ruled > SETS and full > 0


def test_the_comparison_sees_one_lead_that_goes_elsewhere() -> None:
    trigger = template().registry.loops["route"].triggers[0]
    found = 0
    for seed in range(10):
        inputs, config, desks = routed(Random(seed))
        alone = one_by_one(trigger, ROUTE, inputs, config, desks)
        more = desks.anew()
        more.loads = {rep.id: rep.capacity for rep in desks.scenario.roster}
        found += len(differences(side_by_side(ROUTE, inputs, config, more), alone, len(inputs)))
    assert found > 0


def test_a_rule_that_changes_is_matched_alone_with_the_same_end() -> None:
    for seed in range(40):
        draw = Random(seed)
        inputs, config, desks = routed(draw)
        held = columns([ROUTE.facts(input, ()) for input, _ in inputs], ROUTE.names)
        before = stands(held, config, desks)
        other = rules(draw, desks.scenario)
        if not config.rules or not other:
            continue
        at = draw.randrange(len(config.rules))
        edited = other[0].model_copy(update={"name": config.rules[at].name})
        changed = config.model_copy(update={"rules": (*config.rules[:at], edited, *config.rules[at + 1 :])})
        quick, anew = stands(held, changed, desks, before), stands(held, changed, desks)
        assert not differences(quick, anew, len(inputs))
        assert quick.loads == anew.loads


# --- qualify --------------------------------------------------------------------------------------
def qualify_config(draw: Random) -> QualifyConfig:
    config = template().workspace.configs["qualify"]
    assert isinstance(config, QualifyConfig)
    checks = {"stale_after_days": draw.choice([30, 400]), "employees_ratio": draw.choice([1.5, 4.0])}
    words = [config.industries, {"software": ("saas", "mining")}, {"media": ("banking", "software")}]
    low = draw.randint(20, 50)
    grades = {"A": low + draw.randint(20, 40), "B": low + draw.randint(8, 19), "C": low}
    bands = {"fire": draw.choice([None, 0.7, 0.9]), "review": 0.5}
    return config.model_copy(
        update={
            "checks": config.checks.model_copy(update=checks),
            "industries": draw.choice(words),
            "grades": config.grades.model_copy(update=grades),
            "matching": config.matching.model_copy(update=bands),
        }
    )


def profile(draw: Random, lead: Lead, at: int) -> Company:
    return Company(
        id=f"C-{at}",
        name="Acme",
        domain=draw.choice([lead.domain, None, "d1.example"]),
        place=Place(
            country=draw.choice([lead.place.country, "US", None]), city=draw.choice([None, "BERLIN", "Bonn"])
        ),
        industry=draw.choice(INDUSTRIES),
        employees=draw.choice(SIZES),
        funding_stage=draw.choice([None, "", "Series A", "public"]),
        updated_on=date(2026, 11, 23) - timedelta(days=draw.randint(0, 900)),
        source="drawn",
    )


def an_answer(draw: Random, companies: list[Company]) -> Answer:
    by = draw.choice(["agent:enrichment_matcher@embedded", "person:ana", "nobody:timeout"])
    choice = draw.choice([*(one.id for one in companies), "none", "nonsense"])
    verdict = draw.choice(["approve", "reject"])
    return Answer(
        by=by, value={"choice": choice, "verdict": verdict}, confidence=draw.choice([None, 0.4, 0.8, 0.95])
    )


def qualify_input(draw: Random, at: int) -> tuple[QualifyInput, tuple[Answer, ...]]:
    lead = a_lead(draw, at)
    companies = [profile(draw, lead, n) for n in range(draw.choice([0, 1, 1, 2, 3]))]
    found = Enrichment(provider="drawn", searched=(), candidates=tuple(companies))
    answers = tuple(an_answer(draw, companies) for _ in range(draw.choice([0, 0, 1, 2])))
    return QualifyInput(at=NOW, lead=lead, enrichment=found), answers


@pytest.mark.timeout(7200 if WHOLE else 120)
@pytest.mark.feature("RO9")
def test_many_leads_at_once_get_the_grade_that_each_would_get_alone() -> None:
    trigger, ends = template().registry.loops["qualify"].triggers[0], set[str]()
    desks = Floor(NOW, Scenario(name="empty"), {}, {})
    for seed in range(SETS if WHOLE else SETS // 2):
        draw = Random(seed)
        inputs, config = [qualify_input(draw, at) for at in range(LEADS)], qualify_config(draw)
        many = side_by_side(QUALIFY, list(inputs), config, desks)
        alone = one_by_one(trigger, QUALIFY, list(inputs), config, desks)
        assert not differences(many, alone, len(inputs)), (seed, differences(many, alone, len(inputs))[0])
        ends |= {str(many.ends["end"].at(row)) for row in range(len(inputs))}
    assert ends == {
        "graded_A", "graded_B", "graded_C", "graded_D", "dropped",
        "asks agent:enrichment_matcher", "asks role:ops",
    }  # fmt: skip


# --- who moves ------------------------------------------------------------------------------------
def ended(*stands: Stand) -> Stands:
    return stands_of(stands, {})


ANN, BOB = Stand("assigned", "ann", "one", "A", 90), Stand("assigned", "bob", "one", "A", 90)


def test_another_rule_moves_a_lead_and_other_loads_only_spread_it() -> None:
    other = replace(BOB, rule="two")
    found = moves(ended(ANN, ANN, ANN, ANN), ended(ANN, other, BOB, other))
    assert found.decided.tolist() == [1, 3] and found.spread.tolist() == [2]
    assert [(g.source, g.target, g.why, g.rows.tolist()) for g in found.groups] == [
        ("ann", "bob", "rule two instead of one", [1, 3]),
        ("ann", "bob", OTHER_LOADS, [2]),
    ]


def test_a_rule_that_gives_to_others_now_moves_its_leads() -> None:
    found = moves(ended(ANN, ANN), ended(ANN, BOB), repointed={"one"})
    assert found.decided.tolist() == [1] and not found.spread.size
    assert [g.why for g in found.groups] == ["rule one gives to others now"]
    route = template().workspace.configs["route"]
    assert isinstance(route, RouteConfig)
    assert repointed(route, route) == frozenset()
    rules = (route.rules[0].model_copy(update={"owner": "pool:other"}), *route.rules[1:])
    assert repointed(route, route.model_copy(update={"rules": rules})) == {route.rules[0].name}


def test_a_lead_that_is_asked_about_now_moves_although_no_rule_takes_it() -> None:
    found = moves(ended(ANN, Stand("asks role:ops")), ended(Stand("asks role:ops"), Stand("asks role:ops")))
    assert found.decided.tolist() == [0]
    assert found.groups[0].target == "asks role:ops"


def test_a_grade_alone_is_no_move_but_is_told() -> None:
    found = moves(ended(ANN, BOB), ended(replace(ANN, grade="B"), BOB))
    assert not found.groups and found.regraded.tolist() == [0]
    assert (found.grades[0].source, found.grades[0].target) == ("A", "B")


def test_nobody_moves_among_no_leads() -> None:
    found = moves(ended(), ended())
    assert not found.groups and not len(np.concatenate([found.decided, found.spread]))
