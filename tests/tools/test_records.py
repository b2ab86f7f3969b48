"""What gather reads: accounts, earlier leads, people's loads and availability, as of now."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from agent.bootstrap import House
from loops.records import Account, Lead
from loops.scenario import Absence
from tests.house import START, bring, house, leads, one_pool, raw, rep, scoring_house, workspace
from tools.doctor import examine
from tools.sender import suppress
from tools.store import tables as t
from tools.store.projections import project
from tools.store.records import StoreRecords, unavailable


@pytest.mark.feature("RO5")
@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({}, None),
        ({"left_on": date(2026, 11, 23)}, "departed"),
        ({"left_on": date(2026, 11, 24)}, None),
        ({"starts_on": date(2026, 11, 24)}, "not started"),
        ({"starts_on": date(2026, 11, 23)}, None),
        ({"absences": (Absence(start=date(2026, 11, 23), end=date(2026, 11, 23)),)}, "absent"),
        ({"absences": (Absence(start=date(2026, 11, 20), end=date(2026, 11, 22)),)}, None),
    ],
)
def test_who_can_take_a_lead_is_read_by_their_own_day(fields: dict[str, object], why: str | None) -> None:
    assert unavailable(rep("ana", **fields), START) == why


def test_an_absence_starts_at_midnight_where_the_person_is() -> None:
    away = (Absence(start=date(2026, 11, 24), end=date(2026, 11, 24)),)
    late = datetime.fromisoformat("2026-11-23T20:00:00+00:00")
    assert unavailable(rep("ana", zone="Asia/Tokyo", absences=away), late) == "absent"
    assert unavailable(rep("ana", zone="America/New_York", absences=away), late) is None


def with_accounts(home: House, *accounts: Account) -> None:
    with home.store.transaction() as tx:
        for a in accounts:
            tx.add(
                t.accounts,
                id=a.id,
                key=a.key,
                domain=a.domain,
                company=a.company,
                status=a.status,
                owner=a.owner,
                doc=a.model_dump_json(),
            )


def a_lead(**fields: object) -> Lead:
    return Lead.model_validate(
        {
            "id": "L-1",
            "person": "P-1",
            "source": "other",
            "created_at": START,
            "origin": {"source": "test"},
            **fields,
        }
    )


@pytest.mark.feature("RO4")
def test_an_account_is_found_by_domain_then_by_profile_then_by_name(tmp_path: Path) -> None:
    home = house(tmp_path)
    with_accounts(
        home,
        Account(id="A-d", name="x", key="x", domain="found.example"),
        Account(id="A-c", name="y", key="y", company="C-77777"),
        Account(id="A-k", name="Zulu", key="zulu"),
    )
    with home.store.reading() as tx:
        records = home.runtime.records(tx)
        both = a_lead(domain="found.example", company_key="zulu")
        by_name = a_lead(company_key="zulu", domain="other.example")
        found = [
            records.account_for(both, "C-77777"),
            records.account_for(by_name, "C-77777"),
            records.account_for(by_name, None),
            records.account_for(a_lead(company_key="nobody"), None),
        ]
    assert [m and (m.account.id, m.by) for m in found] == [
        ("A-d", "domain"),
        ("A-c", "company"),
        ("A-k", "company"),
        None,
    ]


def test_a_name_that_two_accounts_bear_is_no_match(tmp_path: Path) -> None:
    home = house(tmp_path)
    with_accounts(home, *(Account(id=f"A-{n}", name="Zulu", key="zulu") for n in (1, 2)))
    with home.store.reading() as tx:
        assert home.runtime.records(tx).account_for(a_lead(company_key="zulu"), None) is None


@pytest.mark.feature("CH3")
def test_an_earlier_lead_of_the_same_name_and_domain_is_the_same_company_s(tmp_path: Path) -> None:
    home = scoring_house(workspace(tmp_path))
    bring(home, raw("1", company="Zulu", email="a@zulu.example"))
    (first,) = leads(home).values()
    with home.store.reading() as tx:
        records = home.runtime.records(tx)
        same = records.earlier_lead(a_lead(company_key="zulu", domain="zulu.example"))
        namesake = records.earlier_lead(a_lead(company_key="zulu", domain="zulu-de.example"))
        unknown = records.earlier_lead(a_lead(company_key="zulu"))
    assert same and same.owner == first.owner
    assert (namesake, unknown) == (None, None)


def test_a_suppressed_address_or_domain_is_known_by_its_hash(tmp_path: Path) -> None:
    home = house(tmp_path)
    one, all_of_them = (
        a_lead(email="ada@x.example", domain="x.example"),
        a_lead(email="bo@y.example", domain="y.example"),
    )
    with home.store.reading() as tx:
        assert home.runtime.records(tx).suppression(one) is None
    with home.store.transaction() as tx:
        suppress(tx, "ADA@x.example", "asked", START)
        suppress(tx, "y.example", "lawyer", START)
    with home.store.reading() as tx:
        records = home.runtime.records(tx)
        assert (records.suppression(one), records.suppression(all_of_them)) == ("asked", "lawyer")
        assert records.suppression(a_lead(email="cy@x.example", domain="x.example")) is None


def test_a_full_person_takes_no_more(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    one_pool(root, [rep("ana", capacity=2)])
    home = scoring_house(root)
    ran = bring(home, *(raw(str(n)) for n in range(4)))
    assert ran.ended == {"assigned": 2, "triage": 2}
    assert [s.owner for s in leads(home).values()].count("ana") == 2


@pytest.mark.feature("RO1", "RO5")
def test_loads_follow_owners_and_agree_with_a_recount(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    one_pool(root, [rep("ana"), rep("ben")])
    home = scoring_house(root)
    bring(home, *(raw(str(n)) for n in range(5)))
    assert sorted(load_of(home)) == [2, 3]
    from loops.route.outputs import LeadAssigned, LeadParked

    first, second, *_ = leads(home)
    given = LeadAssigned(
        record=first,
        owner="ben",
        by="person",
        rule=None,
        grade="A",
        score=1,
        company=None,
        account=None,
        account_status=None,
    )
    parked = LeadParked(record=second, queue="nurture", rule=None, grade="D", score=1, lifts=())
    with home.store.transaction() as tx:
        records = home.runtime.records(tx)
        for event in (given, parked):
            project(tx, records, event, START + timedelta(hours=1))
        records.save()
    assert sum(load_of(home)) == 4
    assert checks(home)["loads"]
    with home.store.transaction() as tx:
        tx.conn.exec_driver_sql("UPDATE loads SET leads = leads + 1 WHERE rep = 'ana'")
    assert not checks(home)["loads"]


def load_of(home: House) -> list[int]:
    with home.store.reading() as tx:
        records: StoreRecords = home.runtime.records(tx)
        return [m.load for m in records.members("p")]


def checks(home: House) -> dict[str, bool]:
    return {check.name: check.ok for check in examine(home.workspace, home.store)}
