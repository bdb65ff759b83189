"""Spans: the kept days on which each version of a deal holds, for all days of a book in one reading of its versions."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from simfunnel.arrays import Ints
from simfunnel.store.rows import digest_of
from simfunnel.store.snapshots import Snapshot, as_content, deal_names
from simfunnel.store.tables import deal_version

CHUNK = 10_000
"""Versions that are fetched at a time."""


class Version(NamedTuple):
    """A version of a deal as it is kept."""

    deal: int
    valid_from: str
    recorded: int
    superseded: int | None
    layout: int | None
    fields: str | None


def versions_by_deal(connection: sa.Connection, book: int) -> Iterator[tuple[int, list[Version]]]:
    """Versions of each deal of a book by valid day and recording; there are never all of them in memory."""
    v = deal_version.c
    query = (
        sa.select(v.deal, v.valid_from, v.recorded, v.superseded, v.layout, v.fields)
        .where(v.book == book).order_by(v.deal, v.valid_from, v.recorded)
    )  # fmt: skip
    found = connection.execute(query, execution_options={"yield_per": CHUNK})
    for number, rows in groupby(found, key=itemgetter(0)):
        yield number, [Version(*row) for row in rows]


class Spans:
    """What held on each kept day, as it was known by a recording.

    Parameters
    ----------
    days
        ISO days, rising.
    known_by
        The recording; None: as it is known now.
    """

    def __init__(self, days: Sequence[str], known_by: int | None) -> None:
        self._days, self._known_by = days, known_by
        self._place = {day: at for at, day in enumerate(days)}
        self._deal, self._first, self._last = array("q"), array("q"), array("q")
        self._rows, self._totals, self._nameless = ([0] * (len(days) + 1) for _ in range(3))

    def add(self, number: int, name: tuple[str, int] | None, versions: Iterable[Version]) -> None:
        """Take all versions of a deal, by valid day.

        Parameters
        ----------
        name
            Name and part of the deal; None where they are lost.
        """
        own = [one for one in versions if self._sees(one)]
        starts = [self._position(one.valid_from) for one in own]
        for one, start, stop in zip(own, starts, [*starts[1:], len(self._days)], strict=False):
            if one.fields is None or start >= stop:
                continue
            for values, change in (
                (self._rows, 1), (self._nameless, name is None),
                (self._totals, 0 if name is None else digest_of(*name, one.layout or 0, one.fields)),
            ):  # fmt: skip
                values[start] += change
                values[stop] -= change
            self._deal.append(number)
            self._first.append(start)
            self._last.append(stop)

    def _sees(self, one: Version) -> bool:
        if self._known_by is None:
            return one.superseded is None
        return one.recorded <= self._known_by and (one.superseded is None or one.superseded > self._known_by)

    def _position(self, day: str) -> int:
        found = self._place.get(day)
        return bisect_left(self._days, day) if found is None else found

    @property
    def rows(self) -> dict[str, int]:
        """Day -> deals that are there."""
        return dict(zip(self._days, accumulate(self._rows), strict=False))

    @property
    def nameless(self) -> dict[str, int]:
        """Day -> deals that are there, and whose names are lost."""
        return dict(zip(self._days, accumulate(self._nameless), strict=False))

    @property
    def contents(self) -> dict[str, str]:
        """Day -> the number that tells whether what is kept of its rows has changed."""
        return {day: as_content(total) for day, total in zip(self._days, accumulate(self._totals), strict=False)}

    def deals_on(self, day: str) -> Ints:
        """Deals that are there on a day, rising."""
        at = self._place[day]
        deal, first, last = (np.frombuffer(x, dtype=np.int64) for x in (self._deal, self._first, self._last))
        return np.asarray(deal[(first <= at) & (at < last)])


def view_of(one: Snapshot) -> int | None:
    """The last recording by which a snapshot was known; None where it still is."""
    return None if one.superseded is None else one.superseded - 1


def spans_of(found: Sequence[Snapshot]) -> dict[int | None, Spans]:
    """Spans, still empty, for each state of knowledge that the snapshots of a book are of."""
    days = sorted({one.valid_day.isoformat() for one in found})
    return {known_by: Spans(days, known_by) for known_by in dict.fromkeys(map(view_of, found))}


def swept(connection: sa.Connection, book: int, found: Sequence[Snapshot]) -> dict[int | None, Spans]:
    """Spans of a book, for each state of knowledge that its snapshots are of."""
    names, spans = deal_names(connection, book), spans_of(found)
    for number, versions in versions_by_deal(connection, book):
        for one in spans.values():
            one.add(number, names.get(number), versions)
    return spans
