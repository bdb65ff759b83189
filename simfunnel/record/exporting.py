"""A snapshot as a file again: one that reads to the same table, or the very bytes it came as."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from simfunnel.bundle.durable import sync_folder
from simfunnel.bundle.ownership import made_here
from simfunnel.errors import InputError, Problem, SurroundingsError
from simfunnel.record.submitted_file import lines_of
from simfunnel.store import Store
from simfunnel.store.books import book_to_read
from simfunnel.store.raw import get_raw
from simfunnel.store.snapshots import Snapshot, recording_before, snapshots
from simfunnel.store.store import newest
from simfunnel.store.submissions import KINDS, submissions
from simfunnel.tabular.table import Table
from simfunnel.values.cells import Cell, clean
from simfunnel.wording.shown_text import in_cell

BEYOND = "?"
"""Stands in cells beyond the header, whose text is not kept."""


def export(
    store: Store, day: dt.date, *, book: str | None = None, raw: bool = False, recorded_before: str | None = None
) -> tuple[bytes, Snapshot]:
    """Give the newest snapshot at or before a day as the bytes of a file.

    Parameters
    ----------
    raw
        The file as it came, instead of a CSV file that reads to the same table.
    recorded_before
        ISO time: as it was known before it.

    Raises
    ------
    InputError
        If there is none, or its file was not kept or was erased.
    """
    if not raw:
        table, one = store.table(day, book, recorded_before=recorded_before)
        return csv_of(table, one.reading.get("encoding")), one
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown)
        known_by = None if recorded_before is None else recording_before(connection, recorded_before)
        found = snapshots(connection, number, known_by)
        one = newest(found, day, f"{store.address.shown}, book {name!r}")
        if one.source_hash is None or one.reading.get("raw") is False:
            raise InputError(
                f"the file of {one.valid_day} was not kept (--no-raw); without --raw its rows are exported"
            )
        return get_raw(connection, one.source_hash), one


def export_submissions(
    store: Store, day: dt.date, *, book: str | None = None, recorded_before: str | None = None
) -> tuple[bytes, int]:  # fmt: skip
    """Give what owners had said by a day as a CSV file that `keep_submissions` reads; and how many amounts it holds.

    Raises
    ------
    InputError
        If nothing was kept of it.
    """
    with store.reading() as connection:
        number, name = book_to_read(connection, book, store.address.shown)
        known_by = None if recorded_before is None else recording_before(connection, recorded_before)
        said = submissions(connection, number, known_by, until=day)
    if not said:
        raise InputError(f"{store.address.shown}, book {name!r}: no submission of {day} or before was kept")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("owner", "day", "period", *KINDS, "source"))
    for owner, *rest in lines_of(said):
        writer.writerow((in_cell(owner), *rest))
    return text.getvalue().encode(), len(said)


def csv_of(table: Table, encoding: str | None = None) -> bytes:
    """Write a table as delimited text: headers where they stood, every row with its number."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=table.delimiter or ",", lineterminator="\n")
    above = [[title] for title in table.titles[-(table.header_row - 1) :]] if table.header_row > 1 else []
    for line in [*([[]] * (table.header_row - 1 - len(above))), *above]:
        writer.writerow(line)
    writer.writerow([in_cell(header) for header in table.headers])
    at = table.header_row + 1
    for number, row in zip(table.numbers.tolist(), _cells(table), strict=True):
        for _ in range(number - at):
            writer.writerow([])
        writer.writerow(row)
        at = number + 1
    return text.getvalue().encode(_codec(encoding), "replace")


def _codec(encoding: str | None) -> str:
    try:
        return "utf-8" if encoding is None else codecs.lookup(encoding).name
    except LookupError:
        return "utf-8"


def _cells(table: Table) -> Iterator[list[object]]:
    width = len(table.headers)
    written = [[_written(cell) for cell in column.cells] for column in table.columns]
    codes = [column.codes.tolist() for column in table.columns]
    for row, found in enumerate(table.widths.tolist()):
        cells: list[object] = [cells[code[row]] for cells, code in zip(written, codes, strict=True)]
        yield cells[:found] if found < width else cells + [BEYOND] * (found - width)


def _written(cell: Cell) -> object:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return in_cell(cell)
    if isinstance(cell, float):
        text = clean(cell)
        whole, point, rest = text.partition(".")
        # 1.234 could be one thousand two hundred and thirty-four
        return f"{whole}.{rest}0" if point and len(rest) == 3 and rest.isdecimal() else text
    return cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)


def write_file(path: Path, data: bytes, *, force: bool = False) -> None:
    """Write a file whole, through to the disk; what somebody else wrote stays.

    Raises
    ------
    InputError
        If something of that name is there that is not ours.
    SurroundingsError
        If it cannot be written.
    """
    if path.is_dir():
        raise InputError(Problem("expected a file to write to, found a folder", file=str(path)))
    if path.exists() and not force and path.read_bytes() != data and not made_here(path):
        raise InputError(Problem("there is such a file already; choose another name, or --force", file=str(path)))
    partial = None
    try:
        handle, partial = tempfile.mkstemp(prefix=".partial-", dir=path.absolute().parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(partial).chmod(0o666 & ~umask)
        Path(partial).replace(path)
        sync_folder(path.absolute().parent)
    except OSError as error:
        if partial is not None:
            with suppress(OSError):
                Path(partial).unlink()
        raise SurroundingsError(f"{path}: cannot be written: {error.strerror or error}") from None
