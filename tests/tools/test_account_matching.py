"""Accounts to territories over the store: placed once, asked once, nothing when nothing changed."""

import shutil
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agent import accounts as matching
from agent.accounts import Matched, match_accounts
from agent.bootstrap import House
from agent.perform import perform
from loops.deploy.account_outputs import AccountsPlaced, Placing
from loops.errors import RevloopsError
from loops.records import Account
from loops.scenario import Territory
from tests.house import START, answer, by_person, height, one, outbox, tamper, waiting_runs
from tests.placing import EAST, PLAN, account, book, company, placing_house, reopened, seller
from tools.normalise.whereabouts import domain_country, phone_country, site
from tools.store import tables as t
from tools.store.lease import Lease
from tools.store.projections import project

TOWER = "Larkfield House, 48 Canal Street"
SURE = account("D-1", None, company="C-1", domain="acme.co.uk", phone="+442079460000")
"""Three pieces of evidence speak for one territory."""
HALF = account("D-2", None, company="C-1", domain="acme.example")
"""One piece does."""
EVEN = account("D-3", "GB", company="C-2")
"""The billing address speaks for one, the headquarters for another."""
SEATS = (company("C-1", "GB"), company("C-2", "DE"))


def many(count: int) -> list[Account]:
    return [account(f"A-{n:03d}", "US", "US-NY", employees=50) for n in range(count)]


def crm(home: House) -> dict[tuple[str, str], str]:
    with home.store.reading() as tx:
        return {(row.record, row.field): row.value for row in tx.all(select(t.crm_fields))}


def runs(home: House) -> int:
    with home.store.reading() as tx:
        return int(tx.all(select(func.count()).select_from(t.runs))[0][0])


# --- the rules ------------------------------------------------------------------------------------
@pytest.mark.feature("DP4", "RO5")
def test_pages_of_accounts_are_placed_and_spread_evenly_and_a_second_pass_leaves_no_trace(
    tmp_path: Path,
) -> None:
    home = placing_house(tmp_path, *many(41), page=10)
    first = match_accounts(home)
    assert (first.accounts, first.by_rule, first.doubtful) == (41, 41, 0)
    assert {territory for territory, _ in book(home).values()} == {"ams-east"}
    assert sorted(Counter(owner for _, owner in book(home).values()).values()) == [20, 21]
    assert crm(home) == {
        (id, field): str(value)
        for id, pair in book(home).items()
        for field, value in zip(("territory", "owner"), pair, strict=True)
    }
    before, count = height(home), runs(home)
    again = match_accounts(home)
    assert not again.changed and again.unchanged == 41
    assert (height(home), runs(home)) == (before, count)
    tamper(home.store, "UPDATE accounts SET doc = replace(doc, 'ams-east', 'dach') WHERE id = 'A-007'")
    assert match_accounts(home).by_rule == 1 and height(home) > before
    assert book(home)["A-007"][0] == "ams-east"


def test_a_dry_run_counts_the_same_and_writes_nothing(tmp_path: Path) -> None:
    home = placing_house(tmp_path, *many(5), SURE, companies=SEATS, page=3)
    before, stands = height(home), book(home)
    tried = match_accounts(home, dry_run=True)
    assert (height(home), runs(home), book(home)) == (before, 0, stands)
    done = match_accounts(home)
    assert (tried.by_rule, tried.doubtful, tried.doubts) == (done.by_rule, done.doubtful, done.doubts)
    assert height(home) > before


def test_a_changed_territory_moves_the_accounts_it_takes_and_no_other(tmp_path: Path) -> None:
    home = placing_house(tmp_path, *many(3), account("B-1", "IE"), account("B-2", "GB"))
    match_accounts(home)
    before = book(home)
    ireland = Territory(id="ireland", name="Ireland", countries=("IE",))
    roster = (*PLAN.roster, seller("eire-1", "ireland"))
    new = PLAN.model_copy(update={"territories": (ireland, *PLAN.territories), "roster": roster})
    home = reopened(home, new)
    assert match_accounts(home).by_rule == 1
    assert book(home) == {**before, "B-1": ("ireland", before["B-1"][1])}


class Stopped(BaseException):
    """The process was killed."""


