"""A folder of dated exports on its way into a store."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa

from simfunnel.errors import InputError, Problem
from simfunnel.history.detection import lay_out
from simfunnel.history.file_days import days_of
from simfunnel.history.sources import SNAPSHOT, kind_of, read_one
from simfunnel.history.stacking import stack
from simfunnel.record.imported import Imported, Into, columns_of
from simfunnel.record.reading import how_read, rows_by_id
from simfunnel.record.submissions import owners_in
from simfunnel.store.books import book_to_write, books
from simfunnel.store.forgotten import refuse_forgotten
from simfunnel.store.raw import hash_of_bytes, put_raw
from simfunnel.store.snapshots import Kept, keep_snapshot, snapshots, tell
from simfunnel.tabular.reading import PARQUET, TEXT, WORKBOOK


def import_folder(into: Into, path: Path, *, of_file: bool, evening: bool, correct: bool) -> Imported:
    """Keep one export after another, each in a transaction of its own: an interrupted import goes on where it was.

    Parameters
    ----------
    of_file
        Whether the day of an export is the time of its file, and not in its name.
    evening
        Whether exports were made in the evening of their day: they are kept for the next.
    correct
        Whether a day that is kept with another file is told anew.
    """
    kinds = (*TEXT, *WORKBOOK, *PARQUET)
    files = sorted(
        p for p in path.iterdir() if p.is_file() and not p.name.startswith((".", "~")) and kind_of(p) in kinds
    )
    if of_file:
        days = {file.name: dt.datetime.fromtimestamp(file.stat().st_mtime).date() for file in files}
    else:
        days = days_of([file.name for file in files], into.settings.file_date, str(path))[1]
    if not days:
        raise InputError(Problem(
            "no day stands in the names of the files: expected names such as pipeline_2027-01-04.csv; or say "
            '--file-date "%d%m%Y", --dates-from column, or --dates-from file for the time of each file', file=str(path),
        ))  # fmt: skip
    dated = sorted((days[file.name] + dt.timedelta(days=int(evening)), file) for file in files if file.name in days)
    total = Kept(0, 0, 0)
    new = already = 0
    for number, (day, file) in enumerate(dated):
        into.told(number, len(dated))
        kept = _one(into, day, file, correct=correct)
        if kept is None:
            already += 1
            continue
        new += 1
        total = Kept(
            total.new_versions + kept.new_versions, total.unchanged + kept.unchanged, total.superseded + kept.superseded
        )  # fmt: skip
    into.told(len(dated), len(dated))
    return Imported(
        into.shown, into.book, dated[0][0], dated[-1][0], new, already, total.new_versions, total.unchanged,
        len(files) - len(dated),
    )  # fmt: skip


def _one(into: Into, day: dt.date, file: Path, *, correct: bool) -> Kept | None:
    """Keep one export; None where the very same file is kept for the day."""
    data = file.read_bytes()
    digest = hash_of_bytes(data)
    with into.store.reading() as connection:
        number = books(connection).get(into.book)
        there = {one.valid_day: one for one in snapshots(connection, number)} if number is not None else {}
    if day in there and there[day].source_hash == digest:
        return None
    table = read_one(file, into.settings)
    settings = into.settings.model_copy(update={"format": "snapshots"})
    columns = columns_of(lay_out(stack([table], {SNAPSHOT: [day]}, str(file)), settings))
    rows = rows_by_id(table, columns)
    reading = how_read(table, file.name, columns) | ({} if into.raw else {"raw": False})

    def work(connection: sa.Connection) -> Kept:
        own = book_to_write(connection, into.book)
        kept = snapshots(connection, own)
        if not correct and any(one.valid_day == day and one.source_hash != digest for one in kept):
            message = f"{day} is kept already, with another file: --correct tells it anew"
            raise InputError(Problem(message, file=str(file)))
        refuse_forgotten(connection, own, rows, owners_in(table, columns.get("owner")))
        told = tell(connection, own, "import")
        if into.raw:
            earlier = [one.source_hash for one in kept if one.valid_day < day]
            put_raw(connection, data, file.name, like=earlier[-1] if earlier else None)
        return keep_snapshot(connection, own, day, told[0], rows, source_hash=digest, reading=reading)

    return into.store.writing(work)
