"""Territory match: which territory does an ambiguous account belong to?"""

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.places import territory_cases
from evals.data.written import written_cases
from evals.grading import choice
from evals.job import Job


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return territory_cases(seed, n)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("territory", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return choice(case, outcome)


JOB = Job(
    name="territory",
    says="Accounts with evidence for several places; 1 where the right option, or rightly none, is chosen.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=65,
    confident=True,
)
