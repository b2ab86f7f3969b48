"""Runs tasks in Inspect and reads its logs again."""

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import inspect_ai
from inspect_ai import Task
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log

from agent.models.wiring import MODEL
from evals import reliability
from evals.bench import EMBEDDED, Bench, open_bench
from evals.case import Case, Outcome
from evals.data.world import TEST
from evals.job import Job
from evals.provider import named
from evals.reliability import Reliability
from evals.tasks import JOBS
from evals.verdicts import told
from loops.config import SegmentBands, SegmentedBands
from loops.errors import RevloopsError
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig

LOGS = Path(".revloops") / "evals"
"""Where logs lie in a checkout; git ignores it."""
AT_ONCE = 16


def chosen(names: Iterable[str]) -> tuple[Job, ...]:
    """The jobs of those names, in the report's order; every job where none is named.

    Raises:
        RevloopsError: there is no task of a name.
    """
    wanted = tuple(names)
    if strange := [name for name in wanted if name not in JOBS]:
        raise RevloopsError(f"there is no task {strange[0]}: there are {', '.join(JOBS)}")
    return tuple(job for name, job in JOBS.items() if name in wanted or not wanted)


def measured(
    names: Iterable[str] = (),
    *,
    model: str = EMBEDDED,
    seed: int = TEST,
    limit: int | None = None,
    root: Path | None = None,
    prompts_from: Path | None = None,
    logs: Path = LOGS,
) -> list[EvalLog]:
    """The logs of one run of the tasks.

    Args:
        names: of the tasks; none: all of them.
        model: the model of every specialist that has none of its own; `embedded`: the written policies.
        seed: of the generated samples.
        limit: samples a task at most; None: all.
        root: a workspace whose prompts, config and models are measured; None: the starter's.
        prompts_from: a folder of prompts that go before the workspace's; None: its own.
        logs: the folder that Inspect writes to.

    Raises:
        RevloopsError: a task isn't known, the model can't be asked, or a sample failed.
    """
    jobs = chosen(names)
    os.environ[MODEL] = model
    with (
        open_bench(root, embedded=model == EMBEDDED, prompts_from=prompts_from) as bench,
        open_bench(root, embedded=True, logged=False) as plain,
    ):
        tasks: list[Task] = []
        trusted: list[dict[str, Any]] = []
        if any(job.judge for job in jobs):
            trusted = reliability.plain(tried(model, seed, root, prompts_from))
        for job in jobs:
            task = job.task(bench, seed, limit)
            beside = {"floors": _floors(job, plain, seed, limit), "model": model}
            beside |= {"judges": trusted} if job.judge else {}
            task.metadata = {**(task.metadata or {}), **beside}
            tasks.append(task)
        run: Callable[..., list[EvalLog]] = vars(inspect_ai)["eval"]
        # its own type is known in part only
        done = run(
            tasks,
            model=named(model),
            log_dir=str(logs),
            display="none",
            max_samples=AT_ONCE,
            max_tasks=1,
            log_level="error",
            log_realtime=False,
            ctl_server=False,
        )
    if wrong := [log for log in done if log.status != "success"]:
        why = wrong[0].error.message if wrong[0].error else wrong[0].status
        raise RevloopsError(f"the task {wrong[0].eval.task} didn't end: {why}")
    return done


def tried(
    model: str, seed: int, root: Path | None = None, prompts_from: Path | None = None
) -> tuple[Reliability, ...]:
    """What is known of a model's judges of drafts; people's exported verdicts count where there are any."""
    os.environ[MODEL] = model
    embedded = model == EMBEDDED
    with open_bench(root, embedded=embedded, logged=False, prompts_from=prompts_from) as bench:

        async def ask() -> tuple[Reliability, ...]:
            try:
                return await reliability.measured(bench, seed, people=told(bench.workspace))
            finally:
                await bench.models.close()

        return asyncio.run(ask())


def _floors(job: Job, bench: Bench, seed: int, limit: int | None) -> dict[str, dict[str, float]]:
    """Trivial policy → sample → its score."""
    cases = job.cases(bench, seed, limit)
    return {name: scores_of(job, bench, cases, policies) for name, policies in job.floors(bench).items()}


def scores_of(job: Job, bench: Bench, cases: Iterable[Case], policies: Mapping[str, Any]) -> dict[str, float]:
    """Sample → score of the written policies in the specialists' places."""

    async def work(case: Case) -> Outcome:
        return await job.work(bench, case, policies[case.specialist])

    async def all_of() -> dict[str, float]:
        return {case.id: job.grade(case, await work(case), bench)["score"] for case in cases}

    return asyncio.run(all_of())


def current_bands(bench: Bench, task: str) -> SegmentedBands:
    """The bands that the workspace's config has for a task's choices."""
    if task == "route":
        return cast("RouteConfig", bench.workspace.configs["route"]).bands
    return cast("QualifyConfig", bench.workspace.configs["qualify"]).matching


def segments_of(bench: Bench, current: SegmentedBands) -> tuple[SegmentBands, ...]:
    """The config's own segments; where it has none, those of the promoted scenario that have bounds."""
    drawn = (
        SegmentBands(
            segment=one.id,
            min_employees=one.min_employees,
            max_employees=one.max_employees,
            fire=current.fire,
            review=current.review,
        )
        for one in bench.workspace.scenario.segments
        if one.min_employees is not None or one.max_employees is not None
    )
    return current.segments or tuple(drawn)


def read_logs(where: Path) -> list[EvalLog]:
    """The logs in a folder or a file, whole.

    Raises:
        RevloopsError: there is none.
    """
    found = [str(where)] if where.is_file() else [log.name for log in list_eval_logs(str(where))]
    if not found:
        raise RevloopsError(f"there is no log in {where}: make some with `revloops eval`")
    return [read_eval_log(name) for name in sorted(found)]
