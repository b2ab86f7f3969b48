"""Discovery: what does a recorded call show of a deal, and in which line?"""

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.calls import call_cases
from evals.data.written import written_cases
from evals.grading import discovery
from evals.job import Job


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return call_cases(seed, n, bench.engage)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("discovery", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return discovery(case, outcome)


JOB = Job(
    name="discovery",
    says="Transcripts under a framework; the mean over calls of the F1 of the dimensions shown, each with a "
    "line that shows it.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=44,
    confident=True,
    sets=True,
)
