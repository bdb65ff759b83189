"""A whole history at once: versions of many deals, and a snapshot for every day of which the state is known."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from simfunnel.arrays import Ints
from simfunnel.store.inserting import insert
from simfunnel.store.rows import digest_of, fragments, row_text
from simfunnel.store.snapshots import Kept, as_content
from simfunnel.store.tables import deal, deal_version, snapshot
from simfunnel.store.versions import layout_of, next_id
from simfunnel.tabular.column import Column

CHUNK = 20_000
"""Rows at a time: of all of them there is never more than that in memory."""


@dataclass(frozen=True)
class Stays:
    """Rows of deals and the days on which they hold, by deal, part and time; arrays of one length."""

    names: Sequence[str]
    """Of the deals."""
    deal: Ints
    """Position in `names`."""
    part: Ints
    start: Ints
    """Position in the days of the first that it holds on."""
    stop: Ints
    """Of the first on which it does not any more; the number of days for never. A row that stops where it starts was
    there between two days only."""
    headers: Sequence[str]
    texts: Callable[[], Iterator[str]]
    """The rows as they are kept, in this order."""

    def __len__(self) -> int:
        return len(self.deal)


def texts_of_columns(columns: Sequence[Column], order: Ints) -> Iterator[str]:
    """Rows of columns as they are kept, in an order, some at a time."""
    written = [fragments(column.cells) for column in columns]
    for at in range(0, len(order), CHUNK):
        own = order[at : at + CHUNK]
        codes = [column.codes[own].tolist() for column in columns]
        for row in zip(*codes, strict=True):
            yield row_text([cells[code] for cells, code in zip(written, row, strict=True)])


def put_history(
    connection: sa.Connection, book: int, number: int, stays: Stays, days: Sequence[dt.date], *,
    source_hash: str | None, reading: Mapping[str, Any], progress: Callable[[int, int], None] | None = None,
) -> Kept:  # fmt: skip
    """Keep a history in a book that has no snapshot yet.

    Parameters
    ----------
    number
        Of the recording.
    days
        Days of the snapshots, rising.
    """
    layout = layout_of(connection, stays.headers)
    writer = _Writer(connection, book, number, layout, days, next_id(connection, deal))
    columns = (stays.deal.tolist(), stays.part.tolist(), stays.start.tolist(), stays.stop.tolist())
    rows = zip(*columns, stays.texts(), strict=True)
    for done, (own, part, start, stop, text) in enumerate(rows):
        if progress is not None and done % CHUNK == 0:
            progress(done, len(stays))
        writer.add(stays.names[own], own, part, start, stop, text)
    writer.close()
    writer.flush()
    told = json.dumps(reading, ensure_ascii=False)
    counts, totals = np.cumsum(writer.rows).tolist(), 0
    first, listed = next_id(connection, snapshot), []
    for at, day in enumerate(days):
        totals += writer.totals[at]
        listed.append({
            "id": first + at, "book": book, "valid_day": day.isoformat(), "recorded": number, "superseded": None,
            "source_hash": source_hash, "rows": counts[at], "layout": layout, "reading": told, "ordering": None,
            "content": as_content(totals),
        })  # fmt: skip
    insert(connection, snapshot, listed)
    return Kept(writer.versions, writer.unchanged, 0)


class _Writer:
    """Makes versions of rows that come by deal and then by time."""

    def __init__(
        self, connection: sa.Connection, book: int, number: int, layout: int, days: Sequence[dt.date], first: int
    ) -> None:  # fmt: skip
        self._connection, self._book, self._number, self._layout = connection, book, number, layout
        self._days = [day.isoformat() for day in days]
        self._next = first
        self._key: tuple[int, int] | None = None
        self._name, self._text, self._stop, self._digest = "", "", -1, 0
        self._there = False
        self._deals: list[dict[str, Any]] = []
        self._versions: list[dict[str, Any]] = []
        self.rows = [0] * len(days)
        self.totals = [0] * len(days)
        self.versions = self.unchanged = 0

    def add(self, name: str, own: int, part: int, start: int, stop: int, text: str) -> None:
        """Take a row."""
        if (own, part) != self._key:
            self.close()
            self._key, self._name = (own, part), name
            self._deals.append({"id": self._next, "book": self._book, "name": name, "part": part})
            self._next += 1
        elif self._there and self._stop < start:
            self._leave(self._stop)
        if stop <= start:  # it was gone again before the next day: what held before it has ended all the same
            if self._there:
                self._stop = min(self._stop, start)
            return
        if self._there and text == self._text:
            self._stop, self.unchanged = stop, self.unchanged + 1
            return
        digest = digest_of(name, part, self._layout, text)
        if self._there:
            self.totals[start] -= self._digest
        else:
            self.rows[start] += 1
        self.totals[start] += digest
        self._text, self._stop, self._digest, self._there = text, stop, digest, True
        self._write(start, text)

    def close(self) -> None:
        """End the deal that is at hand."""
        if self._there and self._stop < len(self._days):
            self._leave(self._stop)
        self._there, self._key = False, None

    def _leave(self, day: int) -> None:
        self.totals[day] -= self._digest
        self.rows[day] -= 1
        self._there = False
        self._write(day, None)

    def _write(self, day: int, text: str | None) -> None:
        self.versions += 1
        self._versions.append({
            "book": self._book, "deal": self._next - 1, "valid_from": self._days[day], "recorded": self._number,
            "superseded": None, "layout": None if text is None else self._layout, "fields": text,
        })  # fmt: skip
        if len(self._versions) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        insert(self._connection, deal, self._deals)
        insert(self._connection, deal_version, self._versions)
        self._deals, self._versions = [], []
