"""Qualify's config: weights, thresholds, how fresh and how sure a match must be."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from loops.config import LoopConfig, SegmentedBands
from loops.scoring import FULL, Factor, Thresholds
from loops.values import Value

ATTRIBUTES = frozenset(
    {
        "seniority",
        "job_function",
        "source",
        "industry",
        "employees",
        "country",
        "email_kind",
        "signal",
        "funding_stage",
        "age_days",
    }
)
"""What a factor may score."""


NUMBERS = frozenset({"employees", "age_days"})
"""Those of them that are numbers."""


class Checks(Value):
    """What makes enrichment unfit to score."""

    stale_after_days: int = Field(gt=0)
    # age of a profile from which its changing fields (employees, funding) are set aside
    employees_ratio: float = Field(gt=1)
    # how far the lead's own head count and the profile's may differ, as a ratio, before neither is used
    required: tuple[str, ...]
    # attributes whose absence is reported as incomplete


class Drift(Value):
    """When the share of A grades counts as drifting."""

    a_share_low: float = Field(ge=0, le=1)
    a_share_high: float = Field(ge=0, le=1)
    min_sample: int = Field(gt=0)


class QualifyConfig(LoopConfig):
    """How leads are scored and graded."""

    factors: tuple[Factor, ...]
    # their weights add up to 100
    grades: Thresholds
    matching: SegmentedBands
    # what becomes of an agent's company match; a segment's by the size that the lead itself names
    checks: Checks
    industries: dict[str, tuple[str, ...]]
    # our industry word → what sources call it, lower case
    drift: Drift

    @model_validator(mode="after")
    def _weights(self) -> Self:
        total = sum(f.weight for f in self.factors)
        if total != FULL:
            raise ValueError(f"the factors' weights add up to {total}; they must make {FULL}")
        return self

    def lint(self, owners: Mapping[str, frozenset[str]]) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """Factors over attributes that no lead has, and bands over words."""
        found: list[tuple[tuple[str | int, ...], str]] = []
        for at, factor in enumerate(self.factors):
            name = factor.attribute
            if name not in ATTRIBUTES:
                text = f"no lead has {name}; there are {', '.join(sorted(ATTRIBUTES))}"
                found.append((("factors", at, "attribute"), text))
            elif factor.bands and name not in NUMBERS:
                found.append((("factors", at, "bands"), f"{name} is a word, not a number: list its values"))
        return tuple(found)

    def industry(self, written: str | None) -> str | None:
        """Our word for an industry as a source wrote it; its text where there is no word; None for none."""
        if not written:
            return None
        low = written.lower()
        return next((word for word, names in self.industries.items() if low == word or low in names), low)
