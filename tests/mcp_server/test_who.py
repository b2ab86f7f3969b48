"""Who may do what."""

from datetime import timedelta
from pathlib import Path

import pytest

from agent.bootstrap import House
from loops.errors import RevloopsError
from mcp_server.access import caller, issue, reader
from mcp_server.rate import PER_MINUTE
from mcp_server.server import Server
from tests.house import height
from tests.mcp_server.served import NOW, as_person, lived_in, served

REP = "na-commercial-01"
MINE, THEIRS = "priya raman", "jonas whitaker"


async def test_without_a_token_nothing_is_written(home: House) -> None:
    who = caller(home.workspace, None, NOW)
    before = height(home)
    async with served(home, who) as it:
        said = await it.refused("leads_qualify", leads=[MINE], dry_run=False)
        assert said.startswith("insufficient_scope") and "--issue" in said
        assert "insufficient_scope" in await it.refused(
            "loops_run", loop="design", verb="start", input={"schedule": "balance"}
        )
        assert ("nobody", "leads_qualify", "denied") in it.server.journal.rows()
    assert height(home) == before


async def test_read_only_takes_the_scopes_away_that_a_token_has(home: House) -> None:
    async with served(home, as_person(home, "ops-lead", read_only=True)) as it:
        assert "insufficient_scope" in await it.refused("leads_route", leads=[MINE], dry_run=False)
    async with served(home, as_person(home, "ops-lead")) as it:
        assert await it.call("leads_route", leads=[MINE], dry_run=False)


async def test_a_rep_sees_their_own_book_alone(home: House) -> None:
    async with served(home, as_person(home, REP)) as it:
        own, other = (await it.call("decisions_explain", leads=[MINE, THEIRS]))["items"]
        assert own["owner"] == REP and "no lead in your book" in other["error"]
        found = (await it.call("records_search", query=THEIRS)).get("items", ())
        assert not any(one["kind"] == "lead" for one in found)
        waits = (await it.call("reviews_list", for_person="me", response_format="detailed"))["items"]
        assert waits and {one["to"] for one in waits} == {f"person:{REP}"}
        assert waits == (await it.call("reviews_list", response_format="detailed"))["items"]
        assert "own book alone" in await it.refused("reviews_list", for_person="Cecilia Asante")
        assert "own book alone" in await it.refused("decisions_list", for_person="Cecilia Asante")
        assert "own book alone" in await it.refused("records_search", owner="Cecilia Asante")
        late = await it.call("decisions_list", since="")
        assert "in your book" in await it.refused("runs_get", run="077468e9")
    async with served(home) as it:
        everybody = await it.call("decisions_list", since="")
    assert int(late["says"].split()[0]) < int(everybody["says"].split()[0])


async def test_a_rep_isn_t_shown_what_they_may_not_call(home: House) -> None:
    async with served(home, as_person(home, REP)) as it:
        names = {tool.name for tool in (await it.client.list_tools()).tools}
        assert "config_simulate" not in names and "decisions_explain" in names
        said = await it.refused("config_simulate", loop="qualify", set={"grades.A": 88})
        assert "insufficient_scope" in said


def test_a_token_never_has_more_than_its_person(tmp_path: Path) -> None:
    home = lived_in(tmp_path)
    with pytest.raises(RevloopsError, match="can't have config:propose"):
        issue(home.workspace, REP, ("config:propose",), NOW, 1)
    assert as_person(home, "ops-lead", ("records",)).principal.scopes == {"records"}


def test_a_stale_forged_or_foreign_token_is_refused(tmp_path: Path) -> None:
    ws = lived_in(tmp_path).workspace
    good = issue(ws, "ops-lead", (), NOW, 1)
    assert caller(ws, good, NOW).principal.role == "ops"
    old = issue(ws, "ops-lead", (), NOW - timedelta(days=9), 1)
    (tmp_path / "other").mkdir()
    foreign = issue(lived_in(tmp_path / "other").workspace, "ops-lead", (), NOW, 1)
    for token in (old, foreign, f"{good[:-4]}AAAA", "nonsense"):
        with pytest.raises(RevloopsError, match="isn't valid here"):
            caller(ws, token, NOW)


async def test_too_many_calls_in_a_minute_are_refused(home: House) -> None:
    late = [0.0]
    server = Server(home, reader(""), clock=lambda: late[0])
    for _ in range(PER_MINUTE):
        assert "there is no tool" in str(await server.call_tool("nope", {}))
    assert "in a minute" in str(await server.call_tool("whoami", {}))
    late[0] = 61.0
    assert "in a minute" not in str(await server.call_tool("whoami", {}))
