"""A scenario as a workbook: what `importing` reads comes out equal to what was written."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast

from loops.errors import RevloopsError
from loops.money import minor_digits
from loops.scenario import Scenario
from loops.values import Value
from tools.scenarios.sheets import MANY, PLAN, PLAN_LINES, SEPARATOR, SHEETS, Column, NoSheets, Sheet

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | float | date | None
EXACT = 10**15
"""From here on a spreadsheet's numbers aren't exact any more: such amounts are written as text."""
DIGITS = ".16g"
"""What a number is written with: one that needs more digits is written as text."""
FIRST_YEAR = 1901
"""Spreadsheets' dates begin here: earlier ones are written as text."""
LONGEST = 32_767
"""Characters that a cell holds at most."""


def export(scenario: Scenario, path: Path) -> None:
    """Write the workbook, one sheet a section, all of it or nothing.

    Raises:
        RevloopsError: the extra isn't installed, or a text can't stand in a cell.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise NoSheets from error
    book = Workbook()
    first = book.active
    if first is not None:
        book.remove(first)
    _fill(book.create_sheet(PLAN), PLAN, _plan(scenario))
    for sheet in SHEETS:
        _fill(book.create_sheet(sheet.name), sheet.name, _rows(scenario, sheet))
    beside = path.with_name(f".{path.name}.new")
    try:
        book.save(beside)
        beside.replace(path)
    except OSError as error:
        raise RevloopsError(f"{path} can't be written: {error.strerror}") from error


def _plan(scenario: Scenario) -> Iterator[Sequence[Cell]]:
    for line in PLAN_LINES:
        said: object = scenario
        for part in line.field.split("."):
            said = getattr(said, part)
        if line.field in MANY:
            yield (line.title, *map(_entry, cast("tuple[str | float, ...]", said)))
        else:
            yield line.title, _plain(said)


def _rows(scenario: Scenario, sheet: Sheet) -> Iterator[Sequence[Cell]]:
    lines: tuple[Value, ...] = getattr(scenario, sheet.section)
    longest = max((len(getattr(line, sheet.series)) for line in lines), default=0) if sheet.series else 0
    yield (*(c.title for c in sheet.columns), *(f"Month {n + 1}" for n in range(longest)))
    for line in lines:
        if sheet.inside:
            for inner in getattr(line, sheet.inside):
                yield (_named(line), *_inner(inner, sheet, scenario.currency))
        else:
            series: tuple[float, ...] = getattr(line, sheet.series) if sheet.series else ()
            cells = (_cell(line, column, scenario.currency) for column in sheet.columns)
            yield (*cells, *map(_plain, series))


def _named(line: Value) -> str:
    return getattr(line, "id")  # noqa: B009  every line with lines inside has one


def _inner(inner: Value | str, sheet: Sheet, currency: str) -> tuple[Cell, ...]:
    if isinstance(inner, str):
        return (inner,)
    return tuple(_cell(inner, column, currency) for column in sheet.columns[1:])


def _cell(line: Value, column: Column, plan: str) -> Cell:
    said = getattr(line, column.field)
    if column.kind == "list":
        return SEPARATOR.join(map(_item, said)) or None
    if column.kind == "money" or (column.kind == "value" and getattr(line, "measure", "") != "new_logos"):
        return _major(said, getattr(line, "currency", None) or plan)
    return _plain(said)


def _entry(said: str | float) -> Cell:
    """One of several that stand each in its own cell."""
    return _item(said) if isinstance(said, str) else _plain(said)


def _item(text: str) -> str:
    """One item of a list; in quotes where it would be taken for several."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"' if set(text) & {";", ",", '"', "\n", "\r"} else text


def _major(amount: int, currency: str) -> Cell:
    exact = Decimal(amount).scaleb(-minor_digits(currency))
    if amount >= EXACT:
        return f"{exact:f}"
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _plain(said: object) -> Cell:
    if isinstance(said, date):
        return said if said.year >= FIRST_YEAR else said.isoformat()
    if isinstance(said, int) and abs(said) >= EXACT:
        return str(said)
    if isinstance(said, float) and float(f"{said:{DIGITS}}") != said:
        return f"{Decimal(str(said)):f}"
    return said if isinstance(said, str | int | float) else None


def _fill(page: "Worksheet", name: str, rows: Iterator[Sequence[Cell]]) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.utils.exceptions import IllegalCharacterError

    widths: dict[int, int] = {}
    for y, row in enumerate(rows, 1):
        for x, said in enumerate(row, 1):
            if said is None:
                continue
            where = f"{name}!{get_column_letter(x)}{y}"
            if isinstance(said, str) and len(said) > LONGEST:
                raise RevloopsError(f"{where} would hold {len(said):,} characters: a cell takes {LONGEST:,}")
            try:
                cell = page.cell(y, x, said)
            except IllegalCharacterError as error:
                raise RevloopsError(f"{where} can't hold this text: {said!r}") from error
            if isinstance(said, str):
                # a text stays a text, whatever it begins with: no formula comes out of a name
                cell.data_type = "s"
            if (x if name == PLAN else y) == 1:
                cell.font = Font(bold=True)
            widths[x] = min(40, max(widths.get(x, 0), len(str(said)) + 2))
    for x, width in widths.items():
        page.column_dimensions[get_column_letter(x)].width = width
    page.freeze_panes = "B1" if name == PLAN else "A2"
