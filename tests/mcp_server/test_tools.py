"""The tools as clients meet them, in both eras of the protocol."""

import json
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from sqlalchemy import select

from agent.bootstrap import House
from mcp_server.answer import MOST_IDS
from mcp_server.offers import OFFERS
from mcp_server.server import Server
from tests.house import height, leads
from tests.mcp_server import served as served_here
from tests.mcp_server.breaking import breaks
from tests.mcp_server.served import ERAS, SCHEMAS, Era, accept, as_person, schemas, served
from tools.store import tables as t

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


@pytest.mark.feature("BR2")
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


@pytest.mark.feature("IF6")
def test_no_schema_breaks_a_client_that_knew_it_before() -> None:
    assert not breaks(json.loads(SCHEMAS.read_text(encoding="utf-8")), schemas())


def test_any_other_change_of_a_schema_is_accepted_knowingly() -> None:
    accepted = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    assert schemas() == accepted, "models see another schema; to accept it: python -m tests.mcp_server.served"


def _changed(*path: str, to: Any = None) -> dict[str, Any]:
    """The accepted schemas with one place changed; without a value it is taken away."""
    whole = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    *above, last = path
    at = whole
    for step in above:
        at = at[step]
    if to is None:
        del at[last]
    else:
        at[last] = to
    return whole


TAKES = ("leads_qualify", "inputSchema", "properties")
LAST = ("config_simulate", "inputSchema", "properties", "last", "anyOf")
GIVES = ("leads_qualify", "outputSchema", "properties")
BREAKING = (
    (_changed("leads_qualify"), "leads_qualify is gone"),
    (_changed(*TAKES, "dry_run"), "leads_qualify.dry_run is gone"),
    (_changed("leads_qualify", "inputSchema", "required", to=["leads", "dry_run"]), "dry_run is required"),
    (_changed(*TAKES, "dry_run", "type", to="string"), "may no longer be boolean"),
    (_changed(*TAKES, "dry_run", "default", to=False), "another default"),
    (_changed(*TAKES, "leads", "maxItems", to=10), "maxItems is 10"),
    (_changed(*TAKES, "leads", "items", "maxLength", to=9), "maxLength is 9"),
    (_changed(*TAKES, "response_format", "enum", to=["concise"]), "fewer values"),
    (_changed(*GIVES, "items"), "gives no items"),
    (_changed("whoami", "annotations", "readOnlyHint", to=False), "whoami writes"),
    (_changed(*LAST, to=[{"type": "null"}]), "may no longer be integer"),
)
ADDITIVE = (
    _changed("leads_rank", to=json.loads(SCHEMAS.read_text(encoding="utf-8"))["whoami"]),
    _changed(*TAKES, "also", to={"type": "string", "default": "", "description": "new"}),
    _changed(*TAKES, "leads", "maxItems", to=80),
    _changed(*TAKES, "response_format", "enum", to=["concise", "detailed", "whole"]),
    _changed(*GIVES, "also", to={"type": "string"}),
    _changed("leads_qualify", "description", to="said better"),
)


@pytest.mark.feature("IF6")
def test_each_way_to_break_a_client_is_found_and_an_addition_is_none() -> None:
    accepted = json.loads(SCHEMAS.read_text(encoding="utf-8"))
    for changed, why in BREAKING:
        assert any(why in one for one in breaks(accepted, changed)), why
    assert not [one for changed in ADDITIVE for one in breaks(accepted, changed)]


def test_accepting_schemas_refuses_a_break_that_nobody_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "schemas.json"
    monkeypatch.setattr(served_here, "SCHEMAS", file)
    file.write_text(json.dumps(_changed(*TAKES, "old", to={"type": "string"})), encoding="utf-8")
    assert "leads_qualify.old is gone" in accept(())
    assert "old" in file.read_text(encoding="utf-8")
    assert not accept(("--breaking",)) and json.loads(file.read_text(encoding="utf-8")) == schemas()


