"""A message of several parts, what goes on from it, and questions that only some record can settle."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from agent.bootstrap import House
from agent.chat import Offer, Part, Routing, Said, ToRoute, routing_faults
from agent.embedded import POLICIES
from agent.flow import settle
from agent.graph import Turn
from agent.review import waiting
from agent.spec import Reply
from agent.specialists import CHAT
from agent.specialists.orchestrator import ORCHESTRATOR
from agent.threads import Thread, converse, open_thread
from cli.main import cli
from loops.values import Quoted
from tests.house import START, answer, by_person, house
from tools.calls import analyse
from tools.catalog import CATALOG
from tools.scopes import Principal
from tools.store import tables as t
from tools.yaml_text import read as parse

OPS = Principal("ann", "ops", frozenset(tool.scope for tool in CATALOG))
FLOOR = 0.9
"""Share of messages of several parts whose parts must all be right."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("parts"), lived_in=True)


async def say(home: House, *messages: str) -> list[Turn]:
    """What was said to the last of the messages, on one thread."""
    thread: Thread = open_thread(home, None, OPS)
    turns: tuple[Turn, ...] = ()
    for words in messages:
        async for part in converse(home, open_thread(home, thread.id, OPS), OPS, words):
            turns = part if isinstance(part, tuple) else turns
    return [*turns]


async def told(home: House, *messages: str) -> Said:
    """The one answer to the last of the messages."""
    (turn,) = await say(home, *messages)
    return turn.said


def task(words: str) -> dict[str, Any]:
    offers = tuple(Offer(name=spec.name, says=spec.says) for spec in CHAT)
    return ToRoute(text=Quoted(text=words), today=START.date(), specialists=offers).model_dump(mode="json")


def routed(words: str) -> Routing:
    reply = POLICIES[ORCHESTRATOR.prompt](task(words), ())
    assert isinstance(reply, Reply)
    routing = Routing.model_validate(reply.value)
    assert not routing_faults(routing, task(words), ())
    return routing


# --- parts ----------------------------------------------------------------------------------------
def test_each_part_of_a_message_goes_to_somebody_or_is_said_to_be_left() -> None:
    path = Path(__file__).with_name("routing.yaml")
    rows = cast("dict[str, Any]", parse(path.read_text(encoding="utf-8"), path.name)[0])["parts"]
    made = [routed(row["ask"]) for row in rows]
    wrong = [
        row["ask"]
        for row, found in zip(rows, made, strict=True)
        if [part.specialist for part in found.parts] != row["to"] or bool(found.unanswered) != row["left"]
    ]
    assert len(rows) >= 20
    assert 1 - len(wrong) / len(rows) >= FLOOR, wrong


@pytest.mark.parametrize(
    ("question", "sound"),
    [
        ("who covers Spain", True),
        ("Who covers Italy?", True),
        ("who covers France", False),
        ("Italy covers who", False),
        ("?", False),
    ],
)
def test_a_part_s_question_is_made_of_the_message_s_words(question: str, sound: bool) -> None:
    made = Routing(parts=(Part(specialist="territory_matcher", question=question),))
    assert (not routing_faults(made, task("Who covers Spain and Italy?"), ())) is sound


async def test_several_things_are_answered_in_turn_and_the_rest_is_said(home: House) -> None:
    turns = await say(home, "who owns Priya Raman, who covers Spain, and what did we spend on models?")
    assert [turn.specialist for turn in turns] == ["lead_router", "territory_matcher", "orchestrator"]
    assert "Shreya Bachmann" in turns[0].said.text and "Iberia" in turns[1].said.text
    assert "`revloops cost`" in turns[2].said.refused


async def test_one_specialist_may_answer_twice(home: House) -> None:
    for words in ("Who covers Spain and Japan?", "who covers Spain? who covers Japan?"):
        first, second = await say(home, words)
        assert "Iberia" in first.said.text and "APAC" in second.said.text
    first, second = await say(home, "Who owns Priya Raman? Who owns Jonas Whitaker?")
    assert "Priya Raman" in first.said.text and "Jonas Whitaker" in second.said.text
    assert "Jonas" not in first.said.text


