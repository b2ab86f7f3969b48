"""What an eval task is made of, and the Inspect task made of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import cast

from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.solver import Solver
from pydantic import JsonValue

from agent.spec import Policy
from evals.bench import REPAIR, Bench
from evals.case import Case, Graded, Outcome
from evals.data.world import TRAIN
from evals.judging import JUDGE, PREFERENCE, WRITER, judged
from evals.scorers import graded
from evals.solver import specialist
from evals.trivial import floors

Config = Bench
"""Where a generator finds the workspace's rules, frameworks and approved lines."""


@dataclass(frozen=True)
class Job:
    """One semantic job that is measured."""

    name: str
    says: str
    # what a sample asks, and what its score means, in one sentence
    generated: Callable[[int, int, Bench], tuple[Case, ...]]
    # seed, how many, config → cases out of the sandbox's ground truth
    written: Callable[[Bench], tuple[Case, ...]]
    # cases by another hand
    grade: Callable[[Case, Outcome, Bench], Graded]
    samples: int
    # generated ones; at most twice the written ones
    ceiling: str = ""
    # what nobody can beat, in words; "" where everything can be got right
    confident: bool = False
    # whether answers carry a confidence that a loop acts on
    sets: bool = False
    # whether an answer is a set of labels, so that F1 over all of them can be told
    judge: str = ""
    # whose verdict the score rests on beside code; "": nobody's

    def cases(self, bench: Bench, seed: int, limit: int | None = None) -> tuple[Case, ...]:
        """The samples, generated and written ones in turn, so that the first few are of both."""
        pairs = zip_longest(self.generated(seed, self.samples, bench), self.written(bench))
        mixed = tuple(case for case in chain.from_iterable(pairs) if case is not None)
        return mixed[:limit]

    def floors(self, bench: Bench) -> Mapping[str, Mapping[str, Policy]]:
        """The trivial policies; the commonest answer is that of the training seed."""
        return floors(self.generated(TRAIN, self.samples, bench))

    async def work(self, bench: Bench, case: Case, policy: Policy | None = None) -> Outcome:
        """The case's outcome, with what the judge says of it where it is a draft."""
        outcome = await bench.work(case, policy)
        if case.specialist != WRITER:
            return outcome
        return await judged(bench, case, outcome, beside_template=policy is None)

    def task(self, bench: Bench, seed: int, limit: int | None = None, solver: Solver | None = None) -> Task:
        """The Inspect task."""
        cases = self.cases(bench, seed, limit)
        asked = _asked(cases)
        return Task(
            dataset=MemoryDataset([_sample(case) for case in cases], name=f"{self.name}-{seed}"),
            solver=solver or specialist(self, bench),
            scorer=graded(self, bench),
            name=self.name,
            metadata={
                "seed": seed,
                "says": self.says,
                "judge": self.judge,
                "prompts": {name: bench.prompt(name).hash for name in asked} | {REPAIR: bench.repair.hash},
                "models": {name: bench.model(name) for name in asked},
            },
        )


def _asked(cases: tuple[Case, ...]) -> list[str]:
    """Every specialist that these samples ask, those that judge the answers among them."""
    asked = {case.specialist for case in cases}
    return sorted(asked | {JUDGE, PREFERENCE} if WRITER in asked else asked)


def _sample(case: Case) -> Sample:
    words = case.payload.get("text") if case.specialist == "orchestrator" else None
    text = cast("dict[str, str]", words)["text"] if words else case.specialist
    target = cast("dict[str, JsonValue]", dict(case.target))
    return Sample(id=case.id, input=text, target=str(target), metadata=case.plain())


def by_specialist(policies: Mapping[str, Policy], case: Case) -> Policy:
    """The policy in the place of the case's specialist."""
    return policies[case.specialist]
