"""Records of a delimited text file with the line each starts on: streaming, and hard to derail.

A quote that opens and never closes would swallow the rest of a file. So a record that runs on too long, ends
with the file inside quotes, or spans lines and hasn't the heading's width is given up: its first line becomes
a fault, and reading goes on at the next line.
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tools.errors import UnreadableFile

MAX_RECORD_LINES = 500
MAX_LINE_CHARS = 8_000_000

csv.field_size_limit(2 * MAX_LINE_CHARS)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("revloops-cp1252", _as_cp1252)


@dataclass(frozen=True, slots=True)
class Record:
    """One record."""

    line: int
    # 1-based physical line it starts on
    cells: list[str]
    # empty where there is a fault
    fault: str = ""


def open_text(path: Path, encoding: str) -> TextIO:
    """The file as text; a byte that isn't UTF-8 is read as Windows-1252, so mixed exports come through."""
    return path.open(
        encoding=encoding, errors="revloops-cp1252" if encoding == "utf-8-sig" else "replace", newline=""
    )


class _Lines:
    """Physical lines, counted, with those of the current record kept, so that they can be read again."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self.line = 0
        # 1-based line last given out
        self.taken: list[str] = []
        # lines of the current record
        self.cut = False
        # whether the current record was cut off for its length

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_RECORD_LINES:
            self.cut = True
            raise StopIteration
        text = self._again.popleft() if self._again else self._read()
        self.line += 1
        self.taken.append(text)
        return text

    def _read(self) -> str:
        text = self._file.readline(MAX_LINE_CHARS)
        if not text:
            raise StopIteration
        if len(text) == MAX_LINE_CHARS:
            raise UnreadableFile(
                f"Line {self.line + 1} is longer than {MAX_LINE_CHARS:,} characters, so this isn't a CSV of "
                "leads: export the list again as CSV."
            )
        return text.replace("\0", "")

    def begin(self) -> None:
        """Forget the record before."""
        self.taken, self.cut = [], False

    def back_to_second(self) -> None:
        """Give out the record's lines again, from its second."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.line -= len(self.taken) - 1


def records(file: TextIO, delimiter: str) -> Iterator[Record]:
    """The records in order, blank ones included, the heading first.

    A record whose cells are more than the heading's has a fault unless the surplus is blank: its values may
    have slipped into the wrong columns.
    """
    lines = _Lines(file)
    width = 0
    while True:
        lines.begin()
        cells = next(csv.reader(lines, delimiter=delimiter), None)
        if not lines.taken:
            return
        cells = cells or []
        start = lines.line - len(lines.taken) + 1
        if not width and cells and cells[0].lower().startswith("sep="):
            continue  # how Excel names the delimiter in a line above the headings
        if _swallows(lines, len(cells), width, delimiter):
            lines.back_to_second()
            yield Record(start, [], "a quotation mark opens in this row and doesn't close")
            continue
        yield _checked(start, cells, width)
        width = width or len(cells)


def _swallows(lines: _Lines, cells: int, width: int, delimiter: str) -> bool:
    """Whether a quote that should have closed has run on over other rows, or to the end of the file."""
    taken = lines.taken
    many = len(taken) > 1
    if lines.cut or (many and width and cells != width):
        return True
    if not many and taken[0].count('"') % 2 == 0:
        return False
    problem = _strict_problem(taken, delimiter)
    if "unexpected end" in problem:
        return True
    # A careless quote in a message of several lines does no harm; over lines that are rows it does.
    return bool(many and problem and width and any(line.count(delimiter) >= width - 1 for line in taken[1:]))


def _strict_problem(taken: list[str], delimiter: str) -> str:
    try:
        list(csv.reader(taken, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return str(error)
    return ""


def _checked(line: int, cells: list[str], width: int) -> Record:
    if width and len(cells) > width and any(cell.strip() for cell in cells[width:]):
        return Record(
            line, [], f"it has {len(cells)} cells under {width} headings, so its values may have slipped"
        )
    return Record(line, cells)
