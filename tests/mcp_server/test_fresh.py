"""A server outlives edits of its workspace: what the files say holds from the next call on."""

from pathlib import Path

import pytest

from agent.bootstrap import House
from mcp_server.fresh import EVERY_SECONDS, Fresh
from mcp_server.server import Server
from tests.house import change
from tests.mcp_server.served import as_person
from tools.git import git


def edited(house: House, old: str, new: str) -> None:
    change(house.workspace.root, "loops/qualify.yaml", old, new)


def version(fresh: Fresh) -> str:
    return fresh.house.workspace.configs["qualify"].version


def test_an_edit_is_taken_up_and_a_commit_of_it_too(home: House) -> None:
    now = [0.0]
    fresh = Fresh(home, lambda: now[0])
    before, store = version(fresh), fresh.house.store
    edited(home, "grades: {A: 80", "grades: {A: 90")
    fresh.look()
    assert version(fresh) == before, "within a second nothing is looked at"
    now[0] += EVERY_SECONDS
    fresh.look()
    assert version(fresh) != before and fresh.house.store is store
    assert fresh.house.workspace.revision.endswith("+edited")
    git(home.workspace.root, "commit", "-qam", "Fewer As")
    now[0] += EVERY_SECONDS
    fresh.look()
    assert not fresh.house.workspace.revision.endswith("+edited")
    same = fresh.house
    now[0] += EVERY_SECONDS
    fresh.look()
    assert fresh.house is same, "nothing changed, so nothing is opened anew"


@pytest.mark.anyio
async def test_a_fault_refuses_calls_with_file_and_line_until_it_is_mended(home: House) -> None:
    server = Server(home, as_person(home, "ops-lead"))
    now = [0.0]
    server.fresh = Fresh(home, lambda: now[0])
    edited(home, "grades: {A: 80", "grades: {A: lots")
    now[0] += EVERY_SECONDS
    refused = await server.call_tool("whoami", {})
    assert "loops/qualify.yaml:" in str(refused) and "was edited and has a fault" in str(refused)
    edited(home, "grades: {A: lots", "grades: {A: 80")
    now[0] += EVERY_SECONDS
    assert "was edited" not in str(await server.call_tool("whoami", {}))


def test_whoever_left_the_roster_is_told_to_those_who_ask(home: House) -> None:
    now, heard = [0.0], list[int]()
    fresh = Fresh(home, lambda: now[0])
    fresh.changed.append(lambda workspace: heard.append(len(workspace.scenario.roster)))
    path = Path(home.workspace.root) / "scenarios" / "fy27-base.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# looked over\n", encoding="utf-8")
    now[0] += EVERY_SECONDS
    fresh.look()
    assert heard == [len(home.workspace.scenario.roster)]
