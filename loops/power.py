"""How many records a change must touch before its effect on a share can be told, and what fewer can tell."""

import math
from dataclasses import dataclass
from statistics import NormalDist

ALPHA = 0.05
"""How often no effect at all is taken for one, of either sign."""
POWER = 0.8
"""How often an effect of that size is found."""
_NORMAL = NormalDist()
_HALVINGS = 60
"""Steps of a bisection; the interval is then narrower than a double can tell."""


@dataclass(frozen=True)
class Reach:
    """What a change that touches so many records a week can show."""

    before: float
    # the share as it is known, 0-1
    weekly: float
    # records it touches a week
    weeks: int
    # how long it is watched
    detectable: float | None
    # the smallest rise that is found in that time with `POWER`; None: not even the whole share


def needed(before: float, after: float, alpha: float = ALPHA, power: float = POWER) -> int | None:
    """Records each side needs for the two shares to be told apart; None where they are the same.

    Two independent samples of the same size, two-sided normal test without correction for continuity:
    Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003), formula 4.14.
    """
    _checked(before, after)
    if before == after:
        return None
    middle = (before + after) / 2
    null = _NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    other = _NORMAL.inv_cdf(power) * math.sqrt(_variance(before) + _variance(after))
    return math.ceil(((null + other) / (before - after)) ** 2)


def power_of(before: float, after: float, each: int, alpha: float = ALPHA) -> float:
    """How often the difference is found with so many records each side; the same formula, solved for power.

    The chance to find it with the wrong sign is left out, as the formula does.
    """
    _checked(before, after)
    middle = (before + after) / 2
    null = _NORMAL.inv_cdf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    spread = math.sqrt(_variance(before) + _variance(after))
    reach = math.sqrt(each) * abs(before - after) - null
    if spread:
        return _NORMAL.cdf(reach / spread)
    return 1.0 if reach > 0 else 0.0


def detectable(before: float, each: int, alpha: float = ALPHA, power: float = POWER) -> float | None:
    """The smallest rise of the share that so many records each side show; None: not even to all of them."""
    if each < 1 or before >= 1 or power_of(before, 1.0, each, alpha) < power:
        return None
    low, high = before, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = power_of(before, middle, each, alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high - before


def weeks_needed(before: float, after: float, weekly: float) -> int | None:
    """Whole weeks until as many were touched as `needed` says; None: never."""
    each = needed(before, after)
    return None if each is None or weekly <= 0 else math.ceil(each / weekly)


def reach(before: float, weekly: float, weeks: int) -> Reach:
    """What can be shown within so many weeks."""
    return Reach(before, weekly, weeks, detectable(before, math.floor(weekly * weeks)))


def _variance(share: float) -> float:
    return share * (1 - share)


def _checked(*shares: float) -> None:
    if any(not 0 <= share <= 1 for share in shares):
        raise ValueError("a share lies between 0 and 1")
