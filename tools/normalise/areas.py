"""Groups of countries by the names that people give them: EMEA, DACH, the Nordics."""

from functools import cache
from importlib.resources import files
from typing import cast

from tools import yaml_text
from tools.normalise.gazetteer import place_key

_ALSO = {"european union": "eu", "apj": "apac", "asia pacific": "apac", "latin america": "latam",
         "nordic countries": "nordics", "scandinavia": "nordics", "amer": "americas",
         "uk and ireland": "uki", "dach region": "dach"}  # fmt: skip
"""Other names of an area."""


def area(text: str) -> frozenset[str]:
    """The countries of an area, as ISO codes; empty where the text names none.

    Args:
        text: as somebody writes it, e.g. "EMEA", "the Nordics".
    """
    name = place_key(text)
    return _table().get(_ALSO.get(name, name), frozenset())


@cache
def _table() -> dict[str, frozenset[str]]:
    text = files("tools.normalise").joinpath("areas.yaml").read_text(encoding="utf-8")
    table: dict[str, frozenset[str]] = {}
    for name, codes in cast("dict[str, str]", yaml_text.read(text, "areas.yaml")[0]).items():
        parts = [part.strip() for part in codes.split(",")]
        table[name] = frozenset().union(*(table.get(part, frozenset({part})) for part in parts))
    return table
