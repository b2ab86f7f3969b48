"""Planning over MCP: sentences that say what the figures say, and places in people's words."""

import threading
from collections.abc import AsyncGenerator
from time import perf_counter
from typing import Any

import pytest

from agent.bootstrap import House
from mcp_server import plans
from tests.mcp_server.over_http import over_http
from tests.mcp_server.served import as_person, served
from tests.mcp_server.test_who import REP

EMEA = {"uki", "dach", "nordics", "france-benelux", "iberia-italy"}


@pytest.mark.feature("DE9")
async def test_only_territories_that_fall_short_are_counted_and_the_worst_are_named(home: House) -> None:
    async with served(home) as it:
        found = await it.call("plans_what_if", ask="breaks_first", response_format="detailed")
        more = await it.call("plans_what_if", changes=[{"kind": "attrition", "factor": 2.0}])
    rows = found["items"][0]["falls_short"]
    short = [row for row in rows if row["short_minor"] > 0]
    assert 0 < len(short) < len(rows)
    assert f"{len(short)} of {len(rows)} territories fall short" in found["says"]
    for row in sorted(short, key=lambda one: -one["short_minor"])[:5]:
        assert f"{row['name']} from {row['month']} by {row['short_minor'] / 100:,.2f} USD" in found["says"]
    after = found["items"][0]["after"]
    assert f"{found['items'][0]['focus']} makes {after['new_acv_minor'] / 100:,.2f} USD" in found["says"]
    assert " (-" in more["says"] and "With Attrition of every role" in more["says"]


@pytest.mark.feature("BR2")
@pytest.mark.parametrize(
    ("words", "id"), [("germany", "dach"), ("Dach ", "dach"), ("Deutschland", "dach"), ("UK", "uki")]
)
async def test_a_territory_is_named_by_a_country_in_it(home: House, words: str, id: str) -> None:
    async with served(home) as it:
        found = await it.call("territories_plan", territory=words)
    lands = [one for one in found["items"] if "target_minor" in one]
    assert [one["id"] for one in lands] == [id]
    assert lands[0]["in_words"].endswith(f"{lands[0]['target_minor'] / 100:,.2f} USD")


async def test_a_group_of_countries_names_the_territories_in_it(home: House) -> None:
    there = {land.id for land in home.workspace.scenario.territories}
    async with served(home) as it:
        found = await it.call("territories_plan", territory="EMEA")
        asked = await it.call("plans_what_if", question="what if we hire 3 AEs in EMEA in March?")
    assert {one["id"] for one in found["items"] if "target_minor" in one} == there & EMEA
    assert "Which territory" in asked["says"] and "DACH" in asked["says"]
    assert "AMS" not in asked["says"] and "APAC" not in asked["says"]


async def test_desks_are_shown_to_whoever_plans_and_leads_to_whoever_reads_records(home: House) -> None:
    async with served(home, as_person(home, "ops-lead", ["plan"])) as it:
        found = await it.call("territories_plan", response_format="detailed")
        while found.get("cursor"):
            assert not [one for one in found["items"] if "lead" in one]
            found = await it.call("territories_plan", response_format="detailed", cursor=found["cursor"])
        assert not [one for one in found["items"] if "lead" in one]


def test_a_question_that_a_model_thinks_about_holds_up_nobody(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answered = threading.Event(), threading.Event()

    async def slow(*_: Any) -> AsyncGenerator[tuple[()]]:
        asked.set()
        answered.wait(20)
        yield ()

    monkeypatch.setattr(plans, "converse", slow)
    with over_http(home) as it:
        tokens = it.token(), it.token(REP)
        thinking = threading.Thread(target=lambda: it.post(tokens[0], "plans_what_if", question="what if?"))
        thinking.start()
        try:
            assert asked.wait(10)
            began = perf_counter()
            assert it.post(tokens[1]).status_code == 200 and perf_counter() - began < 10
        finally:
            answered.set()
            thinking.join()
