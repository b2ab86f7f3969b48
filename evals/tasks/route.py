"""Routing: who should own a lead that no rule settles?"""

from typing import cast

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.places import route_cases
from evals.data.written import written_cases
from evals.grading import choice
from evals.job import Job
from loops.route.config import RouteConfig


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    return route_cases(seed, n)


def _written(bench: Bench) -> tuple[Case, ...]:
    return written_cases("route", bench.engage)


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    size: int | None = case.payload.get("employees")
    return choice(case, outcome, cast("RouteConfig", bench.workspace.configs["route"]).bands.of(size).review)


JOB = Job(
    name="route",
    says="Leads whose place is in doubt; 1 where the right owner, or rightly triage, is chosen.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=102,
    confident=True,
)
