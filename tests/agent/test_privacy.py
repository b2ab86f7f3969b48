"""What models are told: every field is listed; a withheld one leaves as a token and comes back as itself."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from agent.models.cover import covered, uncover
from agent.models.door import Door
from agent.models.errors import BadAnswer, ModelDown
from agent.models.exchange import Call, Completion, Request, Spender, Turn
from agent.models.fields import CELLS, fields_of, tasks_of
from agent.models.port import NoModels
from agent.models.privacy import Veil, Veiled
from agent.models.samples import Sample, samples
from agent.prompts import load as load_prompt
from agent.spec import Desk, Reply, ToolResult
from agent.specialists import CHAT, MEASURING, ORCHESTRATOR, SPECS, Crew
from agent.tape import Tape
from loops.engage.draft import Draft
from loops.engage.facts import Research, ResearchTask, usable
from loops.engage.inputs import row_cells
from loops.errors import ConfigError
from tests.house import START, house, leads, raw, template
from tests.model_server import ModelServer
from tools.catalog import Tool
from tools.importing import How, Report, take
from tools.model_settings import ModelSettings
from tools.research import lead_row
from tools.store import Store
from tools.workspace import load as load_workspace

DOC = Path(__file__).parents[2] / "docs" / "privacy.md"
PEOPLE = "people"
NAME, MESSAGE = "Ines", "We want to replace our routing tool before March."
TASKS = tasks_of((*SPECS, *CHAT, *MEASURING, ORCHESTRATOR))
Payload = dict[str, JsonValue]


def sample(specialist: str) -> Sample:
    return next(sample for sample in samples() if sample.specialist == specialist)


WRITER = sample("outreach_writer")
CELL: Payload = {
    "field": "message", "where": "leads.csv line 2, column Message", "on": "2026-11-01",
    "words": {"text": MESSAGE},
}  # fmt: skip
RESEARCH: Payload = {**sample("prospect_researcher").payload, "row": [CELL]}


def veil(*withhold: str) -> Veil:
    return Veil(withhold, TASKS)


@dataclass(frozen=True)
class Shown:
    """A payload as its model is told it, and what its tokens stand for."""

    payload: Payload
    tokens: Payload


def shown(specialist: str, payload: Payload, *withhold: str) -> Shown:
    cover = veil(*withhold).over(specialist)
    who = Spender("r", 1, "engage", specialist, "p", START)
    asked = Request(specialist, (Turn("human", json.dumps(payload)),), (), None, "Any", who)
    return Shown(json.loads(covered(asked, cover).turns[0].text), cover.tokens)


# --- the table ------------------------------------------------------------------------------------
def listed() -> set[tuple[str, str]]:
    """(specialist or `people`, path) of each line of the document's table."""
    line = r"^\| `([\w.]+)` \| ([\w, ]+) \| ([^|]+) \| ([^|]+) \|$"
    rows = re.findall(line, DOC.read_text("utf-8"), re.MULTILINE)
    assert all(what.strip() and personal.strip() for _, _, what, personal in rows)
    return {(who, path) for path, whom, _, _ in rows for who in whom.split(", ")}


def sent() -> Iterator[tuple[str, str]]:
    for spec in (*SPECS, *MEASURING, ORCHESTRATOR):
        yield from ((spec.name, path) for path in fields_of(spec.task))
    for spec in CHAT:
        yield from ((PEOPLE, path) for path in fields_of(spec.task))


def test_the_table_of_what_models_are_told_is_whole_and_true() -> None:
    told, said = set(sent()), listed()
    assert told - said == set(), "fields that docs/privacy.md doesn't list"
    assert said - told == set(), "fields that it lists and nobody is sent"
    assert len(said) > 100


def test_the_columns_of_a_row_are_those_that_a_model_can_see(tmp_path: Path) -> None:
    home = house(tmp_path)
    take(home.store, [raw("1", message=MESSAGE)], How(now=START, batch="1", zone="UTC"), Report())
    with home.store.reading() as tx:
        records = home.runtime.records(tx)
        (lead,) = leads(home)
        found = records.lead(lead)
        assert found is not None

        class Reach:
            research: Any = None

        reach: Any = Reach()
        reach.records = records
        given = lead_row(reach, lead)
    assert isinstance(given, dict)
    cells = {cell.field for cell in row_cells(found, CELLS)}
    assert cells <= set(given) == set(CELLS)


# --- paths ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("reader.frist_name", "there are reader.company, reader.first_name,"),
        ("row.mesage", "row.message"),
        ("prospect_researcher.note", "there are city, company,"),
        ("nobody.name", "one specialist's begin with coach,"),
        ("", "there are"),
    ],
)
def test_a_field_that_does_not_exist_is_refused_with_those_that_do(path: str, says: str) -> None:
    with pytest.raises(ConfigError, match=r"privacy\.withhold: no field is called") as error:
        veil(path)
    assert says in str(error.value)


