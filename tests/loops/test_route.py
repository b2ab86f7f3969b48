"""Route: claims before rules, bands of confidence, questions that only a person ends, the alarm."""

from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from loops.decision import Answer, Ask, Decision
from loops.loop import ScheduleDue
from loops.records import Account, AccountMatch, Assigned, EarlierLead, Member
from loops.route.config import RouteConfig
from loops.route.inputs import PoolInput, RouteInput, UntouchedInput, attributes, territory_of
from loops.route.logic import decide, decide_pool, decide_untouched, nearest
from loops.route.outputs import PoolChosen
from loops.rules import first_match
from tests.house import START, bring, by_person, house, raw, template
from tests.loops.cases import cases_of
from tests.loops.json_values import some_json
from tools.store import tables as t

CASES = {case.name: case for case in cases_of(template().registry.loops["route"])}
OWNERS = ("rep:max", "rep:yan", "rep:zoe", "pool:spare", "pool:na-commercial", "queue:nurture")
WITHOUT_PLACE = CASES["a lead without a place is a question for the router"].input
OPEN = WITHOUT_PLACE.model_copy(update={"owners": OWNERS})


def config() -> RouteConfig:
    found = template().workspace.configs["route"]
    assert isinstance(found, RouteConfig)
    return found


def base(**changes: Any) -> RouteInput:
    case = CASES[
        "the commercial rule matches after the enterprise rule missed, and the least loaded who is there "
        "takes it"
    ]
    assert isinstance(case.input, RouteInput)
    return case.input.model_copy(update={"owners": OWNERS} | changes)


def decided(input: RouteInput, *answers: Answer) -> Decision:
    out = decide(input, answers, config())
    assert isinstance(out, Decision), out
    return out


def asked(input: RouteInput, *answers: Answer) -> Ask:
    out = decide(input, answers, config())
    assert isinstance(out, Ask), out
    return out


def owner(out: Decision) -> str:
    return str(getattr(out.events[0], "owner"))  # noqa: B009


# --- the order ------------------------------------------------------------------------------------
def account(status: str = "customer", deal: str | None = "yan") -> AccountMatch:
    found = Account.model_validate({"id": "A-1", "name": "N", "key": "n", "status": status, "owner": "zoe"})
    return AccountMatch(account=found, by="domain", open_deal="O-1" if deal else None, open_deal_owner=deal)


HERE = tuple(Member(rep=rep, load=1) for rep in ("yan", "zoe", "max"))
EARLIER = EarlierLead(lead="L-0", owner="max")


@pytest.mark.feature("RO1", "RO4", "CH3")
def test_claims_come_in_their_order_and_rules_last() -> None:
    everything = base(suppression="asked", match=account("competitor"), earlier=EARLIER, claimants=HERE)
    steps: list[dict[str, Any]] = [
        {},
        {"suppression": None},
        {"match": account()},
        {"match": account(deal=None)},
        {"match": None},
        {"earlier": None},
    ]
    seen: list[str] = []
    for step in steps:
        everything = everything.model_copy(update=step)
        out = decided(everything)
        seen.append(out.reasons[0].code if out.outcome == "suppressed" else f"{owner(out)} by {out.rule}")
    assert seen == [
        "suppressed",
        "competitor",
        "yan by open_deal",
        "zoe by account_owner",
        "max by earlier_lead",
        "cleo by north america commercial",
    ]


@pytest.mark.feature("RO4")
@pytest.mark.parametrize("away", ["absent", "departed", "not started"])
def test_who_cannot_take_it_is_passed_over_and_that_is_said(away: str) -> None:
    gone = tuple(Member(rep=m.rep, load=1, unavailable=away) for m in HERE)
    out = decided(base(match=account(), earlier=EARLIER, claimants=gone))
    assert owner(out) == "cleo"
    assert [r.text for r in out.reasons if r.code == "passed_over"] == [
        f"yan works on an open deal with N, but is {away}.",
        f"zoe owns the account N, but is {away}.",
        f"max has an earlier lead of the same company (L-0), but is {away}.",
    ]
    assert owner(decided(base(match=account(), claimants=HERE))) == "yan"


def test_a_claim_of_somebody_unknown_is_passed_over() -> None:
    out = decided(base(match=account(deal=None), claimants=()))
    assert owner(out) == "cleo"
    assert "unknown in the roster" in out.reasons[0].text


def test_a_touched_lead_stays_with_its_owner_unless_they_left() -> None:
    touched = base().lead.model_copy(update={"touched_at": START})
    held = base(lead=touched, current_owner="max", claimants=HERE)
    assert decided(held).outcome == "kept"
    left = held.model_copy(update={"claimants": (Member(rep="max", load=1, unavailable="departed"),)})
    assert owner(decided(left)) == "cleo"


