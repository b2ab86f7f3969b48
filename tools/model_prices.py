"""What models cost: the dated prices of the workspace's prices.yaml, in millionths of the currency."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pydantic import JsonValue

from loops.errors import ConfigError, Fault
from tools.yaml_text import Lines, read_file

FILE = "prices.yaml"
MICROS = 1_000_000
"""Millionths of the currency in one; also the tokens that a price is for."""
KEYS = ("model", "from", "input_per_million", "output_per_million")


@dataclass(frozen=True)
class Price:
    """What a model costs from a day on, until a later price of it."""

    model: str
    start: date
    input_micros: int
    # millionths of the currency for a million tokens read
    output_micros: int
    # for a million tokens written

    def cost_micros(self, input_tokens: int, output_tokens: int) -> int:
        """Millionths of the currency, rounded up."""
        return -(-(input_tokens * self.input_micros + output_tokens * self.output_micros) // MICROS)


@dataclass(frozen=True)
class Prices:
    """The price list."""

    listed: tuple[Price, ...] = ()
    # in the file's order; may be empty

    def on(self, model: str, day: date) -> Price | None:
        """The model's latest price dated that day or before; None: it has none, which isn't 0."""
        known = [price for price in self.listed if price.model == model and price.start <= day]
        return max(known, key=lambda price: price.start, default=None)


def load_prices(root: Path) -> Prices:
    """The workspace's prices; none where it has no prices.yaml.

    Raises:
        ConfigError: every entry that doesn't hold, with file and line.
    """
    if not (root / FILE).is_file():
        return Prices()
    data, lines = read_file(root / FILE, root)
    if data is None:
        return Prices()
    if not isinstance(data, list):
        raise ConfigError(Fault(FILE, 1, "", f"a list of prices is expected, each with {', '.join(KEYS)}"))
    wrong: list[Fault] = []
    found = [_price(entry, at, lines, wrong) for at, entry in enumerate(data)]
    if wrong:
        raise ConfigError(*wrong)
    return Prices(tuple(price for price in found if price))


def _price(entry: JsonValue, at: int, lines: Lines, wrong: list[Fault]) -> Price | None:
    here = lines.get((at,), 0)
    if not isinstance(entry, dict) or set(entry) != set(KEYS):
        wrong.append(Fault(FILE, here, str(at), f"{', '.join(KEYS)} are expected here, and nothing else"))
        return None
    before = len(wrong)
    reads = _micros(entry["input_per_million"], at, "input_per_million", lines, wrong)
    writes = _micros(entry["output_per_million"], at, "output_per_million", lines, wrong)
    model, start = entry["model"], _day(entry["from"])
    if not isinstance(model, str) or not model:
        wrong.append(Fault(FILE, lines.get((at, "model"), here), "model", "the model's name is expected"))
    if start is None:
        where = lines.get((at, "from"), here)
        wrong.append(Fault(FILE, where, "from", "a date such as 2026-10-01 is expected"))
    if len(wrong) > before or start is None:
        return None
    return Price(str(model), start, reads, writes)


def _day(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _micros(value: JsonValue, at: int, key: str, lines: Lines, wrong: list[Fault]) -> int:
    """Millionths of the currency; a fault where the value isn't an exact, positive number of them."""
    try:
        # a bare 0.25 is a float by now: its shortest text is what stands in the file
        exact = Decimal(str(value)) * MICROS if isinstance(value, str | int | float) else Decimal("NaN")
        if exact.is_finite() and exact >= 0 and exact == exact.to_integral_value():
            return int(exact)
    except InvalidOperation:
        pass
    text = 'an amount for a million tokens is expected, such as "0.25", with at most 6 decimals'
    wrong.append(Fault(FILE, lines.get((at, key), 0), key, text))
    return 0