async def test_a_toolset_is_offered_alone_with_what_is_always_there(home: House) -> None:
    server = Server(home, as_person(home, "ops-lead"), toolsets=("plans",))
    async with Client(server) as client:
        names = {tool.name for tool in (await client.list_tools()).tools}
        said = await client.call_tool("leads_qualify", {"leads": [LEAD]})
    assert names == {"whoami", "runs_get", "plans_what_if", "territories_plan"} and said.is_error


async def test_every_result_says_what_it_cost(home: House) -> None:
    async with served(home) as it:
        costs = {tool: (await it.call(tool, **given))["cost"] for tool, given in SUCCEEDS.items()}
    assert all(said.startswith("nothing: ") for said in costs.values()) and len(costs) == len(OFFERS)


async def test_people_are_named_by_words_and_an_unclear_name_is_asked_back(home: House) -> None:
    async with served(home) as it:
        by_name = await it.call("reviews_list", for_person="Kamal Dobson")
        by_id = await it.call("reviews_list", for_person="emea-enterprise-02")
        assert by_name["items"] == by_id["items"] and by_name["items"]
        assert "more than one person" in await it.refused("reviews_list", for_person="Dobson")
        assert "nobody of ours" in await it.refused("reviews_list", for_person="Waldo Nowhere")


async def test_a_batch_has_one_link_and_a_single_draft_its_own(home: House) -> None:
    async with served(home) as it:
        (both,) = (await it.call("sequences_draft", leads=[LEAD, "bruno sato"]))["approval_required"]
        (alone,) = (await it.call("sequences_draft", leads=["bruno sato"]))["approval_required"]
    assert both["holds"] == 2 and both["link"].startswith("revloops review next ")
    assert alone["id"] in both["link"].split() and len(both["digest"]) == 64 and "holds" not in alone


async def test_detailed_is_for_fewer_leads_and_a_wrong_cursor_is_refused(home: House) -> None:
    async with served(home) as it:
        words = [f"L-{n}" for n in range(30)]
        assert "at most 20" in await it.refused("leads_qualify", leads=words, response_format="detailed")
        assert "no cursor" in await it.refused("decisions_list", cursor="999999")
        assert "no cursor" in await it.refused("loops_run", loop="route", verb="metrics", cursor="x")


async def test_the_pages_of_a_list_hold_each_item_once(home: House) -> None:
    async with served(home) as it:
        page = await it.call("decisions_list", since="", response_format="detailed")
        runs = [one["run"] for one in page["items"]]
        while page.get("cursor"):
            assert "more, narrow by" in page["more"] and len(page["items"]) == 20
            arguments = {"since": "", "cursor": page["cursor"], "response_format": "detailed"}
            page = await it.call("decisions_list", **arguments)
            runs += [one["run"] for one in page["items"]]
    with home.store.reading() as tx:
        decided = tx.all(select(t.ledger.c.run).where(t.ledger.c.kind == "decided"))
    assert sorted(runs) == sorted(row[0] for row in decided)


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
        assert wanted["link"] == f"revloops review show {wanted['id']} -w {home.workspace.root}"
        assert len(wanted["digest"]) == 64
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


@pytest.mark.feature("BR2")
async def test_every_loop_of_the_registry_is_described_and_measured(home: House) -> None:
    async with served(home) as it:
        for loop, made in home.registry.loops.items():
            (card,) = (await it.call("loops_run", loop=loop, verb="describe"))["items"]
            assert card["owner"] == made.owner and card["objective"] and "card" not in card
            assert (await it.call("loops_run", loop=loop, verb="metrics"))["says"] == f"{loop}'s metrics."


async def test_fifty_leads_have_a_result_each(home: House) -> None:
    ids = [*leads(home)][:MOST_IDS]
    async with served(home) as it:
        items = (await it.call("leads_preview_routing", leads=ids))["items"]
    assert [one["asked"] for one in items] == ids and len(items) == MOST_IDS
