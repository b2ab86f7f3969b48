"""People ask in their own words: who gets the question, what is looked up, what is said."""

from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue

from agent.bootstrap import House
from agent.chat import (
    Line,
    Offer,
    Part,
    Question,
    Routing,
    Said,
    ToRoute,
    filled,
    routing_faults,
    said_faults,
)
from agent.embedded import POLICIES
from agent.embedded.chat import NAMES
from agent.embedded.cues import lists
from agent.flow import settle
from agent.spec import AgentSpec, Reply, ToolResult
from agent.specialists import (
    coach,
    config_author,
    discovery_analyst,
    enrichment_matcher,
    lead_router,
    outreach_writer,
    planner,
    prospect_researcher,
    territory_matcher,
)
from agent.specialists.orchestrator import ORCHESTRATOR
from loops.config import LoopConfig
from loops.records import Records
from loops.registry import Registry
from loops.values import Quoted
from tests.house import START, height, house
from tools.calls import analyse
from tools.catalog import select
from tools.connectors.ports import ResearchIndex
from tools.errors import ToolFailed, ToolRetry
from tools.results import fitted
from tools.store import Tx
from tools.store.records import StoreResearch
from tools.workspace import Workspace
from tools.yaml_text import read as parse

CHATS: dict[str, AgentSpec] = {
    module.CHAT.name: module.CHAT
    for module in (
        coach,
        config_author,
        discovery_analyst,
        enrichment_matcher,
        lead_router,
        outreach_writer,
        planner,
        prospect_researcher,
        territory_matcher,
    )
}
TODAY = START.date()
PROMPT_LINES = 40
FLOOR = 0.7
"""Share of held-out questions that the embedded orchestrator must route exactly."""


@dataclass(frozen=True)
class Reach:
    """What the tools reach in these tests."""

    records: Records
    research: ResearchIndex
    tx: Tx
    registry: Registry
    configs: dict[str, LoopConfig]
    workspace: Workspace


@dataclass(frozen=True)
class Told:
    said: Said
    tools: tuple[str, ...]
    raw: Said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house(tmp_path_factory.mktemp("chat"), lived_in=True)


def ask(home: House, name: str, words: str, *before: str) -> Told:
    """The specialist's answer, from its policy and the real tools, checked and filled in."""
    history = tuple(Line(who="person", text=Quoted(text=text)) for text in before)
    payload = Question(text=Quoted(text=words), today=TODAY, history=history).model_dump(mode="json")
    spec = CHATS[name]
    granted = select(spec.tools)
    results: tuple[ToolResult, ...] = ()
    with home.store.reading() as tx:
        ws = home.workspace
        reach = Reach(home.runtime.records(tx), StoreResearch(tx), tx, home.registry, ws.configs, ws)
        for _ in range(spec.max_turns):
            turn = POLICIES[spec.prompt](payload, results)
            if isinstance(turn, Reply):
                raw = cast("Said", spec.output.model_validate(turn.value))
                assert not spec.faults(raw, payload, results)
                said = cast("Said", spec.finish(raw, payload, results))
                return Told(said, tuple(r.name for r in results), raw)
            for call in turn:
                value: JsonValue
                try:
                    value = fitted(granted[call.name].call(reach, call.args))
                except (ToolRetry, ToolFailed) as error:
                    value = {"error": str(error)}
                results = (*results, ToolResult(call.name, call.args, value))
    raise AssertionError(f"{name} never answered {words!r}")


# --- declarations ---------------------------------------------------------------------------------
def test_all_nine_specialists_can_be_reached_by_people() -> None:
    assert set(CHATS) == set(NAMES)
    assert len(CHATS) == 9
    for name, spec in CHATS.items():
        assert spec.prompt == f"{name}_chat"
        assert spec.says.endswith(".")
        assert {tool.effect for tool in select(spec.tools).values()} == {"read"}


