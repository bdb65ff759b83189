"""Many rows into a table at once, by what each database takes fastest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

BATCH = 5_000
"""Rows in one statement that writes."""
FEW = 20
"""Rows below which a copy is not worth its beginning."""


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many rows, which all have the same columns, of types that drivers take as they are.

    Half of the time of a million rows was SQLAlchemy's own, so the statement is made once and handed to the driver;
    PostgreSQL takes a copy.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql" and len(rows) >= FEW:
        _copy(connection, table, rows)
        return
    made = table.insert().compile(dialect=connection.dialect, column_keys=list(rows[0]))
    order = made.positiontup if made.positional else None
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        values = [tuple(row[name] for name in order) for row in part] if order else [dict(row) for row in part]
        connection.exec_driver_sql(str(made), values)


def _copy(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    dialect, names = connection.dialect, list(rows[0])
    quoted = dialect.identifier_preparer.quote
    columns = ", ".join(quoted(name) for name in names)
    driver = connection.connection.driver_connection
    assert driver is not None
    try:
        with driver.cursor() as cursor, cursor.copy(f"COPY {quoted(table.name)} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
    except dialect.loaded_dbapi.Error as error:  # told, and tried again, as what SQLAlchemy executes
        raise DBAPIError.instance(None, None, error, dialect.loaded_dbapi.Error, dialect=dialect) from None
