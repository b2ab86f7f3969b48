"""Figures read off Inspect's logs: a task's score with its interval, floor, gap, calibration and cost."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.log import EvalLog

from evals.judging import WRITER
from evals.reliability import Reliability, read
from evals.scorers import interval
from evals.statistics import Calibration, Difference, Interval, auc, calibration, f1, independent, paired

BESIDE = (
    "answered", "same_sentence", "from_wrong_documents", "states", "concerns", "f1", "criteria", "grounded",
    "preferred", "resisted", "work", "recall", "false_abstention", "as_the_loop_takes_it",
    "asked_clear_seen", "asked_clear_unseen", "wrong_seen", "wrong_unseen",
)  # fmt: skip
"""Names of figures that a report shows beside the score, where a task has them."""
OVERFIT = 0.1
"""A gap between seen and unseen text families above it is called overfit."""
LEVELS = (0.5, 0.7, 0.8, 0.85, 0.9, 0.95)
"""Confidences at which the error among what would stand is shown."""


@dataclass(frozen=True)
class Row:
    """One scored sample."""

    id: str
    family: str
    seen: bool
    score: float
    figures: Mapping[str, float]
    cost: Mapping[str, float]
    findings: tuple[tuple[float, bool], ...] = ()
    # (confidence, right) of each finding, where a sample has several
    labels: tuple[frozenset[str], frozenset[str]] | None = None
    # (said, true), where an answer is a set of labels
    by_judge: bool = True
    # whether the score rests on the task's judge too, where it has one
    employees: int | None = None
    # of the company that it is about; None where nobody knows, or it is about none


@dataclass(frozen=True)
class Measured:
    """One task's log as figures."""

    task: str
    model: str
    seed: int
    rows: tuple[Row, ...]
    floors: Mapping[str, Mapping[str, float]] = field(default_factory=dict[str, Mapping[str, float]])
    # trivial policy → sample → score
    prompts: Mapping[str, str] = field(default_factory=dict[str, str])
    # specialist → the hash of its prompt; `repair` → that of what is said to a reply that can't stand
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    # specialist → its model, which may be another than the run's
    judge: str = ""
    # whose verdict the score rests on beside code; "": nobody's
    judges: tuple[Reliability, ...] = ()
    # what is known of the judges; empty where none was tried

    def score(self, seen: bool | None = None) -> Interval | None:
        """The mean score with its interval; of seen or unseen families alone; None without samples."""
        return _mean([row.score for row in self._rows(seen)])

    def floor(self, seen: bool | None = None) -> tuple[str, Interval] | None:
        """The best trivial policy and its score; None where none was run."""
        ids = [row.id for row in self._rows(seen)]
        found = [(name, _mean([scores[id] for id in ids])) for name, scores in self.floors.items()]
        real = [(name, score) for name, score in found if score is not None]
        return max(real, key=lambda one: one[1].value, default=None)

    def above_floor(self) -> Difference | None:
        """How far the score is above the best trivial policy's, sample by sample."""
        best = self.floor()
        if best is None or len(self.rows) < 2:
            return None
        return paired([row.score for row in self.rows], [self.floors[best[0]][row.id] for row in self.rows])

    def gap(self) -> Difference | None:
        """Seen minus unseen; None where one side has fewer than two samples."""
        seen, unseen = ([row.score for row in self._rows(side)] for side in (True, False))
        return independent(seen, unseen) if min(len(seen), len(unseen)) > 1 else None

    def beside(self) -> dict[str, Interval]:
        """The other figures that the task has, each with its interval."""
        found = {name: [row.figures[name] for row in self.rows if name in row.figures] for name in BESIDE}
        return {name: made for name, values in found.items() if (made := _mean(values))}

    def pairs(self) -> tuple[tuple[float, bool], ...]:
        """(confidence, right) of each choice or finding that carries a confidence."""
        own = tuple(
            (row.figures["confidence"], row.figures["correct"] == 1.0)
            for row in self.rows
            if "confidence" in row.figures
        )
        return own + tuple(pair for row in self.rows for pair in row.findings)

    def calibration(self) -> Calibration | None:
        """How honest the confidences are; None where there are too few."""
        pairs = self.pairs()
        return calibration([c for c, _ in pairs], [right for _, right in pairs]) if len(pairs) >= 20 else None

    def auc(self) -> Interval | None:
        """The chance that a right answer is surer than a wrong one; None where there aren't both."""
        pairs = self.pairs()
        rights = [right for _, right in pairs]
        return auc([sure for sure, _ in pairs], rights) if len(set(rights)) > 1 else None

    def micro_f1(self) -> Interval | None:
        """F1 over all labels of all samples alike; None where an answer is no set of labels."""
        pairs = [row.labels for row in self.rows if row.labels is not None]
        return f1(pairs, "micro") if any(said or true for said, true in pairs) else None

    def risk(self) -> tuple[tuple[float, int, Interval], ...]:
        """(confidence, answers at or above it, error among them), for the levels that any answer reaches."""
        pairs = self.pairs()
        standing = ((level, [right for sure, right in pairs if sure >= level]) for level in LEVELS)
        return tuple(
            (level, len(rights), interval([float(not right) for right in rights]))
            for level, rights in standing
            if rights
        )

    def spent(self) -> dict[str, float]:
        """Calls, tool calls, tool errors, tokens and money in all; median and 95th percentile of time."""
        times = sorted(row.cost.get("milliseconds", 0.0) for row in self.rows)
        sums = {
            name: sum(row.cost.get(name, 0) for row in self.rows)
            for name in ("calls", "tool_calls", "tool_errors", "tokens", "money_micros")
        }
        return {**sums, "p50_ms": _at(times, 0.5), "p95_ms": _at(times, 0.95), "samples": len(self.rows)}

    def _rows(self, seen: bool | None) -> list[Row]:
        return [row for row in self.rows if seen is None or row.seen == seen]


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _mean(values: list[float]) -> Interval | None:
    return interval(values) if values else None


