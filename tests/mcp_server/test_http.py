"""Over HTTP: who is let in, who calls, and what is written down of it."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import select

from agent.bootstrap import House
from loops.errors import RevloopsError
from mcp_server.access import Caller, issue, reader
from mcp_server.gate import METADATA, MOST_BYTES, PATH, STRANGERS, Gate
from mcp_server.http import refuse
from mcp_server.journal import calls
from mcp_server.server import Server
from tests.house import height
from tests.mcp_server.over_http import Over, over_http, says
from tests.mcp_server.served import ERAS, NOW, Era, lived_in
from tests.mcp_server.test_who import MINE, REP, THEIRS

OTHER = "na-commercial-02"


@pytest.mark.feature("BR2")
@pytest.mark.parametrize("era", ERAS)
async def test_both_eras_are_served_and_greet_the_caller_by_name(home: House, era: Era) -> None:
    with over_http(home) as it:
        async with it.client(it.token(), era) as client:
            assert client.instructions and "ops-lead (ops)" in client.instructions
            assert len((await client.list_tools()).tools) == 15
            result = await client.call_tool("whoami", {})
            assert result.structured_content and result.structured_content["items"][0]["person"] == "ops-lead"


@pytest.mark.feature("BR2")
@pytest.mark.parametrize("era", ERAS)
async def test_two_people_at_once_see_their_own_book_each(home: House, era: Era) -> None:
    with over_http(home) as it:
        async with it.client(it.token(REP), era) as rep, it.client(it.token(), era) as ops:
            for _ in range(3):
                for client, sees in ((rep, False), (ops, True)):
                    said = await client.call_tool("decisions_explain", {"leads": [MINE, THEIRS]})
                    own, other = cast("dict[str, Any]", said.structured_content)["items"]
                    assert "error" not in own
                    assert ("error" not in other) is sees
            assert len((await rep.list_tools()).tools) < len((await ops.list_tools()).tools)
            refused = await rep.read_resource("rubric://outreach")
            assert refused.contents
    rows = set(it.server.journal.rows())
    assert {(REP, "decisions_explain", "done"), ("ops-lead", "decisions_explain", "done")} <= rows


def test_many_calls_at_once_are_each_their_own_caller_s(home: House) -> None:
    with over_http(home) as it:
        tokens = {person: it.token(person) for person in ("ops-lead", REP, OTHER, "manager-na")}
        asked = [*tokens] * 12
        with ThreadPoolExecutor(8) as pool:
            told = [one.json() for one in pool.map(it.post, [tokens[person] for person in asked])]
    said = [one["result"]["structuredContent"]["items"][0]["person"] for one in told]
    assert said == asked
    assert len([row for row in it.server.journal.rows() if row[1:] == ("whoami", "done")]) == len(asked)


async def test_a_session_is_its_maker_s_alone(home: House) -> None:
    with over_http(home) as it:
        who = {"name": "t", "version": "1"}
        given = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": who}
        begin = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": given}
        said = {"accept": "application/json, text/event-stream", "authorization": f"Bearer {it.token()}"}
        session = httpx.post(it.url, json=begin, headers=said, trust_env=False).headers["mcp-session-id"]
        said["mcp-session-id"] = session
        ping = {"jsonrpc": "2.0", "id": 2, "method": "ping"}
        assert httpx.post(it.url, json=ping, headers=said, trust_env=False).status_code == 200
        said["authorization"] = f"Bearer {it.token(REP)}"
        assert httpx.post(it.url, json=ping, headers=said, trust_env=False).status_code == 404


# --- who is turned away ---------------------------------------------------------------------------
def test_without_a_token_nothing_is_answered_and_the_client_is_told_where_to_ask(home: House) -> None:
    with over_http(home) as it:
        answer = it.post(None)
        assert answer.status_code == 401
        there = answer.headers["www-authenticate"].split('resource_metadata="')[1].rstrip('"')
        assert httpx.get(there, trust_env=False).json()["resource"] == it.url
        assert httpx.get(it.url.replace(PATH, METADATA), trust_env=False).json()["resource"] == it.url
        assert it.post(it.token()).status_code == 200
    assert it.server.journal.rows() == [
        ("nobody", "http 401", "unauthenticated"),
        ("ops-lead", "whoami", "done"),
    ]


def test_a_stale_forged_or_foreign_token_is_turned_away(home: House, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    foreign = issue(lived_in(tmp_path / "other").workspace, "ops-lead", (), NOW, 1)
    stale = issue(home.workspace, "ops-lead", (), NOW - timedelta(days=9), 1)
    with over_http(home) as it:
        good = it.token()
        head, body, _ = good.split(".")
        for token in (foreign, stale, f"{good[:-4]}AAAA", f"{head}.{body}.", "nonsense", "x" * 9_000):
            answer = it.post(token)
            assert answer.status_code == 401 and 'error="invalid_token"' in answer.headers["www-authenticate"]
            assert token not in answer.text
        basic = it.post(None, headers={"authorization": f"Basic {good}"})
        assert basic.status_code == 401
        assert it.post(good).status_code == 200


def test_another_host_or_a_strange_page_is_turned_away(home: House) -> None:
    with over_http(home) as it:
        token = it.token()
        assert it.post(token, headers={"host": "evil.example"}).status_code == 421
        assert it.post(token, headers={"origin": "https://evil.example"}).status_code == 403
        assert it.post(token, headers={"origin": "http://localhost:6274"}).status_code == 200
        evil = httpx.get(it.url.replace(PATH, METADATA), headers={"host": "evil.example"}, trust_env=False)
        assert evil.status_code == 421
    assert [row[1:] for row in it.server.journal.rows()] == [
        ("http 421", "refused"),
        ("http 403", "refused"),
        ("whoami", "done"),
        ("http 421", "refused"),
    ]


def test_a_request_that_is_too_large_is_turned_away_with_or_without_its_length(home: House) -> None:
    with over_http(home) as it:
        token = it.token()
        assert it.post(token, "records_search", query="x" * (MOST_BYTES + 1)).status_code == 413
        pieces = (b" " * 65_536 for _ in range(MOST_BYTES // 65_536 + 1))
        said = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        assert httpx.post(it.url, content=pieces, headers=said, trust_env=False).status_code == 413
        assert "characters" in says(it.post(token, "records_search", query="x" * 65_000))


def test_strangers_are_slowed_down_and_people_aren_t(home: House) -> None:
    with over_http(home) as it, httpx.Client(trust_env=False) as web:
        codes = [web.post(it.url).status_code for _ in range(STRANGERS + 1)]
        assert codes == [401] * STRANGERS + [429]
        assert it.post(it.token()).status_code == 200
    assert len(it.server.journal.rows()) == STRANGERS + 2


def test_one_person_s_haste_doesn_t_slow_another_down(home: House) -> None:
    with over_http(home) as it:
        it.server.rate.most = 3
        token = it.token()
        told = [says(it.post(token)) for _ in range(4)]
        assert ["in a minute" in one for one in told] == [False, False, False, True]
        assert "in a minute" not in says(it.post(it.token(REP)))


# --- scopes ---------------------------------------------------------------------------------------
def test_a_call_beyond_the_token_s_scopes_asks_for_a_step_up_and_writes_nothing(home: House) -> None:
    before = height(home)
    with over_http(home) as it:
        token = it.token(scopes=("records",))
        answer = it.post(token, "leads_route", leads=[MINE], dry_run=False)
        assert answer.status_code == 403 and "leads_route needs leads:write and drafts:write" in says(answer)
        said = answer.headers["www-authenticate"]
        wanted = 'scope="drafts:write leads:write records", resource_metadata="http'
        assert f'error="insufficient_scope", {wanted}' in said
        assert it.post(token, "config_simulate", loop="qualify").status_code == 403
        assert it.post(token, "leads_route", leads=[MINE]).status_code == 200
        assert height(home) == before
        assert it.post(it.token(), "leads_route", leads=[MINE], dry_run=False).status_code == 200
        assert height(home) > before
    with home.store.reading() as tx:
        rows = tx.all(select(calls.c.tool, calls.c.scope, calls.c.outcome).order_by(calls.c.seq))
    assert [tuple(row) for row in rows] == [
        ("leads_route", "drafts:write leads:write", "denied"),
        ("config_simulate", "loops", "denied"),
        ("leads_route", "records", "done"),
        ("leads_route", "records leads:write drafts:write", "done"),
    ]


def test_a_call_whose_name_is_hidden_from_the_gate_is_denied_all_the_same(home: House) -> None:
    with over_http(home) as it:
        body = (
            '{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"name":"config_simulate",'
            '"arguments":{"loop":"qualify"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
            '"io.modelcontextprotocol/clientCapabilities":{}}}}'
        )
        said = {
            "authorization": f"Bearer {it.token(scopes=('records',))}", "content-type": "application/json",
            "accept": "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28",
            "mcp-method": "tools/call", "mcp-name": "config_simulate",
        }  # fmt: skip
        answer = httpx.post(it.url, content=body, headers=said, trust_env=False)
        assert answer.status_code == 200 and says(answer).startswith("insufficient_scope")
    assert it.server.journal.rows() == [("ops-lead", "config_simulate", "denied")]


async def test_read_only_holds_for_every_token(home: House) -> None:
    with over_http(home, read_only=True) as it:
        assert it.post(it.token(), "leads_route", leads=[MINE], dry_run=False).status_code == 403
        assert it.post(it.token(), "leads_route", leads=[MINE]).status_code == 200


def test_open_to_read_lets_anybody_read_and_nobody_write(home: House) -> None:
    with over_http(home, open_to_read=True) as it:
        assert it.post(None, "records_search", query="acme").status_code == 200
        assert it.post(None, "leads_route", leads=[MINE], dry_run=False).status_code == 403
        assert it.post("nonsense").status_code == 401
    with over_http(home) as it:
        assert it.post(None, "records_search", query="acme").status_code == 401


def allow(_: Gate, __: Caller, ___: bytes) -> None:
    """Refuse nothing."""


def test_the_step_up_is_the_gate_s_work(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without it the same call comes to the tool, which refuses it in its own words."""
    monkeypatch.setattr(Gate, "_allowed", allow)
    with over_http(home) as it:
        answer = it.post(it.token(scopes=("records",)), "leads_route", leads=[MINE], dry_run=False)
    assert answer.status_code == 200 and says(answer).startswith("insufficient_scope")