@pytest.mark.parametrize("name", [*(f"{name}_chat" for name in NAMES), "orchestrator", "territory_matcher"])
def test_each_prompt_is_short_and_says_that_text_is_material(name: str) -> None:
    text = files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= PROMPT_LINES
    assert "material" in text
    assert name in POLICIES


# --- routing --------------------------------------------------------------------------------------
def route(words: str, *before: str) -> Routing:
    history = tuple(Line(who="person", text=Quoted(text=text)) for text in before)
    offers = tuple(Offer(name=name, says=spec.says) for name, spec in CHATS.items())
    task = ToRoute(text=Quoted(text=words), today=TODAY, history=history, specialists=offers)
    payload = task.model_dump(mode="json")
    reply = POLICIES[ORCHESTRATOR.prompt](payload, ())
    assert isinstance(reply, Reply)
    routing = Routing.model_validate(reply.value)
    assert not routing_faults(routing, payload, ())
    return routing


def questions(part: str) -> list[tuple[str, tuple[str, ...]]]:
    path = Path(__file__).with_name("routing.yaml")
    data = cast("dict[str, list[dict[str, Any]]]", parse(path.read_text(encoding="utf-8"), path.name)[0])
    return [(row["ask"], tuple(row["to"])) for row in data[part]]


def test_questions_nobody_tuned_for_reach_who_can_answer_them() -> None:
    held_out = questions("held_out")
    wrong = [
        f"{words} → {got}, not {to}" for words, to in held_out if (got := route(words).specialists) != to
    ]
    right = 1 - len(wrong) / len(held_out)
    assert len(held_out) >= 40
    assert right >= FLOOR, "\n".join(wrong)


def test_the_examples_themselves_are_routed_as_they_say() -> None:
    examples: dict[str, list[str]] = lists("routing_examples.yaml")["examples"]
    asked = [
        (words, () if name == "none" else (name,)) for name, listed in examples.items() for words in listed
    ]
    wrong = [words for words, to in asked if route(words).specialists != to]
    assert len(asked) >= 150
    assert len(wrong) <= len(asked) // 50, wrong


@pytest.mark.parametrize(("words", "to"), questions("several"))
def test_several_requests_go_to_several_specialists_in_turn(words: str, to: tuple[str, ...]) -> None:
    assert route(words).specialists == to


@pytest.mark.parametrize(
    "words", ["send the mail to Priya now", "please approve all of them", "can you delete Jonas?", "Sign it"]
)
def test_an_order_to_act_goes_to_nobody_and_names_the_command(words: str) -> None:
    routing = route(words)
    assert routing.specialists == ()
    assert "revloops review" in routing.unanswered


@pytest.mark.parametrize("words", ["hello", "tell me a joke", "qwertz", "what's the weather like?"])
def test_what_nobody_here_answers_goes_to_nobody_with_a_reason(words: str) -> None:
    assert route(words).specialists == ()
    assert route(words).unanswered


def test_a_message_that_goes_on_goes_where_the_last_one_went() -> None:
    assert route("and why?").specialists == ()
    assert route("and why?", "who owns Priya Raman?").specialists == ("lead_router",)


def test_a_specialist_that_is_not_offered_is_not_named() -> None:
    task = ToRoute(text=Quoted(text="who owns Priya Raman?"), today=TODAY).model_dump(mode="json")
    reply = POLICIES[ORCHESTRATOR.prompt](task, ())
    assert isinstance(reply, Reply) and reply.value["parts"] == []
    one = Part(specialist="lead_router", question="who owns Jonas Whitaker?")
    assert len(routing_faults(Routing(parts=(one, one)), task, ())) == 4
    assert routing_faults(Routing(), task, ())
    assert routing_faults(Routing(unanswered="You have 4 deals."), task, ())
    assert not routing_faults(Routing(unanswered="Nobody knows the weather."), task, ())


