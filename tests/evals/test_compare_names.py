"""What tells two runs apart: every prompt that was used, and a specialist's own model."""

from pathlib import Path

import pytest

from evals.bench import open_bench
from evals.compare import compared, named
from evals.data.world import TEST
from evals.figures import Measured, Row
from evals.tasks import JOBS

ROWS = tuple(Row(f"s-{n}", "f", True, float(n % 2), {}, {}) for n in range(4))


def run(prompts: dict[str, str], models: dict[str, str]) -> dict[str, Measured]:
    return {"route": Measured("route", "local", 23, ROWS, prompts=prompts, models=models)}


def metadata(task: str, folder: Path | None = None) -> dict[str, dict[str, str]]:
    """What the log of a task's first few samples says of itself."""
    with open_bench(embedded=True, logged=False, prompts_from=folder) as bench:
        return JOBS[task].task(bench, TEST, 2).metadata or {}


@pytest.mark.feature("BR3")
def test_a_specialist_on_a_model_of_its_own_is_named_beside_the_run_s() -> None:
    prompts = {"lead_router": "a" * 64}
    assert named(run(prompts, {"lead_router": "local"})) == "local; prompts: lead_router aaaaaaaaaaaa"
    other = run(prompts, {"lead_router": "large"})
    assert named(other) == "local, lead_router large; prompts: lead_router aaaaaaaaaaaa"
    (one,) = compared(run(prompts, {"lead_router": "local"}), other)
    assert one.prompts == () and one.difference.value == 0


def test_another_way_to_ask_for_a_repair_is_a_prompt_that_differs(tmp_path: Path) -> None:
    (tmp_path / "repair.md").write_text("Once more: {faults}\n", encoding="utf-8")
    plain, other = (metadata("route", folder)["prompts"] for folder in (None, tmp_path))
    (one,) = compared(run(plain, {}), run(other, {}))
    assert one.prompts == ("repair",)
    (same,) = compared(run(plain, {}), run(metadata("route")["prompts"], {}))
    assert same.prompts == ()


def test_a_log_of_drafts_names_the_prompts_of_both_judges_too() -> None:
    about = metadata("outreach")
    judges = {"draft_judge", "draft_preference"}
    assert set(about["prompts"]) == {"outreach_writer", "repair", *judges}
    assert about["models"] == dict.fromkeys(("outreach_writer", *judges), "embedded")
    assert not judges & set(metadata("route")["prompts"])
