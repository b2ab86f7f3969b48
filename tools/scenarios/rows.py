"""The rows of a workbook as a scenario's data, with the cell that each value stands in."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tools.scenarios import cells
from tools.scenarios.cells import Raw
from tools.scenarios.checks import CURRENCY
from tools.scenarios.checks import Path as KeyPath
from tools.scenarios.naming import IDS
from tools.scenarios.pages import Book, Page, Row
from tools.scenarios.sheets import (
    MANY,
    PLAN,
    PLAN_LINES,
    SHEETS,
    Column,
    Kind,
    Sheet,
    key,
    keys_of,
)

CLOSE = 0.8
"""From this likeness on, an unknown name is taken for a slip of a known one, and refused."""
MONTH = re.compile(r"month_(\d{1,2})")
STAND_INS: dict[Kind, object] = {"date": "2000-01-01", "whole": 0, "number": 0, "money": 0, "value": 0}
"""What stands for a needed value that is wrong, so that the rest can be checked too."""
EMAIL = "nobody@example.com"
PEOPLE = "People"


@dataclass(frozen=True)
class _Heads:
    """Which column of a page says what."""

    page: str
    fields: dict[int, Column]
    series: dict[int, int]
    # column → place in the series, from 0


class Reading:
    """What was read so far."""

    def __init__(self, book: Book) -> None:
        self.data: dict[str, Any] = {}
        self.notes: list[str] = []
        self._faults: dict[tuple[str, str], None] = {}
        self._places: dict[KeyPath, str] = {}
        self._bad: set[KeyPath] = set()
        self._lost = 0
        pages = self._known(book)
        self._nobody = PEOPLE not in pages or not pages[PEOPLE].rows
        if PLAN in pages:
            self._plan(pages[PLAN])
        for sheet in SHEETS:
            if sheet.name in pages:
                self._sheet(pages[sheet.name], sheet)

    @property
    def faults(self) -> tuple[tuple[str, str], ...]:
        """Every fault as (place, sentence), in the order found; first that there are no people at all."""
        if not (self._lost and self._nobody):
            return tuple(self._faults)
        said = (
            f"there is no sheet {PEOPLE} with anybody on it, though other sheets name people or their roles "
            f"({self._lost} times): add one with the columns Id, Name, Email and Role"
        )
        return ((PEOPLE, said), *self._faults)

    def fault(self, path: KeyPath, said: str) -> None:
        """Note a fault under a key path, unless its row has one already that it may come from."""
        if _names_people(path) and not self.data.get("roster"):
            self._lost += 1
        elif not any(path[: len(bad)] == bad or bad[: len(path)] == path for bad in self._bad):
            self._wrong(self._place(path), said)

    def take_out(self, path: KeyPath) -> None:
        """Take the value at a key path out, or put a stand-in there where one is needed."""
        self._bad.add(path)
        inside: Any = self.data
        for part in path[:-1]:
            inside = inside[part]
        if isinstance(inside, list):
            inside[int(path[-1])] = 0.0
        elif path[-1] in inside:
            column = _column(path)
            inside.pop(path[-1])
            if column and column.needed:
                inside[path[-1]] = _stand_in(column, len(self._bad))

    def _place(self, path: KeyPath) -> str:
        while path and path not in self._places:
            path = path[:-1]
        return self._places.get(path, "")

    def _wrong(self, place: str, said: str) -> None:
        self._faults[place, said] = None

    # --- pages and headings -------------------------------------------------------------------------
    def _known(self, book: Book) -> dict[str, Page]:
        names = {key(name): sheet for sheet in SHEETS for name in (sheet.name, *_section(sheet))}
        found, known = dict[str, Page](), {key(PLAN): PLAN} | {k: s.name for k, s in names.items()}
        for page in book.pages:
            name = known.get(key(page.title))
            if name is None:
                if page.rows:
                    self._unknown(f"{page.title}!A1", f"sheet {page.title}", key(page.title), known)
                continue
            for cell, said in page.faults:
                self._wrong(f"{page.title}!{cell}", said)
            if name in found:
                self._wrong(f"{page.title}!A1", f"{found[name].title} says the same section: keep one")
            found[name] = page
        return found

    def _unknown(self, place: str, what: str, said: str, known: dict[str, str]) -> None:
        """A slip of a known name is refused, as what it says would be lost; anything else is left aside."""
        close = get_close_matches(said, known, 1, CLOSE)
        if close:
            self._wrong(place, f"{what} isn't known: is it {known[close[0]]}?")
        else:
            self.notes.append(f"{place}: {what} isn't known and was left aside")

    def _heads(self, page: Page, row: Row, sheet: Sheet) -> _Heads:
        known = {name: column for column in sheet.columns for name in keys_of(column)}
        titles = {name: column.title for name, column in known.items()}
        heads = _Heads(page.title, {}, {})
        for at, raw in row.cells.items():
            said, place = key(str(raw)), _cell(page.title, at, row.number)
            month = MONTH.fullmatch(said) if sheet.series else None
            if month and int(month[1]):
                heads.series[at] = int(month[1]) - 1
            elif said not in known:
                self._unknown(place, f"column {raw}", said, titles)
            elif known[said] in heads.fields.values():
                self._wrong(place, f"there is another column {known[said].title}: keep one")
            else:
                heads.fields[at] = known[said]
        missing = [c.title for c in sheet.columns if c.needed and c not in heads.fields.values()]
        if missing:
            self._wrong(_cell(page.title, 1, row.number), f"there is no column {', '.join(missing)}")
        return heads

    # --- the plan itself ----------------------------------------------------------------------------
    def _plan(self, page: Page) -> None:
        known = {name: line for line in PLAN_LINES for name in keys_of(line)}
        titles = {name: line.title for name, line in known.items()}
        for row in page.rows:
            first = min(row.cells)
            said, place = key(str(row.cells[first])), _cell(page.title, first, row.number)
            if said not in known:
                self._unknown(place, f"line {row.cells[first]}", said, titles)
                continue
            line = known[said]
            path = line.field.split(".")
            if tuple(path) in self._places:
                self._wrong(place, f"there is another line {line.title}: keep one")
                continue
            rest = {at: raw for at, raw in row.cells.items() if at > first}
            self._places[tuple(path)] = _cell(page.title, first + 1, row.number)
            self._line(page, row, line, rest)

    def _line(self, page: Page, row: Row, line: Column, rest: dict[int, Raw]) -> None:
        section, _, field = line.field.rpartition(".")
        path = (section, field) if section else (field,)
        inside: dict[str, Any] = self.data.setdefault(section, {}) if section else self.data
        many: list[object] = []
        for n, (at, raw) in enumerate(rest.items()):
            here = (*path, n) if line.field in MANY else path
            self._places[here] = _cell(page.title, at, row.number)
            value = self._parsed(here, line, raw, "")
            many += value if isinstance(value, list) else [value]
        if line.field in MANY:
            inside[field] = [0.0 if value is None else value for value in many]
        elif len(many) > 1:
            self._wrong(_cell(page.title, max(rest), row.number), f"{line.title} says one thing: keep one")
        elif many and many[0] is not None:
            inside[field] = many[0]

    # --- sections -------------------------------------------------------------------------------------
    def _sheet(self, page: Page, sheet: Sheet) -> None:
        at = page.headings(keys_of(column) for column in sheet.columns if column.needed)
        if at is None:
            return
        heads = self._heads(page, page.rows[at], sheet)
        if any(column.needed and column not in heads.fields.values() for column in sheet.columns):
            return
        lines: list[Any] = self.data.setdefault(sheet.section, [])
        for row in page.rows[at + 1 :]:
            if sheet.inside:
                self._inside(row, sheet, heads, lines)
            else:
                path: KeyPath = (sheet.section, len(lines))
                lines.append(self._filled(row, sheet, heads, path))
                lines[-1].update({s.inside: [] for s in SHEETS if s.inside and s.section == sheet.section})
                if sheet.series:
                    lines[-1][sheet.series] = list(self._series(row, heads, (*path, sheet.series)))

    def _filled(self, row: Row, sheet: Sheet, heads: _Heads, path: KeyPath) -> dict[str, Any]:
        """The row as a table of fields."""
        self._places[path] = _cell(heads.page, min(heads.fields), row.number)
        found: dict[str, Any] = {column.field: [] for column in sheet.columns if column.kind == "list"}
        money = self._currency(row, heads)
        for at, column in heads.fields.items():
            if sheet.inside and column == sheet.columns[0]:
                continue
            here = (*path, column.field)
            self._places[here] = _cell(heads.page, at, row.number)
            if at not in row.cells:
                if column.needed:
                    self._needed(self._places[here], column)
                    self._bad.add(here)
                    found[column.field] = _stand_in(column, len(self._bad))
                continue
            currency = "" if column.kind == "value" and _logos(row, heads) else money
            value = self._parsed(here, column, row.cells[at], currency)
            if value is not None:
                found[column.field] = value
        return found

    def _needed(self, place: str, column: Column) -> None:
        """Note that a value is missing, unless what stands there is wrong in another way."""
        if not any(where == place for where, _ in self._faults):
            self._wrong(place, f"{column.title} is needed")

    def _inside(self, row: Row, sheet: Sheet, heads: _Heads, lines: list[Any]) -> None:
        at = next(at for at, column in heads.fields.items() if column == sheet.columns[0])
        named = cells.text(row.cells[at]) if at in row.cells else ""
        whose = next((n for n, line in enumerate(lines) if line.get("id") == named), None)
        if whose is None and not lines and sheet.section == "roster":
            self._lost += 1
            return
        if whose is None:
            said = f"there is no {key(sheet.columns[0].title)} {named}".rstrip()
            self._wrong(_cell(heads.page, at, row.number), f"{said}: name one of sheet {_parent(sheet)}")
            return
        inner: list[Any] = lines[whose].setdefault(sheet.inside, [])
        path: KeyPath = (sheet.section, whose, sheet.inside, len(inner))
        found = self._filled(row, sheet, heads, path)
        inner.append(found[sheet.columns[1].field] if sheet.scalar else found)

    def _series(self, row: Row, heads: _Heads, path: KeyPath) -> Iterator[float]:
        columns = {n: at for at, n in heads.series.items()}
        given = {n: at for n, at in columns.items() if at in row.cells}
        for n in range(max(given, default=-1) + 1):
            here = (*path, n)
            self._places[here] = _cell(heads.page, columns.get(n, min(heads.fields)), row.number)
            if n not in given:
                self._wrong(self._places[here], f"month {n + 1} is empty and a later one isn't")
                yield 0.0
                continue
            column = Column(f"Month {n + 1}", "number", needed=True)
            value = self._parsed(here, column, row.cells[given[n]], "")
            yield value if isinstance(value, float) else 0.0

    def _currency(self, row: Row, heads: _Heads) -> str:
        at = next((at for at, column in heads.fields.items() if column.field == "currency"), 0)
        said = str(row.cells.get(at) or self.data.get("currency") or "USD").upper()
        return said if CURRENCY.fullmatch(said) else "USD"

    def _parsed(self, path: KeyPath, column: Column, raw: Raw, currency: str) -> object:
        """The value; where it is wrong a stand-in, or None where none is needed, and a fault is noted."""
        try:
            return _PARSERS[column.kind](raw, column, currency)
        except ValueError as error:
            self._wrong(self._place(path), str(error))
            self._bad.add(path)
            return _stand_in(column, len(self._bad)) if column.needed else None


def _text(raw: Raw, column: Column, currency: str) -> str:
    said = cells.text(raw)
    if column.field == "currency":
        return said.upper()
    return key(said) if column.field == "measure" else said


def _amount(raw: Raw, column: Column, currency: str) -> int:
    return cells.minor(raw, currency) if currency else cells.whole(raw)


_PARSERS: dict[Kind, Callable[[Raw, Column, str], object]] = {
    "text": _text,
    "list": lambda raw, column, currency: cells.items(raw),
    "date": lambda raw, column, currency: cells.day(raw).isoformat(),
    "whole": lambda raw, column, currency: cells.whole(raw),
    "number": lambda raw, column, currency: float(cells.number(raw)),
    "money": _amount,
    "value": _amount,
}


def _logos(row: Row, heads: _Heads) -> bool:
    at = next((at for at, column in heads.fields.items() if column.field == "measure"), 0)
    return key(str(row.cells.get(at, ""))) == "new_logos"


def _names_people(path: KeyPath) -> bool:
    """Whether the value under a key path names a person or a role."""
    fields = [part for part in path[1:] if isinstance(part, str)]
    return bool(fields) and IDS.get(str(path[0]), {}).get(fields[0]) in ("person", "role")


def _stand_in(column: Column, n: int) -> object:
    return EMAIL if column.field == "email" else STAND_INS.get(column.kind, f"missing-{n}")


def _column(path: KeyPath) -> Column | None:
    """The column that the value of a key path stands in."""
    inside = next((part for part in path[1:-1] if isinstance(part, str)), "")
    sheets = (sheet for sheet in SHEETS if (sheet.section, sheet.inside) == (path[0], inside))
    columns = (column for sheet in sheets for column in sheet.columns)
    return next((column for column in columns if column.field == path[-1]), None)


def _section(sheet: Sheet) -> tuple[str, ...]:
    return () if sheet.inside else (sheet.section,)


def _parent(sheet: Sheet) -> str:
    return next(other.name for other in SHEETS if other.section == sheet.section and not other.inside)


def _cell(page: str, column: int, row: int) -> str:
    from openpyxl.utils import get_column_letter

    return f"{page}!{get_column_letter(column)}{row}"
