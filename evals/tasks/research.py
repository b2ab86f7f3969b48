"""Research: which dated facts about this very company do the documents hold?"""

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.research import research_cases
from evals.data.written import written_cases
from evals.grading import research
from evals.job import Job


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return research_cases(seed, n)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("research", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return research(case, outcome)


JOB = Job(
    name="research",
    says="Facts out of documents, namesakes' news among them; the mean over samples of the F1 by kind and "
    "document, 1 where nothing was to be found and nothing is said.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=100,
    sets=True,
)
