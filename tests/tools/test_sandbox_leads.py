"""The sandbox's leads, deals and calls: streamed, true to what the truth says of them, learnable."""

import gc
import hashlib
import json
import tracemalloc
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from statistics import mean

import pytest

from loops.records import PastLead
from tools.intake import Rejected, lead_from
from tools.normalise import email_parts
from tools.sandbox import World
from tools.sandbox.messages import INJECTIONS

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOARDS: list[object] = []


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


def test_a_lead_is_the_same_whether_made_in_line_or_alone(world: World) -> None:
    in_line = list(world.leads(400))
    alone = [next(World(7, now=NOW).leads(1, start=n)) for n in (0, 17, 250, 399)]
    assert alone == [in_line[n] for n in (0, 17, 250, 399)]
    assert list(world.leads(100, start=300)) == in_line[300:]


def test_the_number_of_leads_asked_for_changes_no_earlier_byte(world: World) -> None:
    before = hashlib.sha256(repr(list(world.companies())).encode()).digest()
    for _ in world.leads(500):
        pass
    assert hashlib.sha256(repr(list(World(7, now=NOW).companies())).encode()).digest() == before


def held(leads: Iterable[object]) -> int:
    """Bytes still held once the leads have gone by."""
    gc.collect()
    tracemalloc.start()
    kept = [lead for lead in leads if lead is None]
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return held + len(kept)


def test_ten_times_the_leads_hold_no_more_memory() -> None:
    world = World(7, 0.05, now=NOW)
    for _ in world.leads(3_000):  # what is remembered about companies is there before we measure
        pass
    assert held(world.leads(20_000)) < held(world.leads(2_000)) + 100_000
    assert held(hoarded(world, 2_000)) > 500_000  # leads that somebody kept would be seen


def hoarded(world: World, count: int) -> Iterable[object]:
    yield from (hoard := list(world.leads(count)))
    HOARDS.append(hoard)


def test_no_free_address_could_be_somebodys(world: World) -> None:
    emails = [raw.fields["email"].lower() for raw in world.leads(3000)]
    found = [e for e in emails if "@" in e and not e.endswith(".example")]
    free = [e for e in found if (parts := email_parts(e)) and parts.kind != "business"]
    assert len(free) > 100
    assert [e for e in free if ".sbx" not in e] == []


def test_leads_come_from_every_source_and_a_good_eighth_from_customers(
    world: World, truth: list[dict[str, object]]
) -> None:
    customers = {a.domain for a in world.accounts() if a.status == "customer"}
    leads = list(world.leads(3000))
    share = mean(raw.fields["email"].lower().rpartition("@")[2] in customers for raw in leads)
    assert 0.09 <= share <= 0.15
    assert {
        "demo_request",
        "contact_form",
        "webinar",
        "event",
        "newsletter",
        "content_download",
        "outbound_signal",
        "partner",
    } <= {raw.fields["source"] for raw in leads}
    kinds = Counter(row["owner_kind"] for row in rows(truth, "lead"))
    assert (
        min(
            kinds[k]
            for k in (
                "pool",
                "account_owner",
                "open_deal",
                "earlier_lead",
                "merged",
                "triage",
                "nurture",
                "own_or_competitor",
                "rejected",
            )
        )
        >= 3
    )


def test_an_outbound_lead_names_a_signal_that_really_happened(
    world: World, truth: list[dict[str, object]]
) -> None:
    facts: dict[object, object] = {r["company"]: r["facts"] for r in rows(truth, "company")}
    told = {str(r["lead"]): r["company"] for r in rows(truth, "lead")}
    outbound = [raw for raw in world.leads(3000) if raw.fields["source"] == "outbound_signal"]
    assert len(outbound) > 100
    for raw in outbound:
        known = [(f["kind"], f["on"]) for f in facts[told[raw.key]]]  # type: ignore[attr-defined]
        assert (raw.fields["signal_type"], raw.fields["signal_on"]) in known


def test_duplicates_are_one_person_at_one_address(world: World, truth: list[dict[str, object]]) -> None:
    by_key = {raw.key: raw for raw in world.leads(3000)}
    merges = [row for row in rows(truth, "lead") if row["merge_with"]]
    assert len(merges) > 30
    for row in merges:
        a, b = by_key[str(row["lead"])], by_key[str(row["merge_with"])]
        assert a.fields["email"].lower() == b.fields["email"].lower()
    seen = Counter(raw.fields["email"].lower() for raw in by_key.values() if "@" in raw.fields["email"])
    shared = sum(row["kind"] == "shared_address" for row in rows(truth, "lead"))
    assert sum(n - 1 for n in seen.values()) == len(merges) + shared


def test_messages_that_give_orders_are_marked(world: World, truth: list[dict[str, object]]) -> None:
    marked = {str(row["lead"]) for row in rows(truth, "lead") if row["is_injection"]}
    written = {raw.key for raw in world.leads(3000) if raw.fields.get("message") in INJECTIONS}
    assert marked == written
    assert len(marked) > 20


def test_nearly_every_lead_passes_intake_and_only_bad_addresses_are_turned_away(
    world: World, truth: list[dict[str, object]]
) -> None:
    bad = {str(row["lead"]) for row in rows(truth, "lead")[:1000] if row["address"] == "invalid"}
    turned = {raw.key for raw in world.leads(1000) if isinstance(lead_from(raw, NOW), Rejected)}
    assert turned == bad
    assert bad


def hours(past: PastLead) -> float:
    assert past.touched_at is not None and past.assigned_at is not None
    return (past.touched_at - past.assigned_at).total_seconds() / 3600


def converted(leads: Iterable[PastLead]) -> float:
    return mean(p.converted_at is not None for p in leads)


def test_the_history_can_be_learned_from(world: World) -> None:
    past = [p for p in world.past_leads() if p.touched_at]
    quick, slow = [p for p in past if hours(p) < 2], [p for p in past if hours(p) > 8]
    asked, listed = ([p for p in past if p.lead.source == s] for s in ("demo_request", "list"))
    high, low = [p for p in past if (p.score or 0) >= 70], [p for p in past if (p.score or 0) < 45]
    assert min(map(len, (quick, slow, asked, listed, high, low))) > 150
    assert converted(quick) > converted(slow) + 0.05
    assert converted(asked) > converted(listed) + 0.15
    assert converted(high) > converted(low) + 0.15
    odd, even = (converted(p for p in past if int(p.lead.id[-1], 16) % 2 == rest) for rest in (0, 1))
    assert abs(odd - even) < 0.05  # what has nothing to do with it tells nothing


def test_past_times_are_in_order_and_before_now(world: World) -> None:
    for p in world.past_leads():
        steps = [t for t in (p.lead.created_at, p.assigned_at, p.touched_at, p.converted_at) if t]
        assert steps == sorted(steps)
        assert steps[-1] <= NOW


def test_deals_are_won_more_often_the_further_they_came(world: World) -> None:
    deals = [d for d in world.opportunities() if d.closed_on]
    share = {s: mean(bool(d.won) for d in deals if d.stage == s) for s in {d.stage for d in deals}}
    assert share["discovery"] < share["evaluation"] < share["proposal"] < share["negotiation"]


def test_a_call_holds_the_quotes_that_its_truth_lists(world: World, truth: list[dict[str, object]]) -> None:
    calls = {c.id: c for c in world.calls()}
    told = rows(truth, "call")
    assert len(told) == 150
    for row in told:
        for quote in row["quotes"]:  # type: ignore[attr-defined]
            assert f": {quote['quote']}" in calls[str(row["call"])].transcript
    assert any(row["is_injection"] for row in told)
