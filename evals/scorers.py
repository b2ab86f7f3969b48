"""The scorer and its metrics: a sample's figures, their mean with an interval, seen and unseen apart."""

from typing import TYPE_CHECKING, Any, cast

from inspect_ai.scorer import Metric, SampleScore, Score, Scorer, Target, metric, scorer
from inspect_ai.solver import TaskState

from evals.case import Case, Graded, Outcome
from evals.solver import OUTCOME
from evals.statistics import Interval, mean, proportion

if TYPE_CHECKING:
    from evals.bench import Bench
    from evals.job import Job


def interval(values: list[float]) -> Interval:
    """The mean with its 95 % interval: Wilson's where all are 0 or 1, else the bootstrap's; one has none."""
    if set(values) <= {0.0, 1.0}:
        return proportion(int(sum(values)), len(values))
    if len(values) < 2:
        return Interval(values[0], 0.0, 1.0, 1)
    return mean(values, method="bootstrap")


def _of(scores: list[SampleScore], seen: bool | None = None) -> list[float]:
    return [
        score.score.as_float()
        for score in scores
        if seen is None or cast("dict[str, Any]", score.score.metadata)["seen"] == seen
    ]


@metric
def low() -> Metric:
    """The lower end of the mean's 95 % interval."""

    def ends(scores: list[SampleScore]) -> float:
        return interval(_of(scores)).low

    return ends


@metric
def high() -> Metric:
    """The upper end of the mean's 95 % interval."""

    def ends(scores: list[SampleScore]) -> float:
        return interval(_of(scores)).high

    return ends


@metric
def average() -> Metric:
    """The mean score."""

    def of(scores: list[SampleScore]) -> float:
        return interval(_of(scores)).value

    return of


@metric
def unseen() -> Metric:
    """The mean over the written cases."""

    def of(scores: list[SampleScore]) -> float:
        values = _of(scores, seen=False)
        return interval(values).value if values else float("nan")

    return of


@scorer(metrics=[average(), low(), high(), unseen()])
def graded(job: "Job", bench: "Bench") -> Scorer:
    """The job's own grade of each sample."""

    async def score(state: TaskState, target: Target) -> Score:
        case = Case.read(str(state.sample_id), state.metadata)
        outcome = Outcome.read(state.metadata[OUTCOME])
        figures: Graded = job.grade(case, outcome, bench)
        beside: dict[str, Any] = {
            "figures": figures,
            "family": case.family,
            "seen": case.seen,
            "employees": case.payload.get("employees"),
            "specialist": case.specialist,
            "cost": dict(outcome.cost),
            "findings": _findings(case, outcome),
            "labels": _labels(case, outcome) if job.sets else None,
        }
        return Score(value=figures["score"], answer=str(dict(outcome.value)), metadata=beside)

    return score


def _findings(case: Case, outcome: Outcome) -> list[tuple[float, bool]]:
    from evals.grading import findings

    return list(findings(case, outcome)) if case.specialist == "discovery_analyst" else []


def _labels(case: Case, outcome: Outcome) -> list[list[str]]:
    from evals.grading import LABELS

    said, true = LABELS[case.specialist](case, outcome)
    return [sorted(said), sorted(true)]
