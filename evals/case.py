"""What a sample is made of before Inspect sees it: whom it asks, with what, and what would be right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from agent.spec import Payload


@dataclass(frozen=True)
class Case:
    """One piece of a specialist's work whose right answer is known."""

    id: str
    family: str
    # the style its text is written in, or the generator it comes from
    specialist: str
    # `orchestrator` is one too
    payload: Payload
    # of its specialist's task type, as plain JSON
    target: Mapping[str, Any]
    # what is right; its keys differ by task
    documents: tuple[Mapping[str, Any], ...] = ()
    # what the tools find, of the form of `loops.records.Document`; may be empty
    seen: bool = True
    # whether the text is of a kind that the policies' author wrote
    plan: str = ""
    # the plan that its tools read, as `evals.data.planning` names it; "": none
    before: tuple[str, ...] = ()
    # what the person asked earlier in the same thread, the oldest first; the specialist answers that too

    def plain(self) -> dict[str, Any]:
        """The case as JSON."""
        return {
            "family": self.family,
            "specialist": self.specialist,
            "payload": self.payload,
            "target": dict(self.target),
            "documents": [dict(document) for document in self.documents],
            "seen": self.seen,
            "plan": self.plan,
            "before": [*self.before],
        }

    @classmethod
    def read(cls, id: str, plain: Mapping[str, Any]) -> "Case":
        """The case that `plain` gave."""
        documents: Sequence[Mapping[str, Any]] = plain["documents"]
        return cls(
            id=id,
            family=plain["family"],
            specialist=plain["specialist"],
            payload=plain["payload"],
            target=plain["target"],
            documents=tuple(documents),
            seen=plain["seen"],
            plan=plain["plan"],
            before=tuple(plain["before"]),
        )


@dataclass(frozen=True)
class Outcome:
    """What a specialist answered, and what it took."""

    by: str
    # `agent:<specialist>@<model>`, or `nobody:<why>`
    value: Mapping[str, Any]
    # empty where nobody answered
    confidence: float | None = None
    # 0-1; None where none was given
    why: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict[str, Any])
    # what other agents said of the answer, such as the judge's points
    cost: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    # calls, tool_calls, tool_errors, tokens, money_micros, milliseconds

    @property
    def answered(self) -> bool:
        """Whether there is an answer at all."""
        return not self.by.startswith("nobody:")

    def plain(self) -> dict[str, Any]:
        """The outcome as JSON."""
        return {
            "by": self.by,
            "value": dict(self.value),
            "confidence": self.confidence,
            "why": self.why,
            "beside": dict(self.beside),
            "cost": dict(self.cost),
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> "Outcome":
        """The outcome that `plain` gave."""
        return cls(**plain)


Graded = dict[str, float]
"""Name → figure of one sample; `score` (0-1) is what a task is measured by."""