def test_a_workspace_s_settings_name_what_is_withheld(tmp_path: Path) -> None:
    home = house(tmp_path)
    with (home.workspace.root / "revloops.toml").open("a", encoding="utf-8") as file:
        file.write('\n[privacy]\nwithhold = ["reader.first_name"]\n')
    settings = load_workspace(home.workspace.root, home.registry).settings
    assert settings.privacy.withhold == ("reader.first_name",)


# --- a payload ------------------------------------------------------------------------------------
def test_a_withheld_name_is_a_token_wherever_it_stands() -> None:
    note: JsonValue = {"text": "Write to INES, or «Ines»; Inessential is another word."}
    found = shown("outreach_writer", {**WRITER.payload, "note": note}, "reader.first_name")
    text = json.dumps(found.payload, ensure_ascii=False)
    assert not re.search(r"\bines\b", text, re.IGNORECASE)
    assert "«reader.first_name» Keller" in text
    assert "Inessential" in text
    assert uncover(found.payload, found.tokens) == {**WRITER.payload, "note": note}


def test_one_specialist_s_field_is_withheld_from_it_alone() -> None:
    found = veil("outreach_writer.reader.first_name")
    assert found.withheld("outreach_writer") == ("reader.first_name",)
    assert found.withheld("draft_judge") == ()
    assert not veil()


def test_a_cell_is_withheld_by_its_column() -> None:
    found = shown("prospect_researcher", RESEARCH, "row.message")
    assert found.payload["row"] == [{**CELL, "words": {"text": "«row.message»"}}]
    assert shown("prospect_researcher", RESEARCH, "row.title").payload == RESEARCH


def test_a_whole_object_is_withheld_leaf_by_leaf() -> None:
    found = shown("prospect_researcher", RESEARCH, "prospect_researcher.row")
    assert found.payload["row"] == [
        {"field": "message", "where": "«row.where»", "on": "«row.on»", "words": {"text": "«row.message»"}}
    ]


def test_numbers_and_dates_are_left_out_where_the_type_allows_that() -> None:
    match = sample("enrichment_matcher").payload
    assert shown("enrichment_matcher", match, "employees").payload["employees"] is None
    found = shown("prospect_researcher", RESEARCH, "today")
    assert found.payload["today"] == "«today»"
    assert uncover(found.payload, found.tokens) == RESEARCH


def test_what_was_read_off_a_withheld_row_stays_withheld_from_those_who_come_after() -> None:
    about, cell = "nordwind logistics", "leads.csv line 2"
    fact: JsonValue = {"id": "F2", "kind": "need", "snippet": MESSAGE, "source": "R-1", "company": about,
                       "details": {"words": MESSAGE}}  # fmt: skip
    source: JsonValue = {"id": "R-1", "kind": "row", "title": "row", "url": cell, "on": "2026-11-01"}
    facts, sources = WRITER.payload["facts"], WRITER.payload["sources"]
    assert isinstance(facts, list) and isinstance(sources, list)
    task: Payload = {**WRITER.payload, "facts": [*facts, fact], "sources": [*sources, source]}
    assert MESSAGE in json.dumps(shown("outreach_writer", task).payload)
    kept = json.dumps(shown("outreach_writer", task, "row.message").payload)
    assert MESSAGE not in kept
    assert "raised $34 million" in kept


# --- a conversation -------------------------------------------------------------------------------
def request(*turns: Turn, role: str = "prospect_researcher") -> Request:
    who = Spender("r", 1, "engage", role, "p", START)
    first = Turn("human", json.dumps(RESEARCH))
    told = Turn("system", f"Prompt about {MESSAGE}")
    return Request(role, (told, first, *turns), (), None, "Research", who)


def test_tool_results_and_calls_are_covered_too_and_the_prompt_is_left_alone() -> None:
    row = {"title": "Ms", "source": "web", "industry": None, "message": f" {MESSAGE}\n"}
    page: JsonValue = [{"text": f'They said: "{MESSAGE}"'}]
    asked = request(
        Turn("ai", calls=(Call("search", {"words": MESSAGE}, "1"),)),
        Turn("tool", json.dumps(page), name="search", id="1"),
        Turn("tool", json.dumps(row), name="lead_row", id="2"),
        Turn("human", f"Again: {MESSAGE} isn't enough"),
    )
    cover = veil("row.message").over("prospect_researcher")
    shown = covered(asked, cover)
    assert [MESSAGE in str(turn) for turn in shown.turns] == [True, False, False, False, False, False]
    assert [MESSAGE in str(turn) for turn in asked.turns].count(True) == 6
    assert uncover(json.loads(shown.turns[4].text), cover.tokens) == row


