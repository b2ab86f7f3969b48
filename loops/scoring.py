"""Weighted scoring in integers: contributions that add up exactly, grades, and what would lift a grade."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from loops.values import Value

Attribute = str | int | None
Grade = Literal["A", "B", "C", "D"]
FULL = 100


class Band(Value):
    """Points for a number from `at_least` upwards, until the next band."""

    at_least: int
    points: int = Field(ge=0, le=FULL)


class Factor(Value):
    """One factor of a score: points by an attribute's value, or by the band a number falls in."""

    name: str
    attribute: str
    weight: int = Field(gt=0, le=FULL)
    # the most points it can give; all weights together make 100
    values: dict[str, int] = {}
    bands: tuple[Band, ...] = ()
    # ascending
    otherwise: int = Field(default=0, ge=0)
    # points for a known value that isn't listed, or a number below the first band
    unknown: int = Field(default=0, ge=0)
    # points while the attribute isn't known

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.values) == bool(self.bands):
            raise ValueError(f"factor {self.name} needs either values or bands")
        given = [*self.values.values(), *(b.points for b in self.bands), self.otherwise, self.unknown]
        if max(given) > self.weight or min(given) < 0:
            raise ValueError(f"factor {self.name} gives points outside 0 to its weight of {self.weight}")
        if [b.at_least for b in self.bands] != sorted({b.at_least for b in self.bands}):
            raise ValueError(f"factor {self.name}: bands must ascend")
        return self

    def points(self, value: Attribute) -> int:
        """The points this factor gives for a value; None counts as unknown."""
        if value is None:
            return self.unknown
        if self.bands:
            return next((b.points for b in reversed(self.bands) if int(value) >= b.at_least), self.otherwise)
        return self.values.get(str(value), self.otherwise)

    def best(self) -> tuple[int, str]:
        """The most points reachable and the value that reaches them, in words."""
        options = [(points, value) for value, points in self.values.items()]
        options += [(b.points, f"{b.at_least} or more") for b in self.bands]
        return max(options, key=lambda option: option[0])


class Contribution(Value):
    """What one factor gave."""

    factor: str
    value: str
    # the attribute's value in words; `unknown` where it isn't known
    points: int
    of: int


class Scored(Value):
    """A score with its contributions, which add up to it exactly."""

    points: int = Field(ge=0, le=FULL)
    contributions: tuple[Contribution, ...]
    # in the order of the config


class Thresholds(Value):
    """The lowest score of each grade; anything below C is a D."""

    A: int = Field(ge=1, le=FULL)
    B: int = Field(ge=1, le=FULL)
    C: int = Field(ge=1, le=FULL)

    @model_validator(mode="after")
    def _descend(self) -> Self:
        if not self.A > self.B > self.C:
            raise ValueError("grades must descend: A above B above C")
        return self

    def grade(self, points: int) -> "Grade":
        """A, B, C or D."""
        return "A" if points >= self.A else "B" if points >= self.B else "C" if points >= self.C else "D"

    def next_above(self, points: int) -> tuple[str, int] | None:
        """The next better grade and its lowest score; None for an A."""
        steps = (("C", self.C), ("B", self.B), ("A", self.A))
        return next(((g, least) for g, least in steps if points < least), None)


def score(factors: tuple[Factor, ...], attributes: Mapping[str, Attribute]) -> Scored:
    """The weighted sum over the factors; pure integer arithmetic."""
    parts = tuple(
        Contribution(
            factor=f.name,
            value=_words(attributes.get(f.attribute)),
            points=f.points(attributes.get(f.attribute)),
            of=f.weight,
        )
        for f in factors
    )
    return Scored(points=sum(p.points for p in parts), contributions=parts)


def _words(value: Attribute) -> str:
    return "unknown" if value is None else str(value)


def lifts(factors: tuple[Factor, ...], scored: Scored, thresholds: Thresholds) -> tuple[str, ...]:
    """The fewest changes that reach the next grade, in words, the largest gain first; empty for an A.

    Only factors that can still give more take part; where even all of them fall short, all are listed.
    """
    target = thresholds.next_above(scored.points)
    if target is None:
        return ()
    gains = sorted(
        ((f.best()[0] - c.points, f, c) for f, c in zip(factors, scored.contributions, strict=True)),
        key=lambda gain: (-gain[0], gain[1].name),
    )
    missing, steps = target[1] - scored.points, list[str]()
    for gain, factor, had in gains:
        if missing <= 0 or gain <= 0:
            break
        steps.append(f"{factor.name} {factor.best()[1]} instead of {had.value} (+{gain})")
        missing -= gain
    return tuple(steps)
