"""The tools as clients meet them, in both eras of the protocol."""

import json

import pytest

from agent.bootstrap import House
from mcp_server.answer import MOST_IDS
from mcp_server.offers import OFFERS
from tests.house import height
from tests.mcp_server.served import ERAS, SCHEMAS, Era, schemas, served

MOST_TOOLS, MOST_TOKENS, CHARACTERS_PER_TOKEN = 15, 6_000, 4
LEAD = "priya raman"
SUCCEEDS: dict[str, dict[str, object]] = {
    "whoami": {},
    "records_search": {"query": "tessaly"},
    "reviews_list": {"limit": 2},
    "runs_get": {"run": "077468e9", "response_format": "detailed"},
    "decisions_list": {"since": "yesterday", "limit": 3},
    "decisions_explain": {"leads": [LEAD], "response_format": "detailed"},
    "leads_qualify": {"leads": [LEAD]},
    "leads_route": {"leads": [LEAD]},
    "leads_preview_routing": {"leads": [LEAD]},
    "sequences_draft": {"leads": [LEAD]},
    "plans_what_if": {"changes": [{"kind": "add_people", "role": "account_executive", "count": 3}]},
    "territories_plan": {"territory": "dach", "response_format": "detailed"},
    "config_simulate": {"loop": "qualify", "set": {"grades.A": 88}},
    "config_propose": {"loop": "qualify"},
    "loops_run": {"loop": "route", "verb": "decide", "input": {"record": LEAD}},
}
FAILS: dict[str, tuple[dict[str, object], str]] = {
    "whoami": ({"x": 1}, "takes no x"),
    "records_search": ({"query": ""}, "query"),
    "reviews_list": ({"cursor": "9999"}, "leave it out"),
    "runs_get": ({"run": "ffffffffff"}, "decisions_list"),
    "decisions_list": ({"since": "the other day"}, "give today, yesterday"),
    "decisions_explain": ({"leads": []}, "leads"),
    "leads_qualify": ({"leads": ["x"] * (MOST_IDS + 1)}, "leads"),
    "leads_route": ({"leads": [LEAD], "force": True}, "takes no force"),
    "leads_preview_routing": ({}, "leads"),
    "sequences_draft": ({"leads": [LEAD], "send": True}, "takes no send"),
    "plans_what_if": ({"changes": [{"kind": "add_people", "rolle": "x"}]}, "add_people takes role"),
    "territories_plan": ({"territory": "atlantis"}, "there are"),
    "config_simulate": ({"loop": "qualify", "set": {"grades.Z": 1}}, "grades.Z"),
    "config_propose": ({"loop": "engage"}, "loop"),
    "loops_run": ({"loop": "nope", "verb": "describe"}, "there are qualify"),
}


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_succeeds_and_writes_nothing_by_default(home: House, era: Era) -> None:
    before = height(home)
    async with served(home, era=era) as it:
        for tool, arguments in SUCCEEDS.items():
            assert (await it.call(tool, **arguments))["says"], tool
    assert {*SUCCEEDS} == {one.name for one in OFFERS} and height(home) == before


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_says_in_a_sentence_why_it_fails(home: House, era: Era) -> None:
    async with served(home, era=era) as it:
        for tool, (arguments, why) in FAILS.items():
            said = await it.refused(tool, **arguments)
            assert why in said and "pydantic" not in said and "Traceback" not in said, (tool, said)
    assert {*FAILS} == {one.name for one in OFFERS}


@pytest.mark.parametrize("era", ERAS)
async def test_the_list_of_tools_is_short_and_each_says_what_it_is_for(home: House, era: Era) -> None:
    async with served(home, era=era) as it:
        tools = (await it.client.list_tools()).tools
    shown = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]
    whole = json.dumps(shown, separators=(",", ":"))
    assert len(tools) <= MOST_TOOLS and len(whole) / CHARACTERS_PER_TOKEN <= MOST_TOKENS
    for tool in tools:
        properties = tool.input_schema.get("properties", {})
        assert tool.title and tool.annotations and tool.output_schema and "Use it" in (tool.description or "")
        assert all(one.get("description") for one in properties.values()), tool.name


def test_a_changed_schema_is_noticed() -> None:
    accepted = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    assert schemas() == accepted, "if that is meant: python -m tests.mcp_server.served"


def test_no_tool_approves_accepts_merges_or_sends() -> None:
    verbs = {word for one in OFFERS for word in one.name.split("_")}
    assert not verbs & {"approve", "accept", "merge", "send", "sign", "answer", "reject", "promote"}


async def test_what_writes_is_dry_unless_it_is_told_otherwise(home: House) -> None:
    before = height(home)
    async with served(home) as it:
        assert (await it.call("leads_qualify", leads=[LEAD]))["dry_run"] is True
        assert height(home) == before
        done = await it.call("leads_qualify", leads=[LEAD], dry_run=False)
        assert done["dry_run"] is False and "rules, not a language model" in done["cost"]
        assert height(home) > before
        run = done["items"][0]["run"]
        assert (await it.call("runs_get", run=run))["items"][0]["state"] == "done"


async def test_a_draft_comes_back_with_a_link_for_a_person_and_isn_t_sent(home: House) -> None:
    async with served(home) as it:
        done = await it.call("sequences_draft", leads=["bruno sato"], dry_run=False)
        (wanted,) = done["approval_required"]
        assert wanted["link"] == f"revloops review show {wanted['id']}" and len(wanted["digest"]) == 64
        assert done["items"][0]["state"] == "person"


async def test_ids_that_can_t_be_found_don_t_spoil_the_others(home: House) -> None:
    async with served(home) as it:
        found = await it.call("decisions_explain", leads=[LEAD, "halevia", "nobody at all"])
    good, many, none = found["items"]
    assert good["owner"] and "more than one lead" in many["error"] and "no lead is called" in none["error"]


async def test_a_long_list_is_capped_and_goes_on_from_its_cursor(home: House) -> None:
    async with served(home) as it:
        first = await it.call("reviews_list", limit=5)
        second = await it.call("reviews_list", limit=5, cursor=first["cursor"])
    assert len(first["items"]) == 5 and "more, narrow by" in first["more"]
    assert not {one["id"] for one in first["items"]} & {one["id"] for one in second["items"]}


async def test_a_caller_can_t_say_what_an_event_holds(home: House) -> None:
    async with served(home) as it:
        event = {"owner": "rep:x", "record": LEAD}
        said = await it.refused("loops_run", loop="engage", verb="start", input=event)
    assert "owner" in said
