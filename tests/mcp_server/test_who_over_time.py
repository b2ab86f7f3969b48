"""Who calls stays true while a server runs; what isn't let in is written down, and can't fill anything."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp_types import PromptReference
from pydantic import AnyUrl
from sqlalchemy import func, insert, select

from agent.bootstrap import House, open_house
from loops.errors import RevloopsError
from loops.values import canonical, content_hash
from mcp_server.access import Caller, NotValid, alone, issue, named
from mcp_server.fresh import EVERY_SECONDS, Fresh
from mcp_server.gate import STRANGERS
from mcp_server.journal import Call, Journal, calls
from mcp_server.keys import Keys
from mcp_server.server import Server
from mcp_server.sessions import HEADER, IDLE_SECONDS, MOST, Sessions, TooMany
from mcp_server.tokens import Provider
from mcp_server.work import jobs
from tests.house import change, height, leads
from tests.mcp_server.over_http import AUDIENCE, EMAIL, META, MODERN, Over, idp, over_http, says
from tests.mcp_server.served import NOW, as_person, lived_in, served
from tests.mcp_server.test_who import MINE, REP
from tools.mcp_settings import McpSettings
from tools.store import tables as t
from tools.store.erase import erase

KEY = b"k" * 32
WHY = PromptReference(type="ref/prompt", name="why_this_lead")


def whoever(token: str) -> Callable[[House], Caller]:
    """The caller of a server on stdio, found out for each call as the command does."""
    return lambda house: alone(house.workspace, token, house.runtime.at())


def rows(home: House, *columns: Any) -> list[tuple[Any, ...]]:
    with home.store.reading() as tx:
        return [tuple(row) for row in tx.all(select(*columns).order_by(calls.c.seq))]


# --- over stdio -----------------------------------------------------------------------------------
@pytest.mark.feature("BR2")
async def test_whoever_left_calls_no_more_though_the_server_runs_on(home: House) -> None:
    now, token = [0.0], issue(home.workspace, "manager-na", (), NOW, 1)
    server = Server(home, whoever(token))
    server.fresh = Fresh(home, lambda: now[0])
    async with Client(server) as client:
        assert not (await client.call_tool("leads_route", {"leads": [MINE]})).is_error
        plan = f"scenarios/{home.workspace.scenario.name}.yaml"
        change(home.workspace.root, plan, "- id: manager-na\n", "- id: manager-na\n  left_on: 2026-01-01\n")
        now[0] += EVERY_SECONDS
        before = height(home)
        for tool, given in (("whoami", {}), ("leads_route", {"leads": [MINE], "dry_run": False})):
            assert "left on 2026-01-01" in str(await client.call_tool(tool, given))
        with pytest.raises(MCPError, match="left on"):
            await client.read_resource("rubric://outreach")
        assert [tool.name for tool in (await client.list_tools()).tools] == ["whoami"]
    assert height(home) == before


async def test_a_token_that_has_run_out_is_said_in_the_answer_and_the_connection_holds(home: House) -> None:
    token = issue(home.workspace, "ops-lead", (), NOW - timedelta(days=9), 1)
    async with Client(Server(home, whoever(token))) as client:
        said = str(await client.call_tool("whoami", {}))
        assert "has expired" in said and "--issue PERSON" in said
        assert client.instructions and "has expired" in client.instructions


def test_a_copied_workspace_names_the_one_its_tokens_are_for(home: House, tmp_path: Path) -> None:
    import shutil

    token = issue(home.workspace, "ops-lead", (), NOW, 1)
    shutil.copytree(home.workspace.root, tmp_path / "copy")
    other = open_house(tmp_path / "copy")
    said = alone(other.workspace, token, NOW).refused
    assert f"is for the workspace {home.workspace.root}" in said and str(tmp_path / "copy") in said
    other.store.close()


def test_a_token_is_issued_to_a_name_and_an_unclear_one_lists_who_there_is(home: House) -> None:
    ws = home.workspace
    name = next(rep.name for rep in ws.scenario.roster if rep.id == REP)
    assert named(ws, name, NOW).id == named(ws, REP.upper(), NOW).id == REP
    with pytest.raises(RevloopsError, match=r"names nobody in the roster: give one of .*\(.*\) and \d+ more"):
        named(ws, "Waldo", NOW)


async def test_nobody_is_advised_to_ask_for_what_they_can_never_have(home: House) -> None:
    async with served(home, as_person(home, REP)) as it:
        assert "no token of the role" in await it.refused("plans_what_if")
    async with served(home, as_person(home, "ops-lead", ["records"])) as it:
        assert "--issue ops-lead --scope plan" in await it.refused("plans_what_if")


# --- an identity provider -------------------------------------------------------------------------
def test_an_address_counts_only_where_its_issuer_says_it_verified_it(home: House) -> None:
    settings = McpSettings(issuer="https://idp.example", audience=AUDIENCE)
    strict = Provider(settings, home.workspace)
    trusting = Provider(settings.model_copy(update={"trust_unverified_email": True}), home.workspace)
    for good in (True, "true"):
        assert strict.person({"email": EMAIL, "email_verified": good}) == "ops-lead"
    for bad in (False, "false", "False", 0, "no", "", "0", 1):
        for one in (strict, trusting):
            with pytest.raises(NotValid, match="hasn't verified"):
                one.person({"email": EMAIL, "email_verified": bad})
    with pytest.raises(NotValid, match="trust_unverified_email"):
        strict.person({"email": EMAIL})
    assert trusting.person({"email": EMAIL}) == "ops-lead"


async def test_a_key_that_can_t_be_read_spoils_no_other() -> None:
    with idp() as provider:
        odd = ({"kty": "EC", "crv": "P-000", "x": "a", "y": "b", "kid": "o1"}, {"kty": "RSA", "kid": "o2"},
               {"kty": "RSA", "n": 7, "e": None, "kid": "o3"}, None, "text", 7)  # fmt: skip
        provider.published |= {f"o{n}": one for n, one in enumerate(odd)}
        keys = Keys(McpSettings(issuer=provider.url, audience=AUDIENCE))
        assert (await keys.key("r1", "RS256")).key_id == "r1"
        with pytest.raises(NotValid, match="doesn't have"):
            await keys.key("o2", "RS256")


# --- what writes, and what is denied --------------------------------------------------------------
def test_a_word_for_false_writes_nothing_and_starting_a_run_takes_its_scope_at_the_gate(home: House) -> None:
    before = height(home)
    with over_http(home) as it:
        for word in ("false", 0, "no", "off", None):
            assert "dry_run" in says(it.post(it.token(), "leads_route", leads=[MINE], dry_run=word))
        few, lead = it.token(scopes=("loops", "records")), {"record": MINE}
        assert it.post(few, "loops_run", loop="route", verb="start", input=lead).status_code == 403
        assert it.post(few, "loops_run", loop="route", verb="decide", input=lead).status_code == 200
    assert height(home) == before
    assert ("loops_run", "loops:write", "denied") in rows(home, calls.c.tool, calls.c.scope, calls.c.outcome)


def test_a_resource_beyond_the_scopes_is_denied_like_a_tool(home: House) -> None:
    with over_http(home) as it:
        answer = sent(it, it.token(scopes=("records",)), "resources/read", uri="scenario://fy27-base")
        assert answer.status_code == 403 and 'scope="plan records"' in answer.headers["www-authenticate"]
        assert sent(it, it.token(), "resources/read", uri="rubric://outreach").status_code == 200
    assert rows(home, calls.c.tool, calls.c.scope, calls.c.outcome) == [
        ("resources/read", "plan", "denied"), ("resources/read", "", "done")
    ]  # fmt: skip


async def test_a_denied_resource_in_memory_is_denied_and_not_refused(home: House) -> None:
    async with served(home, as_person(home, REP)) as it:
        with pytest.raises(MCPError, match="insufficient_scope"):
            await it.client.read_resource("scenario://fy27-base")
        it.server.journal.flush()
    assert ("resources/read", "plan", "denied") in rows(home, calls.c.tool, calls.c.scope, calls.c.outcome)


async def test_with_a_fault_in_a_file_nothing_is_read_or_completed(home: House) -> None:
    server, now = Server(home, as_person(home, "ops-lead")), [0.0]
    server.fresh = Fresh(home, lambda: now[0])
    async with Client(server) as client:
        change(home.workspace.root, "loops/qualify.yaml", "grades: {A: 80", "grades: {A: lots")
        now[0] += EVERY_SECONDS
        with pytest.raises(MCPError, match="has a fault"):
            await client.read_resource("rubric://outreach")
        with pytest.raises(MCPError, match=r"qualify\.yaml"):
            await client.complete(WHY, _argument("lead", ""))


async def test_people_are_completed_by_name_for_those_who_may_read_records(home: House) -> None:
    prompt = PromptReference(type="ref/prompt", name="rep_one_to_one")
    first = next(rep.name for rep in home.workspace.scenario.roster if rep.id == REP)
    for scopes, wanted in ((["records"], [first]), (["plan"], [])):
        async with served(home, as_person(home, "ops-lead", scopes)) as it:
            found = await it.client.complete(prompt, _argument("rep", first.split()[-1][:5].lower()))
            assert [one for one in found.completion.values if one == first] == wanted
    async with served(home) as it:
        it.server.rate.most = 3
        with pytest.raises(MCPError, match="in a minute"):
            for _ in range(4):
                await it.client.complete(prompt, _argument("rep", ""))


# --- what is written down -------------------------------------------------------------------------
async def test_each_method_is_written_down_and_no_word_of_a_caller_s(home: House) -> None:
    async with served(home) as it:
        await it.client.list_tools()
        await it.client.get_prompt("why_this_lead", {"lead": "Jane Roe"})
        await it.client.complete(WHY, _argument("lead", "J"))
        await it.refused("jane.roe@example.com")
        with pytest.raises(MCPError):
            await it.client.read_resource(str(AnyUrl("decision://jane.roe")))
    told = it.server.journal.rows()
    assert [row[1:] for row in told][1:] == [
        ("tools/list", "done"), ("prompts/get", "done"), ("completion/complete", "done"),
        ("unknown", "refused"), ("resources/read", "refused"),
    ]  # fmt: skip
    assert "jane" not in json.dumps(told).lower()


def test_what_is_no_call_of_ours_is_written_down_too(home: House) -> None:
    with over_http(home) as it:
        said = {
            "authorization": f"Bearer {it.token()}", "content-type": "application/json",
            "accept": "application/json, text/event-stream", "mcp-protocol-version": MODERN,
        }  # fmt: skip
        httpx.post(it.url, content="{nonsense", headers=said, trust_env=False)
        sent(it, it.token(), "jane/roe")
        it.post(it.token(), headers={"mcp-name": "leads_route"})
    told = [row[1] for row in it.server.journal.rows()]
    assert told[0] == "http 400" and "unknown method" in told and len(told) >= 3
    assert "jane" not in json.dumps(told)


def test_arguments_can_t_be_guessed_from_what_is_kept_of_them(home: House) -> None:
    given = canonical({"query": "jane.roe@example.com"})
    one, other = Journal(home.store, KEY), Journal(home.store, b"x" * 32)
    assert one.hashed(given) == one.hashed(given) != other.hashed(given)
    assert content_hash(given) not in (one.hashed(given), other.hashed(given))


def test_calls_of_long_ago_are_dropped(home: House) -> None:
    journal = Journal(home.store, KEY, days=30)
    at = home.runtime.at()
    who = as_person(home, "ops-lead")
    for days in (40, 29, 0):
        journal.note(who, Call("whoami", "", "", f"{days} ago", 1), at - timedelta(days=days))
    journal.flush()
    assert [row[2] for row in journal.rows()] == ["29 ago", "0 ago"]


def test_erasing_a_person_takes_the_results_of_long_calls_with_it(home: House) -> None:
    from mcp_server.work import meta

    meta.create_all(home.store.engine)
    row = {"at": "2026", "principal": "p", "tool": "t", "scope": "s", "arguments": "{}", "runs": "[]"}
    with home.store.transaction() as tx:
        tx.run(insert(jobs).values(id="job-1", state="done", answer="Jane Roe", **row))
        tx.run(insert(jobs).values(id="job-2", state="open", answer="", **row))
        person = tx.first(select(t.leads.c.person).where(t.leads.c.id == next(iter(leads(home)))))[0]
    erase(home.store, person, home.workspace.data / "mail")
    with home.store.reading() as tx:
        assert [row[0] for row in tx.all(select(jobs.c.id))] == ["job-2"]


# --- strangers and crowds -------------------------------------------------------------------------
def test_strangers_can_t_fill_the_record_nor_hide_behind_a_header(home: House) -> None:
    with over_http(home) as it, httpx.Client(trust_env=False) as web:
        for n in range(STRANGERS):
            web.post(it.url, headers={"host": "evil.example", "x-forwarded-for": f"9.9.9.{n}"})
        late = [web.post(it.url, headers={"x-forwarded-for": f"8.8.8.{n}"}).status_code for n in range(40)]
        assert late == [429] * 40
        assert it.post(it.token()).status_code == 200
    assert len(it.server.journal.rows()) == STRANGERS + 2
    with home.store.reading() as tx:
        counted = tx.first(select(func.count()).where(calls.c.outcome == "too many"))[0]
    assert counted == 1


def test_one_person_can_t_take_all_sessions(home: House) -> None:
    with over_http(home) as it:
        opened = [begun(it, it.token(REP)) for _ in range(MOST + 1)]
        assert [one.status_code for one in opened] == [200] * MOST + [429]
        assert "end one" in says(opened[-1])
        assert begun(it, it.token()).status_code == 200
        gone = {"authorization": f"Bearer {it.token(REP)}", HEADER: opened[0].headers[HEADER]}
        assert httpx.delete(it.url, headers=gone, trust_env=False).status_code < 300
        assert begun(it, it.token(REP)).status_code == 200


def test_an_idle_session_is_no_longer_counted() -> None:
    from starlette.datastructures import Headers

    now = [0.0]
    sessions = Sessions(lambda: now[0])
    body = b'{"method": "initialize"}'
    for n in range(MOST):
        sessions.opened("rep", f"s{n}")
    with pytest.raises(TooMany):
        sessions.asked("rep", Headers(), body)
    now[0] += IDLE_SECONDS
    sessions.asked("rep", Headers(), body)


def test_a_host_is_a_name_and_a_port_and_nothing_else(home: House) -> None:
    with over_http(home) as it:
        evil = ("localhost:x", "127.0.0.1:8848@evil.example", 'localhost:"x', "localhost:80.evil.example")
        for host in evil:
            assert it.post(it.token(), headers={"host": host}).status_code == 421, host
        assert it.post(it.token(), headers={"origin": "http://localhost:80.evil.example"}).status_code == 403
        assert it.post(it.token(), headers={"origin": "http://localhost:80"}).status_code == 200


# --- their parts ----------------------------------------------------------------------------------
def _argument(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


def sent(it: Over, token: str, method: str, **params: Any) -> httpx.Response:
    """The answer to a request of the stateless era."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
    said = {
        "authorization": f"Bearer {token}", "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN, "mcp-method": method,
    }  # fmt: skip
    said |= {"mcp-name": str(params["uri"])} if "uri" in params else {}
    return httpx.post(it.url, json=body, headers=said, trust_env=False)


def begun(it: Over, token: str) -> httpx.Response:
    """The answer to the greeting of the older era."""
    who = {"name": "t", "version": "1"}
    given = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": given}
    said = {"accept": "application/json, text/event-stream", "authorization": f"Bearer {token}"}
    return httpx.post(it.url, json=body, headers=said, trust_env=False)


def test_a_server_on_a_workspace_made_elsewhere_still_starts(tmp_path: Path) -> None:
    home = lived_in(tmp_path)
    assert Server(home, whoever("nonsense")).caller.refused.startswith("the token in")
