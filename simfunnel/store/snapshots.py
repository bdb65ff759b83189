"""Snapshots: the rows of one export, kept for the day at whose start they held."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.ordering import order_of, packed_order
from simfunnel.store.rows import Rows, digest_of, moved, table_of
from simfunnel.store.tables import deal, recording, snapshot
from simfunnel.store.versions import (
    Held,
    State,
    deal_numbers,
    differences,
    headers_of,
    layout_of,
    next_id,
    numbered,
    put,
    settled,
    state_at,
    state_of,
    visible,
)
from simfunnel.tabular.table import Table


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is known of one snapshot, without its rows."""

    id: int
    book: int
    valid_day: dt.date
    recorded: int
    recorded_at: str
    rows: int
    source_hash: str | None
    """SHA-256 of the file; None where no file was kept."""
    layout: int
    reading: Mapping[str, Any] = field(repr=False)
    """How the file was read: its name, where the headers stood, what its columns were taken for."""
    content: str = ""
    superseded: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping a snapshot did."""

    new_versions: int
    """Versions of deals that are new, those included that say a deal has left."""
    unchanged: int
    """Rows that are as they were before."""
    superseded: int
    """Versions that were corrected."""


def tell(connection: sa.Connection, book: int, kind: str) -> tuple[int, str]:
    """Begin a recording: its number, and its time, which is never before that of an earlier one."""
    number = next_id(connection, recording)
    last = connection.execute(sa.select(sa.func.max(recording.c.recorded_at))).scalar()
    now = dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")
    at = max(now, last or now)
    connection.execute(recording.insert().values(id=number, book=book, recorded_at=at, kind=kind))
    return number, at


def recording_before(connection: sa.Connection, at: str) -> int:
    """The last recording before a time; 0 where there is none."""
    query = sa.select(sa.func.max(recording.c.id)).where(recording.c.recorded_at < at)
    return int(connection.execute(query).scalar() or 0)


def snapshots(
    connection: sa.Connection, book: int | None = None, known_by: int | None = None, *, corrected: bool = False
) -> list[Snapshot]:
    """List snapshots, by book, day and recording.

    Parameters
    ----------
    known_by
        As they were known by this recording.
    corrected
        Whether those that were corrected since are listed too.
    """
    s = snapshot.c
    own = [column for column in snapshot.c if column.name != "ordering"]  # of every row of every snapshot: not needed
    query = sa.select(*own, recording.c.recorded_at).join(recording, recording.c.id == s.recorded)
    if book is not None:
        query = query.where(s.book == book)
    if not corrected:
        query = query.where(visible(known_by, snapshot))
    rows = connection.execute(query.order_by(s.book, s.valid_day, s.recorded))
    return [
        Snapshot(
            row.id, row.book, dt.date.fromisoformat(row.valid_day), row.recorded, row.recorded_at, row.rows,
            row.source_hash, row.layout, json.loads(row.reading), row.content, row.superseded,
        )
        for row in rows
    ]  # fmt: skip


def keep_snapshot(
    connection: sa.Connection, book: int, day: dt.date, number: int, rows: Rows, *,
    source_hash: str | None, reading: Mapping[str, Any],
) -> Kept:  # fmt: skip
    """Keep the rows of an export; a snapshot of that day that is there is corrected by it.

    Parameters
    ----------
    day
        Day at whose start the rows hold.
    number
        Of the recording.
    """
    known = snapshots(connection, book)
    layout = layout_of(connection, rows.headers)
    headers = headers_of(connection)
    numbers = deal_numbers(connection, book)
    deals = numbered(connection, book, zip(rows.names, rows.parts, strict=True), numbers)
    iso = day.isoformat()
    before = state_at(connection, book, iso, before=True)
    now = settled(before, state_of(rows, layout, deals), headers)
    later = min((s.valid_day for s in known if s.valid_day > day), default=None)
    after = None if later is None else state_at(connection, book, later.isoformat())
    changed = differences(before, now)
    new, gone = put(connection, book, iso, number, changed)
    if later is not None and after is not None:  # what was kept for the days after stays what it was
        more = put(connection, book, later.isoformat(), number, differences(now, after))
        new, gone = new + more[0], gone + more[1]
    for one in known:
        if one.valid_day == day:
            connection.execute(snapshot.update().where(snapshot.c.id == one.id).values(superseded=number))
    connection.execute(snapshot.insert().values(
        id=next_id(connection, snapshot), book=book, valid_day=iso, recorded=number, superseded=None,
        source_hash=source_hash, rows=len(rows), layout=layout, reading=json.dumps(reading, ensure_ascii=False),
        ordering=packed_order(deals), content=content_of_state({own: key for key, own in numbers.items()}, now),
    ))  # fmt: skip
    return Kept(new, sum(1 for deal_number in now if deal_number not in changed), gone)


def content_of_state(names: Mapping[int, tuple[str, int]], state: State) -> str:
    """A number that tells whether what is kept of these rows has changed.

    Parameters
    ----------
    names
        Number -> (name, part) of the deals.
    """
    return as_content(sum(digest_of(*names[n], held.layout, held.fields) for n, held in state.items()))


def as_content(total: int) -> str:
    """Write the sum of digests."""
    return f"{total % (1 << 128):032x}"


def deal_names(connection: sa.Connection, book: int) -> dict[int, tuple[str, int]]:
    """Number -> (name, part) of the deals of a book."""
    rows = connection.execute(sa.select(deal.c.id, deal.c.name, deal.c.part).where(deal.c.book == book))
    return {number: (name, part) for number, name, part in rows}


def in_order(connection: sa.Connection, one: Snapshot, state: State) -> list[int]:
    """Deals of a snapshot in the order of its rows."""
    try:
        listed = order_of(connection, one.id)
    except ValueError:
        raise InputError(f"the snapshot of {one.valid_day} is damaged; `simfunnel store check` lists what is") from None
    return sorted(state) if listed is None else [number for number in listed.tolist() if number in state]


def texts_of(
    connection: sa.Connection, one: Snapshot, known_by: int | None = None
) -> tuple[tuple[str, ...], list[str], list[int]]:
    """Headers, texts of the rows under them, and the deals, of a snapshot."""
    state = state_at(connection, one.book, one.valid_day.isoformat(), known_by)
    headers = headers_of(connection)
    order = in_order(connection, one, state)
    own = headers[one.layout]
    return own, [_under(state[number], own, headers) for number in order], order


def _under(held: Held, own: tuple[str, ...], headers: Mapping[int, tuple[str, ...]]) -> str:
    text = moved(held.fields, headers[held.layout], own)
    if text is None:
        raise InputError("a row of the store does not fit its snapshot; `simfunnel store check` lists what is damaged")
    return text


def snapshot_table(connection: sa.Connection, one: Snapshot, name: str, known_by: int | None = None) -> Table:
    """The table of a snapshot as its file gave it."""
    headers, texts, _ = texts_of(connection, one, known_by)
    told = one.reading
    first = int(told.get("header_row", 1))
    return table_of(
        headers, texts, numbers_of(told.get("gaps"), len(texts), first), file=name, header_row=first,
        sheet=told.get("sheet"), delimiter=told.get("delimiter"), titles=tuple(told.get("titles", ())),
    )  # fmt: skip


def numbers_of(gaps: Sequence[Sequence[int]] | None, count: int, header_row: int) -> list[int]:
    """Number of each row: they rise by one, but where the file had blank lines."""
    numbers = list(range(header_row + 1, header_row + 1 + count))
    for at, number in gaps or ():
        for row in range(at, count):
            numbers[row] = number + row - at
    return numbers


def gaps_of(numbers: Sequence[int], header_row: int) -> list[list[int]]:
    """Rows, counted from 0, that do not follow the one before, with their numbers."""
    expected, found = header_row + 1, []
    for at, number in enumerate(numbers):
        if number != expected:
            found.append([at, int(number)])
        expected = number + 1
    return found
