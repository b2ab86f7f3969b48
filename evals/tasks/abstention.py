"""Abstention: does an agent leave it to a person exactly when it should?"""

from dataclasses import replace
from itertools import chain
from typing import cast

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.grading import abstention, should_abstain
from evals.job import Job
from evals.tasks.match import JOB as MATCH
from evals.tasks.research import JOB as RESEARCH
from evals.tasks.route import JOB as ROUTE
from evals.tasks.territory import JOB as TERRITORY
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig

PARTS = (RESEARCH, MATCH, ROUTE, TERRITORY)


def review_bands(bench: Bench, size: int | None) -> dict[str, float]:
    """Specialist → the confidence below which its loop takes a choice for none, at that size."""
    qualify = cast("QualifyConfig", bench.workspace.configs["qualify"])
    route = cast("RouteConfig", bench.workspace.configs["route"])
    match, owner = qualify.matching.of(size), route.bands.of(size)
    return {"enrichment_matcher": match.review, "lead_router": owner.review}


def _balanced(cases: tuple[Case, ...], prefix: str) -> tuple[Case, ...]:
    """As many to leave as to answer, in turn: else leaving everything, or nothing, would look good."""
    leave = [case for case in cases if should_abstain(case)]
    rest = [case for case in cases if not should_abstain(case)]
    pairs = zip(leave, rest, strict=False)
    return tuple(replace(case, id=f"{prefix}-{case.id}") for case in chain.from_iterable(pairs))


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    parts = [_balanced(part.generated(seed + 1, n, bench), "left")[: n // len(PARTS)] for part in PARTS]
    return tuple(chain.from_iterable(zip(*parts, strict=False)))


def _written(bench: Bench) -> tuple[Case, ...]:
    return tuple(case for part in PARTS for case in _balanced(part.written(bench), "left"))


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    return abstention(case, outcome, review_bands(bench, case.payload.get("employees")))


JOB = Job(
    name="abstention",
    says="Leads, accounts and companies of which half are for nobody; 1 where it is left to a person exactly "
    "when it should be. A confidence below the loop's review band counts as leaving it.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=80,
)
