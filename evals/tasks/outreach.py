"""Outreach: is the sequence one that a rep could approve?"""

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.outreach import outreach_cases
from evals.data.written import written_cases
from evals.grading import outreach
from evals.job import Job
from evals.judging import JUDGE


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return outreach_cases(seed, n, bench.engage)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("outreach", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return outreach(case, outcome)


JOB = Job(
    name="outreach",
    says="A first draft from given facts; 1 where all seven criteria reach their marks, every statement is "
    "backed and no false claim is made. The judge is the draft judge on the model that is measured.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=32,
    judge=JUDGE,
)
