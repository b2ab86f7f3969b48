"""Accounts to territories, decided: what the rules settle, what is asked, and what an answer does."""

from datetime import date
from typing import Any

import pytest

from loops.calendar import Calendar
from loops.decision import Answer, Ask, Decision
from loops.deploy.account_inputs import gather_page
from loops.deploy.account_outputs import (
    AccountDoubtful,
    AccountsDue,
    AccountsPlaced,
    OwnerWanted,
    Placing,
)
from loops.deploy.accounts import decide_account, decide_page
from loops.plan import Hire
from loops.records import Account, Company
from loops.scenario import Scenario, Territory
from loops.territories import Atlas, places, territory_of
from tests.house import template
from tests.placing import EAST, PLAN, REST, account, company, config, doubtful, page, records
from tools.sandbox.places import CITIES

TOWER = "Larkfield House, 48 Canal Street"


def placings(decision: Decision) -> dict[str, Placing]:
    found = [event for event in decision.events if isinstance(event, AccountsPlaced)]
    return {one.account: one for event in found for one in event.placings}


def asked(decision: Decision) -> dict[str, tuple[str, ...]]:
    return {e.record: e.doubts for e in decision.events if isinstance(e, AccountDoubtful)}


def by_rules(*accounts: Account, companies: tuple[Company, ...] = (), **said: Any) -> Decision:
    return decide_page(page(*accounts, companies=companies, **said), (), config(**said))


def says(choice: str, sure: float) -> Answer:
    by = "agent:territory_matcher@embedded"
    return Answer(by=by, value={"choice": choice}, confidence=sure, why="as found")


def person(value: dict[str, Any]) -> Answer:
    return Answer(by="person:ops-lead", value=value, why="known")


# --- the rules ------------------------------------------------------------------------------------
@pytest.mark.feature("RO9")
def test_the_batch_and_the_live_engine_put_every_place_into_the_same_territory() -> None:
    scenario = template().workspace.scenario
    atlas, seen = Atlas(scenario), set[str | None]()
    for country, cities in (*CITIES.items(), ("BR", ())):
        for region in (None, *(city.place.region for city in cities)):
            for _ in range(2):
                assert atlas.of(country, region) == territory_of(scenario, country, region)
            seen.add(atlas.of(country, region))
    assert atlas.of(None, "US-NY") is territory_of(scenario, None, "US-NY") is None
    assert len(seen) > 8 and None in seen


def test_a_territory_that_only_groups_others_takes_no_record() -> None:
    assert territory_of(PLAN, "GB", None) == "uki"
    assert [t.id for t in places(PLAN)] == ["ams-east", "ams-west", "ams-other", "uki", "dach"]
    world = Territory(id="world", name="World")
    assert territory_of(Scenario(name="one", territories=(world,)), "GB", None) == "world"


def test_an_account_in_a_known_place_is_placed_by_the_rules() -> None:
    done = by_rules(account("A-1", "US", "US-NY", employees=50), account("A-2", "GB"))
    assert placings(done)["A-1"] == Placing(account="A-1", territory="ams-east", owner="east-1", by="rule")
    assert placings(done)["A-2"].territory == "uki"
    assert not asked(done) and done.rule == "territory"
    (effect,) = done.effects
    assert effect.model_dump()["placings"] == tuple(one.model_dump() for one in placings(done).values())


def test_who_has_the_fewest_accounts_of_the_segment_gets_the_next() -> None:
    held = [account(f"A-{n}", "US", "US-NY", owner="east-1", territory="ams-east") for n in range(2)]
    new = [account(f"B-{n}", "US", "US-NY", employees=50) for n in range(6)]
    big = account("C-1", "US", "US-NY", employees=5000)
    owners = [one.owner for one in placings(by_rules(*held, *new, big)).values()]
    assert sorted(map(str, owners[:6])) == ["east-1"] * 2 + ["east-2"] * 4
    assert owners[6] == "east-big"


def test_nobody_in_office_in_a_territory_leads_to_the_territory_above_it_and_then_to_nobody() -> None:
    done = by_rules(account("A-1", "DE"), account("A-2", "US", "US-TX", owner="gone"))
    assert placings(done)["A-1"].owner == "emea-head"
    assert placings(done)["A-2"] == Placing(account="A-2", territory="ams-other", owner="gone", by="rule")
    assert "nobody sells in ams-other" in " ".join(reason.text for reason in done.reasons)


@pytest.mark.feature("DP2")
def test_accounts_of_an_open_seat_go_to_whoever_covers_it() -> None:
    hire = Hire(id="dach-ae", role="account_executive", starts_on=date(2027, 2, 1), territory="dach")
    led = hire.model_copy(update={"manager": "uki-1"})
    for given, owner in ((hire, "emea-head"), (led, "uki-1")):
        plan = PLAN.model_copy(update={"hires": (given,)})
        done = decide_page(page(account("A-1", "DE"), plan=plan), (), config())
        assert placings(done)["A-1"].owner == owner


