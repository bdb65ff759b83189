"""The answer of a database to a query, as a table: read, never written."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.store.address import POSTGRES, Address, expanded
from simfunnel.tabular.columnar import value_of
from simfunnel.tabular.table import Table, columns_of
from simfunnel.values.cells import clean
from simfunnel.values.redacted import without_passwords

AS_OF = "as_of"
"""The one parameter of a query."""
READS = re.compile(r"(?is)\s*(?:--[^\n]*\n|/\*.*?\*/|\(|\s)*(select|with|values|table|from)\b")
"""How a query begins that reads."""
LARGEST = 5_000_000
"""Rows of an answer."""
EXTRAS = {"duckdb": "duckdb-engine", "snowflake": "snowflake-sqlalchemy", "bigquery": "sqlalchemy-bigquery",
          "postgresql": "simfunnel[postgres]"}  # fmt: skip


def query(url: str, sql: str, as_of: dt.date | None, *, path: str = "pipeline") -> Table:
    """Ask a database.

    Parameters
    ----------
    url
        Of SQLAlchemy; ``${VAR}`` stands for an environment variable.
    sql
        One query that reads. ``:as_of`` in it is the day; values are parameters, never text of the query.
    as_of
        The day; None where there is none.
    path
        Key in messages.

    Raises
    ------
    InputError
        If the query does more than read, asks for other parameters, or the database does not understand it.
    SurroundingsError
        If the database cannot be reached.
    """
    shown = without_passwords(url.strip())
    statement = _statement(sql, as_of, path)
    parameters: dict[str, dt.date | str | None] = {AS_OF: as_of} if AS_OF in statement.compile().params else {}
    with _connected(url, shown, path) as (connection, kind):
        if kind == "sqlite" and parameters and as_of is not None:
            parameters = {AS_OF: as_of.isoformat()}
        found = connection.execute(statement, parameters)
        headers = [str(name) for name in found.keys()]  # noqa: SIM118 (keys of a result, not of a dict)
        rows = found.fetchmany(LARGEST + 1)
    if len(rows) > LARGEST:
        raise InputError(Problem(f"answers with more than {LARGEST:,} rows", f"{path}.sql", shown))
    cells = ([value_of(cell) for cell in row] for row in rows)
    numbered = ((n, row) for n, row in enumerate(cells, start=2) if any(clean(cell) for cell in row))
    made = columns_of(numbered, len(headers))
    return Table(tuple(map(clean, headers)), made.columns, made.numbers, made.widths, file=shown)


def _statement(sql: str, as_of: dt.date | None, path: str) -> sa.TextClause:
    text = sql.strip().rstrip(";")
    if not READS.match(text) or ";" in re.sub(r"'(?:[^']|'')*'", "", text):
        raise InputError(Problem("expected one query that reads, such as `select ... from ...`", f"{path}.sql"))
    statement = sa.text(text)
    asked = set(statement.compile().params)
    if others := sorted(asked - {AS_OF}):
        message = f"asks for :{others[0]}; the one parameter there is is :{AS_OF} (write \\: for a colon)"
        raise InputError(Problem(message, f"{path}.sql"))
    if asked and as_of is None:
        raise InputError(Problem(f"asks for :{AS_OF}, which only a scenario has", f"{path}.sql"))
    return statement


@contextmanager
def _connected(url: str, shown: str, path: str) -> Iterator[tuple[sa.Connection, str]]:
    full = expanded(url.strip())
    scheme, mark, rest = full.partition("://")
    if not mark:
        raise InputError(Problem("expected a URL, such as sqlite:///crm.db", f"{path}.url", shown))
    kind = scheme.partition("+")[0].casefold()
    if scheme.casefold() in POSTGRES:
        full, kind = f"postgresql+psycopg://{rest}", "postgresql"
    address = Address(full, shown, None)
    try:
        engine = _engine(full, kind)
    except (NoSuchModuleError, ModuleNotFoundError):
        need = EXTRAS.get(kind, f"its SQLAlchemy dialect, for {kind}")
        message = f'reading {kind} needs a package more: pip install "{need}"'
        raise InputError(Problem(message, f"{path}.url", shown)) from None
    except (ArgumentError, ValueError):
        raise InputError(Problem("this is no URL of a database", f"{path}.url", shown)) from None
    try:
        with engine.connect() as connection:
            if kind == "postgresql":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            elif kind in ("mysql", "mariadb"):
                connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
            yield connection, kind
            connection.rollback()
    except (DBAPIError, sqlite3.Error) as error:
        raise _told(error, address, path) from None
    finally:
        engine.dispose()


def _engine(url: str, kind: str) -> sa.Engine:
    if kind == "sqlite":
        name = url.partition("://")[2].removeprefix("/")
        uri = f"file:{quote(str(Path(name).absolute()))}?mode=ro"
        return sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True), poolclass=NullPool)
    settings = {"read_only": True} if kind == "duckdb" else {}
    return sa.create_engine(url, poolclass=NullPool, connect_args=settings)


def _told(error: Exception, address: Address, path: str) -> InputError | SurroundingsError:
    """The database's own words, in one line and without what must not be seen."""
    original = getattr(error, "orig", None) or error
    text = " ".join(address.safe(str(original)).split())[:300]
    invalid = getattr(error, "connection_invalidated", False)
    if "unable to open" in text or invalid or "connection" in text.casefold():
        return SurroundingsError(f"{address.shown}: the database cannot be reached: {text}")
    return InputError(Problem(f"the database refuses the query: {text}", f"{path}.sql", address.shown))
