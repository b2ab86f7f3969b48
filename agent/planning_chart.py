"""A chart of a planning answer: a Vega-Lite spec with its rows, what it shows in words, and its sources."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from pydantic import JsonValue

from loops.errors import RevloopsError
from loops.money import minor_digits

Table = dict[str, JsonValue]
MISSING = 'charts need two more packages: pip install "revloops[plan]"'
FORMATS = (".svg", ".png", ".json")
BY = ("territories", "quarters", "years", "roles")
"""Lists of a comparison that can be drawn."""
_SIDES = (
    ("before_minor", "before"),
    ("after_minor", "after"),
    ("new_acv_minor", "new ACV"),
    ("target_minor", "target"),
)


def shown_by(words: str) -> str:
    """Which list of a comparison the person's words ask for."""
    text = words.lower()
    named = {
        "territories": ("territor", "region", "patch"),
        "quarters": ("quarter", "month"),
        "roles": ("role",),
    }
    return next((by for by, cues in named.items() if any(cue in text for cue in cues)), "quarters")


def artefact(table: Table, by: str, sources: tuple[str, ...]) -> dict[str, Any]:
    """The chart as one value: `spec`, `rows`, `alt` and `sources`.

    Args:
        table: a planning answer's comparison.
        by: which of its lists is drawn.
        sources: ids that the figures rest on.

    Raises:
        RevloopsError: there is nothing to draw, or the packages aren't installed.
    """
    rows = chart_rows(table, by)
    if not rows:
        raise RevloopsError("this answer has no table to draw: ask what a change of the plan would do")
    currency = str(table.get("currency") or rows[0]["currency"])
    return {"spec": _spec(rows, by, currency), "rows": rows, "alt": _alt(rows, by), "sources": [*sources]}


def chart_rows(table: Table, by: str) -> list[dict[str, Any]]:
    """One row for each label and side, in major units."""
    found: list[dict[str, Any]] = []
    listed = table.get(by)
    for line in cast("list[dict[str, Any]]", listed) if isinstance(listed, list) else []:
        scale = 10 ** minor_digits(line["currency"])
        label = line.get("label") or line.get("name")
        found += [
            {"label": label, "side": side, "amount": line[key] / scale, "currency": line["currency"]}
            for key, side in _SIDES
            if isinstance(line.get(key), int)
        ]
    return found


def _alt(rows: list[dict[str, Any]], by: str) -> str:
    parts = (f"{row['label']} {row['side']} {row['amount']:,.2f} {row['currency']}" for row in rows)
    return f"New ACV by {by}: {'; '.join(parts)}."


def _spec(rows: list[dict[str, Any]], by: str, currency: str) -> dict[str, Any]:
    try:
        import altair
    except ImportError as error:
        raise RevloopsError(MISSING) from error
    alt = cast("Any", altair)
    order = list(dict.fromkeys(row["label"] for row in rows))
    chart = (
        alt.Chart(alt.Data(values=rows), title=f"New ACV by {by}, in {currency}")
        .mark_bar()
        .encode(
            x=alt.X("label:N", title=None, sort=order),
            xOffset=alt.XOffset("side:N", sort=["before", "after"]),
            y=alt.Y("amount:Q", title=currency),
            color=alt.Color("side:N", title=None, sort=["before", "after"]),
        )
    )
    return cast("dict[str, Any]", chart.to_dict())


def write(path: Path, made: dict[str, Any]) -> None:
    """Write the chart: the picture, or the artefact itself as JSON.

    Raises:
        RevloopsError: the ending is none of the formats, the packages are missing, or it can't be written.
    """
    if path.suffix not in FORMATS:
        raise RevloopsError(f"a chart is written as {', '.join(FORMATS)}: name the file so")
    data = (
        json.dumps(made, indent=1).encode() if path.suffix == ".json" else _drawn(path.suffix, made["spec"])
    )
    try:
        path.write_bytes(data)
    except OSError as error:
        raise RevloopsError(f"{path} can't be written: {error.strerror}") from error


def _drawn(suffix: str, spec: dict[str, Any]) -> bytes:
    try:
        import vl_convert
    except ImportError as error:
        raise RevloopsError(MISSING) from error
    convert = cast("Any", vl_convert)
    if suffix == ".png":
        make: Callable[..., bytes] = convert.vegalite_to_png
        return bytes(make(spec, scale=2))
    return str(convert.vegalite_to_svg(spec)).encode()
