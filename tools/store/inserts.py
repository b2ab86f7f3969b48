"""Rows written in one go: an insert is compiled once per table and handed to the driver as it is."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter

from sqlalchemy import Connection, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, object]
Bound = tuple[object, ...] | dict[str, object]


def insert(conn: Connection, table: Table, rows: Sequence[Row], *, replace: bool) -> None:
    """Write the rows.

    Args:
        conn: within a transaction.
        table: where to.
        rows: column → value; a column that is left out gets its default, or NULL.
        replace: whether a row takes the place of the one that has its key; otherwise that one stays.
    """
    text, bind = _compiled(table, conn.dialect, replace)
    conn.exec_driver_sql(text, [bind(row) for row in rows])


@cache
def _compiled(table: Table, dialect: Dialect, replace: bool) -> tuple[str, Callable[[Row], Bound]]:
    """The statement in the driver's words, and what makes a row its parameters."""
    defaults = {
        column.name: getattr(column.default, "arg", None)
        for column in table.columns
        if column is not table.autoincrement_column
    }
    statement = (sqlite if dialect.name == "sqlite" else postgresql).insert(table)
    if replace:
        keys = [column.name for column in table.primary_key]
        taken = {name: statement.excluded[name] for name in defaults if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=taken)
    else:
        statement = statement.on_conflict_do_nothing()
    compiled = statement.compile(dialect=dialect, column_keys=list(defaults))
    order = itemgetter(*(compiled.positiontup or ()) or tuple(defaults))

    def bind(row: Row) -> Bound:
        if not row.keys() <= defaults.keys():
            raise ValueError(f"{table.name} has no column {sorted(row.keys() - defaults.keys())[0]}")
        full = {**defaults, **row}
        return order(full) if compiled.positional else full

    return str(compiled), bind