# --- answers --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "words", "tools", "says"),
    [
        ("lead_router", "who owns Priya Raman and why?", ("find_records", "explain_lead"),
         ("belongs to Shreya Bachmann (na-commercial-01)", "north america commercial", "least to do")),
        ("lead_router", "who should own the corvane freight lead?",
         ("find_records", "explain_lead", "route_preview"),
         ("If it came in now", "na-commercial-02 owns the account")),
        ("lead_router", "who owns Gullhaven Insurance?", ("find_records",), ("belongs to na-enterprise-01",)),
        ("lead_router", "who owns Stonewick Partners?", ("find_records",), ("belongs to na-commercial-01",)),
        ("lead_router", "why is leo.santos.sbx60023@gmail.com where he is?", ("find_records", "explain_lead"),
         ("lies in the queue nurture",)),
        ("prospect_researcher", "tell me about Tessaly",
         ("find_records", "company_profile", "company_documents"),
         ("Software, 450 people, Denver, US", "Series B", "https://")),
        ("outreach_writer", "show me what we drafted for Priya Raman", ("find_records", "sequence_of_lead"),
         ("waiting for approval", "Mail 1, after 0 days")),
        ("outreach_writer", "how did Priya Raman's draft score?", ("find_records", "sequence_of_lead"),
         ("tone:",)),
        ("outreach_writer", "what waits?", ("find_records", "waiting_sequences"),
         ("sequences wait for approval",)),
        ("outreach_writer", "write to Oisin Donnelly", ("find_records", "sequence_of_lead"),
         ("Mails are drafted in a run alone", "revloops review approve")),
        ("enrichment_matcher", "which company is Jonas Whitaker?", ("find_records", "lead_match"),
         ("Corvane Freight LLC (C-000005, corvane.example), by code",)),
        ("enrichment_matcher", "Teresa Okonkwo's match", ("find_records", "lead_match"),
         ("it waits in", "Candidate Aldergrove Systems")),
        ("territory_matcher", "who covers Belgium?", ("find_records", "territory_of_place"),
         ("Belgium lies in France and Benelux", "pool:emea-commercial")),
        ("territory_matcher", "Which patch is Corvane Cold Chain in?", (), ("Rotterdam", "france-benelux")),
        ("discovery_analyst", "what was said at Davarbury Outfitters?",
         ("find_records", "deal_of_account", "calls_of_account", "call_coverage", "call_text"),
         ("K-00000", "isn't analysed")),
        ("coach", "How is emea-commercial-04 getting on?", ("find_records", "rep_numbers"),
         ("Nina Egan", "win rate", "hours over")),
        ("coach", "who is fastest?", ("find_records", "team_numbers"), ("first touch after",)),
        ("config_author", "does the route loop need a change?", ("loop_config", "loop_metrics"),
         ("loops/route.yaml", "No change is warranted", "triaged")),
        ("planner", "what if we added two enterprise AEs in AMS East next quarter?", ("plan_now", "what_if"),
         ("Add 2 enterprise_ae in AMS East, from 2027-02-01 (Q1 FY28)", "New ACV in FY28: before", "USD")),
        ("planner", "who is in the na-enterprise pool", ("plan_now", "scenario_now"), ("Vera Chaudhry",)),
    ],
)  # fmt: skip
def test_a_question_is_answered_from_the_records(
    home: House, name: str, words: str, tools: tuple[str, ...], says: tuple[str, ...]
) -> None:
    told = ask(home, name, words)
    assert not tools or told.tools == tools
    assert not [part for part in says if part not in told.said.text], told.said
    assert "{fig" in told.raw.text and "{fig" not in told.said.text
    assert told.said.cited or name in {"outreach_writer"}


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("prospect_researcher", "research Aldergrove Systems", ("C-000007", "C-000008")),
        ("lead_router", "who owns Camille or Cecilia?", ("Camille Thiel", "Cecilia Moretti")),
        ("territory_matcher", "which territory is Corvane in?", ("A-000005", "A-000012")),
        ("config_author", "how is it set up?", ("qualify", "route", "engage")),
    ],
)
def test_where_several_fit_it_asks_which_is_meant(
    home: House, name: str, words: str, named: tuple[str, ...]
) -> None:
    said = ask(home, name, words).said
    assert not said.text
    assert not [part for part in named if part not in said.needs], said