async def test_a_company_called_so_and_so_is_one_thing(home: House) -> None:
    assert [part.question for part in routed("who owns Smith and Sons?").parts] == [
        "who owns Smith and Sons?"
    ]


async def test_help_says_what_each_can_be_asked(home: House) -> None:
    said = await told(home, "what can you do?")
    assert len(said.refused.splitlines()) == len(CHAT) <= 10


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("What is Priya's email address?", "revloops explain"),
        ("how many calls do we have?", "revloops calls list"),
        ("what is in triage?", "revloops review list"),
        ("how many leads came in today?", "revloops run"),
    ],
)
async def test_what_no_tool_has_names_the_command_that_shows_it(home: House, words: str, names: str) -> None:
    said = await told(home, words)
    assert names in said.refused and not said.text


# --- going on -------------------------------------------------------------------------------------
async def test_an_answer_to_what_was_asked_back_settles_it(home: House) -> None:
    assert (await told(home, "research Aldergrove Systems")).needs
    before = "who owns Camille or Cecilia?"
    assert (await told(home, before)).needs
    (turn,) = await say(home, before, "Camille")
    assert turn.specialist == "lead_router" and "Camille Thiel" in turn.said.text


async def test_what_goes_on_keeps_who_answers_and_whom_it_is_about(home: House) -> None:
    first = "who owns Priya Raman?"
    assert "Priya Raman" in (await told(home, first, "why?")).text
    (turn,) = await say(home, first, "and her draft?")
    assert turn.specialist == "outreach_writer" and "Priya Raman" in turn.said.text
    (turn,) = await say(home, first, "why?", "what about Jonas Whitaker?")
    assert turn.specialist == "lead_router"
    assert "Jonas Whitaker" in turn.said.text and "Priya" not in turn.said.text


async def test_a_name_nobody_bears_does_not_fall_back_on_the_one_before(home: House) -> None:
    said = await told(home, "who owns Priya Raman?", "and who owns Zork Blah?")
    assert not said.text and said.refused


# --- records --------------------------------------------------------------------------------------
async def test_a_company_narrows_a_name_and_a_wrong_one_is_said(home: House) -> None:
    assert "Priya Raman" in (await told(home, "who owns Priya Raman at Tessaly?")).text
    said = await told(home, "who owns Priya Raman at Brightfold?")
    assert not said.text and "Nobody of that name is at Brightfold" in said.refused
    assert "Priya Raman" in said.refused


async def test_a_misspelt_name_is_asked_about_and_not_guessed(home: House) -> None:
    assert "Did you mean Priya Raman" in (await told(home, "who owns Priya Ramen?")).needs
    assert "Priya Raman" in (await told(home, "who owns Priya Ramen?", "Priya Raman")).text


