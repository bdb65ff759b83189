"""One file that tells of many days on its way into a store."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from simfunnel.errors import InputError, Problem
from simfunnel.history.detection import lay_out
from simfunnel.history.sources import read_one
from simfunnel.record.imported import Imported, Into, columns_of
from simfunnel.record.stays import stays_of
from simfunnel.record.submissions import owners_in
from simfunnel.store.books import book_to_write, books
from simfunnel.store.bulk import put_history
from simfunnel.store.forgotten import refuse_forgotten
from simfunnel.store.raw import Packed, hash_of_bytes, put_raw
from simfunnel.store.rows import Rows
from simfunnel.store.snapshots import Kept, snapshots, tell


def import_whole(into: Into, path: Path) -> Imported:
    """Keep a file that tells of many days, in one transaction."""
    if path.is_dir():
        raise InputError(Problem("expected one file with the days in a column, found a folder", file=str(path)))
    data = path.read_bytes()
    digest, size = hash_of_bytes(data), len(data)
    packed = Packed.of(data) if into.raw else None
    del data  # from here on there is room for it as a table
    with into.store.reading() as connection:
        number = books(connection).get(into.book)
        there = [] if number is None else snapshots(connection, number)
    if there and there[0].source_hash == digest:
        return Imported(into.shown, into.book, there[0].valid_day, there[-1].valid_day, 0, len(there), 0, 0, 0)
    if there:
        raise InputError(
            f"the book {into.book!r} holds snapshots already, from {there[0].valid_day} on: import a history into a "
            "book of its own (--book), or before the first snapshot is kept"
        )
    desk = lay_out(read_one(path, into.settings, into.progress), into.settings)
    if desk.form not in ("snapshots", "changes"):
        raise InputError(Problem(
            f"this is a history of the form {desk.form!r}, which shows deals at no day: expected versions "
            "(dbt_valid_from, _fivetran_start), a log of changes, or a column with the day of the snapshot",
            file=str(path)))  # fmt: skip
    columns = columns_of(desk)
    stays, days, left_out = stays_of(desk)
    if not days:
        raise InputError(Problem("no row has both a deal and a day: nothing to import", file=str(path)))
    names = Rows((), list(stays.names), [], [])

    def work(connection: sa.Connection) -> Kept:
        own = book_to_write(connection, into.book)
        if snapshots(connection, own):
            raise InputError(f"the book {into.book!r} holds snapshots already")
        refuse_forgotten(connection, own, names, owners_in(desk.table, columns.get("owner")))
        told = tell(connection, own, "import")
        if packed is not None:
            put_raw(connection, packed, path.name)
        reading = {"file": path.name, "columns": columns, "bytes": size} | ({} if into.raw else {"raw": False})
        return put_history(
            connection, own, told[0], stays, days, source_hash=digest, reading=reading, progress=into.progress
        )  # fmt: skip

    kept = into.store.writing(work)
    return Imported(
        into.shown, into.book, days[0], days[-1], len(days), 0, kept.new_versions, kept.unchanged, left_out
    )  # fmt: skip
