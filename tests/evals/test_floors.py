"""Solvers that understand nothing score no more than the floor; the real ones score above it."""

import pytest

from agent.embedded import POLICIES
from evals.data.world import TRAIN
from evals.tasks import JOBS
from evals.trivial import cheats, floors
from tests.evals.benches import bench, scored

CHEATS = cheats()


@pytest.mark.feature("BR3")
@pytest.mark.parametrize("name", JOBS)
def test_no_cheat_scores_above_the_floor_and_the_real_specialist_does(name: str) -> None:
    job = JOBS[name]
    trivial = floors(job.generated(TRAIN, job.samples, bench()))
    floor = max((scored(job, policies) for policies in trivial.values()), key=lambda one: one.value)
    for cheat, policies in CHEATS.items():
        assert scored(job, policies).value <= floor.high, cheat
    real = scored(job, {**POLICIES, "planner": POLICIES["planner_chat"]})
    assert real.value > floor.value, "without this a scorer that gives everybody nothing would pass"
