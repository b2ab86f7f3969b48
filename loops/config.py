"""A loop's config: parsed text checked against a schema; its version is the hash of its content."""

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from loops.values import Value, content_hash

Path = tuple[str | int, ...]
EXPECTED = {
    "extra_forbidden": "there is no such key here",
    "missing": "this key is required",
    "tuple_type": "a list is expected, such as [\"a\", \"b\"]",
    "dict_type": "a table of keys is expected",
}


class Bands(Value):
    """What becomes of an agent's choice by its confidence."""

    fire: float | None = Field(ge=0, le=1)
    # at or above: it stands; null: nothing stands by itself
    review: float = Field(ge=0, le=1)
    # from here up to `fire`: a person confirms it; below: triage

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.fire is not None and self.review > self.fire:
            raise ValueError("review must not be above fire")
        return self

    def stands(self, sure: float) -> bool:
        """Whether a choice of that confidence stands without a person."""
        return self.fire is not None and sure >= self.fire


class SegmentBands(Bands):
    """The bands for records of one size."""

    segment: str = Field(min_length=1)
    min_employees: int | None = Field(default=None, ge=0)
    max_employees: int | None = Field(default=None, ge=0)
    # both ends included; null: open

    @model_validator(mode="after")
    def _some_size(self) -> Self:
        if self.max_employees is not None and self.max_employees < (self.min_employees or 0):
            raise ValueError("max_employees must not be below min_employees: no size is of this segment")
        return self

    def holds(self, employees: int) -> bool:
        """Whether a company of that size is of this segment."""
        least, most = self.min_employees or 0, self.max_employees
        return employees >= least and (most is None or employees <= most)


class SegmentedBands(Bands):
    """The bands of a loop: one for all, or others for records of some sizes."""

    segments: tuple[SegmentBands, ...] = ()
    # the first whose bounds hold goes before the plain bands; a size that isn't known is of none

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        names = [one.segment for one in self.segments]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"the segment {twice} stands here twice")
        return self

    def of(self, employees: int | None) -> Bands:
        """What holds for a record whose company has so many employees (None: nobody knows)."""
        return next((one for one in self.segments if employees is not None and one.holds(employees)), self)


class LoopConfig(Value):
    """The base of every loop's config."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    PARTS: ClassVar[dict[str, str]] = {}
    # field → the workspace files it is read from; a pattern gives one item a file

    @property
    def version(self) -> str:
        """The content hash: the same text content has the same version wherever it lies."""
        return content_hash(self)

    def lint(self, owners: Mapping[str, frozenset[str]]) -> tuple[tuple[Path, str], ...]:
        """What a schema can't see, each with the key path it stands under; empty when all is well."""
        return ()


def faults(error: ValidationError) -> tuple[tuple[Path, str], ...]:
    """Every place where a text departs from its schema, and what was expected there."""
    return tuple(
        (e["loc"], EXPECTED.get(e["type"], e["msg"].removeprefix("Value error, "))) for e in error.errors()
    )
