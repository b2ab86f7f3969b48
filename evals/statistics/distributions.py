"""Student's t and Fisher's F, from the incomplete beta function; the normal is the standard library's."""

import math
from collections.abc import Callable
from statistics import NormalDist

TINY = 1e-300
STEPS = 300
"""Terms of the continued fraction, and halvings of a bisection: both converge long before."""


def normal_quantile(share: float) -> float:
    """The value below which this share (0-1, ends excluded) of a standard normal lies."""
    return NormalDist().inv_cdf(share)


def normal_cdf(value: float) -> float:
    """The share, 0-1, of a standard normal below the value."""
    return NormalDist().cdf(value)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), 0-1 (DLMF 8.17.22, Lentz's method)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) * _fraction(x, a, b) / a


def t_tails(value: float, freedom: float) -> float:
    """The chance, 0-1, of a Student t at least this far from 0 on either side (DLMF 8.17 with a = df/2)."""
    return incomplete_beta(freedom / (freedom + value * value), freedom / 2, 0.5)


def t_quantile(level: float, freedom: float) -> float:
    """The distance from 0 within which a Student t lies with chance `level` (0-1)."""
    return _where(lambda value: t_tails(value, freedom) <= 1 - level)


def f_quantile(share: float, above: float, below: float) -> float:
    """The value under which this share of an F lies, with so many degrees of freedom above and below."""
    return _where(lambda v: incomplete_beta(above * v / (above * v + below), above / 2, below / 2) >= share)


def _where(reached: Callable[[float], bool]) -> float:
    """The smallest positive value where a rising condition holds."""
    low, high = 0.0, 1.0
    while not reached(high):
        low, high = high, high * 2
    for _ in range(STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _fraction(x: float, a: float, b: float) -> float:
    ratio = 1 / _apart(1 - (a + b) * x / (a + 1))
    value, last = ratio, 1.0
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            ratio = 1 / _apart(1 + term * ratio)
            last = _apart(1 + term / last)
            value *= ratio * last
        if abs(ratio * last - 1) < 1e-15:
            break
    return value


def _apart(number: float) -> float:
    return number if abs(number) > TINY else TINY
