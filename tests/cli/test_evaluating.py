"""`revloops eval`: from a checkout it measures; elsewhere one sentence says that it can't."""

import json
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import pytest
from click.testing import CliRunner

import evals.running
from cli.evaluating import evaluate
from tests.evals.benches import UNCLOSED, swept

pytestmark = pytest.mark.filterwarnings(UNCLOSED)


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logs and the library's own data go to the test's folder; no model is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("REVLOOPS_MODEL", "embedded")
    yield
    swept()


@pytest.mark.feature("BR3")
def test_a_run_says_seen_unseen_and_floor_and_leaves_logs(tmp_path: Path) -> None:
    done = CliRunner().invoke(evaluate, ["--task", "match", "--limit", "10", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output.splitlines()[-1])
    assert told["samples"] == 10 and set(told["tasks"]) == {"match"}
    assert {"seen", "unseen", "floor"} <= set(told["tasks"]["match"])
    assert list((tmp_path / evals.running.LOGS).glob("*.eval"))


def test_two_folders_of_logs_are_compared() -> None:
    assert CliRunner().invoke(evaluate, ["--task", "route", "--limit", "8"]).exit_code == 0
    logs = str(evals.running.LOGS)
    done = CliRunner().invoke(evaluate, ["compare", logs, logs, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output.splitlines()[-1])["tasks"]["route"]["difference"] == 0


def test_a_static_copy_of_the_viewer_is_made(tmp_path: Path) -> None:
    assert CliRunner().invoke(evaluate, ["--task", "route", "--limit", "2"]).exit_code == 0
    done = CliRunner().invoke(evaluate, ["view", "--bundle", "page"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "page" / "index.html").is_file()


def test_elsewhere_than_in_a_checkout_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        return None

    monkeypatch.setattr(util, "find_spec", nothing)
    done = CliRunner().invoke(evaluate, ["--task", "route"])
    assert done.exit_code == 1 and "run from a checkout of revloops" in done.output


def test_an_unknown_task_is_refused_with_the_known_ones() -> None:
    done = CliRunner().invoke(evaluate, ["--task", "rout"])
    assert done.exit_code == 1 and "there is no task rout: there are research" in done.output
