"""What a change promised beside what came: kept, broken, unclear, or too early to say."""

from dataclasses import dataclass
from typing import Literal

from loops.intervals import Measured
from loops.proposal import Promise

Verdict = Literal["kept", "broken", "unclear", "too early"]


@dataclass(frozen=True)
class Judged:
    """A promise and how it stands."""

    verdict: Verdict
    measured: Measured | None
    # None: nothing is settled yet
    settled: int
    # leads decided under the change whose outcome is known
    missing: int
    # leads that are still needed; 0 once it can be told


def judge(promise: Promise, measured: Measured | None, settled: int) -> Judged:
    """Kept, where the whole interval is better than before and it reaches what was promised.

    Broken, where the whole interval is worse than the least that was promised, or the figure is no better
    than before and the interval doesn't reach what was expected. Unclear otherwise.
    """
    missing = max(0, promise.after_leads - settled)
    if missing or measured is None:
        return Judged("too early", measured, settled, missing or 1)
    up = promise.expected >= promise.before
    best, value = (measured.high, measured.value) if up else (-measured.low, -measured.value)
    worst = measured.low if up else -measured.high
    least, expected, before = (
        (promise.low, promise.expected, promise.before)
        if up
        else (-promise.high, -promise.expected, -promise.before)
    )
    if best < least or (value <= before and best < expected):
        return Judged("broken", measured, settled, 0)
    return Judged("kept" if worst > before and best >= least else "unclear", measured, settled, 0)
