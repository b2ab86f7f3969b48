"""Planner answers: computed from the stated changes, every figure the one its sentence says it is."""

import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue

from agent import planning_chart
from agent.agreement import disagreements
from agent.bootstrap import House
from agent.chat import Line, Question, said_faults
from agent.embedded import POLICIES
from agent.numerals import PLACEHOLDER, NumeralError, figure
from agent.planned import Planned, planned_faults
from agent.spec import Payload, Reply, ToolResult
from agent.specialists.planner import CHAT
from agent.work import context
from loops.design.changes import AddPeople, Inquiry
from loops.errors import RevloopsError
from loops.money import written
from loops.values import Quoted
from tests.house import START
from tests.planner_house import planner_house
from tools.catalog import select
from tools.errors import ToolFailed, ToolRetry
from tools.knowledge.ports import ANYBODY
from tools.results import fitted

ASKED = (
    "what if we added two enterprise AEs in AMS East next quarter?",
    "What if Grace leaves in March?",
    "what if attrition doubles?",
    "raise the AMS West target to 6M",
    "double the events budget",
    "freeze hiring and raise enterprise prices 5%",
    "enterprise AE quota to 2M, what's our over-assignment then",
    "merge the Nordics into UKI",
    "what would it take to reach 30M?",
    "what does DACH need to make its target",
    "how do we get to 900 new logos in FY28",
    "which territory breaks first if Grace leaves in march?",
    "which territory falls short first if all targets go up 60%",
    "where do we stand right now?",
    "what's the target for the nordics again?",
    "how many account execs do we have",
    "cost of sales as it stands?",
    "who have we planned to hire and when do they start",
    "compare with fy27-stretch",
    "move Texas to AMS West",
    "what if AEs need 12 months to ramp",
    "hire six SDRs in March",
    "what if the euro drops 10%",
    "SDR base up 5%",
    "lose one AE in APAC",
    "what if all our hires slip by a quarter?",
    "Kamal leaves in January",
    "enterprise AE productivity drops by a fifth",
)
Asked = tuple[Payload, tuple[ToolResult, ...], Planned]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> House:
    return planner_house(tmp_path_factory.mktemp("planner"))


def ask(home: House, words: str) -> Asked:
    """The question, what the tools gave, and the planner's answer with its placeholders."""
    history: tuple[Line, ...] = ()
    payload = Question(text=Quoted(text=words), today=START.date(), history=history).model_dump(mode="json")
    granted, results = select(CHAT.tools), cast("tuple[ToolResult, ...]", ())
    with home.store.reading() as tx:
        reach = context(home.runtime, tx, ANYBODY)
        for _ in range(CHAT.max_turns):
            turn = POLICIES[CHAT.prompt](payload, results)
            if isinstance(turn, Reply):
                return payload, results, Planned.model_validate(turn.value)
            for call in turn:
                value: JsonValue
                try:
                    value = fitted(granted[call.name].call(reach, call.args))
                except (ToolRetry, ToolFailed) as error:
                    value = {"error": str(error)}
                results = (*results, ToolResult(call.name, call.args, value))
    raise AssertionError(f"no answer to {words!r}")


@pytest.fixture(scope="module")
def answers(home: House) -> list[Asked]:
    return [ask(home, words) for words in ASKED]


def test_every_answer_stands_with_all_its_figures_in_place(answers: list[Asked]) -> None:
    for payload, results, raw in answers:
        assert planned_faults(raw, payload, results) == (), raw
        said = cast("Planned", CHAT.finish(raw, payload, results))
        assert said.text and "{fig" not in said.text and len(said.text.splitlines()) <= 7
        assert said.comparison and (said.assumptions or raw.inquiry == Inquiry(ask="now"))


