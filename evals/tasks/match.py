"""Enrichment match: which of these profiles is the lead's company, if any?"""

from typing import cast

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.match import match_cases
from evals.data.written import written_cases
from evals.grading import choice
from evals.job import Job
from loops.qualify.config import QualifyConfig


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return match_cases(seed, n, cast("QualifyConfig", bench.workspace.configs["qualify"]))


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("match", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    size: int | None = case.payload.get("employees")
    config = cast("QualifyConfig", bench.workspace.configs["qualify"])
    return choice(case, outcome, config.matching.of(size).review)


JOB = Job(
    name="match",
    says="Leads whose own data settles nothing; 1 where the right profile, or rightly none, is chosen.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=88,
    confident=True,
)
