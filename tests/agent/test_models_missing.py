"""Where a model is named that can't be asked from here: what needs it waits, what doesn't goes on."""

from pathlib import Path

import pytest

from agent import bootstrap
from agent.flow import run
from loops.errors import ConfigError
from tests.house import workspace, world


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "REVLOOPS_MODEL"):
        monkeypatch.delenv(name, raising=False)


def test_one_role_s_missing_key_holds_up_that_role_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVLOOPS_MODEL_DRAFT_JUDGE", "gpt-test")
    ran = run(bootstrap.open_house(workspace(tmp_path)), world().leads(12), "sandbox")
    assert ran.ended["assigned_without_sequence"] > 0
    assert ran.ended["in_progress"] > 0 and ran.ended["sequence_review"] == 0
    assert [note for note in ran.notes if note.startswith("draft judge waits") and "OPENAI_API_KEY" in note]


def test_a_role_that_nobody_has_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVLOOPS_MODEL_JUDGE", "gpt-test")
    with pytest.raises(ConfigError, match=r"judge is no specialist.*draft_judge"):
        bootstrap.open_house(workspace(tmp_path))
