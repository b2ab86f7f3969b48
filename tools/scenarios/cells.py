"""What one cell of somebody's sheet says: numbers, amounts, days and lists as people write them."""

import csv
import re
from datetime import date, datetime
from decimal import Decimal
from io import StringIO

from loops.money import minor_digits

Raw = str | int | float | bool | date | datetime
_GAP = re.compile(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3}(?!\d))")
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?|[-+]?\.\d+")
_COMMAS = re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?")
_DOTS = re.compile(r"[-+]?\d{1,3}((\.\d{3})+,\d+|(\.\d{3}){2,})")
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
"""A thousand and something as much of the world writes it, or a decimal."""
_YEAR = re.compile(r"FY\s?(\d{2}|\d{4})", re.IGNORECASE)
_CODE = re.compile(
    r"(?P<before>[A-Za-z]{3}|[$€£¥])?\s*(?P<rest>[^A-Za-z$€£¥]+?)\s*(?P<after>[A-Za-z]{3}|[$€£¥])?"
)
SIGNS = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
}
"""Which currencies a sign may mean."""


def text(raw: Raw) -> str:
    """What the cell says as a text: a whole number without decimals, a day as ISO 8601."""
    match raw:
        case datetime():
            return raw.date().isoformat()
        case date():
            return raw.isoformat()
        case float() if raw.is_integer():
            return str(int(raw))
        case _:
            return str(raw)


def number(raw: Raw) -> Decimal:
    """The number; a percentage as a share.

    Raises:
        ValueError: it is none, or it isn't clear which.
    """
    if isinstance(raw, bool | date):
        raise ValueError(f"{text(raw)} is no number")
    if isinstance(raw, int | float):
        return Decimal(str(raw))
    said = _GAP.sub("", raw.strip())
    percent = said.endswith("%")
    said = said.removesuffix("%").rstrip()
    if _EITHER.fullmatch(said) and not percent:
        raise ValueError(
            f"{raw} could be two numbers: write {said.replace('.', '')} or {said}0, or make it a number cell"
        )
    if _COMMAS.fullmatch(said):
        said = said.replace(",", "")
    elif _DOTS.fullmatch(said):
        said = said.replace(".", "").replace(",", ".")
    if not _PLAIN.fullmatch(said):
        hint = ": write a decimal with a point, such as 1.5" if re.fullmatch(r"-?\d+,\d+", said) else ""
        raise ValueError(f"{raw} is no number{hint}")
    return Decimal(said) / 100 if percent else Decimal(said)


def whole(raw: Raw) -> int:
    """The whole number; FY27 is 2027.

    Raises:
        ValueError: it is none.
    """
    year = _YEAR.fullmatch(raw.strip()) if isinstance(raw, str) else None
    if year:
        return int(year[1]) if len(year[1]) == 4 else 2000 + int(year[1])
    found = _typed(raw)
    if found != found.to_integral_value():
        raise ValueError(f"{text(raw)} is no whole number")
    return int(found)


def _typed(raw: Raw, digits: int = 0) -> Decimal:
    """The number, without what a formula's binary fractions leave behind its fifteenth digit."""
    found = number(raw)
    if isinstance(raw, float) and found.scaleb(digits) % 1:
        return Decimal(f"{raw:.15g}")
    return found


def minor(raw: Raw, currency: str) -> int:
    """The amount in minor units.

    Raises:
        ValueError: it is none, names another currency, or is finer than a minor unit.
    """
    if isinstance(raw, str):
        if raw.strip().endswith("%"):
            raise ValueError(f"{raw} is a share, and an amount of {currency} is needed")
        raw = _without_currency(raw, currency)
    scaled = _typed(raw, minor_digits(currency)).scaleb(minor_digits(currency))
    if scaled != scaled.to_integral_value():
        digits = minor_digits(currency)
        said = f"{digits} decimals" if digits else "no decimals"
        raise ValueError(f"{text(raw)} is finer than {currency} goes: it has {said}")
    return int(scaled)


def _without_currency(raw: str, currency: str) -> str:
    matched = _CODE.fullmatch(raw.strip())
    if not matched:
        return raw
    for sign in filter(None, (matched["before"], matched["after"])):
        if currency not in SIGNS.get(sign, (sign.upper(),)):
            raise ValueError(f"{raw} isn't in {currency}: name its currency in the column beside it")
    return matched["rest"]


def day(raw: Raw) -> date:
    """The day.

    Raises:
        ValueError: it is none, or could be two.
    """
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(text(raw).strip())
    except ValueError:
        said = f"{text(raw)} is no day that is clear"
        raise ValueError(f"{said}: make it a date cell, or write it as 2027-02-01") from None


def items(raw: Raw) -> list[str]:
    """The items of a list, split at semicolons, or at commas where it has none of those."""
    said = text(raw)
    split = ";" if ";" in said or '"' in said else ","
    rows = csv.reader(StringIO(said, newline=""), delimiter=split, skipinitialspace=True)
    return [item.strip() for row in rows for item in row if item.strip()]
