"""Whether a store is whole: every byte of the files, every row of the snapshots, every reference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from simfunnel.store.address import Address
from simfunnel.store.books import books
from simfunnel.store.forecasts import details_of, parts_of
from simfunnel.store.ordering import order_of
from simfunnel.store.raw import hash_of_bytes, raw_bytes
from simfunnel.store.snapshots import Snapshot, deal_names, snapshots
from simfunnel.store.spans import Spans, Version, spans_of, versions_by_deal, view_of
from simfunnel.store.submissions import faulty_submissions
from simfunnel.store.tables import forecast, raw_file
from simfunnel.store.versions import headers_of


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
        found += _rows(connection, number, name)
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


def _rows(connection: sa.Connection, book: int, name: str) -> list[Fault]:
    """Versions of deals that cannot be read, and snapshots that are not given by them."""
    kept = snapshots(connection, book, corrected=True)
    names, headers, views = deal_names(connection, book), headers_of(connection), spans_of(kept)
    found = []
    for number, versions in versions_by_deal(connection, book):
        for one in versions:
            where = f"book {name!r}, deal number {number}, {one.valid_from}"
            found += [Fault(what, where) for what in _version(one, headers, known=number in names)]
        for spans in views.values():
            spans.add(number, names.get(number), versions)
    told = {known_by: (spans.rows, spans.contents, spans.nameless) for known_by, spans in views.items()}
    files = set(connection.execute(sa.select(raw_file.c.hash)).scalars())
    for snapshot in kept:
        day, view = snapshot.valid_day.isoformat(), view_of(snapshot)
        rows, contents, nameless = (values[day] for values in told[view])
        where = f"book {name!r}, snapshot of {snapshot.valid_day}, recorded {snapshot.recorded_at[:19]}"
        if snapshot.source_hash and snapshot.reading.get("raw", True) and snapshot.source_hash not in files:
            found.append(Fault("its file is missing", where))
        ordered = _in_order(connection, snapshot, views[view])
        if nameless or ordered is None:
            found.append(Fault("its rows cannot be read", where))
        elif rows != snapshot.rows or ordered != snapshot.rows:
            found.append(Fault(f"it has {ordered:,} rows, and had {snapshot.rows:,}", where))
        elif contents != snapshot.content:
            found.append(Fault("its rows are not those that were kept", where))
    return found


def _version(one: Version, headers: Mapping[int, tuple[str, ...]], *, known: bool) -> Iterator[str]:
    """What is wrong with a version."""
    if not known:
        yield "a version of a deal that is missing"
    if one.fields is None:
        return
    if one.layout not in headers:
        yield "a version under headers that are missing"
    elif not _readable(one.fields):
        yield "a version that cannot be read"


def _readable(text: str) -> bool:
    try:
        return isinstance(json.loads(text), list)
    except ValueError:
        return False


def _in_order(connection: sa.Connection, snapshot: Snapshot, spans: Spans) -> int | None:
    """How many deals are there of those in the order of a snapshot; None where the order cannot be read."""
    there = spans.deals_on(snapshot.valid_day.isoformat())
    try:
        order = order_of(connection, snapshot.id)
    except ValueError:
        return None
    return len(there) if order is None else int(np.isin(order, there).sum())


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
