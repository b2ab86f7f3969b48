"""Exact money: amounts in minor units of a currency, shares as the decimals they are written as."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from loops.errors import PlanError
from loops.plan import Currencies

_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
MINOR_DIGITS = {
    **dict.fromkeys(_WHOLE.split(), 0),
    **dict.fromkeys(_THOUSANDTHS.split(), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
"""A minor unit's digits where they aren't two (ISO 4217)."""


def minor_digits(currency: str) -> int:
    """How many digits of a major unit a minor unit is."""
    return MINOR_DIGITS.get(currency, 2)


def exact(written: float) -> Fraction:
    """The decimal that the number is written as: 0.1 is a tenth."""
    return Fraction(str(written))


def rates_on(currencies: Currencies, day: date) -> dict[str, Fraction]:
    """Currency → worth of a unit in the base: the newest rate on or before the day, else the oldest."""
    found = {currencies.base: Fraction(1)}
    for name in {rate.currency for rate in currencies.rates} - {currencies.base}:
        dated = sorted((r for r in currencies.rates if r.currency == name), key=lambda r: r.on)
        held = [rate for rate in dated if rate.on <= day]
        found[name] = exact((held[-1] if held else dated[0]).value)
    return found


def convert(amount: Fraction | int, source: str, target: str, rates: Mapping[str, Fraction]) -> Fraction:
    """The amount of minor units in the other currency, not rounded.

    Raises:
        PlanError: a rate isn't known.
    """
    if source == target:
        return Fraction(amount)
    missing = next((name for name in (source, target) if name not in rates), None)
    if missing:
        raise PlanError(f"there is no rate for {missing}: add one to currencies.yaml, with its day")
    scale = Fraction(10) ** (minor_digits(target) - minor_digits(source))
    return amount * scale * rates[source] / rates[target]


def spread(amount: int, weights: Sequence[Fraction]) -> tuple[int, ...]:
    """The amount shared out by weights, each a part of the whole, so that the rounded parts add up."""
    so_far = [round(amount * part) for part in accumulate(weights, initial=Fraction(0))]
    return tuple(after - before for before, after in pairwise(so_far))


def written(minor: int, currency: str) -> str:
    """The amount as a person reads it, e.g. 1,250.00 EUR."""
    digits = minor_digits(currency)
    return f"{Decimal(minor).scaleb(-digits):,.{digits}f} {currency}"
