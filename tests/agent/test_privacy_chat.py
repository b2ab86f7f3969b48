"""What models are told in a chat: withheld words stay here for every specialist, and addresses always do."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from agent import bootstrap
from agent.bootstrap import House
from agent.embedded import POLICIES
from agent.graph import Turn
from agent.spec import Reply, ToolResult
from agent.specialists import CHAT, ORCHESTRATOR
from agent.threads import Thread, converse, open_thread
from loops.records import Lead
from tests.house import workspace
from tests.model_server import ModelServer
from tools.catalog import CATALOG
from tools.scopes import Principal
from tools.store import tables as t

TRIOS = [tuple(spec.name for spec in CHAT[at : at + 3]) for at in range(0, len(CHAT), 3)]
"""As many as may answer one message."""
OPS = Principal("ann", "ops", frozenset(tool.scope for tool in CATALOG))


def server_for(names: tuple[str, ...]) -> ModelServer:
    """A model server that sends every message, whole, to each of these."""

    def to(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> Reply:
        words = payload["text"]["text"]
        return Reply({"parts": [{"specialist": name, "question": words} for name in names]})

    return ModelServer(policies={**POLICIES, ORCHESTRATOR.prompt: to})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return workspace(tmp_path, lived_in=True)


def opened(root: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch, withhold: str = "") -> House:
    with (root / "revloops.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[privacy]\nwithhold = [{withhold}]\n")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("REVLOOPS_MODEL", "local")
    return bootstrap.open_house(root)


def a_lead(home: House) -> Lead:
    of = t.leads.c
    with home.store.reading() as tx:
        row = tx.first(select(of.doc).where(of.owner != "", of.name.contains(" ")).order_by(of.id))
    assert row is not None
    return Lead.model_validate_json(row[0])


async def say(home: House, thread: Thread, words: str) -> tuple[Turn, ...]:
    said: tuple[Turn, ...] = ()
    async for part in converse(home, open_thread(home, thread.id, OPS), OPS, words):
        said = part if isinstance(part, tuple) else said
    return said


def told(server: ModelServer, words: str) -> set[str]:
    """Whose models were sent these words."""
    return {s.role for s in server.requests if words in json.dumps(s.body, ensure_ascii=False)}


@pytest.mark.parametrize(("withhold", "some"), [('"text", "history.text"', False), ("", True)])
@pytest.mark.parametrize("names", TRIOS, ids="-".join)
async def test_a_withheld_question_reaches_nobody_s_model_and_is_answered_all_the_same(
    root: Path, names: tuple[str, ...], withhold: str, some: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server_for(names) as server:
        home = opened(root, server, monkeypatch, withhold)
        lead = a_lead(home)
        name = f"{lead.first_name} {lead.last_name}"
        thread = open_thread(home, None, OPS)
        for _ in range(2):  # the second time it is in the history too
            said = await say(home, thread, name)
            assert [(turn.specialist, turn.by) for turn in said] == [
                (who, f"agent:{who}@local") for who in names
            ]
    everybody = {ORCHESTRATOR.prompt, *(f"{who}_chat" for who in names)}
    assert {seen.role for seen in server.requests} == everybody
    assert told(server, name) == (everybody if some else set())


@pytest.mark.parametrize("named", [False, True])
async def test_a_lead_without_a_name_is_told_by_id_and_never_by_address(
    root: Path, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("lead_router", "outreach_writer", "discovery_analyst")
    with server_for(names) as server:
        home = opened(root, server, monkeypatch)
        lead = a_lead(home)
        bare = lead if named else lead.model_copy(update={"first_name": "", "last_name": ""})
        with home.store.transaction() as tx:
            changed = update(t.leads).where(t.leads.c.id == lead.id)
            tx.conn.execute(changed.values(doc=bare.model_dump_json()))
        said = await say(home, open_thread(home, None, OPS), f"what about {lead.id}?")
    text = " ".join(turn.said.text for turn in said)
    assert (f"{lead.first_name} {lead.last_name}" in text) is named
    assert (f"{lead.id}: no call is recorded" in text) is not named
    assert told(server, lead.email) == set()
    assert told(server, f"{lead.id}, {lead.company}") == (
        set() if named else {f"{who}_chat" for who in names}
    )
