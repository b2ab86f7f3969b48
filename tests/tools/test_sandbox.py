"""The sandbox: repeatable, streamed, true to what it says of itself, and hard where it means to be."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from loops.records import Company, Document, Lead
from tools.errors import ToolFailed
from tools.intake import lead_from
from tools.normalise import company_key, phone_e164
from tools.normalise import place as normalised
from tools.sandbox import COMPETITORS, SandboxEnricher, World, worked_example
from tools.sandbox.facts import KINDS
from tools.sandbox.fixed import COMPANIES, TENANTS
from tools.sandbox.names import ROOTS, root
from tools.sandbox.people import LEAD_LAST, person
from tools.sandbox.places import CITIES
from tools.sandbox.roster import territory_of
from tools.sandbox.wordings import FACTS

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HASH = """
import hashlib, sys
from datetime import UTC, datetime
from tools.sandbox import World
w = World(int(sys.argv[1]), 0.05, now=datetime(2026, 11, 23, 9, tzinfo=UTC))
h = hashlib.sha256()
for kind in (w.companies(), w.accounts(), w.opportunities(), w.past_leads(), w.calls(), w.leads(300),
             w.truth(300)):
    for item in kind:
        h.update(repr(item).encode())
for company in w.companies():
    h.update(repr(w.documents(company)).encode())
