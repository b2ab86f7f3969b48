"""`config check`: what may be merged into a workspace's config, as its continuous integration asks."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from agent.bootstrap import House
from agent.proposing.deciding import Held
from cli.main import cli
from tests.agent.proposals_made import FILE, opened
from tests.house import change, house
from tests.tools.change_hosts import committed, pushed
from tools.changes.opening import change_host
from tools.git import git, show


@pytest.fixture
def home(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
def held(home: House) -> Held:
    held = opened(home, change_host(home.workspace.root, home.workspace.settings.changes))
    git(home.workspace.root, "checkout", "-q", held.branch)
    return held


def check(home: House, *words: str, code: int = 0) -> dict[str, Any]:
    done = CliRunner().invoke(
        cli, ["config", "check", *words, "--json", "--workspace", str(home.workspace.root)]
    )
    assert done.exit_code == code, done.output
    return json.loads(done.output.strip().splitlines()[-1])


def faults(home: House, *words: str) -> list[str]:
    return [one["told"] for one in check(home, *words, code=1)["faults"]]


def put(home: House, path: str, text: str, mode: str = "100644") -> None:
    """Commit a file on what is checked out, as somebody with git can."""
    root = home.workspace.root
    pushed(root, git(root, "symbolic-ref", "--short", "HEAD"), path, text, mode)
    git(root, "reset", "-q", "--hard")


def test_the_starter_s_config_holds_and_every_example_can_be_decided(home: House) -> None:
    found = check(home)
    assert found["ok"] and found["cases"] > 50 and found["faults"] == []


@pytest.mark.feature("AN3")
def test_each_fault_is_a_sentence_with_file_and_line(home: House) -> None:
    root = home.workspace.root
    line = change(root, FILE, "webinar: 12", "webinar: twelve")
    change(root, "calendar.yaml", "zone: ", "zones: ")
    told = faults(home)
    assert any(text.startswith(f"{FILE}:{line}: ") and "webinar" in text for text in told)
    assert any(text.startswith("calendar.yaml") for text in told)


def test_examples_that_end_otherwise_than_before_are_told_and_stop_nothing(home: House) -> None:
    root = home.workspace.root
    (root / FILE).write_text(
        (root / FILE).read_text(encoding="utf-8").replace("demo_request: 18", "demo_request: 1"), "utf-8"
    )
    committed(root)
    found = check(home, "--base", "HEAD~1")
    assert found["ok"] and any("ends otherwise than before" in note for note in found["notes"])
    assert check(home, "--base", "HEAD")["notes"] == []


def test_a_proposal_as_it_was_opened_may_be_merged(home: House, held: Held) -> None:
    assert check(home, "--base", "main")["ok"]


STRAYS = (
    ("scenarios/other.yaml", "name: other\n", "100644"),
    (".github/workflows/revloops.yml", "on: push\n", "100644"),
    (".github/CODEOWNERS", "* @agent\n", "100644"),
    ("revloops.toml", 'company = "Mine"\n', "100644"),
)


@pytest.mark.parametrize(("path", "text", "mode"), STRAYS)
def test_an_agent_s_branch_that_reaches_beyond_config_is_stopped(
    home: House, held: Held, path: str, text: str, mode: str
) -> None:
    put(home, path, text, mode)
    assert any(told.startswith(f"{path}: an agent") for told in faults(home, "--base", "main"))


def test_a_person_may_change_what_an_agent_may_not(home: House) -> None:
    git(home.workspace.root, "checkout", "-q", "-b", "mine")
    put(home, ".github/CODEOWNERS", "* @us\n")
    assert check(home, "--base", "main")["ok"]


def test_a_link_in_the_place_of_config_is_stopped(home: House, held: Held) -> None:
    put(home, "prompts/engage.md", "../revloops.toml", "120000")
    assert any("no plain file (mode 120000)" in told for told in faults(home, "--base", "main"))


def test_an_agent_s_commits_are_known_under_another_branch_s_name(
    home: House, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(home.workspace.root, "checkout", "-q", "-b", "innocent")
    assert check(home, "--base", "main")["ok"]
    put(home, "active.yaml", "scenario: fy27-base # mine\n")
    assert any("an agent" in told for told in faults(home, "--base", "main"))
    git(home.workspace.root, "checkout", "-q", "--detach")
    monkeypatch.setenv("GITHUB_HEAD_REF", held.branch)
    assert any("an agent" in told for told in faults(home, "--base", "main"))


def test_what_lies_there_must_be_what_the_proposal_says(home: House, held: Held) -> None:
    text = show(home.workspace.root, "HEAD", FILE) or ""
    put(home, FILE, text.replace("webinar: 2,", "webinar: 3,"))
    assert any(f"isn't what {held.id} proposes" in told for told in faults(home, "--base", "main"))


def test_evidence_that_was_changed_or_is_missing_stops_it(home: House, held: Held) -> None:
    own = f"proposals/{held.id}.yaml"
    text = show(home.workspace.root, "HEAD", own) or ""
    put(home, own, text.replace("expected: 0.729", "expected: 0.929"))
    assert any("it was changed after it was opened" in told for told in faults(home, "--base", "main"))
    put(home, own, "nothing: here\n")
    assert any("comes with its evidence" in told for told in faults(home, "--base", "main"))


def test_a_base_that_isn_t_there_is_said(home: House) -> None:
    assert "no commit nowhere here: fetch it" in check(home, "--base", "nowhere", code=1)["error"]


@pytest.mark.feature("GV4")
def test_a_new_workspace_comes_with_owners_and_a_check_for_every_pull_request(home: House) -> None:
    root = home.workspace.root
    assert "* @your-org/revenue-operations" in (root / ".github" / "CODEOWNERS").read_text("utf-8")
    workflow = (root / ".github" / "workflows" / "revloops.yml").read_text(encoding="utf-8")
    assert "pip install revloops" in workflow and "revloops config check --base" in workflow
    assert "contents: read" in workflow and "write" not in workflow
    assert ".github/CODEOWNERS" in git(root, "ls-files")
