"""A workbook's pages as rows of cells, without what is empty; formulas by their results."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from tools.scenarios.cells import Raw
from tools.scenarios.sheets import key

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

HEAD = 10
"""Rows from the top among which the headings are looked for."""
MOST_CELLS = 1_000_000
"""Cells that a sheet may reach over, empty ones too: formatting alone can make a million rows."""


@dataclass(frozen=True)
class Row:
    """A row that isn't empty."""

    number: int
    # from 1
    cells: dict[int, Raw]
    # column from 1 → what stands there, outer spaces dropped


@dataclass(frozen=True)
class Page:
    """One sheet as it lies in the workbook."""

    title: str
    rows: tuple[Row, ...]
    faults: tuple[tuple[str, str], ...]
    # cell and what is wrong with it: formulas without a result, errors

    @classmethod
    def of(cls, shown: "Worksheet", written: "Worksheet") -> "Page":
        """The page.

        Args:
            shown: with the results of formulas, as they were saved.
            written: with the formulas.
        """
        if shown.max_row * shown.max_column > MOST_CELLS:
            said = f"the sheet reaches to row {shown.max_row:,}: delete the rows and columns behind the plan"
            return cls(shown.title, (), (("A1", said),))
        rows, wrong = list[Row](), list[tuple[str, str]]()
        both = zip(shown.iter_rows(), written.iter_rows(), strict=True)
        for number, (cells, formulas) in enumerate(both, 1):
            found: dict[int, Raw] = {}
            for at, (cell, formula) in enumerate(zip(cells, formulas, strict=True), 1):
                said = _said(cell.value)
                if cell.data_type == "e":
                    wrong.append((cell.coordinate, f"the formula's result is {cell.value}"))
                elif said is not None:
                    found[at] = said
                elif formula.data_type == "f":
                    text = "the formula has no result: open the file in a spreadsheet program and save it"
                    wrong.append((cell.coordinate, text))
            if found:
                rows.append(Row(number, found))
        return cls(shown.title, tuple(rows), tuple(wrong))

    def headings(self, needed: Iterable[frozenset[str]]) -> int | None:
        """The place in `rows` of the headings: of the row with every needed one, else 0; None: no row."""
        wanted = list(needed)
        for at, row in enumerate(self.rows[:HEAD]):
            keys = {key(str(said)) for said in row.cells.values()}
            if all(names & keys for names in wanted):
                return at
        return 0 if self.rows else None


@dataclass(frozen=True)
class Book:
    """A workbook."""

    pages: tuple[Page, ...]


def _said(value: object) -> Raw | None:
    if isinstance(value, str):
        return value.replace("\u00a0", " ").strip() or None
    return value if isinstance(value, int | float | bool | date | datetime) else None
