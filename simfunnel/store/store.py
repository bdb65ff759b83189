"""A store: opened, read and written in transactions."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from simfunnel.errors import InputError
from simfunnel.store.address import Address, address_of
from simfunnel.store.books import book_to_read
from simfunnel.store.connection import reading, writing
from simfunnel.store.panel import panel
from simfunnel.store.schema import ready
from simfunnel.store.snapshots import Snapshot, recording_before, snapshot_table, snapshots
from simfunnel.tabular.table import Table

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Store:
    """Snapshots of pipelines and what was forecast from them."""

    address: Address

    @classmethod
    def open(cls, where: str | os.PathLike[str], *, make: bool = False) -> Store:
        """Open a store.

        Parameters
        ----------
        where
            Path of a SQLite file, or a URL; ``${VAR}`` stands for an environment variable.
        make
            Whether it is made where there is none.

        Raises
        ------
        InputError
            If there is none, it is something else, or it is of a newer simfunnel.
        SurroundingsError
            If it cannot be reached, read or written.
        """
        address = address_of(where)
        ready(address, make=make)
        return cls(address)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Read in one transaction."""
        with reading(self.address) as connection:
            yield connection

    def writing(self, work: Callable[[sa.Connection], T]) -> T:
        """Do all of some work, or nothing."""
        return writing(self.address, work)

    def table(
        self, day: dt.date, book: str | None = None, *, likely: str | None = None, recorded_before: str | None = None
    ) -> tuple[Table, Snapshot]:
        """Give the table of the newest snapshot at or before a day.

        Parameters
        ----------
        book
            Which pipeline; needed where there are several, unless one is called `likely`.
        recorded_before
            ISO time: as it was known before it.

        Raises
        ------
        InputError
            If there is no such book, or no snapshot so early.
        """
        with self.reading() as connection:
            number, name = book_to_read(connection, book, self.address.shown, likely)
            known_by = None if recorded_before is None else recording_before(connection, recorded_before)
            one = newest(snapshots(connection, number, known_by), day, f"{self.address.shown}, book {name!r}")
            return snapshot_table(connection, one, f"{self.address.shown} {one.valid_day}", known_by), one

    def panel(self, book: str | None = None, *, recorded_before: str | None = None) -> tuple[Table, str]:
        """Give all snapshots of a book as one table, with the day in the column ``Snapshot Date``; and its name.

        Raises
        ------
        InputError
            If there is no such book, or it has no snapshot.
        """
        with self.reading() as connection:
            number, name = book_to_read(connection, book, self.address.shown)
            known_by = None if recorded_before is None else recording_before(connection, recorded_before)
            found = snapshots(connection, number, known_by)
            if not found:
                raise InputError(f"{self.address.shown}, book {name!r}: no snapshot was kept before {recorded_before}")
            return panel(connection, found, f"{self.address.shown}, book {name!r}", known_by), name


def newest(found: list[Snapshot], day: dt.date, where: str) -> Snapshot:
    """The newest snapshot at or before a day.

    Raises
    ------
    InputError
        If there is none: with the first day that there is.
    """
    there = [one for one in found if one.valid_day <= day]
    if there:
        return there[-1]
    first = f"the first is of {found[0].valid_day}" if found else "there is none at all"
    raise InputError(f"{where}: no snapshot of {day} or before; {first}")
