"""How the columns of one file are read: our field ← heading, shown to the user, who may correct it."""

import re
from collections.abc import Mapping as AbcMapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tools.errors import UnreadableFile
from tools.intake.dates import day_first_of, is_ambiguous
from tools.intake.headings import guessed_field, heading_key, known_field
from tools.intake.raw import FIELDS
from tools.normalise import fold

How = Literal["known", "guessed", "given"]

_ADDRESS = re.compile(r"^[^\s@;,]+@[^\s@;,]+\.[a-zA-Z]{2,}$")
_SALUTATIONS = frozenset("mr mrs ms miss dr prof herr frau m mme mx mlle sr sra herrn".split())
_MOST = 0.8  # share of a column's filled cells that must look alike before its content decides


@dataclass(frozen=True, slots=True)
class Column:
    """One column that is read."""

    field: str
    heading: str
    # as the file has it
    index: int
    # 0-based place in the row
    how: How


@dataclass(frozen=True)
class Mapping:
    """How a file is read."""

    file: str
    columns: tuple[Column, ...]
    # in the order of the file
    unmapped: tuple[str, ...]
    # headings that are not read, in the order of the file
    delimiter: str
    encoding: str
    day_first: bool | None
    # order of day and month in dates such as 03/04/2026; None where the file's first rows don't tell
    ambiguous_dates: bool
    # whether the first rows hold dates that both orders fit

    @property
    def headings(self) -> dict[str, str]:
        """Our field → heading."""
        return {column.field: column.heading for column in self.columns}

    def shown(self) -> str:
        """The mapping for a person's eye, one field a line, at most 112 columns wide."""
        lines = [f"  {c.field:<12} ← {_short(c.heading, 60)}{_NOTE[c.how]}" for c in self.columns]
        if self.unmapped:
            lines.append("  not read:     " + _short(", ".join(self.unmapped), 96))
        if self.ambiguous_dates and self.day_first is None:
            lines.append("  dates:        03/04/2026 could be March or April, and the first rows don't tell")
        elif self.day_first is not None:
            lines.append(f"  dates:        {'day' if self.day_first else 'month'} first")
        return "\n".join(lines)


_NOTE: dict[How, str] = {"known": "", "guessed": "  (guessed)", "given": "  (as you said)"}


def _short(text: str, width: int) -> str:
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= width else text[: width - 1] + "…"


@dataclass(frozen=True)
class Sample:
    """The headings and first rows of a file, on which the mapping rests."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def filled(self, index: int) -> list[str]:
        """The cells of that column that aren't blank."""
        return [row[index].strip() for row in self.rows if index < len(row) and row[index].strip()]

    def mostly(self, index: int, is_one: re.Pattern[str] | frozenset[str]) -> bool:
        """Whether most filled cells of that column are of a kind."""
        cells = self.filled(index)
        if isinstance(is_one, frozenset):
            fitting = sum(fold(cell).rstrip(".") in is_one for cell in cells)
        else:
            fitting = sum(bool(is_one.match(cell)) for cell in cells)
        return bool(cells) and fitting >= _MOST * len(cells)


def mapping_for(
    file: str, sample: Sample, override: AbcMapping[str, str], delimiter: str, encoding: str
) -> Mapping:
    """The mapping of a file.

    Args:
        file: its name, for error texts.
        sample: its headings and first rows.
        override: our field → heading, or "" to leave the field unread; wins over what we recognise.
        delimiter: as it was sniffed.
        encoding: as it was sniffed.

    Raises:
        UnreadableFile: no column identifies a lead, there is no heading line, or `override` names a field or
            heading that doesn't exist.
    """
    given = _given(file, sample, override)
    known = given | _known(sample, given, override)
    columns = known | _guessed(sample, known, override)
    _refuse_unusable(file, sample, columns)
    dates = sample.filled(columns["created_at"].index) if "created_at" in columns else []
    used = {column.index for column in columns.values()}
    return Mapping(
        file=file,
        columns=tuple(sorted(columns.values(), key=lambda column: column.index)),
        unmapped=tuple(_label(sample, index) for index in range(len(sample.headings)) if index not in used),
        delimiter=delimiter,
        encoding=encoding,
        day_first=day_first_of(dates),
        ambiguous_dates=any(map(is_ambiguous, dates)),
    )