def test_an_owner_keeps_the_account_and_one_who_left_does_not() -> None:
    done = by_rules(account("A-1", owner="west-1"), account("A-2", owner="gone"))
    assert [one.owner for one in placings(done).values()] == ["west-1", "uki-1"]
    strict = by_rules(account("A-1", owner="west-1"), keep="in_territory")
    assert placings(strict)["A-1"].owner == "uki-1"


@pytest.mark.feature("DP4")
def test_an_account_that_stands_as_it_should_yields_nothing() -> None:
    placed = account("A-1", territory="uki", owner="uki-1")
    same = by_rules(placed, account("A-2", status="own"))
    assert same.outcome == "unchanged" and not same.events and not same.effects
    moved = by_rules(placed.model_copy(update={"territory": "dach"}))
    assert placings(moved)["A-1"].territory == "uki"


# --- doubts ---------------------------------------------------------------------------------------
SETTLED = account("A-1", "US", "US-NY", city="Boston", street=f"{TOWER}, Floor 2")
TENANTS = (
    account("T-1", "US", "US-MA", city="Boston", street=f"{TOWER}, Floor 4", owner="east-1"),
    account("T-2", "US", "US-MA", city="Boston", street=f"{TOWER}, Floor 6", owner="east-2"),
)
DOUBTS: tuple[tuple[str, dict[str, Any], tuple[Account, ...], tuple[Company, ...]], ...] = (
    ("incomplete_billing", {"country": None, "region": None}, (), ()),
    ("two_countries", {"country": None, "region": None, "conflict": ("GB", "DE")}, (), ()),
    ("two_countries", {"company": "C-1"}, (), (company("C-1", "DE"),)),
    ("state_unknown", {"region": None}, (), ()),
    ("parent_elsewhere", {"parent": "A-9"}, (account("A-9", "GB"),), ()),
    ("shared_building", {}, TENANTS, ()),
    ("uncovered", {"country": "BR", "region": None}, (), ()),
)


def with_place(given: Account, changed: dict[str, Any]) -> Account:
    place = {k: v for k, v in changed.items() if k in ("country", "region", "conflict")}
    rest = {k: v for k, v in changed.items() if k not in place}
    return given.model_copy(update={**rest, "place": given.place.model_copy(update=place)})


@pytest.mark.feature("DP6")
@pytest.mark.parametrize(("doubt", "changed", "others", "companies"), DOUBTS)
def test_a_doubtful_account_is_asked_about_and_its_settled_twin_is_not(
    doubt: str, changed: dict[str, Any], others: tuple[Account, ...], companies: tuple[Company, ...]
) -> None:
    done = by_rules(with_place(SETTLED, changed), *others, companies=companies)
    assert asked(done) == {"A-1": (doubt,)} and "A-1" not in placings(done)
    assert "A-1" in placings(by_rules(SETTLED))


def test_a_doubt_that_config_leaves_to_the_rules_is_no_question() -> None:
    unknown = with_place(SETTLED, {"region": None})
    assert placings(by_rules(unknown, ask=()))["A-1"].territory == "ams-other"
    assert asked(by_rules(with_place(SETTLED, {"country": "BR"}), ask=()))


def test_headquarters_in_another_country_of_the_same_territory_are_no_doubt() -> None:
    done = by_rules(account("A-1", "GB", company="C-1"), companies=(company("C-1", "IE"),))
    assert placings(done)["A-1"].territory == "uki"


# --- answers --------------------------------------------------------------------------------------
LOST = account("A-1", None, company="C-1", domain="acme.co.uk", phone="+442079460000")
SEAT = (company("C-1", "GB"),)


def ask(*answers: Answer, **said: Any) -> Decision | Ask:
    return decide_account(doubtful(LOST, companies=SEAT), answers, config(**said))


@pytest.mark.feature("DP6")
def test_the_matcher_is_asked_with_every_piece_of_evidence_and_its_source() -> None:
    question = ask()
    assert isinstance(question, Ask) and question.to == "agent:territory_matcher"
    task = question.payload.model_dump()
    found = {(e["kind"], e["country"], e["source"]) for e in task["evidence"]}
    assert found == {
        ("headquarters", "GB", "profile C-1"),
        ("domain", "GB", "web domain"),
        ("phone", "GB", "phone"),
    }
    assert set(question.options) == {"ams-east", "ams-west", "uki", "dach"}


def test_the_rest_of_a_country_is_not_offered_beside_its_regions() -> None:
    question = doubtful(with_place(SETTLED, {"region": None})).questions[0]
    assert [option.id for option in question.task.options] == [EAST.id, "ams-west"]
    assert REST.id in question.nameable


