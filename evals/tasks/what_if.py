"""What-if: planning questions as people type them; what structured change, goal or comparison is meant?"""

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.planning import planning_cases, written_planning_cases
from evals.grading import planning
from evals.job import Job


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return planning_cases(seed, n)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_planning_cases()


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return planning(case, outcome)


JOB = Job(
    name="what_if",
    says="Planning questions; 1 where exactly the change meant was computed, or rightly asked back or left.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=26,
)
