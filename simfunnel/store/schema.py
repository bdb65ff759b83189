"""The form of a store: made new, recognised, upgraded in place after a copy, refused where it is newer than we are."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from simfunnel.bundle.durable import sync_folder
from simfunnel.errors import InputError, SurroundingsError
from simfunnel.store.address import Address
from simfunnel.store.connection import check_file, reading, writing
from simfunnel.store.tables import APPLICATION, METADATA, VERSION, schema_version

UPGRADES: Mapping[int, Callable[[sa.Connection], None]] = {}
"""Version -> what makes it of the one before."""


def ready(address: Address, *, make: bool = False) -> None:
    """See to it that a store is there in the form that is known here.

    Parameters
    ----------
    make
        Whether it is made where it is missing; otherwise that is an error.

    Raises
    ------
    InputError
        If there is none, it is something else, or it is of a newer simfunnel.
    SurroundingsError
        If it cannot be read, or has to be upgraded and may not be written.
    """
    if address.path is not None and not check_file(address.path, address.shown):
        if not make:
            raise _missing(address)
        if not address.path.absolute().parent.is_dir():
            raise InputError(f"{address.shown}: its folder does not exist: make it first")
        writing(address, lambda connection: _made(connection, address), make=True)
        return
    with reading(address) as connection:
        found = _found(connection, address)
    if found is None:
        if not make:
            raise _missing(address)
        writing(address, lambda connection: _made(connection, address))
    elif found > VERSION:
        raise InputError(
            f"{address.shown}: written by a newer simfunnel (form {found}; this one knows up to {VERSION}): "
            "upgrade simfunnel; nothing was changed"
        )
    elif found < VERSION:
        _upgrade(address, found)


def _missing(address: Address) -> InputError:
    return InputError(f"{address.shown}: there is no store; `simfunnel keep SCENARIO` makes one")


def _found(connection: sa.Connection, address: Address) -> int | None:
    """Version of the schema; None where nothing was made yet."""
    tables = set(sa.inspect(connection).get_table_names())
    if address.path is not None:
        application = connection.exec_driver_sql("PRAGMA application_id").scalar()
        if application != APPLICATION and (tables or application):
            raise InputError(f"{address.shown}: a SQLite file, but no store of simfunnel; choose another name")
    if schema_version.name not in tables:
        return None
    version = connection.execute(sa.select(sa.func.max(schema_version.c.version))).scalar()
    return None if version is None else int(version)


def _made(connection: sa.Connection, address: Address) -> None:
    """Make the tables, unless another command has done so meanwhile."""
    if _found(connection, address) is not None:
        return
    if address.path is not None:
        connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION}")
    METADATA.create_all(connection)
    _note(connection, VERSION)


def _note(connection: sa.Connection, version: int) -> None:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    connection.execute(schema_version.insert().values(version=version, made_at=now))


def _upgrade(address: Address, found: int) -> None:
    """Bring a store to the form of today: all steps, or none. A SQLite file is copied first."""
    if address.path is not None:
        _backup(address, address.path, found)

    def steps(connection: sa.Connection) -> None:
        now = _found(connection, address) or 0
        for version in range(now + 1, VERSION + 1):
            UPGRADES[version](connection)
            _note(connection, version)

    writing(address, steps)


def backup_of(path: Path, version: int) -> Path:
    """Name of the copy that is made of a store before it is upgraded."""
    return path.with_name(f"{path.name}.form{version}")


def _backup(address: Address, path: Path, version: int) -> None:
    target = backup_of(path, version)
    if target.exists():
        return
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(partial)) as copy,
        ):
            copy.execute("PRAGMA synchronous=FULL")
            source.backup(copy)
        partial.replace(target)
        sync_folder(target.absolute().parent)
    except (sqlite3.Error, OSError) as error:
        partial.unlink(missing_ok=True)
        raise SurroundingsError(
            f"{address.shown}: is in an older form, and the copy before its upgrade cannot be written: {error}"
        ) from None
