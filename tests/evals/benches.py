"""The bench that the tests of the tasks share, and what a policy scores on a task there."""

import asyncio
import atexit
import gc
import warnings
from collections.abc import Mapping
from contextlib import ExitStack
from functools import lru_cache

from agent.spec import Policy, Reply, ToolResult
from evals.bench import Bench, open_bench
from evals.case import Case, Graded, Outcome
from evals.data.world import TEST
from evals.job import Job
from evals.running import scores_of
from evals.scorers import interval
from evals.statistics import Interval

UNCLOSED = "ignore:.*MemoryObject.*Stream:pytest.PytestUnraisableExceptionWarning"
"""What Inspect leaves to the garbage collector, and what pytest would call an error."""
FEW = 45
"""Samples a task in these tests."""


def swept() -> None:
    """Collect what a run left behind, so that no other test is blamed for it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@lru_cache(maxsize=1)
def bench() -> Bench:
    """A bench on the written policies."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(open_bench(embedded=True, logged=False))


@lru_cache(maxsize=16)
def some(job: Job) -> tuple[Case, ...]:
    """The first few samples of a task, generated and written ones."""
    return job.cases(bench(), TEST, FEW)


def scored(job: Job, policies: Mapping[str, Policy]) -> Interval:
    """What written policies score on a task."""
    return interval(list(scores_of(job, bench(), some(job), policies).values()))


def graded(job: Job, case: Case, outcome: Outcome) -> Graded:
    """A task's grade of an outcome."""
    return job.grade(case, outcome, bench())


def worked(job: Job, case: Case, value: Mapping[str, object] | None = None) -> Outcome:
    """What the specialist, or a policy that always says this, comes to on a case."""
    return asyncio.run(job.work(bench(), case, None if value is None else _says(value)))


def _says(value: Mapping[str, object]) -> Policy:
    def policy(payload: dict[str, object], results: tuple[ToolResult, ...]) -> Reply:
        return Reply(dict(value), 1.0, "told to")  # type: ignore[arg-type]

    return policy