def test_a_request_without_anything_withheld_is_the_same_request() -> None:
    asked = request()
    assert covered(asked, veil("reader.first_name").over("prospect_researcher")) is asked


class Answers(NoModels):
    """A model that says what it was given to say."""

    def __init__(self, said: Completion) -> None:
        self.said = said

    async def complete(self, request: Request) -> Completion:
        return self.said


async def test_tokens_come_back_as_words_in_text_and_in_calls() -> None:
    call = Call("search", {"words": ["« row.message »"]}, "1")
    said = Completion(text='Sure: {"value": {"text": "«row.message» is what they said"}}', calls=(call,))
    found = await Veiled(Answers(said), veil("row.message")).complete(request())
    assert json.loads(found.text) == {"value": {"text": f"{MESSAGE} is what they said"}}
    assert found.calls[0].args == {"words": [MESSAGE]}


async def test_a_token_that_stands_for_nothing_is_a_bad_answer() -> None:
    said = Completion(text="«row.message~7», dear reader")
    with pytest.raises(BadAnswer, match=r"«row\.message~7», which stands for nothing"):
        await Veiled(Answers(said), veil("row.message")).complete(request())


async def test_a_model_that_is_down_is_down_behind_a_veil_too() -> None:
    with pytest.raises(ModelDown):
        await Veiled(NoModels(), veil("row.message")).complete(request())


# --- against a server -----------------------------------------------------------------------------
async def worked(folder: Path, server: ModelServer, name: str, task: Payload, *withhold: str) -> Payload:
    """The named specialist's reply to a task, by a model behind a veil."""
    home = template()
    folder.mkdir()
    door = Door(
        ModelSettings(model="local"), Store(str(folder / "store.db")),
        lambda prompt: load_prompt(home.workspace, prompt).text,
        environment={"OPENAI_BASE_URL": server.base_url},
    )  # fmt: skip
    models = Veiled(door, veil(*withhold))
    spec = next(spec for spec in SPECS if spec.name == name)

    def call(tool: Tool, args: Mapping[str, JsonValue]) -> JsonValue:
        return []

    tape = Tape(Store(str(folder / "tape.db")), "run", 1, None)
    answer = await Crew(home.workspace, models).agent(spec)(dict(task), Desk(tape, call, "engage", START))
    await models.close()
    assert answer.by == f"agent:{name}@local", answer.why
    return answer.value


def naming(server: ModelServer, words: str) -> int:
    """In how many of the requests the words stood."""
    assert server.calls > 0
    return sum(words in json.dumps(seen.body, ensure_ascii=False) for seen in server.requests)


@pytest.mark.parametrize(("withhold", "some"), [(("reader.first_name",), False), ((), True)])
async def test_a_withheld_name_never_reaches_the_endpoint_and_the_draft_still_greets_by_it(
    tmp_path: Path, withhold: tuple[str, ...], some: bool
) -> None:
    with ModelServer() as server:
        draft = await worked(tmp_path / "w", server, "outreach_writer", WRITER.payload, *withhold)
        assert (naming(server, NAME) > 0) is some
    bodies = [mail["body"] for mail in Draft.model_validate(draft).model_dump()["mails"]]
    assert len(bodies) == 3
    assert all(NAME in body.partition("\n")[0] for body in bodies)
    assert not any("«" in body for body in bodies)


def quoting(payload: dict[str, Any], results: tuple[ToolResult, ...]) -> Reply:
    """A researcher that takes the row's message for a fact, whatever it says."""
    cell = payload["row"][0]
    source: Payload = {"id": "R-1", "kind": "row", "title": "row", "url": cell["where"], "on": cell["on"]}
    fact: Payload = {"id": "F1", "kind": "need", "snippet": cell["words"]["text"], "source": "R-1"}
    return Reply({"facts": [{**fact, "company": payload["key"]}], "sources": [source]})


@pytest.mark.parametrize(("withhold", "some"), [(("row.message",), False), ((), True)])
async def test_a_withheld_message_never_reaches_the_endpoint_and_is_still_quoted_word_for_word(
    tmp_path: Path, withhold: tuple[str, ...], some: bool
) -> None:
    with ModelServer(policies={"prospect_researcher": quoting}) as server:
        found = await worked(tmp_path / "w", server, "prospect_researcher", RESEARCH, *withhold)
        assert (naming(server, MESSAGE) > 0) is some
    kept, refused = usable(Research.model_validate(found), ResearchTask.model_validate(RESEARCH))
    assert [fact.snippet for fact in kept] == [MESSAGE]
    assert refused == ()
