"""Connections and transactions: what is reported written is on the disk, what failed has changed nothing."""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from simfunnel.bundle.interrupts import uninterrupted
from simfunnel.errors import InputError, SimfunnelError, SurroundingsError
from simfunnel.store.address import Address

PATIENCE = 30.0
"""Seconds a command waits for another that writes."""
ATTEMPTS = 12
"""Transactions that another writer made impossible are tried again so many times."""
T = TypeVar("T")


class _Again(Exception):  # noqa: N818 (it is no error to whoever asked)
    """Another writer came in between: the same transaction may be tried again."""


def engine_of(address: Address, mode: str) -> sa.Engine:
    """Give the engine of a store.

    Parameters
    ----------
    mode
        ``read``, ``write``, or ``make``, which makes the file of SQLite where it is missing.
    """
    if address.path is None:
        return _postgres(address)
    opened = {"read": _reading_mode(address.path), "write": "rw", "make": "rwc"}[mode]
    uri = f"file:{quote(str(address.path.absolute()))}?mode={opened}"

    def connect() -> sqlite3.Connection:
        # None: the driver begins no transactions of its own accord
        return sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @sa.event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        if mode == "read":
            cursor.execute("PRAGMA query_only=ON")
        else:
            # one file that can be copied, and that a disk which cannot be written still opens: no write-ahead log
            cursor.execute("PRAGMA journal_mode=DELETE")
            # FULL, and the folder too once the journal has gone: what was reported outlasts a power cut
            cursor.execute("PRAGMA synchronous=EXTRA")
            cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # the lock at once: a reader who becomes a writer could wait for ever for another such
        connection.exec_driver_sql("BEGIN" if mode == "read" else "BEGIN IMMEDIATE")

    return engine


def _reading_mode(path: Path) -> str:
    """Where it may be written a reader may write too: a killed writer's half transaction is then taken back."""
    return "rw" if os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK) else "ro"


def _postgres(address: Address) -> sa.Engine:
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        raise InputError('a store in PostgreSQL needs an extra: pip install "simfunnel[postgres]"') from None
    try:
        return sa.create_engine(
            address.url, poolclass=NullPool, isolation_level="SERIALIZABLE",
            connect_args={"connect_timeout": int(PATIENCE)},
        )  # fmt: skip
    except (ArgumentError, ValueError):
        message = f"{address.shown}: this is no URL of a database: expected postgresql://USER:PASSWORD@HOST/DATABASE"
        raise InputError(message) from None


@contextmanager
def reading(address: Address) -> Iterator[sa.Connection]:
    """Read in one transaction: what another command writes meanwhile is not seen."""
    engine = engine_of(address, "read")
    try:
        with engine.connect() as connection, connection.begin():
            if address.path is None:
                connection.exec_driver_sql("SET TRANSACTION READ ONLY, DEFERRABLE")
            yield connection
    except (DBAPIError, sqlite3.Error) as error:
        raise told(error, address) from None
    finally:
        engine.dispose()


def writing(address: Address, work: Callable[[sa.Connection], T], *, make: bool = False) -> T:
    """Do all of some work, or nothing of it; when this returns it is on the disk.

    Parameters
    ----------
    work
        Called with the connection; again from the beginning where another writer came in between.
    make
        Whether the file of SQLite is made where it is missing.
    """
    engine = engine_of(address, "make" if make else "write")
    try:
        for attempt in range(ATTEMPTS):
            try:
                return _once(engine, address, work)
            except _Again:
                time.sleep(min(2.0, 0.05 * 2**attempt) * random.uniform(0.5, 1.5))
    finally:
        engine.dispose()
    raise SurroundingsError(f"{address.shown}: others write to this store without a pause; try again later")


def _once(engine: sa.Engine, address: Address, work: Callable[[sa.Connection], T]) -> T:
    try:
        with engine.connect() as connection:
            transaction = connection.begin()
            try:
                result = work(connection)
            except BaseException:
                transaction.rollback()
                raise
            with uninterrupted():  # an interrupt comes before, or after: never without knowing whether it is written
                transaction.commit()
            return result
    except (DBAPIError, sqlite3.Error) as error:
        if _again(error):
            raise _Again from None
        raise told(error, address) from None


def _again(error: Exception) -> bool:
    original = getattr(error, "orig", error)
    state = getattr(original, "sqlstate", None)
    # 40001: serialization failure; 40P01: deadlock; a number that another writer took a moment before
    return state in ("40001", "40P01") or (state == "23505" and isinstance(error, IntegrityError))


def told(error: Exception, address: Address) -> SimfunnelError:
    """Say what a database refuses, without statements, values and passwords."""
    original = getattr(error, "orig", None) or error
    text = " ".join(address.safe(str(original)).split())
    low = text.casefold()
    shown = address.shown
    known = {
        "is locked": f"another command has been writing to this store for {PATIENCE:g} seconds; try again later",
        "is full": "the disk is full; nothing was changed",
        "readonly": "may not be written; nothing was changed",
        "unable to open": "cannot be opened: its folder is missing, or may not be read or written",
    }
    for mark, sentence in known.items():
        if mark in low:
            return SurroundingsError(f"{shown}: {sentence}")
    if "not a database" in low or "malformed" in low:
        return InputError(f"{shown}: no SQLite file, or a damaged one; expected a store that `simfunnel keep` made")
    if address.path is not None and isinstance(error, OperationalError | sqlite3.OperationalError):
        return SurroundingsError(f"{shown}: cannot be read or written: {text}")
    if isinstance(error, OperationalError | InterfaceError):
        return SurroundingsError(f"{shown}: the database cannot be reached, or was lost; nothing was changed ({text})")
    if getattr(original, "sqlstate", "") in ("42501", "25006"):
        return SurroundingsError(f"{shown}: may not be written; nothing was changed")
    return SurroundingsError(f"{shown}: the database refuses: {text}")


def check_file(path: Path, shown: str) -> bool:
    """Look at the file of a store before SQLite does.

    Returns
    -------
    bool
        Whether there is something in it.

    Raises
    ------
    InputError
        If it is a folder, or a file of another kind.
    """
    try:
        if path.is_dir():
            raise InputError(f"{shown}: expected the file of a store, found a folder")
        if not path.exists():
            return False
        if not path.is_file():
            raise InputError(f"{shown}: expected the file of a store, found a device or a pipe")
        with path.open("rb") as file:
            beginning = file.read(16)
    except OSError as error:
        raise SurroundingsError(f"{shown}: cannot be read: {error.strerror or error}") from None
    if beginning and beginning != b"SQLite format 3\0":
        raise InputError(f"{shown}: this is no SQLite file; expected a store that `simfunnel keep` made")
    return bool(beginning)