def test_a_what_if_about_one_territory_ends_with_its_own_target_and_gap(home: House) -> None:
    for words, land in (
        ("raise the AMS West target to 6M", "ams-west"),
        ("what if we added two enterprise AEs in AMS East next quarter?", "ams-east"),
        ("lose one AE in APAC", "apac"),
    ):
        payload, results, raw = ask(home, words)
        said = cast("Planned", CHAT.finish(raw, payload, results))
        rows = cast("list[dict[str, Any]]", said.comparison["territories"])
        row = next(row for row in rows if row["id"] == land)
        gap = abs(row["target_after_minor"] - row["after_minor"])
        last = said.text.splitlines()[-1]
        assert last.startswith(f"{row['label']} in {said.comparison['focus']}: ")
        for figure_ in (row["after_minor"], row["target_after_minor"], gap):
            assert written(figure_, "USD") in last
    for words in ("what if attrition doubles?", "move Texas to AMS West", "target for the nordics?"):
        payload, results, raw = ask(home, words)
        assert " new ACV for a target of " not in cast("Planned", CHAT.finish(raw, payload, results)).text


# --- tampering ------------------------------------------------------------------------------------
def numbers(value: JsonValue, path: str) -> list[str]:
    """The paths of all figures in a result."""
    if isinstance(value, dict):
        return [p for key, part in value.items() for p in numbers(part, f"{path}.{key}")]
    if isinstance(value, list):
        return [p for at, part in enumerate(value) for p in numbers(part, f"{path}.{at}")]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


def readable(path: str, results: tuple[ToolResult, ...]) -> str | None:
    try:
        return figure(path, results)
    except NumeralError:
        return None


def spots(raw: Planned, results: tuple[ToolResult, ...]) -> list[tuple[str, str]]:
    """(placeholder's path, what it says) of the figures with digits in an answer."""
    found = [(path, readable(path, results)) for path in PLACEHOLDER.findall(raw.text)]
    all_ = {path for result in results for path in numbers(result.value, result.name)}
    return [(path, said) for path, said in found if said and path in all_]


def tampered(asked: Asked) -> list[str]:
    """The answer's text four times, each with a wrong figure of another kind."""
    _, results, raw = asked
    if not (found := spots(raw, results)):
        return []
    path, said = found[0]
    place = f"{{fig:{path}}}"
    rounded = "about " + re.sub(r"\D.*", "", said) + " million"
    others = [p for r in results for p in numbers(r.value, r.name)]
    other = next(p for p in others if readable(p, results) not in {None, said})
    return [
        raw.text.replace(place, "1,234,567.00 USD", 1),
        raw.text.replace(place, "twelve million", 1),
        raw.text.replace(place, f"{{fig:{other}}}", 1),
        raw.text.replace(place, rounded, 1),
    ]


def unlocked(text: str, results: tuple[ToolResult, ...]) -> str:
    """What a person would read if nothing were checked."""
    return PLACEHOLDER.sub(lambda found: figure(found.group(1), results), text)


@pytest.mark.feature("CH2")
def test_a_hundred_answers_with_a_wrong_figure_are_refused(answers: list[Asked]) -> None:
    refused, tried, with_the_lock_off = 0, 0, 0
    for asked in answers:
        payload, results, raw = asked
        for text in tampered(asked):
            wrong = raw.model_copy(update={"text": text})
            tried += 1
            refused += bool(planned_faults(wrong, payload, results))
            with_the_lock_off += unlocked(wrong.text, results) != unlocked(raw.text, results)
    assert tried >= 100
    assert refused == tried
    assert with_the_lock_off == tried  # positive control: but for the lock each would be said


