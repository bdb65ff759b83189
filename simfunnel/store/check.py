"""Whether a store is whole: every byte of the files, every row of the snapshots, every reference."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.address import Address
from simfunnel.store.books import books
from simfunnel.store.forecasts import details_of, parts_of
from simfunnel.store.raw import hash_of_bytes, raw_bytes
from simfunnel.store.snapshots import Snapshot, content_of_state, in_order, snapshots
from simfunnel.store.submissions import faulty_submissions
from simfunnel.store.tables import deal, deal_version, forecast, raw_file
from simfunnel.store.versions import headers_of, state_at


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was kept."""

    what: str
    where: str


def faults_of(connection: sa.Connection, address: Address) -> list[Fault]:
    """Look at everything in a store.

    Returns
    -------
    list of Fault
        Empty where all is as it was kept.
    """
    found: list[Fault] = []
    if address.path is not None:
        lines = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        found += [Fault(f"SQLite: {line}", address.shown) for line in lines if line != "ok"]
    found += _files(connection)
    names = {number: name for name, number in books(connection).items()}
    for number, name in names.items():
        found += _versions(connection, number, name)
        for one in snapshots(connection, number, corrected=True):
            found += _snapshot(connection, one, name)
        found += _forecasts(connection, number, name)
        found += [Fault(what, f"book {name!r}") for what in faulty_submissions(connection, number)]
    return found


def _files(connection: sa.Connection) -> list[Fault]:
    """Files that do not have the bytes they came with."""
    found = []
    for row in connection.execute(sa.select(raw_file.c.hash, raw_file.c.size, raw_file.c.erased)).all():
        if row.erased is not None:
            continue
        data = raw_bytes(connection, row.hash)
        if data is None or hash_of_bytes(data) != row.hash or len(data) != row.size:
            found.append(Fault("the file is damaged: its bytes are not those that were kept", f"file {row.hash[:12]}"))
    return found


def _versions(connection: sa.Connection, book: int, name: str) -> list[Fault]:
    """Versions of deals that nobody knows, or under headers that are lost, or that cannot be read."""
    headers = headers_of(connection)
    v = deal_version.c
    rows = connection.execute(
        sa.select(v.deal, v.valid_from, v.layout, v.fields, deal.c.id)
        .outerjoin(deal, deal.c.id == v.deal).where(v.book == book)
    )  # fmt: skip
    found = []
    for row in rows:
        where = f"book {name!r}, deal number {row.deal}, {row.valid_from}"
        if row.id is None:
            found.append(Fault("a version of a deal that is missing", where))
        if row.fields is None:
            continue
        if row.layout not in headers:
            found.append(Fault("a version under headers that are missing", where))
        elif not _readable(row.fields):
            found.append(Fault("a version that cannot be read", where))
    return found


def _readable(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _snapshot(connection: sa.Connection, one: Snapshot, name: str) -> list[Fault]:
    """Whether the versions give the rows that the snapshot had, each once, in their order."""
    where = f"book {name!r}, snapshot of {one.valid_day}, recorded {one.recorded_at[:19]}"
    found = []
    if one.source_hash and one.reading.get("raw", True):
        there = connection.execute(sa.select(raw_file.c.hash).where(raw_file.c.hash == one.source_hash)).first()
        if there is None:
            found.append(Fault("its file is missing", where))
    known_by = None if one.superseded is None else one.superseded - 1
    state = state_at(connection, one.book, one.valid_day.isoformat(), known_by)
    try:
        ordered = in_order(one, state)
        content = content_of_state(connection, one.book, state)
    except (InputError, KeyError, ValueError):
        return [*found, Fault("its rows cannot be read", where)]
    if len(state) != one.rows or len(ordered) != one.rows:
        found.append(Fault(f"it has {len(ordered):,} rows, and had {one.rows:,}", where))
    elif content != one.content:
        found.append(Fault("its rows are not those that were kept", where))
    return found


def _forecasts(connection: sa.Connection, book: int, name: str) -> list[Fault]:
    found = []
    for row in connection.execute(sa.select(forecast.c.id, forecast.c.as_of).where(forecast.c.book == book)).all():
        try:
            details_of(connection, row.id)
            if not parts_of(connection, row.id):
                raise ValueError  # noqa: TRY301
        except Exception:  # whatever unpacking or parsing damaged bytes raises
            found.append(Fault("the forecast cannot be read", f"book {name!r}, forecast of {row.as_of}"))
    return found
