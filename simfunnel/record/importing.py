"""Bring the past into a store: dated exports, versions of a warehouse, logs of changes."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

from simfunnel.errors import InputError, Problem
from simfunnel.history.detection import lay_out
from simfunnel.history.file_days import days_of
from simfunnel.history.settings import HistorySettings
from simfunnel.history.sources import SNAPSHOT, kind_of, read_one
from simfunnel.history.stacking import stack
from simfunnel.history.written import settings_of
from simfunnel.progress import Progress
from simfunnel.record.place import UNNAMED
from simfunnel.record.reading import how_read, rows_by_id
from simfunnel.record.stays import stays_of
from simfunnel.record.submissions import owners_in
from simfunnel.shown import Shown
from simfunnel.store import Store
from simfunnel.store.books import book_to_write, books
from simfunnel.store.bulk import put_history
from simfunnel.store.forgotten import refuse_forgotten
from simfunnel.store.raw import Packed, hash_of_bytes, put_raw
from simfunnel.store.rows import Rows
from simfunnel.store.snapshots import Kept, keep_snapshot, snapshots, tell
from simfunnel.tabular.reading import PARQUET, TEXT, WORKBOOK

DatesFrom = Literal["name", "column", "file"]
FIELDS = {"id": "case", "stage": "stage", "amount": "amount", "owner": "owner", "segment": "segment",
          "closed": "closed", "close_date": "close_date"}  # fmt: skip
"""Field of a pipeline file, and what a history calls it."""


@dataclass(frozen=True)
class Imported(Shown):
    """What an import brought."""

    store: str
    book: str
    first: dt.date | None
    last: dt.date | None
    snapshots: int
    """That are new."""
    already: int
    """Snapshots that were there from an earlier import of the same files."""
    versions: int
    unchanged: int
    left_out: int
    """Rows without an id or a time, and files without a day."""


def import_history(
    store: Store,
    source: str | os.PathLike[str] | Mapping[str, Any],
    *,
    book: str | None = None,
    dates_from: DatesFrom = "name",
    evening: bool = False,
    correct: bool = False,
    raw: bool = True,
    progress: Progress | None = None,
    **settings: Any,
) -> Imported:
    """Import what tells of the past.

    Parameters
    ----------
    store
        The store.
    source
        A folder of dated exports, or one file: of versions (dbt snapshots, Fivetran history mode), of changes (property
        or field history), or with the day of each row's snapshot in a column; or a YAML file with the key ``history``.
    book
        Which pipeline; default ``main``, or the only one of the store.
    dates_from
        Of a folder: whether the day stands in the ``name`` of a file, in a ``column``, or is the time of the ``file``.
    evening
        Whether the exports of a folder were made in the evening of their day: they are kept for the next.
    correct
        Whether a day that is kept with another file is told anew.
    raw
        Whether the files are kept as they came.
    progress
        Called with what is done and how much there is in all.
    settings
        What `read_history` takes: ``columns``, ``file_date``, ``date_format``, ``time_zone`` and so on.

    Raises
    ------
    InputError
        If something cannot be read, tells no days, or does not fit what is kept.
    """
    stated = settings_of(source, settings)
    if stated.file is None:
        raise InputError(Problem("nothing says what to import: name a file or a folder", "history.file"))
    path = Path(stated.file)
    with store.reading() as connection:
        known = list(books(connection))
    name = book or (known[0] if len(known) == 1 else UNNAMED)
    if path.is_dir() and dates_from != "column":
        return _folder(store, name, path, stated, dates_from, evening, correct, raw, progress)
    return _whole(store, name, path, stated, raw, progress)


def _folder(
    store: Store, book: str, path: Path, stated: HistorySettings, dates_from: str, evening: bool, correct: bool,
    raw: bool, progress: Progress | None,
) -> Imported:  # fmt: skip
    """Keep one export after another, each in a transaction of its own: an interrupted import goes on where it was."""
    kinds = (*TEXT, *WORKBOOK, *PARQUET)
    files = sorted(
        p for p in path.iterdir() if p.is_file() and not p.name.startswith((".", "~")) and kind_of(p) in kinds
    )
    if dates_from == "file":
        days = {file.name: dt.datetime.fromtimestamp(file.stat().st_mtime).date() for file in files}
    else:
        days = days_of([file.name for file in files], stated.file_date, str(path))[1]
    if not days:
        raise InputError(Problem(
            "no day stands in the names of the files: expected names such as pipeline_2027-01-04.csv; or say "
            '--file-date "%d%m%Y", --dates-from column, or --dates-from file for the time of each file', file=str(path),
        ))  # fmt: skip
    dated = sorted((days[file.name] + dt.timedelta(days=int(evening)), file) for file in files if file.name in days)
    total = Kept(0, 0, 0)
    new = already = 0
    for number, (day, file) in enumerate(dated):
        if progress is not None:
            progress(number, len(dated))
        kept = _one(store, book, day, file, stated, correct=correct, raw=raw)
        if kept is None:
            already += 1
            continue
        new += 1
        total = Kept(
            total.new_versions + kept.new_versions, total.unchanged + kept.unchanged, total.superseded + kept.superseded
        )  # fmt: skip
    if progress is not None:
        progress(len(dated), len(dated))
    return Imported(
        store.address.shown, book, dated[0][0], dated[-1][0], new, already, total.new_versions, total.unchanged,
        len(files) - len(dated),
    )  # fmt: skip


def _one(
    store: Store, book: str, day: dt.date, file: Path, stated: HistorySettings, *, correct: bool, raw: bool
) -> Kept | None:
    """Keep one export; None where the very same file is kept for the day."""
    data = file.read_bytes()
    digest = hash_of_bytes(data)
    with store.reading() as connection:
        number = books(connection).get(book)
        there = {one.valid_day: one for one in snapshots(connection, number)} if number is not None else {}
    if day in there and there[day].source_hash == digest:
        return None
    table = read_one(file, stated)
    desk = lay_out(stack([table], {SNAPSHOT: [day]}, str(file)), stated.model_copy(update={"format": "snapshots"}))
    columns = {own: desk.header(name) for own, name in FIELDS.items() if name in desk.fields}
    rows = rows_by_id(table, columns)
    reading = how_read(table, file.name, columns) | ({} if raw else {"raw": False})

    def work(connection: sa.Connection) -> Kept:
        own = book_to_write(connection, book)
        if (
            any(one.valid_day == day and one.source_hash != digest for one in snapshots(connection, own))
            and not correct
        ):
            raise InputError(
                Problem(f"{day} is kept already, with another file: --correct tells it anew", file=str(file))
            )
        refuse_forgotten(connection, own, rows, owners_in(table, columns.get("owner")))
        told = tell(connection, own, "import")
        if raw:
            earlier = [one.source_hash for one in snapshots(connection, own) if one.valid_day < day]
            put_raw(connection, data, file.name, like=earlier[-1] if earlier else None)
        return keep_snapshot(
            connection, own, day, told[0], rows, source_hash=digest, reading=reading
        )  # fmt: skip

    return store.writing(work)


def _whole(
    store: Store, book: str, path: Path, stated: HistorySettings, raw: bool, progress: Progress | None
) -> Imported:  # fmt: skip
    """Keep a file that tells of many days, in one transaction."""
    if path.is_dir():
        raise InputError(Problem("expected one file with the days in a column, found a folder", file=str(path)))
    data = path.read_bytes()
    digest, size = hash_of_bytes(data), len(data)
    packed = Packed.of(data) if raw else None
    del data  # from here on there is room for it as a table
    with store.reading() as connection:
        number = books(connection).get(book)
        there = [] if number is None else snapshots(connection, number)
    if there and there[0].source_hash == digest:
        return Imported(store.address.shown, book, there[0].valid_day, there[-1].valid_day, 0, len(there), 0, 0, 0)
    if there:
        raise InputError(
            f"the book {book!r} holds snapshots already, from {there[0].valid_day} on: import a history into a book of "
            "its own (--book), or before the first snapshot is kept"
        )
    desk = lay_out(read_one(path, stated, progress), stated)
    if desk.form not in ("snapshots", "changes"):
        raise InputError(Problem(
            f"this is a history of the form {desk.form!r}, which shows deals at no day: expected versions "
            "(dbt_valid_from, _fivetran_start), a log of changes, or a column with the day of the snapshot",
            file=str(path)))  # fmt: skip
    columns = {own: desk.header(name) for own, name in FIELDS.items() if name in desk.fields}
    stays, days, left_out = stays_of(desk)
    if not days:
        raise InputError(Problem("no row has both a deal and a day: nothing to import", file=str(path)))
    names = Rows((), list(stays.names), [], [])

    def work(connection: sa.Connection) -> Kept:
        own = book_to_write(connection, book)
        if snapshots(connection, own):
            raise InputError(f"the book {book!r} holds snapshots already")
        refuse_forgotten(connection, own, names, owners_in(desk.table, columns.get("owner")))
        told = tell(connection, own, "import")
        if packed is not None:
            put_raw(connection, packed, path.name)
        reading = {"file": path.name, "columns": columns, "bytes": size} | ({} if raw else {"raw": False})
        return put_history(
            connection, own, told[0], stays, days, source_hash=digest, reading=reading, progress=progress
        )  # fmt: skip

    kept = store.writing(work)
    return Imported(
        store.address.shown, book, days[0], days[-1], len(days), 0, kept.new_versions, kept.unchanged, left_out
    )  # fmt: skip