def test_no_figure_of_another_path_passes_in_the_place_of_the_right_one(answers: list[Asked]) -> None:
    """Each figure of each answer, swapped for every other figure that says something else."""
    passed: list[str] = []
    swaps = caught_by_numerals_alone = 0
    for payload, results, raw in answers:
        others = [p for r in results for p in numbers(r.value, r.name)]
        for path, said in spots(raw, results):
            for other in others[:: max(1, len(others) // 40)]:
                if readable(other, results) in {None, said}:
                    continue
                swaps += 1
                wrong = raw.model_copy(
                    update={"text": raw.text.replace(f"{{fig:{path}}}", f"{{fig:{other}}}", 1)}
                )
                caught_by_numerals_alone += bool(said_faults(wrong, payload, results))
                if not list(disagreements(wrong.text)):
                    passed.append(f"{path} → {other}")
    assert swaps > 1000
    assert not passed
    assert caught_by_numerals_alone == 0  # positive control: it is the agreement that catches them


@pytest.mark.parametrize(
    "text",
    [
        "New ACV: after {fig:what_if.before.new_acv_minor}.",
        "Target: after {fig:what_if.after.new_acv_minor}.",
        "New ACV: {fig:what_if.after.new_acv_minor}.",
        "New ACV in Q1 FY28: after {fig:what_if.after.new_acv_minor}.",
        "In {fig:what_if.territories.0.label}: new ACV after {fig:what_if.territories.1.after_minor}.",
        "In {fig:what_if.territories.0.label}: new ACV after {fig:what_if.after.new_acv_minor}.",
        "New ACV: after {fig:what_if.territories.1.after_minor}.",
        "In {fig:plan_now.years.1.label}: new ACV after {fig:what_if.after.new_acv_minor}.",
    ],
)
def test_a_figure_that_its_sentence_does_not_fit_is_refused(text: str) -> None:
    assert list(disagreements(text))


def test_the_changes_it_states_must_be_those_it_computed(answers: list[Asked]) -> None:
    payload, results, raw = answers[0]
    assert raw.inquiry
    other = raw.inquiry.model_copy(update={"changes": (AddPeople(role="enterprise_ae", count=3),)})
    assert planned_faults(raw.model_copy(update={"inquiry": other}), payload, results)
    unsaid = raw.model_copy(update={"inquiry": None})
    assert planned_faults(unsaid, payload, results) == ()
    assert cast("Planned", CHAT.finish(unsaid, payload, results)).inquiry == raw.inquiry
    twice = (*results, results[-1])
    mixed = unsaid.model_copy(
        update={"text": raw.text.replace("{fig:what_if.after", "{fig:what_if@2.after", 1)}
    )
    assert planned_faults(mixed, payload, twice)
    stuffed = raw.model_copy(update={"comparison": {"scenario": "mine"}})
    assert planned_faults(stuffed, payload, results)


def test_a_change_that_does_not_fit_is_refused_in_words(home: House) -> None:
    payload, results, raw = ask(home, "cut 40 sdrs")
    assert raw.refused and not raw.text and raw.inquiry is None
    assert planned_faults(raw, payload, results) == ()


def test_what_is_asked_back_names_what_can_be_meant(home: House) -> None:
    payload, results, raw = ask(home, "add two enterprise AEs in AMS next quarter")
    said = cast("Planned", CHAT.finish(raw, payload, results))
    assert "AMS East" in said.needs and "AMS West" in said.needs and not said.text


# --- charts ---------------------------------------------------------------------------------------
def table(home: House) -> dict[str, Any]:
    payload, results, raw = ask(home, ASKED[0])
    return cast("Planned", CHAT.finish(raw, payload, results)).comparison


def test_a_chart_is_a_spec_with_its_rows_alt_text_and_sources(home: House, tmp_path: Path) -> None:
    pytest.importorskip("altair")
    pytest.importorskip("vl_convert")
    made = planning_chart.artefact(table(home), "quarters", ("fy27-base",))
    assert made["sources"] == ["fy27-base"] and made["rows"] and "before" in made["alt"]
    for name, begins in (("c.svg", b"<svg"), ("c.png", b"\x89PNG"), ("c.json", b"{")):
        planning_chart.write(tmp_path / name, made)
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert json.loads((tmp_path / "c.json").read_text())["spec"]["mark"]


def test_a_chart_of_no_known_kind_or_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(RevloopsError, match=r"\.svg"):
        planning_chart.write(tmp_path / "c.gif", {"spec": {}})
    with pytest.raises(RevloopsError, match="no table"):
        planning_chart.artefact({}, "quarters", ())
