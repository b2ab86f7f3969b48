"""What stands in the systems of work: territories, pools, people, seats, and what ties them together."""

from typing import Literal, Protocol, get_args

from loops.values import Value

Part = Literal[
    "territory", "pool", "person", "seat", "assignment", "membership", "coverage", "quota", "comp_plan"
]
"""The kinds of thing that are materialised; structure first, then what is assigned to it."""
PARTS: tuple[Part, ...] = get_args(Part)


class Item(Value):
    """One thing that stands, or is to stand, in the systems of work."""

    part: Part
    key: str
    # territory, pool, person or seat id; assignment: person@territory; membership: pool/person;
    # coverage: seat or person id; quota and comp_plan: person@year
    fields: dict[str, str] = {}
    # what is said of it; ids, days and figures alone, "" for what isn't set


class QuotaYear(Value):
    """What a person is asked to close in a fiscal year, by its quarters."""

    person: str
    year: int
    label: str
    # of the year, such as FY27
    quarters: dict[str, int]
    # label of the quarter, such as Q1 FY27, in order → minor units of the plan's currency




def told(part: str, key: str) -> str:
    """The thing's name in effects and messages."""
    return f"{part}:{key}"


class Standing(Protocol):
    """What a loop reads of the systems of work's structure."""

    def items(self) -> tuple[Item, ...]:
        """Everything that stands there, by part and key."""
        ...

    def quotas(self) -> tuple[QuotaYear, ...]:
        """Everybody's quotas by the promoted scenario, by person and year; empty where it has no year."""
        ...