def _label(sample: Sample, index: int) -> str:
    heading = sample.headings[index].strip()
    twice = list(sample.headings).count(sample.headings[index]) > 1
    return f"{heading} (column {index + 1})" if twice or not heading else heading


def _given(file: str, sample: Sample, override: AbcMapping[str, str]) -> dict[str, Column]:
    keys = [heading_key(heading) for heading in sample.headings]
    columns: dict[str, Column] = {}
    for field, heading in override.items():
        if field not in FIELDS:
            raise UnreadableFile(f"There is no field `{field}` to map: choose one of {', '.join(FIELDS)}.")
        if not heading:
            continue
        if heading_key(heading) not in keys:
            raise UnreadableFile(f"{file} has no column `{heading}`: its columns are {_listed(sample)}.")
        index = keys.index(heading_key(heading))
        columns[field] = Column(field, sample.headings[index].strip(), index, "given")
    return columns


def _known(sample: Sample, given: dict[str, Column], override: AbcMapping[str, str]) -> dict[str, Column]:
    """Columns by known headings; of several for a field the filled before the blank, then the preferred."""
    used = {column.index for column in given.values()}
    best: dict[str, tuple[tuple[bool, int, int], Column]] = {}
    for index, heading in enumerate(sample.headings):
        field, rank = known_field(heading_key(heading)) or ("", 0)
        if not field or field in override or index in used or _is_salutation(sample, field, index):
            continue
        order = (not sample.filled(index), rank, index)
        if field not in best or order < best[field][0]:
            best[field] = order, Column(field, heading.strip(), index, "known")
    return {field: column for field, (_, column) in best.items()}


def _is_salutation(sample: Sample, field: str, index: int) -> bool:
    return field == "title" and sample.mostly(index, _SALUTATIONS)


def _guessed(sample: Sample, known: dict[str, Column], override: AbcMapping[str, str]) -> dict[str, Column]:
    """Columns by near spelling, and the one column of addresses where no heading says so."""
    used = {column.index for column in known.values()}
    columns: dict[str, Column] = {}
    for index, heading in enumerate(sample.headings):
        key = heading_key(heading)
        if index in used or known_field(key):
            continue
        field = guessed_field(key, (*known, *columns, *override))
        if field and not _is_salutation(sample, field, index):
            columns[field] = Column(field, heading.strip(), index, "guessed")
    if "email" not in {*known, *columns, *override}:
        hits = [i for i in range(len(sample.headings)) if i not in used and sample.mostly(i, _ADDRESS)]
        if len(hits) == 1 and sample.headings[hits[0]].strip() and "@" not in sample.headings[hits[0]]:
            columns["email"] = Column("email", sample.headings[hits[0]].strip(), hits[0], "guessed")
    return columns


def _refuse_unusable(file: str, sample: Sample, columns: dict[str, Column]) -> None:
    if not any(heading.strip() for heading in sample.headings) or any("@" in h for h in sample.headings):
        raise UnreadableFile(f"{file} has no line of headings: put the columns' names into its first line.")
    person = columns.keys() & {"full_name", "last_name", "first_name"}
    if "email" not in columns and not (person and columns.keys() & {"company", "website"}):
        raise UnreadableFile(
            f"{file} has no column for an e-mail address, nor for both a person's name and a company, that "
            f'we recognise among {_listed(sample)}: name it, for example --map email="{_example(sample)}".'
        )


def _listed(sample: Sample) -> str:
    return _short(", ".join(f"`{heading.strip()}`" for heading in sample.headings if heading.strip()), 400)


def _example(sample: Sample) -> str:
    return next((heading.strip() for heading in sample.headings if heading.strip()), "E-Mail")
