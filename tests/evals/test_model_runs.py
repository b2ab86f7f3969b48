"""Runs on a model behind the real door, and two really different runs compared on the same samples."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import tests.model_server
from agent.embedded import POLICIES
from agent.spec import Payload, Policy, Reply, ToolCall, ToolResult
from cli.evaluating import evaluate
from evals.compare import compared, named
from evals.figures import Measured, measures
from evals.running import measured
from loops.errors import RevloopsError
from tests.evals.benches import UNCLOSED, swept
from tests.house import workspace
from tests.model_server import ModelServer

pytestmark = pytest.mark.filterwarnings(UNCLOSED)
Results = tuple[ToolResult, ...]
MODEL = "local"
PER_MILLION_READ, PER_MILLION_WRITTEN = 2, 8
PRICES = (
    f"- {{model: {MODEL}, from: 2026-01-01, input_per_million: '{PER_MILLION_READ}', "
    f"output_per_million: '{PER_MILLION_WRITTEN}'}}\n"
)
FEW = 10
TERSE = "Answer with the owner whose countries hold the lead's."


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Nothing of the environment's, nothing left to it."""
    for name in ("REVLOOPS_MODEL", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield
    swept()


def asked(
    server: ModelServer, patch: pytest.MonkeyPatch, folder: Path, *tasks: str, **more: Any
) -> dict[str, Measured]:
    patch.setenv("OPENAI_BASE_URL", server.base_url)
    return measures(measured(tasks, model=MODEL, limit=FEW, logs=folder, **more))


def timid(payload: Payload, results: Results) -> Reply:
    """A router that leaves every lead to a person."""
    return Reply({"choice": "queue:triage", "cited": []}, 0.9, "to be safe")


def by_prompt(server: ModelServer) -> Policy:
    """A router that does as the written one does where it is told so at length, and gives up where not."""

    def policy(payload: Payload, results: Results) -> tuple[ToolCall, ...] | Reply:
        told = server.requests[-1].body["messages"][0]["content"]
        return (timid if TERSE in told else POLICIES["lead_router"])(payload, results)

    return policy


# --- figures --------------------------------------------------------------------------------------
@pytest.mark.feature("BR3")
def test_calls_tokens_cost_and_time_are_those_that_the_server_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[dict[str, int]] = []
    plain = tests.model_server._completion  # type: ignore[reportPrivateUsage]

    def counted(said: Any, seen: Any) -> dict[str, Any]:
        made = plain(said, seen)
        used.append(made["usage"])
        return made

    monkeypatch.setattr(tests.model_server, "_completion", counted)
    root = workspace(tmp_path)
    (root / "prices.yaml").write_text(PRICES, encoding="utf-8")
    with ModelServer(delay_seconds=0.02) as server:
        (found,) = asked(server, monkeypatch, tmp_path / "logs", "route", root=root).values()
        spent, seen = found.spent(), server.calls
    read, written = (sum(one[name] for one in used) for name in ("prompt_tokens", "completion_tokens"))
    assert spent["calls"] == seen == len(used) == FEW
    assert spent["tokens"] == read + written > 0
    assert spent["money_micros"] == pytest.approx(
        read * PER_MILLION_READ + written * PER_MILLION_WRITTEN, abs=FEW
    )
    assert all(row.cost["milliseconds"] >= 20 for row in found.rows) and spent["p95_ms"] >= spent["p50_ms"]


def test_a_tool_that_isn_t_there_is_a_tool_error_of_the_sample_that_called_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = 3
    with ModelServer(lambda n, body: "unknown_tool" if n < wrong else None) as server:
        (found,) = asked(server, monkeypatch, tmp_path / "logs", "research").values()
    assert found.spent()["tool_errors"] == wrong == sum(row.cost["tool_errors"] for row in found.rows)
    with ModelServer() as server:
        (well,) = asked(server, monkeypatch, tmp_path / "again", "research").values()
    assert well.spent()["tool_errors"] == 0 < well.spent()["tool_calls"]


# --- two models, two prompts ----------------------------------------------------------------------
@pytest.mark.feature("BR3")
def test_two_models_are_compared_on_the_same_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = measures(measured(["route"], limit=FEW, logs=tmp_path / "rules"))
    with ModelServer(policies={**POLICIES, "lead_router": timid}) as server:
        model = asked(server, monkeypatch, tmp_path / "model", "route")
    (one,) = compared(rules, model)
    assert one.difference.n == FEW and one.difference.value < -0.3 and one.difference.high < 0
    assert one.prompts == () and named(rules).startswith("embedded; prompts: lead_router ")
    assert named(model).startswith(f"{MODEL}; prompts: lead_router ")
    with ModelServer() as server:
        (same,) = compared(rules, asked(server, monkeypatch, tmp_path / "same", "route"))
    assert same.difference.value == 0, "the same rules behind the door: nothing but the answers counts"


def test_two_prompts_are_compared_from_their_logs_and_the_report_names_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "lead_router.md").write_text(f"---\nrole: lead_router\n---\n{TERSE}\n", encoding="utf-8")
    with ModelServer(policies={**POLICIES}) as server:
        server.policies["lead_router"] = by_prompt(server)
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        run = ["run", "--model", MODEL, "--task", "route", "--limit", str(FEW)]
        for name, more in (("a", []), ("b", ["--prompts", str(folder)])):
            done = CliRunner().invoke(evaluate, [*run, "--logs", str(tmp_path / name), *more])
            assert done.exit_code == 0, done.output
    done = CliRunner().invoke(evaluate, ["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--json"])
    said = json.loads(done.output)
    assert said["tasks"]["route"]["prompts"] == ["lead_router"]
    assert said["tasks"]["route"]["difference"] < -0.3 and said["tasks"]["route"]["n"] == FEW
    assert said["first"] != said["second"] and said["first"].startswith(f"{MODEL}; prompts: lead_router ")


def test_another_prompt_changes_nothing_for_rules_and_that_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "lead_router.md").write_text(TERSE, encoding="utf-8")
    more = ["--task", "route", "--limit", "4", "--prompts", str(folder)]
    done = CliRunner().invoke(evaluate, ["compare", "embedded", "embedded", *more])
    assert done.exit_code == 0, done.output
    assert "The embedded policies read no prompt" in done.output and "+0.0" in done.output


@pytest.mark.parametrize(
    ("name", "says"), [("lead_ruter.md", "lead_ruter.md is nobody's prompt: there are"), ("", "no prompt in")]
)
def test_a_prompt_of_nobody_s_and_a_folder_without_any_are_refused(
    tmp_path: Path, name: str, says: str
) -> None:
    if name:
        (tmp_path / name).write_text(TERSE, encoding="utf-8")
    with pytest.raises(RevloopsError, match=says):
        measured(["route"], limit=1, prompts_from=tmp_path, logs=tmp_path / "logs")
