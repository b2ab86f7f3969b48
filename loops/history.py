"""Past leads as evidence: what was known of each when it was decided, and what became of it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AwareDatetime

from loops.columns import Column, Columns, Rows
from loops.values import Value

UNKNOWN = -1
"""In `converted` and `won`: not settled yet, or nobody said."""


class Outcome(Value):
    """What became of a lead, as far as it is known."""

    lead: str
    owner: str | None = None
    # rep id: who had it in the end
    touched_at: AwareDatetime | None = None
    converted_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    # when it was given up or its deal ended; None while it is open
    won: bool | None = None
    amount_minor: int | None = None
    # of the deal it became, in minor units of the plan's currency
    said_by: str = ""
    # which system or file says so
    undated: tuple[Literal["converted_at", "closed_at"], ...] = ()
    # of the dates above, those that are only the day on which it was said: one that is known goes before them

    @property
    def says_something(self) -> bool:
        """Whether anything is known of it but its owner."""
        return bool(self.touched_at or self.converted_at or self.closed_at or self.won is not None)


@dataclass(frozen=True)
class History:
    """Leads decided in the past, the oldest first; every array has one entry a lead."""

    records: tuple[str, ...]
    # lead ids
    at: NDArray[np.int64]
    # when each was decided, in seconds since 1970, ascending
    known: Columns
    # attributes as they stood then; one that is refused is known of nobody
    origin: Column
    # "ledger", or the file or system that an imported lead comes from: strata aren't mixed silently
    owner: Column
    # rep id who had it in the end; None where nobody did
    first_owner: Column
    # rep id it was given to first; differs from `owner` where people moved it
    converted: NDArray[np.int8]
    # 1, 0 or UNKNOWN
    wait_hours: NDArray[np.float64]
    # from the assignment to the first touch; NaN where it isn't known
    refused: tuple[tuple[str, str], ...] = ()
    # attributes that are no evidence here, each with the reason in one clause

    def __len__(self) -> int:
        return len(self.records)

    def take(self, rows: Rows) -> "History":
        """Those leads alone; `rows` ascends."""
        return History(
            tuple(self.records[int(row)] for row in rows), self.at[rows], self.known.take(rows),
            self.origin.take(rows), self.owner.take(rows), self.first_owner.take(rows),
            self.converted[rows], self.wait_hours[rows], self.refused,
        )  # fmt: skip

    def between(self, start: float, end: float) -> "History":
        """Those decided from `start` until before `end`, in seconds since 1970."""
        return self.take(np.flatnonzero((self.at >= start) & (self.at < end)))