@pytest.mark.parametrize(
    "name", sorted(set(NAMES) - {"coach", "planner", "config_author", "outreach_writer"})
)
def test_where_nothing_is_found_it_says_what_to_try(home: House, name: str) -> None:
    said = ask(home, name, "what about xyzzy plugh?").said
    assert not said.text and "ame" in said.refused


def test_a_follow_up_is_about_what_was_asked_before(home: House) -> None:
    assert ask(home, "lead_router", "and who owns it?").said.refused
    told = ask(home, "lead_router", "and who owns it?", "tell me about Priya Raman")
    assert "Shreya Bachmann" in told.said.text
    assert told.tools == ("find_records", "find_records", "explain_lead")


def test_an_analysed_call_is_told_by_what_it_covers(tmp_path: Path) -> None:
    home = house(tmp_path, lived_in=True)
    before = ask(home, "outreach_writer", "what waits?").said.text.splitlines()[0]
    with home.store.transaction() as tx:
        call = home.runtime.records(tx).call("K-00000")
        assert call and analyse(tx, call)
    settle(home)
    told = ask(home, "discovery_analyst", "what is still open at Davarbury Outfitters?")
    assert "call_text" in told.tools
    assert "Covered, Economic buyer: “Our CFO signs anything above fifty thousand.”" in told.said.text
    assert "Open: " in told.said.text and "Ask next: " in told.said.text
    assert "isn't analysed" not in told.said.text
    assert ask(home, "outreach_writer", "what waits?").said.text.splitlines()[0] == before


def test_a_person_is_found_by_any_of_their_names(home: House) -> None:
    for words in (
        "L-8d3a0e5a200a",
        "priya.raman@tessaly.example",
        "PRIYA RAMAN",
        "raman",
        "the Tessaly lead",
        "tessaly.example",
    ):
        assert "Priya Raman" in ask(home, "lead_router", f"who has {words}?").said.text, words


def test_answering_people_writes_nothing(home: House) -> None:
    before = height(home)
    for name in NAMES:
        ask(home, name, "what about Priya Raman and the route loop in Belgium?")
    assert height(home) == before


# --- what makes an answer invalid -----------------------------------------------------------------
def question(words: str = "how many deals?") -> dict[str, Any]:
    return Question(text=Quoted(text=words), today=TODAY).model_dump(mode="json")


RESULTS = (
    ToolResult("rep_numbers", {"rep": "r"}, cast("JsonValue", {"rep": "na-commercial-02", "won": 12})),
)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Said(), "says nothing"),
        (Said(text="They won 12."), "12"),
        (Said(text="They won twelve."), "twelve"),
        (Said(needs="Do you mean lead 4?"), "4"),
        (Said(text="Fine.", cited=("na-commercial-09",)), "na-commercial-09"),
        (Said(text="{fig:rep_numbers.lost} lost"), "lost"),
    ],
)
def test_an_answer_that_no_tool_backs_is_invalid(said: Said, fault: str) -> None:
    assert fault in " ".join(said_faults(said, question(), RESULTS))


def test_an_answer_that_the_tools_back_is_filled_in() -> None:
    said = Said(text="{fig:rep_numbers.rep} won {fig:rep_numbers.won}.", cited=("na-commercial-02",))
    assert not said_faults(said, question(), RESULTS)
    assert filled(said, question(), RESULTS).text == "na-commercial-02 won 12."


def test_no_specialist_s_sentences_hold_a_figure_of_their_own(home: House) -> None:
    counts: Counter[str] = Counter()
    for name in NAMES:
        told = ask(home, name, "what about Priya Raman, Corvane Cold Chain and the route loop?")
        counts.update(["refused" if told.said.refused else "needs" if told.said.needs else "text"])
    assert counts["text"] >= 5