@pytest.mark.parametrize("away", ["absent", "departed", "not started", "full"])
def test_a_rule_that_names_a_person_who_cannot_take_it_is_a_question(away: str) -> None:
    to_max = config().rules[0].model_copy(update={"name": "max", "when": {}, "owner": "rep:max"})
    cfg = config().model_copy(update={"rules": (to_max,)})
    gone = base(claimants=(Member(rep="max", load=1, unavailable=away),))
    out = decide(gone, (), cfg)
    assert isinstance(out, Ask)
    assert out.queue == "triage"
    there = decide(base(claimants=HERE), (), cfg)
    assert isinstance(there, Decision)
    assert owner(there) == "max"


@pytest.mark.feature("RO3")
def test_the_first_territory_that_covers_a_place_takes_it() -> None:
    scenario = template().workspace.scenario
    found = [
        territory_of(scenario, *place)
        for place in (("US", "US-CO"), ("US", None), ("DE", None), (None, "US-CO"), ("BR", None))
    ]
    assert found == ["ams-west", "ams-other", "dach", None, None]


@pytest.mark.feature("RO2")
def test_the_nearest_change_is_the_rule_missed_by_one_attribute() -> None:
    said = nearest(base(), decided(base()), config())
    assert said == (
        "With employees at least 1000 rule north america enterprise would have sent it to pool:na-enterprise."
    )
    claimed = base(match=account(), claimants=HERE)
    assert nearest(claimed, decided(claimed), config()) is None


# --- questions ------------------------------------------------------------------------------------
def by_router(choice: object, confidence: float | None) -> Answer:
    value = {"choice": choice}
    return Answer.model_validate(
        {"by": "agent:lead_router@embedded", "value": value, "confidence": confidence}
    )


@pytest.mark.feature("RO6", "RO7")
def test_an_unknown_place_is_a_question_with_every_piece_of_evidence() -> None:
    ask = asked(OPEN)
    assert (ask.to, ask.queue) == ("agent:lead_router", "agent")
    assert {
        "city",
        "country",
        "conflict",
        "headquarters",
        "headquarters_source",
        "domain",
        "industry",
        "claim",
        "owners",
    } <= set(type(ask.payload).model_fields)
    assert "Not known: territory." in [r.text for r in ask.evidence]


@pytest.mark.feature("RO8", "GV1")
@pytest.mark.parametrize(
    ("sure", "ends"),
    [
        (1.0, "pool_chosen"),
        (0.85, "pool_chosen"),
        (0.849, "review"),
        (0.5, "review"),
        (0.499, "triage"),
        (None, "triage"),
    ],
)
def test_the_band_of_a_confidence_decides_what_becomes_of_a_choice(sure: float | None, ends: str) -> None:
    out = decide(OPEN, (by_router("pool:na-commercial", sure),), config())
    assert (out.queue if isinstance(out, Ask) else out.outcome) == ends
    if isinstance(out, Ask):
        assert out.options[0] == "pool:na-commercial"
        assert "suggests pool:na-commercial" in out.evidence[-1].text


@pytest.mark.feature("RO8", "AN4")
def test_bands_come_from_config() -> None:
    strict = config().model_copy(update={"bands": config().bands.model_copy(update={"fire": 0.95})})
    out = decide(OPEN, (by_router("pool:na-commercial", 0.9),), strict)
    assert isinstance(out, Ask)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(by="nobody:timeout"),
        Answer(by="nobody:x", value={"choice": "pool:na-commercial"}, confidence=1.0),
        by_router(None, 1.0),
        by_router("pool:elsewhere", 1.0),
        by_router(["pool:na-commercial"], 1.0),
        by_router("queue:triage", 1.0),
        by_person({}),
        by_person({"choice": "rep:"}),
        by_person({"choice": 7}),
        by_person({"choice": "queue:triage"}),
    ],
)
def test_an_unusable_answer_is_a_question_to_a_person(answer: Answer) -> None:
    ask = asked(OPEN, answer)
    assert (ask.to, ask.queue) == ("role:ops", "triage")


@pytest.mark.feature("RO8")
@pytest.mark.parametrize(
    "waiting",
    [
        OPEN,
        base(pools=()),
        base(territory="nowhere", pools=()),
    ],
    ids=["no place", "nobody in the pool", "only the last rule"],
)
def test_a_person_s_choice_ends_every_question(waiting: RouteInput) -> None:
    asked(waiting)
    assert owner(decided(waiting, by_person({"choice": "rep:zoe"}))) == "zoe"
    assert decided(waiting, by_person({"choice": "pool:spare"})).outcome == "pool_chosen"
    assert decided(waiting, by_person({"choice": "queue:nurture"})).outcome == "nurture"
    assert decided(waiting, by_person({"verdict": "reject"})).outcome == "dropped"


@pytest.mark.feature("RO8")
@pytest.mark.parametrize("choice", ["rep:nobody", "pool:elsewhere", "queue:elsewhere"])
def test_an_owner_that_does_not_exist_is_asked_for_again(choice: str) -> None:
    for waiting in (OPEN, base(pools=())):
        ask = asked(waiting, by_person({"choice": choice}))
        assert (ask.to, ask.queue, ask.payload) == ("role:ops", "triage", asked(waiting).payload)
        assert f"named {choice}, whom" in ask.evidence[-1].text
        then = decided(waiting, by_person({"choice": choice}), by_person({"choice": "rep:zoe"}))
        assert owner(then) == "zoe"


