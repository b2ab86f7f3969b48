"""Orchestrator: which specialists can answer a person's message, if any?"""

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.questions import question_cases
from evals.data.written import written_cases
from evals.grading import routing
from evals.job import Job


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return question_cases(seed, n)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("orchestrator", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return routing(case, outcome)


JOB = Job(
    name="orchestrator",
    says="Questions as people type them; 1 where exactly the right specialists are named, in any order.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=150,
    sets=True,
)
