"""A CSV file as a CRM exports it, read row by row."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as AbcMapping
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from loops.values import content_hash, short_id
from tools.errors import UnreadableFile
from tools.intake.headings import heading_key, known_field
from tools.intake.lines import Record, open_text, records
from tools.intake.mapping import Mapping, Sample, mapping_for
from tools.intake.raw import RawLead
from tools.normalise import cleaned, company_key, email_parts

_HEAD_BYTES = 65_536
_SAMPLE_ROWS = 500
_DELIMITERS = (",", ";", "\t", "|")
_MAGIC = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"SQLite format 3": "a database",
    b"\x89PNG": "an image",
}
_CONTROL_SHARE = (
    0.02  # of the first bytes; a text has a stray control character, a binary file is full of them
)


def read_rows(
    path: Path, override: AbcMapping[str, str] | None = None, beside: Sequence[str] = ()
) -> tuple[Mapping, Iterator[RawLead]]:
    """How the file is read, and its rows in order, blank and unreadable ones included.

    The file is streamed: memory doesn't grow with the rows but for eight bytes of each row's key.

    Args:
        path: the file.
        override: our field → heading as the file has it, or "" to leave the field unread.
        beside: headings of columns to hand on that are no field of ours.

    Raises:
        UnreadableFile: the file is missing, empty, no text, or no list of leads.
    """
    headings, rows, encoding, delimiter = _table(path)
    first = list(islice(rows, _SAMPLE_ROWS))
    sample = Sample(headings.cells, [record.cells for record in first])
    mapping = mapping_for(path.name, sample, override or {}, delimiter, encoding)
    return mapping, _raw_leads(mapping, chain(first, rows), _places(path.name, headings.cells, beside))


def read_table(path: Path) -> tuple[tuple[str, ...], Iterator[tuple[int | None, dict[str, str]]]]:
    """A file that is no list of leads: its headings, and each row's line with heading → cell.

    Raises:
        UnreadableFile: the file is missing, empty or no text.
    """
    headings, rows, _, _ = _table(path)
    names = tuple(cleaned(cell) for cell in headings.cells)
    return names, ((row.line, dict(zip(names, row.cells, strict=False))) for row in rows if any(row.cells))


def _table(path: Path) -> tuple[Record, Iterator[Record], str, str]:
    """The headings, the rows after them, encoding and delimiter."""
    head = _head(path)
    encoding = _encoding(path, head)
    delimiter = _delimiter(head.decode(encoding, "replace").replace("\0", ""))
    rows = _records(path, encoding, delimiter)
    headings = next((record for record in rows if any(cell.strip() for cell in record.cells)), None)
    if headings is None:
        raise UnreadableFile(f"{path.name} is empty: export the list again with its headings.")
    return headings, rows, encoding, delimiter


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except FileNotFoundError:
        raise UnreadableFile(f"There is no file {path}: check the path.") from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path} is a folder: name one CSV file in it.") from None
    except OSError as error:
        raise UnreadableFile(f"{path} can't be opened ({error.strerror}): check its permissions.") from None
    if not head.strip():
        raise UnreadableFile(f"{path.name} is empty: export the list again with its headings.")
    return head


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    kind = next((name for magic, name in _MAGIC.items() if head.startswith(magic)), None)
    odd = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c" for byte in head)
    if kind or odd > _CONTROL_SHARE * len(head):
        raise UnreadableFile(
            f"{path.name} is {kind or 'no text file'}: save the list as CSV (UTF-8) and run that."
        )
    return "utf-8-sig"


def _delimiter(head: str) -> str:
    """The delimiter under which the first line reads best: most known headings, then most columns."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if lines and lines[0].lower().startswith("sep=") and len(lines[0]) > 4:
        return lines[0][4]

    def fit(delimiter: str) -> tuple[int, int]:
        empty: list[str] = []
        cells = next(csv.reader(lines, delimiter=delimiter), empty)
        return sum(known_field(heading_key(cell)) is not None for cell in cells), len(cells)

    return max(_DELIMITERS, key=fit)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[Record]:
    file: TextIO = open_text(path, encoding)
    with file:
        yield from records(file, delimiter)


def _places(file: str, headings: Sequence[str], beside: Sequence[str]) -> dict[str, int]:
    """Where those columns stand: heading as it was asked for → 0-based place."""
    keys = [heading_key(heading) for heading in headings]
    for name in beside:
        if heading_key(name) not in keys:
            raise UnreadableFile(f"{file} has no column {name}; it has {', '.join(filter(None, headings))}.")
    return {name: keys.index(heading_key(name)) for name in beside}


def _raw_leads(mapping: Mapping, rows: Iterator[Record], beside: AbcMapping[str, int]) -> Iterator[RawLead]:
    """The rows under our field names; a key that comes again gets a number: two rows, two keys."""
    headings = mapping.headings
    seen: set[int] = set()
    again: Counter[str] = Counter()
    for record in rows:
        fields = {c.field: record.cells[c.index] for c in mapping.columns if c.index < len(record.cells)}
        key = _key(fields, record)
        mark = int(short_id(key)[:15], 16)
        if mark in seen:
            again[key] += 1
            key = f"{key}#{again[key] + 1}"
        seen.add(mark)
        more = {name: record.cells[at] for name, at in beside.items() if at < len(record.cells)}
        yield RawLead("file", key, fields, record.line, headings, mapping.file, record.fault, more)


def _key(fields: AbcMapping[str, str], record: Record) -> str:
    """The record's own id; else address and company; else name, company and phone; else its whole content."""
    if own := cleaned(fields.get("external_id", "")):
        return own
    company = company_key(fields.get("company", ""))
    if address := email_parts(fields.get("email", "")):
        return f"{address.address}|{company}"
    name = " ".join(
        cleaned(fields.get(part, "")).casefold() for part in ("first_name", "last_name", "full_name")
    )
    if name.strip() and company:
        return f"{name.strip()}|{company}|{cleaned(fields.get('phone', ''))}"
    return content_hash(repr((record.fault, record.cells)).encode())[:32]
