"""A run in Inspect: offline, every step of a graph in the transcript, read again as figures, quick."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from inspect_ai.log import EvalLog

from evals.data.world import TEST
from evals.figures import figures
from evals.running import chosen, measured, read_logs
from evals.tasks import JOBS
from loops.errors import RevloopsError
from tests.evals.benches import UNCLOSED, bench, graded, swept, worked

pytestmark = pytest.mark.filterwarnings(UNCLOSED)
LIMIT = 8
SECONDS_A_SAMPLE = 0.12
"""A thousand samples in two minutes."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[EvalLog], float]]:
    """Every task in Inspect on a few samples: the folder, the logs, the seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVLOOPS_MODEL", "embedded")
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        folder = tmp_path_factory.mktemp("logs")
        began = perf_counter()
        logs = measured(limit=LIMIT, logs=folder)
        yield folder, logs, perf_counter() - began
    swept()


@pytest.mark.feature("BR3")
def test_every_task_runs_in_inspect_without_key_or_network(run: tuple[Path, list[EvalLog], float]) -> None:
    _, logs, _ = run
    assert [log.eval.task for log in logs] == list(JOBS)
    assert all(log.status == "success" and len(log.samples or ()) == LIMIT for log in logs)


def test_a_log_read_again_has_the_scores_that_the_job_itself_gives(
    run: tuple[Path, list[EvalLog], float],
) -> None:
    found = {one.task: one for one in map(figures, read_logs(run[0]))}
    for name in ("match", "discovery", "orchestrator"):
        job = JOBS[name]
        own = {case.id: graded(job, case, worked(job, case)) for case in job.cases(bench(), TEST, LIMIT)}
        assert {row.id: row.score for row in found[name].rows} == {
            id: pytest.approx(one["score"]) for id, one in own.items()
        }
        assert set(found[name].floors["says nothing"]) == set(own)


def test_each_step_of_a_specialist_s_graph_stands_in_the_transcript(
    run: tuple[Path, list[EvalLog], float],
) -> None:
    (log,) = (log for log in run[1] if log.eval.task == "research")
    for sample in log.samples or ():
        steps: list[Any] = [event.data for event in sample.events if event.event == "info"]
        assert [step["node"] for step in steps] == ["tools", "tools", "model"]


def test_a_thousand_samples_would_take_less_than_two_minutes(
    run: tuple[Path, list[EvalLog], float],
) -> None:
    samples = sum(len(log.samples or ()) for log in run[1])
    print(f"{samples} samples and four times as many trivial ones in {run[2]:.1f} s")  # noqa: T201
    took = sum(
        sample.total_time or 0.0 for log in run[1] for sample in log.samples or ()
    )  # of samples that were worked side by side: more than the wall's
    assert took / samples <= SECONDS_A_SAMPLE * LIMIT


def test_a_task_that_isn_t_there_is_named_with_those_that_are() -> None:
    with pytest.raises(RevloopsError, match=r"no task rout: there are research, outreach"):
        chosen(["rout"])


def test_a_folder_without_logs_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(RevloopsError, match="no log in"):
        read_logs(tmp_path)
