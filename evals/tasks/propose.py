"""Proposals: what past leads say of a loop's config; which change should be proposed, if any?"""

from typing import cast

from evals.bench import Bench
from evals.case import Case, Graded, Outcome
from evals.data.propose import propose_cases
from evals.job import Job
from loops.qualify.config import QualifyConfig
from loops.route.config import RouteConfig


def _generated(seed: int, n: int, bench: Bench) -> tuple[Case, ...]:
    configs = bench.workspace.configs
    qualify, route = cast("QualifyConfig", configs["qualify"]), cast("RouteConfig", configs["route"])
    return propose_cases(seed, n, bench.workspace.root, qualify, route)


def _written(bench: Bench) -> tuple[Case, ...]:
    return ()


def _grade(case: Case, outcome: Outcome, bench: Bench) -> Graded:
    right = outcome.answered and outcome.value.get("choice") in case.target["right"]
    return {"score": float(right), "answered": float(outcome.answered)}


JOB = Job(
    name="propose",
    says="Planted and plant-free pasts; 1 where just what was planted is mended, or nothing is chosen.",
    generated=_generated,
    written=_written,
    grade=_grade,
    samples=32,
    ceiling="a plant that chance hides on the earlier leads",
)
