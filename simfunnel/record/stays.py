"""What dated rows, versions and logs of changes say of the days on which the rows of deals hold."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np

from simfunnel.arrays import Ints
from simfunnel.history.desk import Desk
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.row_facts import date_fields
from simfunnel.record.field_changes import changes_of
from simfunnel.record.stay_days import DAY, day_span, first_days, own_times
from simfunnel.store.bulk import Stays, texts_of_columns
from simfunnel.values.words import bare_letters

META = frozenset({
    "dbtvalidfrom", "dbtvalidto", "dbtscdid", "dbtupdatedat", "dbtisdeleted", "fivetranstart", "fivetranend",
    "fivetranactive", "fivetransynced", "fivetranid",
})  # fmt: skip
"""Columns that say when a version holds, and nothing of the deal."""


def stays_of(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Read rows as stays; with the days of the snapshots, and how many rows tell nothing: no id, or no time."""
    desk.read_dates(date_fields())
    if desk.form == "changes":
        return changes_of(desk)
    return _versions(desk) if "valid_from" in desk.fields else _snapshots(desk)


def _snapshots(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Rows that say what held on the day of a snapshot: nothing changes but at the next one."""
    deal, names, at, rows = own_times(desk, "snapshot")
    own = np.flatnonzero(rows)
    moments, number = np.unique(first_days(at[own], desk.time_zone), return_inverse=True)
    order = np.lexsort((own, number, deal[own]))
    own, number = own[order], number[order]
    fresh = np.ones(len(own), dtype=np.bool_)
    fresh[1:] = (deal[own][1:] != deal[own][:-1]) | (number[1:] != number[:-1])
    begin = np.maximum.accumulate(np.where(fresh, np.arange(len(own)), 0))
    part = np.arange(len(own)) - begin  # the second row of a deal in a snapshot is its part 1
    again = np.lexsort((number, part, deal[own]))
    own, number, part = own[again], number[again], part[again]
    days = [dt.date(1970, 1, 1) + dt.timedelta(days=day) for day in moments.tolist()]
    return _of_columns(desk, names, own, deal[own], part, number, number + 1), days, len(rows) - len(own)


def _versions(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Rows that hold from one time to another; of several within a day the last counts."""
    deal, names, at, rows = own_times(desk, "valid_from")
    own = np.flatnonzero(rows)
    own = own[np.lexsort((own, at[own], deal[own]))]
    start = first_days(at[own], desk.time_zone)
    stops = desk.times("valid_to")
    stop = np.full(len(own), np.iinfo(np.int64).max, dtype=np.int64)
    if stops is not None:
        told = stops.at[own] != UNREAD
        far = told & (stops.at[own] > int(at[own].max()) + 36_525 * DAY)  # some write the end of time for no end
        known = told & ~far
        stop[known] = first_days(stops.at[own][known], desk.time_zone)
    last = np.ones(len(own), dtype=np.bool_)
    last[:-1] = (deal[own][1:] != deal[own][:-1]) | (start[1:] != start[:-1])
    own, start, stop = own[last], start[last], stop[last]
    if not len(own):
        return _of_columns(desk, names, own, deal[own], own, own, own), [], len(rows)
    ended = stop[stop < np.iinfo(np.int64).max]
    first, final = int(start.min()), max(int(start.max()), int(ended.max()) if len(ended) else 0)
    days = day_span(first, final, desk.table.file)
    stop = np.minimum(stop - first, len(days))
    zeros = np.zeros(len(own), dtype=np.int64)
    stays = _of_columns(desk, names, own, deal[own], zeros, start - first, stop)
    return stays, days, len(rows) - int(rows.sum())


def _of_columns(
    desk: Desk, names: list[str], rows: Ints, deal: Ints, part: Ints, start: Ints, stop: Ints
) -> Stays:  # fmt: skip
    dated = desk.fields.get("snapshot")
    kept = [i for i, header in enumerate(desk.table.headers) if bare_letters(header) not in META and i != dated]
    columns = [desk.table.column(i) for i in kept]

    def texts() -> Iterator[str]:
        return texts_of_columns(columns, rows)

    return Stays(names, deal, part, start, stop, [desk.table.headers[i] for i in kept], texts)