@pytest.mark.feature("DP5")
def test_a_run_stopped_anywhere_ends_where_an_uninterrupted_one_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = placing_house(tmp_path / "whole", *many(30), SURE, companies=SEATS, page=7)
    match_accounts(whole)
    wanted, effects = (book(whole), crm(whole)), outbox(whole, "AssignTerritory")
    for stop in range(1, 8):
        home = placing_house(tmp_path / str(stop), *many(30), SURE, companies=SEATS, page=7)
        left = stop

        def stopping(*given: object) -> int:
            nonlocal left
            left -= 1
            if not left:
                raise Stopped
            return perform(*given)  # pyright: ignore[reportArgumentType]

        with monkeypatch.context() as patch:
            patch.setattr(matching, "perform", stopping)
            with pytest.raises(Stopped):
                match_accounts(home)
        assert (book(home), crm(home)) != wanted
        home = reopened(home)
        match_accounts(home)
        assert (book(home), crm(home)) == wanted
        assert outbox(home, "AssignTerritory") == effects
        assert not match_accounts(home).changed
        home.store.close()
        shutil.rmtree(tmp_path / str(stop))


def test_two_at_once_are_refused_in_one_sentence(tmp_path: Path) -> None:
    home = placing_house(tmp_path, *many(2))
    lease = Lease(home.store, "drainer")
    lease.take()
    with pytest.raises(RevloopsError, match="another process is at work"):
        match_accounts(home)
    lease.release()
    assert match_accounts(home).by_rule == 2


# --- what is asked --------------------------------------------------------------------------------
@pytest.mark.feature("DP6")
def test_an_answer_that_comes_late_leaves_the_account_with_its_new_owner(tmp_path: Path) -> None:
    home = placing_house(tmp_path, HALF.model_copy(update={"owner": "west-1"}), companies=SEATS)
    match_accounts(home)
    run, step, *_ = waiting_runs(home, "deploy")[0]
    with home.store.transaction() as tx:
        event = AccountsPlaced(record="D-2", placings=(
            Placing(account="D-2", territory="dach", owner="emea-head", by="person"),))  # fmt: skip
        project(tx, home.runtime.records(tx), event, START)
    assert book(home)["D-2"] == ("dach", "emea-head")
    assert answer(home, run, step, by_person({"choice": "uki"}))
    match_accounts(home)
    assert book(home)["D-2"] == ("uki", "emea-head")


@pytest.mark.feature("DP6", "DP7")
def test_doubtful_accounts_are_placed_where_the_matcher_is_sure_and_wait_for_a_person_where_not(
    tmp_path: Path,
) -> None:
    home = placing_house(tmp_path, *many(2), SURE, HALF, EVEN, account("D-4", "BR"), companies=SEATS)
    done = match_accounts(home)
    assert (done.by_rule, done.doubtful) == (2, 4)
    assert (done.asked, done.by_agent, done.to_review, done.to_triage) == (3, 1, 1, 2)
    assert done.agents_seconds > 0
    stands = book(home)
    assert stands["D-1"] == ("uki", "uki-1") and crm(home)["D-1", "territory"] == "uki"
    assert [stands[id] for id in ("D-2", "D-3", "D-4")] == [(None, None)] * 3
    assert not any(record in ("D-2", "D-3", "D-4") for record, _ in crm(home))
    before = height(home)
    assert not match_accounts(home).changed and height(home) == before


@pytest.mark.feature("DP7")
def test_of_accounts_with_balanced_evidence_none_is_guessed(tmp_path: Path) -> None:
    even = [account(f"E-{n:02d}", "GB", company="C-2") for n in range(20)]
    home = placing_house(tmp_path / "even", *even, companies=SEATS, fire=0, review=0)
    done = match_accounts(home)
    assert done.asked == done.to_triage == 20 and done.by_agent == 0
    assert set(book(home).values()) == {(None, None)}
    tipped = [one.model_copy(update={"phone": "+442079460000"}) for one in even]
    home = placing_house(tmp_path / "tipped", *tipped, companies=SEATS, fire=0, review=0)
    assert match_accounts(home).by_agent == 20


def test_a_person_s_answer_places_the_account_and_it_is_not_asked_about_again(tmp_path: Path) -> None:
    home = placing_house(tmp_path, HALF, companies=SEATS)
    match_accounts(home)
    ((run, step, queue, stale),) = waiting_runs(home, "deploy")
    assert (queue, stale) == ("review", "")
    assert answer(home, run, step, by_person({"choice": "dach"}))
    before = match_accounts(home)
    assert not before.changed and book(home)["D-2"] == ("dach", "emea-head")
    assert crm(home)["D-2", "territory"] == "dach" and crm(home)["D-2", "owner"] == "emea-head"


