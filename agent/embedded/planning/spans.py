"""A recognised piece of a text."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Mark:
    """What stands at a place of a text."""

    kind: str
    # role, territory, person, segment, channel, scenario, currency, anybody, number, amount, percent, points,
    # fraction, times, duration or period
    start: int
    end: int
    ids: tuple[str, ...] = ()
    # of the plan; several where it can mean several
    places: tuple[str, ...] = ()
    # ISO codes, where a territory was named by one of its places
    value: float = 0.0
    # number, amount in major units, per cent, points, factor, months
    unit: str = ""
    # an amount's currency, a duration's unit
    day: date | None = None
    # a period's first day, or the day meant; None: now
    year: int | None = None
    # the fiscal year's number, where the period is a whole one
    label: str = ""
    # a period's, where it is a whole one: Q1 FY28, FY28
    of: str = ""
    # a period's kind: day, month, quarter, half, year, now
