"""Many records side by side: what is true of a value is worked out once and looked up for every record."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Attribute = str | int | None
Codes = NDArray[np.uint32]
Rows = NDArray[np.intp]
"""Places of records, ascending unless something else is said."""
Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True)
class Column:
    """One attribute of many records, as codes into the values it takes."""

    codes: Codes
    # for each record where its value stands in `values`
    values: tuple[Attribute, ...]
    # each once, in any order; None: not known

    def __len__(self) -> int:
        return len(self.codes)

    def lookup(self, of: Callable[[Attribute], object], kind: type[Kind]) -> NDArray[Kind]:
        """What `of` says of each value, in the order of `values`: index it by `codes` for the records."""
        return np.array([of(value) for value in self.values], dtype=kind)

    @cached_property
    def places(self) -> dict[Attribute, int]:
        """Each value's place in `values`."""
        return {value: place for place, value in enumerate(self.values)}

    def at(self, row: int) -> Attribute:
        """The value of one record."""
        return self.values[int(self.codes[row])]

    def take(self, rows: Rows) -> "Column":
        """The column of those records alone."""
        return Column(self.codes[rows], self.values)


@dataclass(frozen=True)
class Columns:
    """Attributes of the same records, all of one length."""

    size: int
    columns: Mapping[str, Column]

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def row(self, row: int) -> dict[str, Attribute]:
        """One record's attributes."""
        return {name: column.at(row) for name, column in self.columns.items()}

    def take(self, rows: Rows) -> "Columns":
        """Those records alone, in that order."""
        return Columns(len(rows), {name: column.take(rows) for name, column in self.columns.items()})

    def having(self, **more: Column) -> "Columns":
        """With columns more, or in the place of those of the same name."""
        return Columns(self.size, {**self.columns, **more})


def column(values: Iterable[Attribute]) -> Column:
    """The column of those values, in their order."""
    places: dict[Attribute, int] = {}
    codes = [places.setdefault(value, len(places)) for value in values]
    return Column(np.array(codes, dtype=np.uint32), tuple(places))


def columns(rows: Sequence[Mapping[str, Attribute]], names: Iterable[str]) -> Columns:
    """The columns of records told as attributes; one that a record doesn't tell isn't known of it."""
    return Columns(len(rows), {name: column(row.get(name) for row in rows) for name in names})


def joined(parts: Sequence[Columns]) -> Columns:
    """The records of all parts, one part after the other; every part has the same names."""
    if len(parts) == 1:
        return parts[0]
    names = list(parts[0].columns) if parts else []
    return Columns(
        sum(part.size for part in parts), {name: _joined([part[name] for part in parts]) for name in names}
    )


def _joined(parts: Sequence[Column]) -> Column:
    codes, values = coded(parts)
    return Column(np.concatenate(codes), values)


def constant(size: int, value: Attribute) -> Column:
    """The column of so many records that all have that value."""
    return Column(np.zeros(size, dtype=np.uint32), (value,))


def mapped(given: Column, of: Callable[[Attribute], Attribute]) -> Column:
    """The column of what `of` makes of each value."""
    places: dict[Attribute, int] = {}
    codes = [places.setdefault(of(value), len(places)) for value in given.values]
    return Column(np.array(codes, dtype=np.uint32)[given.codes], tuple(places))


def chosen(parts: Sequence[Column], which: NDArray[np.integer]) -> Column:
    """For each record the value that the part of the number `which` has of it."""
    codes, values = coded(parts)
    found = codes[0]
    for at in range(1, len(parts)):
        found = np.where(which == at, codes[at], found)
    return Column(found, values)


def filled(first: Column, second: Column) -> Column:
    """The first's values, and where those are nothing (unknown, empty or 0) the second's."""
    return chosen((first, second), first.lookup(lambda value: not value, np.int8)[first.codes])


def placed(base: Column, rows: Rows, part: Column) -> Column:
    """The base, with the part's values in the place of those records'."""
    (whole, some), values = coded((base, part))
    codes = whole.copy()
    codes[rows] = some
    return Column(codes, values)


def coded(parts: Sequence[Column]) -> tuple[list[Codes], tuple[Attribute, ...]]:
    """The codes of each part into one list of values, and that list."""
    places: dict[Attribute, int] = {}
    codes: list[Codes] = []
    for part in parts:
        here = np.array([places.setdefault(v, len(places)) for v in part.values], dtype=np.uint32)
        codes.append(here[part.codes] if len(here) else part.codes)
    return codes, tuple(places)
