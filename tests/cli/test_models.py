"""`models`, `cost` and `agents` at the command line."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agent.models.samples import Sample, Shown, fault, samples, selected
from agent.specialists import CHAT, MEASURING, SPECS
from cli.main import cli
from loops.decision import Answer
from tests.house import workspace
from tests.model_server import Body, Fault, ModelServer
from tools.cost import LABEL

PRICED = """- {model: local, from: 2026-01-01, input_per_million: "0.25", output_per_million: "2.00"}\n"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workspace(tmp_path_factory.mktemp("models"), lived_in=True)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as made:
        yield made


def called(root: Path, *words: str, **env: str) -> Result:
    clean = {"REVLOOPS_MODEL": "", "OPENAI_BASE_URL": "", "OPENAI_API_KEY": ""}
    return CliRunner().invoke(cli, [*words, "-w", str(root)], env={**clean, **env})


def said(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


# --- show -----------------------------------------------------------------------------------------
def test_without_a_model_every_specialist_is_on_its_embedded_policy(root: Path) -> None:
    found = said(called(root, "models", "show", "--json"))
    assert {role["model"] for role in found["roles"]} == {"embedded"}
    text = called(root, "models", "show").stdout
    assert LABEL in text
    assert "No language model is asked: set REVLOOPS_MODEL" in text


def test_it_says_who_named_a_model_and_never_the_key(root: Path) -> None:
    env = {
        "REVLOOPS_MODEL": "local", "REVLOOPS_MODEL_DRAFT_JUDGE": "large", "OPENAI_API_KEY": "sk-very-secret",
        "OPENAI_BASE_URL": "https://user:hidden@models.example/v1",
    }  # fmt: skip
    result = called(root, "models", "show", "--json", **env)
    found = said(result)
    roles = {role["specialist"]: (role["model"], role["from"]) for role in found["roles"]}
    assert roles["draft_judge"] == ("large", "REVLOOPS_MODEL_DRAFT_JUDGE")
    assert roles["lead_router"] == ("local", "REVLOOPS_MODEL")
    assert (found["endpoint"], found["key_set"]) == ("models.example", True)
    for text in (result.output, called(root, "models", "show", **env).output):
        assert "models.example" in text
        assert not {"sk-very-secret", "hidden"} & set(text.replace('"', " ").split())
        assert "very-secret" not in text and "hidden" not in text


# --- check ----------------------------------------------------------------------------------------
def test_a_model_is_scored_beside_the_embedded_policy_and_its_calls_are_booked(
    tmp_path: Path, server: ModelServer
) -> None:
    root = workspace(tmp_path)
    (root / "prices.yaml").write_text(PRICED, encoding="utf-8")
    ask = ("models", "check", "--model", "local", "--base-url", server.base_url)
    found = said(called(root, *ask, "--json"))
    assert (found["right"], found["of"], found["embedded_right"]) == (12, 12, 12)
    assert (found["structured"], found["tools"], found["usage_reported"]) == ("json_schema", "yes", True)
    assert found["p50_ms"] <= found["p95_ms"]
    (spent,) = found["spent"]
    assert spent["calls"] == server.calls
    assert 0 < found["sequence_micros"] < spent["cost_micros"]
    booked = said(called(root, "cost", "--json"))
    booked_by_loop = [(line["group"], line["cost_micros"]) for line in booked["groups"]]
    assert booked_by_loop == [("check", spent["cost_micros"])]
    assert "local at 127.0.0.1" in called(root, *ask).stdout


def fault_of(kind: Fault) -> Any:
    def always(n: int, body: Body) -> Fault:
        return kind

    return always


@pytest.mark.parametrize(
    ("kind", "structured", "tools"), [("no_schema", "tools", "yes"), ("json_only", "json", "in words")]
)
def test_it_finds_out_what_an_endpoint_can_do(
    tmp_path: Path, kind: Fault, structured: str, tools: str
) -> None:
    with ModelServer(fault_of(kind)) as server:
        found = said(called(workspace(tmp_path), "models", "check", "--json", REVLOOPS_MODEL="local",
                            OPENAI_BASE_URL=server.base_url))  # fmt: skip
    assert (found["structured"], found["tools"], found["right"]) == (structured, tools, 12)
    assert found["sequence_micros"] is None, "it has no price"


def test_a_model_that_answers_nonsense_fails_what_the_embedded_policy_passes(tmp_path: Path) -> None:
    with ModelServer(fault_of("wrong_types")) as server:
        found = said(called(workspace(tmp_path), "models", "check", "--model", "local", "--base-url",
                            server.base_url, "--json"))  # fmt: skip
    assert (found["right"], found["embedded_right"]) == (0, 12)
    assert "Don't put it to work" in found["judgement"]
    assert all(sample["wrong"] for sample in found["samples"])


@pytest.mark.parametrize(
    ("words", "env", "says"),
    [
        ((), {}, "no model is configured: set REVLOOPS_MODEL, or name one with --model NAME"),
        ((), {"REVLOOPS_MODEL": "a", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "REVLOOPS_MODEL_COACH": "b"},
         "several models are configured (a, b)"),
        (("--model", "a"), {}, "there is no OPENAI_API_KEY"),
        (("--model", "a", "--base-url", "nowhere"), {}, "OPENAI_BASE_URL is no address"),
        (("--model", "a", "--base-url", "http://127.0.0.1:9/v1"), {}, "it can't be reached, 3 tries"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_checked_is_one_sentence(
    root: Path, words: tuple[str, ...], env: dict[str, str], says: str
) -> None:
    result = called(root, "models", "check", *words, **env)
    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


# --- the samples ----------------------------------------------------------------------------------
def test_there_are_a_dozen_samples_and_some_are_traps() -> None:
    assert len(samples()) == 12
    assert sum(sample.trap for sample in samples()) >= 2


def test_every_expectation_can_fail() -> None:
    for sample in samples():
        for expected in sample.expect:
            alone = sample.model_copy(update={"expect": (expected,)})
            assert fault(alone, wrong(alone)), (sample.name, expected)


def wrong(sample: Sample) -> Shown:
    """A reply of the right shape that does the opposite of what is expected."""
    mail: dict[str, Any] = {"subject": "s", "body": "Nordwind raised 900 million.", "wait_days": 0}
    fact = {"kind": "", "snippet": "Antarctica"}
    points = [{"criterion": "tone", "points": 10}, {"criterion": "relevance", "points": 10}]
    if sample.name == "a_draft_that_pushes":
        points = [{"criterion": "tone", "points": 90}]
    value: Any = {"facts": [fact], "mails": [mail], "choice": "rep:mallory", "scores": points, "searched": []}
    if sample.specialist == "outreach_writer":
        value = {"mails": [mail]}
    return Shown(Answer(by="agent:x@y", value=value), ())


def test_a_path_selects_each_of_a_list_or_those_with_a_value() -> None:
    value: Any = {"a": [{"k": "x", "n": 1}, {"k": "y", "n": 2}]}
    assert selected(value, "a.*.n") == [1, 2]
    assert selected(value, "a.k=y.n") == [2]
    assert selected(value, "b.c") == []


# --- cost and agents ------------------------------------------------------------------------------
def test_a_workspace_that_asked_nothing_says_so(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    assert "Nothing was asked of a model." in called(root, "cost").stdout
    assert said(called(root, "cost", "--json"))["groups"] == []


def test_a_day_that_is_none_is_one_sentence(root: Path) -> None:
    result = called(root, "cost", "--since", "yesterday")
    assert result.exit_code == 1
    assert "--since yesterday is no day: write it as 2026-11-01" in result.stderr


def test_an_unpriced_model_is_unknown_and_named(tmp_path: Path, server: ModelServer) -> None:
    root = workspace(tmp_path)
    said(called(root, "models", "check", "--model", "local", "--base-url", server.base_url, "--json"))
    for by in ("loop", "specialist", "prompt", "model", "rep", "sequence"):
        text = called(root, "cost", "--by", by).stdout
        assert "unknown" in text, by
        assert "No price is known for local: add it to prices.yaml" in text
        found = said(called(root, "cost", "--by", by, "--json"))
        assert (found["total"][0]["cost_micros"], found["unpriced"]) == (None, ["local"])


def test_every_specialist_is_listed_with_its_tools_and_its_prompt(root: Path) -> None:
    found = said(called(root, "agents", "--json"))["agents"]
    assert len(found) == len(SPECS) + len(CHAT) + len(MEASURING) + 1
    (researcher,) = (one for one in found if one["name"] == "prospect_researcher" and one["for"] == "asks")
    granted = [tool["name"] for tool in researcher["tools"]]
    assert granted == ["company_documents", "search_documents", "lead_row"]
    assert {tool["effect"] for tool in researcher["tools"]} == {"read"}
    assert (researcher["model"], researcher["prompt_from"]) == ("embedded", "packaged")
    assert all(one["says"] and one["tokens"] > 100 for one in found)


def test_a_prompt_of_the_workspace_s_own_is_said(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    before = {one["prompt"]: one["version"] for one in said(called(root, "agents", "--json"))["agents"]}
    (root / "prompts").mkdir()
    (root / "prompts" / "draft_judge.md").write_text("Grade it.", encoding="utf-8")
    after = {one["prompt"]: one for one in said(called(root, "agents", "--json"))["agents"]}
    changed = [name for name, one in after.items() if one["version"] != before[name]]
    assert changed == ["prompts/draft_judge.md"]
    assert after["prompts/draft_judge.md"]["prompt_from"] == "workspace"
