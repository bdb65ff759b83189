"""What is in a store: snapshots, one of them more closely, and whether everything is whole."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.books import book_to_read, books
from simfunnel.store.check import Fault, faults_of
from simfunnel.store.forecasts import forecasts, parts_of
from simfunnel.store.forgotten import Forgotten, Kind, forget
from simfunnel.store.snapshots import Snapshot, deal_names, recording_before, snapshots
from simfunnel.store.store import newest
from simfunnel.store.submissions import Submission, submissions
from simfunnel.store.versions import headers_of, settled, state_at


@dataclass(frozen=True)
class StoreListing(Shown):
    """The snapshots of a store."""

    store: str
    snapshots: tuple[tuple[str, Snapshot], ...]
    """Name of the book, and snapshot."""
    forecasts: Mapping[tuple[str, dt.date], int]
    """(book, day) -> kept forecasts of that day."""
    submissions: Mapping[tuple[str, dt.date], int]
    """(book, day) -> commits and best cases that were said from that day on until the next."""


@dataclass(frozen=True)
class StoreDay(Shown):
    """One snapshot, what it changed, and the forecasts of its day."""

    store: str
    book: str
    snapshot: Snapshot
    before: dt.date | None
    """Day of the snapshot before."""
    new: tuple[str, ...]
    """Deals that are in it and not in the one before."""
    left: tuple[str, ...]
    """The other way round."""
    changed: tuple[str, ...]
    """Deals whose rows differ."""
    new_columns: tuple[str, ...]
    """Headers that the file before had not."""
    gone_columns: tuple[str, ...]
    """The other way round."""
    forecasts: tuple[dict[str, Any], ...]
    submissions: tuple[Submission, ...]
    """What each owner had last said by then of each period."""


@dataclass(frozen=True)
class StoreCheck(Shown):
    """Faults of a store."""

    store: str
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether there is none."""
        return not self.faults


@dataclass(frozen=True)
class Erasure(Shown):
    """What `store forget` took away."""

    store: str
    book: str
    forgotten: Forgotten


def list_store(store: Store, book: str | None = None, *, recorded_before: str | None = None) -> StoreListing:
    """List the snapshots of a store, or of one book, also as they were known before a time."""
    with store.reading() as connection:
        names = {number: name for name, number in books(connection).items()}
        only = None if book is None else book_to_read(connection, book, store.address.shown)[0]
        known_by = None if recorded_before is None else recording_before(connection, recorded_before)
        found = snapshots(connection, only, known_by)
        counts: dict[tuple[str, dt.date], int] = {}
        for number, name in names.items():
            for row in forecasts(connection, number, known_by=known_by):
                key = (name, dt.date.fromisoformat(row["as_of"]))
                counts[key] = counts.get(key, 0) + 1
        said: dict[tuple[str, dt.date], int] = {}
        for number, name in names.items():
            days = [one.valid_day for one in found if one.book == number]
            for submitted in submissions(connection, number, known_by) if days else ():
                at = max(bisect_right(days, submitted.made) - 1, 0)
                said[name, days[at]] = said.get((name, days[at]), 0) + 1
        return StoreListing(store.address.shown, tuple((names[one.book], one) for one in found), counts, said)


def show_day(store: Store, day: dt.date, book: str | None = None, *, recorded_before: str | None = None) -> StoreDay:
    """Show the newest snapshot at or before a day."""
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown)
        known_by = None if recorded_before is None else recording_before(connection, recorded_before)
        found = snapshots(connection, number, known_by)
        one = newest(found, day, f"{store.address.shown}, book {name!r}")
        earlier = [other for other in found if other.valid_day < one.valid_day]
        headers = headers_of(connection)
        own, before = (headers[x.layout] for x in (one, earlier[-1] if earlier else one))
        new, left, changed = _changes(connection, one, known_by)
        said = [
            {**row, "parts": [part for part in parts_of(connection, row["id"]) if not part["dimension"]]}
            for row in forecasts(connection, number, known_by=known_by)
            if row["as_of"] == one.valid_day.isoformat()
        ]
        return StoreDay(
            store.address.shown, name, one, earlier[-1].valid_day if earlier else None, new, left, changed,
            tuple(x for x in own if x not in before), tuple(x for x in before if x not in own), tuple(said),
            _last_said(submissions(connection, number, known_by, until=day)),
        )  # fmt: skip


def _last_said(said: Sequence[Submission]) -> tuple[Submission, ...]:
    """Of each owner, period and kind the last, by period and owner."""
    latest = {(one.period, one.owner, one.kind): one for one in said}  # by day: the last stays
    return tuple(latest[key] for key in sorted(latest))


def _changes(
    connection: sa.Connection, one: Snapshot, known_by: int | None
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    iso = one.valid_day.isoformat()
    before = state_at(connection, one.book, iso, known_by, before=True)
    now = settled(before, state_at(connection, one.book, iso, known_by), headers_of(connection))
    names = deal_names(connection, one.book)

    def named(numbers: list[int]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(names[number][0] for number in sorted(numbers)))

    return (
        named([number for number in now if number not in before]),
        named([number for number in before if number not in now]),
        named([number for number in now if number in before and now[number] != before[number]]),
    )


def check_store(store: Store) -> StoreCheck:
    """Look at every byte of a store."""
    with store.reading() as connection:
        return StoreCheck(store.address.shown, tuple(faults_of(connection, store.address)))


def forget_in_store(store: Store, name: str, kind: Kind, book: str | None = None) -> Erasure:
    """Erase a deal or an owner from a book of a store.

    Raises
    ------
    InputError
        If nothing of that name is there.
    """

    def work(connection: sa.Connection) -> tuple[str, Forgotten]:
        number, known = book_to_read(connection, book, store.address.shown)
        return known, forget(connection, number, name, kind)

    known, done = store.writing(work)
    return Erasure(store.address.shown, known, done)