@pytest.mark.feature("RO8")
def test_who_may_be_named_is_read_only_where_somebody_will_be_asked(tmp_path: Path) -> None:
    home = house(tmp_path)
    bring(home, raw("1"), raw("2", country="", email="ada@nowhere.example"))
    query = select(t.runs).where(t.runs.c.loop == "route", t.runs.c.trigger == "LeadQualified")
    with home.store.reading() as tx:
        read = {row.state: RouteInput.model_validate(tx.json(row.input)) for row in tx.all(query)}
    assert read["done"].owners == ()
    assert {"rep:na-commercial-01", "pool:na-commercial", "queue:nurture"} <= set(read["person"].owners)
    assert not {"rep:na-commercial-departed", "queue:triage"} & set(read["person"].owners)


def test_no_content_of_an_answer_crashes_it() -> None:
    draw = Random(19)
    for _ in range(1500):
        given = tuple(
            Answer.model_validate(
                {
                    "by": draw.choice(("agent:lead_router@m", "person:x", "nobody:timeout")),
                    "value": some_json(draw, ("choice", "verdict")),
                    "confidence": draw.choice((None, 0, 0.6, 1)),
                }
            )
            for _ in range(draw.randint(1, 4))
        )
        for out in (
            decide(OPEN, given, config()),
            decide(base(pools=()), given, config()),
            decide_pool(settled(), given, config()),
        ):
            assert isinstance(out, Ask | Decision)
            if isinstance(out, Ask):
                assert out.to == "role:ops"
            else:
                assert all(getattr(e, "owner", "x") for e in out.events)


# --- pools ----------------------------------------------------------------------------------------
def settled(*members: Member) -> PoolInput:
    chosen = PoolChosen(
        record="L-1",
        pool="p",
        by="agent",
        grade="A",
        score=91,
        company=None,
        account=None,
        account_status=None,
    )
    return PoolInput.model_validate(
        {"at": START, "chosen": chosen, "pools": [{"pool": "p", "members": members}], "owners": OWNERS}
    )


@pytest.mark.feature("RO5")
def test_the_least_loaded_takes_it_and_ties_go_by_name() -> None:
    out = decide_pool(
        settled(Member(rep="c", load=2), Member(rep="b", load=2), Member(rep="a", load=3)), (), config()
    )
    assert isinstance(out, Decision)
    assert owner(out) == "b"


@pytest.mark.feature("RO5")
def test_a_settled_pool_in_which_nobody_can_is_a_question_that_a_person_ends() -> None:
    full = settled(Member(rep="a", load=9, unavailable="full"))
    ask = decide_pool(full, (), config())
    assert isinstance(ask, Ask)
    assert (ask.queue, ask.options) == ("triage", ("rep:a",))
    for empty in ({}, {"choice": ""}, {"choice": "rep:"}, {"choice": None}):
        assert isinstance(decide_pool(full, (by_person(empty),), config()), Ask)
    strange = decide_pool(full, (by_person({"choice": "rep:nobody"}),), config())
    assert isinstance(strange, Ask)
    assert strange.evidence[-1].text.startswith("person:ops-lead named rep:nobody, whom the roster")
    out = decide_pool(full, (by_person({"choice": "rep:zoe"}),), config())
    assert isinstance(out, Decision)
    assert owner(out) == "zoe"


# --- one engine -----------------------------------------------------------------------------------
@pytest.mark.feature("RO9")
def test_what_decides_is_first_match_over_the_lead_s_attributes() -> None:
    input = base()
    match = first_match(config().rules, attributes(input.lead, input.qualified, input.territory, None))
    assert match.rule
    assert match.rule.name == decided(input).rule


# --- the alarm ------------------------------------------------------------------------------------
def alerts(hours: float, told: int, manager: str | None = "boss") -> list[tuple[str, int]]:
    """Who hears of a lead assigned at a Monday's opening, that many hours later: (person, level)."""
    calendar = template().workspace.calendar
    lead = Assigned(lead="L-1", owner="ana", assigned_at=START, alerts=told)
    slot = ScheduleDue(record="untouched", loop="route", schedule="untouched", slot="s")
    managers = {"ana": manager} if manager else {}
    input = UntouchedInput(
        at=START + timedelta(hours=hours),
        calendar=calendar,
        slot=slot,
        leads=(lead,),
        managers=managers,
        full=False,
    )
    out = decide_untouched(input, (), config())
    return [(getattr(e, "person"), getattr(e, "level")) for e in out.events]  # noqa: B009


@pytest.mark.feature("RO10", "AR2")
def test_the_owner_hears_after_four_working_hours_and_the_manager_after_eight() -> None:
    assert alerts(3.99, 0) == []
    assert alerts(4, 0) == [("ana", 1)]
    assert alerts(7.99, 1) == []
    assert alerts(8, 1) == [("boss", 2)]
    assert alerts(20, 2) == []
    assert alerts(8, 1, manager=None) == []