@pytest.mark.feature("DP7", "RO8")
@pytest.mark.parametrize(
    ("answer", "queue"),
    [
        (says("uki", 0.79), "review"),
        (says("uki", 0.5), "review"),
        (says("uki", 0.49), "triage"),
        (says("none", 0.9), "triage"),
        (says("atlantis", 1), "triage"),
        (Answer(by="nobody:timeout", why="it took too long"), "triage"),
        (Answer(by="nobody:timeout", value={"choice": "uki"}, confidence=1), "triage"),
    ],
)
def test_what_the_matcher_cannot_settle_goes_to_a_person_with_the_evidence(
    answer: Answer, queue: str
) -> None:
    out = ask(answer)
    assert isinstance(out, Ask) and out.queue == queue and out.to == "role:ops"
    assert any("profile C-1" in reason.text for reason in out.evidence)
    assert out.options[0] == "uki" or answer.value.get("choice") != "uki" or answer.actor == "nobody"
    assert set(out.options) >= {"uki", "dach", "ams-other"}


def test_a_sure_answer_places_the_account_and_asks_for_an_owner() -> None:
    out = ask(says("uki", 0.8))
    assert isinstance(out, Decision) and out.confidence == 0.8 and out.rule == "agent"
    placed = placings(out)["A-1"]
    assert (placed.territory, placed.owner, placed.by) == ("uki", None, "agent") and placed.basis
    assert OwnerWanted(record="A-1") in out.events
    assert isinstance(ask(says("uki", 1), bands={"fire": None, "review": 0.5}), Ask)


@pytest.mark.feature("DP7")
def test_a_person_may_name_any_territory_of_the_plan_and_no_other() -> None:
    out = ask(says("uki", 0.6), person({"choice": "ams-other"}))
    assert isinstance(out, Decision) and placings(out)["A-1"].territory == "ams-other"
    again = ask(says("uki", 0.6), person({"choice": "atlantis"}))
    assert isinstance(again, Ask) and again.queue == "triage"
    dropped = ask(says("uki", 0.6), person({"verdict": "reject"}))
    assert isinstance(dropped, Decision) and dropped.outcome == "dropped" and not dropped.effects


def test_an_answer_about_the_place_says_nothing_of_the_owner() -> None:
    given = doubtful(LOST.model_copy(update={"owner": "west-1"}), companies=SEAT)
    out = decide_account(given, (says("uki", 0.9),), config())
    assert isinstance(out, Decision) and placings(out)["A-1"].owner is None
    assert OwnerWanted(record="A-1") in out.events  # whoever owns it may leave before the answer comes


def test_who_is_in_office_goes_by_the_workspace_s_own_day() -> None:
    left = PLAN.roster[4].model_copy(update={"left_on": date(2026, 11, 24)})
    plan = PLAN.model_copy(update={"roster": (left,)})
    known: Any = records(account("A-1", owner=left.id, territory="uki"), plan=plan)
    for zone, kept in (("UTC", True), ("Pacific/Auckland", False)):
        known.calendar = Calendar(zone=zone)
        assert gather_page(AccountsDue(record="accounts@"), known, config()).rows[0].kept is kept


def test_a_place_that_nobody_covers_is_a_person_s_question_at_once() -> None:
    out = decide_account(doubtful(account("A-1", "BR")), (), config())
    assert isinstance(out, Ask) and out.to == "role:ops" and out.queue == "triage"


# --- buildings ------------------------------------------------------------------------------------
@pytest.mark.feature("DP6")
def test_a_building_of_several_reps_is_asked_about_with_their_tenants_and_floors() -> None:
    newcomer = with_place(SETTLED, {"street": f"{TOWER}, Floor 6, c/o Name T-2"})
    given = doubtful(newcomer, *TENANTS)
    question = decide_account(given, (), config())
    assert isinstance(question, Ask) and question.options == ("rep:east-1", "rep:east-2")
    task = question.payload.model_dump()
    holds = [option["holds"] for option in task["options"]]
    assert holds == [("Name T-1", "Floor 4"), ("Name T-2", "Floor 6")]
    assert {"building", "tenant", "billing"} == {e["kind"] for e in task["evidence"]}
    out = decide_account(given, (says("rep:east-2", 0.9),), config())
    assert isinstance(out, Decision)
    assert (placings(out)["A-1"].territory, placings(out)["A-1"].owner) == ("ams-east", "east-2")


def test_an_account_in_doubt_twice_is_asked_about_twice() -> None:
    given = doubtful(with_place(SETTLED, {"region": None}), *TENANTS)
    assert [question.about for question in given.questions] == ["territory", "rep"]
    first = says("ams-east", 0.9)
    second = decide_account(given, (first,), config())
    assert isinstance(second, Ask) and second.options[0] == "rep:east-1"
    out = decide_account(given, (first, says("rep:east-1", 0.9)), config())
    assert isinstance(out, Decision)
    assert (placings(out)["A-1"].territory, placings(out)["A-1"].owner) == ("ams-east", "east-1")
    left = decide_account(given, (first, person({"verdict": "reject"})), config())
    assert isinstance(left, Decision) and placings(left)["A-1"].owner is None