h.update(repr(w.scenario()).encode())
print(h.hexdigest())
"""


class Index:
    """Company profiles in memory."""

    def __init__(self, companies: Iterable[Company]) -> None:
        self.all = tuple(companies)

    def by_id(self, company: str) -> Company | None:
        return next((c for c in self.all if c.id == company), None)

    def by_domain(self, domain: str) -> tuple[Company, ...]:
        return tuple(c for c in self.all if c.domain == domain)

    def by_key(self, key: str) -> tuple[Company, ...]:
        return tuple(c for c in self.all if company_key(c.name) == key)


@pytest.fixture(scope="module")
def world() -> World:
    return World(7, now=NOW)


@pytest.fixture(scope="module")
def truth(world: World) -> list[dict[str, object]]:
    return [json.loads(line) for line in world.truth(3000)]


def rows(truth: list[dict[str, object]], kind: str) -> list[dict[str, object]]:
    return [
        row for row in truth if next(iter((set(row) & {"lead", "document", "call"}) or {"company"})) == kind
    ]


def lead(raw: object) -> Lead:
    assert isinstance(raw, Lead), raw
    return raw


def digest(seed: int, hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", HASH, str(seed)],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_same_seed_gives_the_same_bytes_in_any_process_and_another_seed_others() -> None:
    first = digest(7, "0")
    assert first == digest(7, "4242")
    assert first != digest(8, "0")


def test_at_scale_1_it_is_as_large_as_a_real_company(world: World) -> None:
    accounts, deals = list(world.accounts()), list(world.opportunities())
    status = Counter(a.status for a in accounts)
    assert len(list(world.companies())) == 3000
    assert len(accounts) == 1500
    assert 390 <= status["customer"] <= 410
    assert (status["competitor"], status["own"]) == (3, 1)
    assert sum(d.closed_on is None for d in deals) == 600
    assert sum(d.closed_on is not None for d in deals) == 900
    assert len(list(world.past_leads())) == 6000
    assert len(list(world.calls())) == 150


def test_ids_and_urls_are_unique_and_links_lead_somewhere(world: World) -> None:
    companies, accounts = list(world.companies()), list(world.accounts())
    documents = [d for c in companies for d in world.documents(c)]
    for ids in (
        [c.id for c in companies],
        [a.id for a in accounts],
        [d.id for d in documents],
        [d.url for d in documents],
        [c.domain for c in companies],
        [p.lead.id for p in world.past_leads()],
    ):
        assert len(set(ids)) == len(ids)
    known, people = {a.id for a in accounts}, {r.id for r in world.scenario().roster}
    assert {a.parent for a in accounts if a.parent} <= known
    assert {a.owner for a in accounts if a.owner} <= people
    assert {d.account for d in world.opportunities()} <= known
    assert {p.owner for p in world.past_leads() if p.owner} <= people
    assert {c.account for c in world.calls()} <= known
    assert sum(c.parent is not None for c in companies) >= 100


def test_every_domain_and_url_ends_in_example(world: World) -> None:
    companies = list(world.companies())
    hosts = [c.domain or "" for c in companies]
    hosts += [d.url.split("/")[2] for c in companies for d in world.documents(c)]
    hosts += [r.email.split("@")[1] for r in world.scenario().roster]
    assert [h for h in hosts if not h.endswith(".example")] == []


def test_only_namesakes_share_a_name_and_they_sit_in_different_countries(world: World) -> None:
    by_key: dict[str, list[Company]] = {}
    for company in world.companies():
        by_key.setdefault(company_key(company.name), []).append(company)
    pairs = [same for same in by_key.values() if len(same) > 1]
    assert len(pairs) >= 20
    assert {len(pair) for pair in pairs} == {2}
    assert [p for p in pairs if p[0].place.country == p[1].place.country] == []


def test_no_name_of_a_company_or_a_person_comes_twice() -> None:
    assert len({root(n, 5).lower() for n in range(2 * ROOTS)}) == 2 * ROOTS
    assert len({person(n, LEAD_LAST, 3).local for n in range(200_000)}) == 200_000


def test_places_are_ones_that_normalisation_knows() -> None:
    for city in (c for cities in CITIES.values() for c in cities):
        if city.region:
            found = normalised(city.name, city.region_name, city.country)
            assert (found.region, found.country, found.conflict) == (city.region, city.country, ()), city
        if city.phone:
            assert phone_e164(city.phone.format("42"), city.country), city


def test_the_tenants_of_one_building_have_three_owners(world: World) -> None:
    accounts = {a.id: a for a in world.accounts()}
    owners = {accounts[f"A-{n:06d}"].owner for n in TENANTS}
    pages = [world.documents(f"C-{n:06d}")[0].text for n in TENANTS]
    assert len(owners) == 3
    assert all("48 Canal Street" in text for text in pages)


def test_the_roster_has_somebody_for_every_way_of_being_unavailable(world: World) -> None:
    scenario = world.scenario()
    roster = {r.id: r for r in scenario.roster}
    members = [roster[m] for pool in scenario.pools for m in pool.members]
    today = NOW.date()
    assert 35 <= len(roster) <= 45
    assert sum(r.left_on is not None and r.left_on < today for r in members) == 1
    assert sum(r.starts_on is not None and r.starts_on > today for r in members) == 1
    assert any(a.start <= today <= a.end for r in members for a in r.absences)
    assert min(r.capacity for r in members) < 10
    assert {r.manager for r in members} <= set(roster)
    assert {p.backup for p in scenario.pools if p.backup} <= {p.id for p in scenario.pools}


def test_every_company_lies_in_a_territory(world: World) -> None:
    found = [territory_of(world.scenario(), c.place.country or "", c.place.region) for c in world.companies()]
    assert None not in found
    assert len(set(found)) >= 9


def test_each_kind_of_fact_has_eight_wordings_that_name_the_company() -> None:
    assert set(FACTS) == set(KINDS)
    for wordings in FACTS.values():
        assert len(wordings) >= 8
        assert all("{co}" in words for words in wordings)


def test_what_the_truth_says_of_a_document_stands_in_its_text(
    world: World, truth: list[dict[str, object]]
) -> None:
    documents = {d.id: d for c in world.companies() for d in world.documents(c)}
    told = [row for row in rows(truth, "document") if row["facts"]]
    assert len(told) > 5000
    stated = {
        "funding": ("amount", "investor"),
        "executive_change": ("person", "role"),
        "competitor_churn": ("rival",),
        "expansion": ("office",),
        "hiring": ("roles", "team"),
        "product_launch": ("product", "purpose"),
    }
    for row in told:
        text = documents[str(row["document"])].text
        for fact in row["facts"]:  # type: ignore[attr-defined]
            assert all(fact["values"][key] in text for key in stated[fact["kind"]]), (text, fact)


def test_research_is_hard_on_purpose(world: World, truth: list[dict[str, object]]) -> None:
    found = rows(truth, "document")
    traits = Counter(row["trait"] for row in found)
    assert min(traits[t] for t in ("namesake", "rumour", "orders", "undated", "filler")) >= 20
    assert sum(bool(row["is_stale"]) for row in found) > 1000
    astray = [row for row in found if row["trait"] == "namesake"]
    assert all(row["about"] != row["indexed_under"] for row in astray)
    assert all(row["about"] == row["indexed_under"] for row in found if row["trait"] != "namesake")
    undated = [d for c in world.companies() for d in world.documents(c) if d.on is None]
    assert len(undated) >= 3000


def test_no_document_is_dated_after_now(world: World) -> None:
    dates = [d.on for c in world.companies() for d in world.documents(c) if d.on]
    assert max(dates) <= NOW.date()
    assert min(dates) < date(2024, 12, 1)


def test_the_provider_is_mostly_right_and_wrong_in_every_way(world: World) -> None:
    companies = list(world.companies())[:1500]
    provider = SandboxEnricher(Index(companies), 7)
    base = lead(lead_from(worked_example(NOW)[0], NOW))
    outcomes: Counter[str] = Counter()
    for company in companies[len(COMPANIES) :: 3]:
        found = provider.enrich(base.model_copy(update={"domain": company.domain})).candidates
        outcomes["none" if not found else "same" if found == (company,) else _flaw(company, found[0])] += 1
    assert outcomes["same"] > 0.75 * outcomes.total()
    assert min(outcomes[k] for k in ("none", "stale", "place", "size")) >= 4


def _flaw(true: Company, seen: Company) -> str:
    if seen.updated_on != true.updated_on:
        return "stale"
    return "place" if seen.place != true.place else "size"


def test_the_provider_says_what_it_looked_up_and_repeats_itself(world: World) -> None:
    provider = SandboxEnricher(Index(list(world.companies())[:40]), 7)
    leads = [lead(lead_from(raw, NOW)) for raw in worked_example(NOW)]
    unknown = provider.enrich(leads[3])
    assert unknown.candidates == ()
    assert unknown.searched == ("domain wexcombe-trading.example", "name wexcombe trading")
    assert [provider.enrich(x) for x in leads] == [provider.enrich(x) for x in leads]
    assert [len(provider.enrich(x).candidates) for x in leads] == [1, 1, 1, 0, 2, 0]


@pytest.mark.parametrize("seed", [1, 7, 99])
@pytest.mark.parametrize("scale", [0.02, 0.3])
def test_the_worked_example_is_there_in_every_seed_and_size(seed: int, scale: float) -> None:
    world = World(seed, scale, now=NOW)
    companies = list(world.companies())[: len(COMPANIES)]
    assert [c.name for c in companies] == [c.legal for c in COMPANIES]
    accounts = {a.domain: a for a in world.accounts()}
    people = {r.id for r in world.scenario().roster}
    assert accounts["corvane.example"].owner == "na-commercial-02"
    assert {c.owner for c in COMPANIES if c.owner} <= people
    assert "tessaly.example" not in accounts
    assert [p for p in world.past_leads() if p.company and int(p.company[2:]) < len(COMPANIES)] == []
    assert {c for c in COMPETITORS} <= {c.name for c in COMPANIES}


def test_the_hand_made_companies_read_the_same_in_every_seed() -> None:
    one, other = World(1, 0.02, now=NOW), World(2, 0.3, now=NOW)
    for n in range(len(COMPANIES)):
        assert one.documents(f"C-{n:06d}") == other.documents(f"C-{n:06d}")


def test_the_six_leads_are_what_the_example_needs(world: World) -> None:
    inbound, customer, outbound, unclear, namesake, student = (
        lead(lead_from(raw, NOW)) for raw in world.worked_example()
    )
    assert (inbound.title, inbound.employees, inbound.place.region) == ("VP Revenue Operations", 450, "US-CO")
    assert customer.domain == "corvane.example"
    assert outbound.signal is not None and outbound.signal.detected_by == "scan"
    assert outbound.signal.on == date(2026, 11, 12)
    assert unclear.place.country is None and unclear.message is not None
    assert (namesake.domain, namesake.place.country) == (None, None)
    assert student.seniority == "student" and student.source == "newsletter"


def fresh(documents: Iterable[Document], since: date) -> list[Document]:
    return [d for d in documents if d.on and d.on >= since and d.kind == "news"]


def test_the_inbound_company_has_a_recent_series_b_and_two_more_facts(world: World) -> None:
    recent = fresh(world.documents("C-000004"), date(2026, 9, 24))
    assert any("Series B" in d.text and "Halden Ventures" in d.text for d in recent)
    assert any("Marta Lindholm" in d.text for d in recent)
    assert any("14" in d.text and "sales" in d.text for d in recent)
    assert len(fresh(world.documents("C-000006"), date(2026, 8, 1))) >= 2


def test_the_truth_is_written_line_by_line(tmp_path: Path) -> None:
    small = World(7, 0.02, now=NOW)
    path = tmp_path / "truth.jsonl"
    small.write_truth(path, 20)
    assert path.read_text(encoding="utf-8").splitlines() == list(small.truth(20))


def test_a_company_of_another_world_has_no_documents(world: World) -> None:
    assert world.documents("C-999999") == ()
    assert world.documents("acme") == ()


def test_a_scale_or_a_now_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ToolFailed, match="between"):
        World(7, 0.001, now=NOW)
    with pytest.raises(ToolFailed, match="time zone"):
        World(7, 1, now=datetime(2026, 11, 23))  # noqa: DTZ001