def test_the_same_question_comes_back_when_its_facts_change_and_only_then(tmp_path: Path) -> None:
    home = placing_house(tmp_path, HALF, companies=SEATS)
    match_accounts(home)
    assert match_accounts(home).doubtful == 0
    tamper(home.store, "UPDATE accounts SET asked = ''")
    assert match_accounts(home).doubtful == 1
    tamper(home.store, "UPDATE accounts SET doc = replace(doc, 'acme.example', 'acme.de')")
    assert match_accounts(home).doubtful == 1


def test_a_question_whose_territory_left_the_plan_is_asked_anew(tmp_path: Path) -> None:
    home = placing_house(tmp_path, SURE, companies=SEATS)
    assert match_accounts(home).by_agent == 1
    renamed = tuple(
        land.model_copy(update={"id": "isles"}) if land.id == "uki" else land for land in PLAN.territories
    )
    roster = tuple(
        rep.model_copy(update={"territory": "isles"}) if rep.territory == "uki" else rep
        for rep in PLAN.roster
    )
    home = reopened(home, PLAN.model_copy(update={"territories": renamed, "roster": roster}))
    assert match_accounts(home).by_agent == 1 and book(home)["D-1"][0] == "isles"
    assert not match_accounts(home).changed


@pytest.mark.feature("DP6")
def test_a_tenant_of_a_tower_with_three_reps_goes_to_whom_its_floor_speaks_for(tmp_path: Path) -> None:
    place = {"region": "US-MA", "city": "Boston"}
    tenants = [
        account(f"T-{n}", "US", **place, street=f"{TOWER}, Floor {n}", owner=f"east-{n}", territory=EAST.id)
        for n in (1, 2)
    ]
    third = account("T-3", "US", **place, street=f"{TOWER}, Floor 3", owner="west-1", territory=EAST.id)
    known = account("X-1", "US", **place, street=f"48 canal street, Floor 2, {TOWER.split(',')[0]}")
    silent = account("X-2", "US", **place, street="48 Canal Street")
    alone = account("X-3", "US", **place, street="50 Canal Street")
    home = placing_house(tmp_path, *tenants, third, known, silent, alone, fire=0.6)
    done = match_accounts(home)
    assert (done.by_rule, done.asked, done.by_agent, done.to_triage) == (1, 2, 1, 1)
    assert book(home)["X-1"] == (EAST.id, "east-2") and book(home)["X-2"] == (None, None)
    assert not match_accounts(home).changed


def test_what_is_counted_adds_up(tmp_path: Path) -> None:
    home = placing_house(tmp_path, *many(3), SURE, HALF, account("O-1", status="own"), companies=SEATS)
    done: Matched = match_accounts(home)
    assert done.accounts == done.by_rule + done.doubtful + done.unchanged + done.left_out == 6
    assert done.doubtful == done.by_agent + done.to_review + done.to_triage
    with home.store.reading() as tx:
        assert one(tx, "SELECT count(*) FROM events WHERE error != ''") == 0


# --- where somebody is ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("street", "same"),
    [
        ("Larkfield House, 48 Canal Street, Floors 9-17", True),
        ("Floor 6, 48 CANAL  Street", True),
        ("Suite 4, c/o Marrowtide Health, 48 Canal Street", True),
        ("49 Canal Street", False),
        ("48 Canal Street East", False),
    ],
)
def test_an_address_names_its_building_whatever_the_floor(street: str, same: bool) -> None:
    assert (site(street, "Boston", "US") == site("48 Canal Street", "Boston", "US")) is same


def test_a_building_needs_a_street_and_a_city() -> None:
    for street, city in ((None, "Boston"), ("48 Canal Street", None), ("Floor 6", "Boston")):
        assert site(street, city, "US") == ""
    assert site("48 Canal Street", "Boston", "GB") != site("48 Canal Street", "Boston", "US")


def test_domains_and_numbers_name_their_country_and_generic_endings_name_none() -> None:
    endings = ("acme.de", "acme.co.uk", "acme.example", "acme.io", None)
    assert [domain_country(domain) for domain in endings] == ["DE", "GB", None, None, None]
    numbers = ("+442079460000", "+493012345678", "nonsense", None)
    assert [phone_country(number) for number in numbers] == ["GB", "DE", None, None]
