"""All snapshots of a book as one table: a row for each deal in each, with the day in a column."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from simfunnel.errors import InputError
from simfunnel.store.rows import cell_of
from simfunnel.store.snapshots import Snapshot
from simfunnel.store.tables import deal_version
from simfunnel.store.versions import headers_of, visible
from simfunnel.tabular.column import Column, Distinct
from simfunnel.tabular.table import Table

SNAPSHOT = "Snapshot Date"
"""Header of the days."""
CHUNK = 20_000
MOST = 30_000_000
"""Rows for which there is room."""


def panel(
    connection: sa.Connection, found: Sequence[Snapshot], name: str, known_by: int | None = None
) -> Table:  # fmt: skip
    """Lay out snapshots below one another.

    Parameters
    ----------
    found
        Snapshots of one book, by day.
    name
        What the table is called in messages.
    known_by
        As they were known by this recording.

    Raises
    ------
    InputError
        If there are more rows than there is room for.
    """
    days = [one.valid_day for one in found]
    texts, layouts, first, last = _spans(connection, found, known_by)
    rows = last - first
    if (total := int(rows.sum())) > MOST:
        raise InputError(f"{name}: {total:,} rows in all snapshots together: ask for fewer with `history.since`")
    headers, columns = _columns(connection, texts, layouts)
    place = np.repeat(np.arange(len(texts)), rows)
    begin = np.repeat(first - np.concatenate([[0], np.cumsum(rows)[:-1]]) if len(rows) else first, rows)
    number = (np.arange(total) + begin).astype(np.int32)
    order = np.argsort(number, kind="stable")
    place, number = place[order], number[order]
    listed = tuple(Column(column.codes[place], column.cells) for column in columns)
    return Table(
        (*headers, SNAPSHOT), (*listed, Column(number, list[dt.date | str | int | float | None](days))),
        np.arange(2, total + 2, dtype=np.int64), np.full(total, len(headers) + 1, dtype=np.int32), file=name,
    )  # fmt: skip


Spans = tuple[list[str], list[int], npt.NDArray[np.int64], npt.NDArray[np.int64]]


def _spans(connection: sa.Connection, found: Sequence[Snapshot], known_by: int | None) -> Spans:
    """Versions that are there, and the snapshots, counted from 0, from and before which each holds."""
    v = deal_version.c
    query = (
        sa.select(v.deal, v.valid_from, v.layout, v.fields)
        .where(v.book == found[0].book, visible(known_by)).order_by(v.deal, v.valid_from)
    )  # fmt: skip
    place = {one.valid_day.isoformat(): at for at, one in enumerate(found)}
    texts: list[str] = []
    layouts: list[int] = []
    first: list[int] = []
    last: list[int] = []
    before = None
    for row in connection.execute(query):
        at = place[row[1]]
        if before == row[0]:
            last[-1] = min(last[-1], at)
        before = None
        if row[3] is not None:
            texts.append(row[3])
            layouts.append(row[2])
            first.append(at)
            last.append(len(found))
            before = row[0]
    return texts, layouts, np.array(first, dtype=np.int64), np.array(last, dtype=np.int64)


def _columns(connection: sa.Connection, texts: Sequence[str], layouts: Sequence[int]) -> tuple[list[str], list[Column]]:
    """Headers of all layouts that occur, and a column for each; of two of one name the first counts."""
    known = headers_of(connection)
    headers = list(dict.fromkeys(h for number in dict.fromkeys(layouts) for h in known[number] if h))
    places = {
        number: [(at, known[number].index(h) if h in known[number] else None) for at, h in enumerate(headers)]
        for number in set(layouts)
    }
    index = [Distinct() for _ in headers]
    codes = np.zeros((len(headers), len(texts)), dtype=np.int32)
    of_row = np.array(layouts, dtype=np.int64)
    for number, own in places.items():
        rows = np.flatnonzero(of_row == number)
        for start in range(0, len(rows), CHUNK):  # parsed and laid out some at a time: texts of all rows are many
            part = rows[start : start + CHUNK]
            values = json.loads(f"[{','.join(texts[row] for row in part.tolist())}]")
            for at, position in own:
                if position is not None:
                    cells = [cell_of(row[position]) if position < len(row) else None for row in values]
                    codes[at, part] = index[at].codes(cells)
    blank = [one.codes([None])[0] for one in index]
    for number, own in places.items():
        for at, position in own:
            if position is None:
                codes[at, of_row == number] = blank[at]
    return headers, [Column(codes[at], one.cells) for at, one in enumerate(index)]