def test_a_person_s_decision_comes_before_the_rule(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.reading() as tx:
        item = next(w for w in waiting(tx) if w.sequence and w.name == "Priya Raman")
    before = asyncio.run(told(home, "who owns Priya Raman?")).text
    assert "Decided by code, rule" in before and "Before that" not in before
    value = {"verdict": "reassign", "to": "na-commercial-04"}
    assert answer(home, item.run, item.step, by_person(value, item.to.removeprefix("person:")))
    settle(home)
    after = asyncio.run(told(home, "who owns Priya Raman and why?")).text
    assert "(na-commercial-04)" in after.splitlines()[0]
    assert "Decided by Shreya Bachmann (na-commercial-01) on 2026-11-23 (reassigned)" in after
    assert after.index("reassigned") < after.index("Before that rule")


def test_a_committed_qualification_comes_before_what_a_call_shows(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    with home.store.transaction() as tx:
        call = home.runtime.records(tx).call("K-00000")
        assert call and analyse(tx, call)
    settle(home)
    words = "Is the Davarbury Outfitters deal an opportunity now?"
    assert "Nothing is committed" in asyncio.run(told(home, words)).text
    with home.store.reading() as tx:
        item = next(w for w in waiting(tx) if w.call == "K-00000")
    rep = item.to.removeprefix("person:")
    assert answer(home, item.run, item.step, by_person({"verdict": "continue"}, rep))
    settle(home)
    said = asyncio.run(told(home, words)).text
    assert "still in discovery" in said.splitlines()[0] and "Still open: " in said
    assert said.index("Still open: ") < said.index("What the newest call alone shows")


async def test_a_grade_is_told_with_its_points_and_what_would_lift_it(home: House) -> None:
    (turn,) = await say(home, "why did Priya Raman get an A and what's the score?")
    assert turn.specialist == "enrichment_matcher"
    said = turn.said.text
    with home.store.reading() as tx:
        row = tx.first(select(t.leads.c.id).where(t.leads.c.name == "priya raman"))
    assert row and row[0] in turn.said.cited
    assert "of 22" in said and "Grade A begins at 80." in said
    assert "Grade B begins at 65" in (await told(home, "which threshold gives a grade B?")).text


async def test_a_name_that_is_a_country_s_and_a_state_s_is_asked_about(home: House) -> None:
    assert "region of US" in (await told(home, "Who covers Georgia?")).needs
    for words in (("Who covers Georgia in the US?",), ("Who covers Georgia?", "the US state")):
        assert "Georgia lies in AMS East" in (await told(home, *words)).text
    assert "no territory for" in (await told(home, "Who covers Georgia?", "the country")).text
    assert "AMS" in (await told(home, "Who covers Texas?")).text


async def test_leads_are_counted_by_owner_grade_and_queue(home: House) -> None:
    with home.store.reading() as tx:
        rows = tx.all(select(t.leads.c.id).where(t.leads.c.owner == "na-commercial-01"))
        parked = tx.all(select(t.leads.c.id).where(t.leads.c.owner == "queue:nurture"))
    said = (await told(home, "How many leads does na-commercial-01 have?")).text
    assert f"owns {len(rows)} of the" in said
    assert f"in nurture: {len(parked)} of" in (await told(home, "which leads are in nurture?")).text
    assert "Leads of grade B: " in (await told(home, "How many leads are grade B?")).text
    assert (await told(home, "How many leads does Zork Blah have?")).refused


async def test_people_of_ours_are_told_with_manager_pools_and_absence(home: House) -> None:
    said = (await told(home, "Is Anders Blanchard on leave?")).text
    assert "reports to Liam Chaudhry" in said and "NA commercial" in said and "Away until" in said
    said = (await told(home, "Who is in the NA enterprise pool?")).text
    assert "na-enterprise-01" in said and "na-commercial-01" not in said
    assert (await told(home, "Is Zork Blah on leave?")).refused


async def test_drafts_that_wait_for_one_rep_are_told_alone(home: House) -> None:
    said = (await told(home, "what is waiting for approval for Shreya Bachmann?")).text
    assert "wait for the approval of Shreya Bachmann" in said and "na-commercial-02" not in said


async def test_a_period_that_cannot_be_picked_is_said(home: House) -> None:
    assert "everything on record" in (await told(home, "How is na-commercial-02 doing this quarter?")).text
    assert "a period can't" not in (await told(home, "How is na-commercial-02 doing?")).text


async def test_the_framework_is_told_from_its_config(home: House) -> None:
    said = (await told(home, "What is MEDDPICC?")).text
    assert "Economic buyer: " in said and "BANT" in said


async def test_an_empty_index_says_how_it_is_filled(home: House) -> None:
    assert "revloops knowledge build" in (await told(home, "What do we say against Funnelwright?")).text


async def test_a_loop_with_too_few_runs_is_not_judged(home: House) -> None:
    said = (await told(home, "does the qualify loop need a change?")).text
    assert "fewer runs than the 100" in said and "no figure departs" not in said


def test_the_model_is_named_once_below_all_answers(home: House) -> None:
    asked = ("chat", "--once", "who owns Priya Raman? who covers Spain?", "-w", str(home.workspace.root))
    done = CliRunner().invoke(cli, asked)
    lines = done.stdout.splitlines()
    assert done.exit_code == 0, done.output
    assert "Lead router:" in lines and "Territory matcher:" in lines
    (at,) = [n for n, line in enumerate(lines) if "embedded policy" in line]
    assert at > lines.index("Territory matcher:")
