"""Statements compiled once and handed to the driver as they are: for what is asked once a lead or oftener."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select, Update
from sqlalchemy.engine.interfaces import DBAPICursor


class Hot:
    """A statement over plain values; it saves what SQLAlchemy does each time, and gives plain tuples."""

    def __init__(self, statement: Select[*tuple[Any, ...]] | Update) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, Sequence[str], Mapping[str, object]]] = {}

    def execute(self, conn: Connection, **values: object) -> DBAPICursor:
        """The driver's own cursor over the rows."""
        text, order, fixed = self._compiled.get(conn.dialect.name) or self._compile(conn.dialect)
        cursor = conn.connection.cursor()
        all_values = {**fixed, **values}
        cursor.execute(text, tuple(all_values[name] for name in order) if order else all_values)
        return cursor

    def _compile(self, dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, object]]:
        compiled = self._statement.compile(dialect=dialect)
        order = compiled.positiontup or () if compiled.positional else ()
        self._compiled[dialect.name] = found = (str(compiled), order, dict(compiled.params))
        return found
