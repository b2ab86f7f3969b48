"""What tools say to people's own words: figures with names, and no zero for a wrong name."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from agent.bootstrap import House
from tests.mcp_server import facts
from tests.mcp_server.served import as_person, served
from tools.store import tables as t

REP, LEAD = "na-commercial-01", "priya raman"


def named(home: House, rep: str) -> str:
    return next(one.name for one in home.workspace.scenario.roster if one.id == rep)


async def test_a_name_that_nothing_bears_is_refused_with_those_there_are(home: House) -> None:
    async with served(home) as it:
        assert "there are qualify" in await it.refused("decisions_list", loop="routing")
        said = await it.refused("decisions_list", since="", loop="route", outcome="assinged")
        assert "route never ended as 'assinged'; it did as" in said and "assigned" in said
        said = await it.refused("config_simulate", loop="qualify", set={"grades.A": 88}, source="webinars")
        assert "no lead came from 'webinars'" in said and "webinar" in said
        said = await it.refused("loops_run", loop="qualify", verb="metrics", input={"since": "monday"})
        assert "takes no input" in said and "decisions_list" in said


async def test_somebody_s_open_leads_are_listed_the_longest_held_first(home: House) -> None:
    of = t.leads.c
    query = select(of.id).where(of.owner == REP, of.closed_at == "").order_by(of.assigned_at, of.id)
    mine = [row[0] for row in facts.rows(home, query)]
    async with served(home, as_person(home, REP)) as it:
        found = await it.call("records_search", owner="me")
        assert "one of the two" in await it.refused("records_search")
        assert "one of the two" in await it.refused("records_search", query=LEAD, owner="me")
    assert [one["id"] for one in found["items"]] == mine[:20]
    assert found["says"].startswith(f"{named(home, REP)} has {len(mine)} open leads")
    assert {"grade", "days_with_them", "touched"} <= found["items"][0].keys()
    async with served(home) as it:
        assert (await it.call("records_search", owner=named(home, REP)))["items"] == found["items"]


async def test_decisions_can_be_asked_for_by_person_and_name_the_owner(home: House) -> None:
    async with served(home) as it:
        found = await it.call("decisions_list", since="", loop="route", for_person=named(home, REP))
    assert found["items"] and {one["owner"] for one in found["items"]} == {named(home, REP)}


async def test_what_waits_says_for_whom_and_how_long(home: House) -> None:
    async with served(home) as it:
        found = await it.call("reviews_list", for_person=named(home, REP))
    assert found["says"].endswith(f"wait for {named(home, REP)}.")
    assert all(one["for"] == named(home, REP) and one["days"] >= 0 for one in found["items"])


async def test_a_waiting_lead_says_whom_it_waits_for(home: House) -> None:
    runs = t.runs.c
    query = select(t.leads.c.id).join(t.runs, runs.record == t.leads.c.id)
    waiting = query.where(t.leads.c.owner == "", runs.state == "person", runs.stale == "")
    lead = facts.rows(home, waiting.order_by(t.leads.c.id))[0][0]
    async with served(home) as it:
        found = await it.call("decisions_explain", leads=[lead])
    assert "is owned by nobody and waits for" in found["says"]
    assert found["items"][0]["waits"]["item"]


async def test_who_got_a_lead_and_why_stays_so_when_it_is_routed_again(home: House) -> None:
    async with served(home) as it:
        before = (await it.call("decisions_explain", leads=[LEAD]))["items"][0]
        await it.call("leads_route", leads=[LEAD], dry_run=False)
        after = (await it.call("decisions_explain", leads=[LEAD]))["items"][0]
    assert after["why"] == before["why"] and not any("has it already" in one for one in after["why"])


async def test_routing_tried_says_who_has_it_and_who_would_get_it(home: House) -> None:
    async with served(home) as it:
        (would,) = (await it.call("leads_route", leads=[LEAD]))["items"]
    assert would["owner_name"] == would["to"] == facts.name_of_owner(home, "Priya Raman")


async def test_all_that_is_known_of_somebody_new_is_told_where_new_leads_come_in(home: House) -> None:
    async with served(home) as it:
        new = "Jane Roe, VP Sales, Nowhere Industries, jane.roe@nowhere-industries.example"
        (one,) = (await it.call("leads_route", leads=[new]))["items"]
        (typo,) = (await it.call("leads_route", leads=["Pria Ramann"]))["items"]
    assert "revloops run FILE" in one["error"]
    assert "revloops run" not in typo["error"] and "did you mean Priya Raman" in typo["error"]


async def test_leads_without_facts_aren_t_counted_as_drafted(home: House) -> None:
    ledger, runs = t.ledger.c, t.runs.c
    query = select(runs.record).join(t.runs, runs.id == ledger.run).where(ledger.rule == "too_few_facts")
    leads = sorted({row[0] for row in facts.rows(home, query)})[:3]
    assert leads
    async with served(home) as it:
        dry = await it.call("sequences_draft", leads=leads)
        found = await it.call("sequences_draft", leads=leads, dry_run=False)
    assert dry["says"].startswith(f"{len(leads)} of {len(leads)} would be researched and drafted")
    assert found["says"].startswith(f"0 of {len(leads)} have a draft") and "Usable facts" in found["says"]


@pytest.mark.feature("RO9")
async def test_a_config_tried_on_a_source_says_of_how_many_and_the_mix_of_grades(home: House) -> None:
    docs = [json.loads(row[0]) for row in facts.rows(home, select(t.leads.c.doc))]
    given: dict[str, Any] = {"loop": "qualify", "set": {"grades.A": 88}, "source": "webinar"}
    async with served(home) as it:
        found = await it.call("config_simulate", **given)
        each = await it.call("config_simulate", **given, response_format="detailed")
        wrong = await it.refused("config_simulate", loop="qualify", set={"grades.A": 10})
    of_it = sum(doc["source"] == "webinar" for doc in docs)
    assert f"Of {of_it} of source webinar," in found["says"]
    (mix,) = [one for one in found["items"] if one.get("all") == "grades"]
    assert mix["now"]["A"] - mix["then"].get("A", 0) == facts.fewer_at(home, "A", 88, "webinar") > 0
    assert sum(mix["now"].values()) == sum(mix["then"].values()) <= of_it
    assert all(one["name"] for one in each["items"] if "lead" in one)
    assert "loops/qualify.yaml" in wrong and "/tmp" not in wrong