# --- where it may listen --------------------------------------------------------------------------
def test_beyond_this_machine_it_takes_an_identity_provider_and_a_name(home: House) -> None:
    refuse(home, "127.0.0.1", (), open_to_read=True)
    with pytest.raises(RevloopsError, match="identity provider"):
        refuse(home, "0.0.0.0", ("revloops.example",), open_to_read=False)
    with pytest.raises(RevloopsError, match="identity provider"):
        refuse(home, "127.0.0.1", ("revloops.example",), open_to_read=False)
    with pytest.raises(RevloopsError, match="this machine alone"):
        refuse(home, "0.0.0.0", (), open_to_read=True)


def test_only_named_hosts_are_answered_beyond_this_machine(home: House) -> None:
    with over_http(home, hosts=("revloops.example",)) as it:
        answer = it.post(None, headers={"host": "revloops.example", "origin": "https://revloops.example"})
        assert answer.status_code == 401
        assert 'resource_metadata="https://revloops.example/.well-known' in answer.headers["www-authenticate"]
        assert it.post(None, headers={"host": "revloops.example.evil.example"}).status_code == 421


def test_calls_are_written_down_by_the_time_it_was_told_to_stop(home: House) -> None:
    slow = "from mcp_server import journal; journal.PAUSE_SECONDS = 60; from cli.main import main; main()"
    root = str(home.workspace.root)
    said = [sys.executable, "-c", slow, "mcp", "--http", "--port", "0", "-w", root]
    with subprocess.Popen(said, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[2].rstrip(";")
        it = Over(url, Server(home, reader("")), home)
        for _ in range(5):
            assert it.post(it.token()).status_code == 200
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    with home.store.reading() as tx:
        assert len(tx.all(select(calls.c.seq))) == 5


def test_a_call_that_wrote_is_written_down_before_it_is_answered(home: House) -> None:
    with over_http(home) as it:
        it.post(it.token())
        it.post(it.token(), "leads_route", leads=[MINE], dry_run=False)
        with home.store.reading() as tx:
            rows = tx.all(select(calls.c.tool).order_by(calls.c.seq))
        assert [row[0] for row in rows] == ["whoami", "leads_route"]