def figures(log: EvalLog) -> Measured:
    """The figures of one log."""
    about: dict[str, Any] = log.eval.metadata or {}
    rows = tuple(
        _row(str(sample.id), sample.scores["graded"]) for sample in log.samples or () if sample.scores
    )
    return Measured(
        task=log.eval.task,
        model=about["model"],
        seed=about["seed"],
        rows=rows,
        floors=about.get("floors", {}),
        prompts=about.get("prompts", {}),
        models=about.get("models", {}),
        judge=about.get("judge", ""),
        judges=read(about.get("judges", [])),
    )


def _row(id: str, score: Any) -> Row:
    about: dict[str, Any] = score.metadata
    found = tuple((float(sure), bool(right)) for sure, right in about["findings"])
    labels = about.get("labels")
    return Row(
        id=id,
        family=about["family"],
        seen=about["seen"],
        score=score.as_float(),
        figures=about["figures"],
        cost=about["cost"],
        findings=found,
        employees=about.get("employees"),
        labels=(frozenset(labels[0]), frozenset(labels[1])) if labels else None,
        by_judge=about.get("specialist", WRITER) == WRITER,
    )


def measures(logs: Iterable[EvalLog]) -> dict[str, Measured]:
    """Task → its figures; the last of several logs with that name."""
    return {one.task: one for one in map(figures, logs)}


def in_order(found: Mapping[str, Measured], order: Iterable[str]) -> tuple[Measured, ...]:
    """The figures in the report's order."""
    keep: Callable[[str], bool] = found.__contains__
    return tuple(found[name] for name in filter(keep, order))


def weak(measured: Measured) -> bool:
    """Whether the score isn't shown to be above the floor."""
    above = measured.above_floor()
    return above is not None and not (above.low > 0 and above.p < ALPHA)


ALPHA = 0.05


def paired_scores(a: Measured, b: Measured) -> tuple[list[float], list[float]]:
    """Both scores of each sample that both have, in one order."""
    other = {row.id: row.score for row in b.rows}
    both = [(row.score, other[row.id]) for row in a.rows if row.id in other]
    return [one for one, _ in both], [two for _, two in both]


__all__ = [
    "ALPHA",
    "OVERFIT",
    "Measured",
    "Row",
    "figures",
    "in_order",
    "measures",
    "paired_scores",
    "weak",
]
