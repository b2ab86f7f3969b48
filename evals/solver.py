"""The one solver: the real specialist, at a bench of its own."""

from typing import TYPE_CHECKING

from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from evals.case import Case

if TYPE_CHECKING:
    from evals.bench import Bench
    from evals.job import Job

OUTCOME = "outcome"


@solver
def specialist(job: "Job", bench: "Bench") -> Solver:
    """Works each sample with the specialist it asks; the graph's steps stand in the transcript."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        case = Case.read(str(state.sample_id), state.metadata)
        outcome = await job.work(bench, case)
        state.metadata[OUTCOME] = outcome.plain()
        state.output = ModelOutput.from_content(bench.model(case.specialist), str(dict(outcome.value)))
        return state

    return solve
