"""What dated rows, versions and logs of changes say of the days on which the rows of deals hold."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.errors import InputError, Problem
from simfunnel.history.desk import Desk
from simfunnel.history.iso_times import UNREAD
from simfunnel.history.row_facts import date_fields
from simfunnel.history.telling import deal_numbers
from simfunnel.store.bulk import Stays, texts_of_columns
from simfunnel.store.rows import fragment
from simfunnel.values.words import bare_letters

HOUR, DAY = 3_600_000_000, 86_400_000_000
META = frozenset({
    "dbtvalidfrom", "dbtvalidto", "dbtscdid", "dbtupdatedat", "dbtisdeleted", "fivetranstart", "fivetranend",
    "fivetranactive", "fivetransynced", "fivetranid",
})  # fmt: skip
"""Columns that say when a version holds, and nothing of the deal."""
DAYS_ALIKE = 36_525
"""Days that a history may span."""


def stays_of(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Read rows as stays; with the days of the snapshots, and how many rows tell nothing: no id, or no time."""
    desk.read_dates(date_fields())
    if desk.form == "changes":
        return _changes(desk)
    return _versions(desk) if "valid_from" in desk.fields else _snapshots(desk)


def _own(desk: Desk, name: str) -> tuple[Ints, list[str], Ints, Bools]:
    """Deals, their names, the times of a field, and the rows that have both."""
    cases, times = desk.column("case"), desk.times(name)
    if cases is None or times is None:
        message = "nothing says which deal a row is of, or of which day: name the columns under `history.columns`"
        raise InputError(Problem(message, "history.columns", desk.table.file))
    deal, names = deal_numbers(cases)
    return deal, names, times.at, (deal >= 0) & times.there


def _days(at: Ints, time_zone: str) -> Ints:
    """Day, from the epoch, at whose start what begins at an instant holds for the first time."""
    zone = ZoneInfo(time_zone)
    hours, place = np.unique(at // HOUR, return_inverse=True)
    offset = np.array([
        int((dt.datetime.fromtimestamp(hour * 3600, zone).utcoffset() or dt.timedelta()).total_seconds()) * 1_000_000
        for hour in hours.tolist()
    ], dtype=np.int64)  # fmt: skip
    return np.asarray(-(-(at + offset[place]) // DAY), dtype=np.int64)


def _span(first: int, last: int, file: str | None) -> list[dt.date]:
    if last - first > DAYS_ALIKE:
        raise InputError(Problem(f"tells of {last - first:,} days: a date is not what it seems", file=file))
    epoch = dt.date(1970, 1, 1)
    return [epoch + dt.timedelta(days=day) for day in range(first, last + 1)]


def _snapshots(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Rows that say what held on the day of a snapshot: nothing changes but at the next one."""
    deal, names, at, rows = _own(desk, "snapshot")
    own = np.flatnonzero(rows)
    moments, number = np.unique(_days(at[own], desk.time_zone), return_inverse=True)
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
    deal, names, at, rows = _own(desk, "valid_from")
    own = np.flatnonzero(rows)
    own = own[np.lexsort((own, at[own], deal[own]))]
    start = _days(at[own], desk.time_zone)
    stops = desk.times("valid_to")
    stop = np.full(len(own), np.iinfo(np.int64).max, dtype=np.int64)
    if stops is not None:
        told = stops.at[own] != UNREAD
        far = told & (stops.at[own] > int(at[own].max()) + 36_525 * DAY)  # some write the end of time for no end
        known = told & ~far
        stop[known] = _days(stops.at[own][known], desk.time_zone)
    last = np.ones(len(own), dtype=np.bool_)
    last[:-1] = (deal[own][1:] != deal[own][:-1]) | (start[1:] != start[:-1])
    own, start, stop = own[last], start[last], stop[last]
    if not len(own):
        return _of_columns(desk, names, own, deal[own], own, own, own), [], len(rows)
    ended = stop[stop < np.iinfo(np.int64).max]
    first, final = int(start.min()), max(int(start.max()), int(ended.max()) if len(ended) else 0)
    days = _span(first, final, desk.table.file)
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


def _changes(desk: Desk) -> tuple[Stays, list[dt.date], int]:
    """Logs of fields: a deal has what its fields were last set to; before its first change, what that replaced."""
    deal, names, at, rows = _own(desk, "time")
    fields, new, old = desk.column("field"), desk.column("new"), desk.column("old")
    assert fields is not None and new is not None
    own = np.flatnonzero(rows & fields.filled)
    own = own[np.lexsort((own, at[own], deal[own]))]
    headers = [desk.header("case"), *dict.fromkeys(fields.texts[code] for code in fields.take(own).used)]
    place = {header: at for at, header in enumerate(headers)}
    start = _days(at[own], desk.time_zone) if len(own) else own
    days = _span(int(start.min()), int(start.max()), desk.table.file) if len(own) else []
    listed = start.tolist()
    found: list[tuple[int, int, str]] = []
    cells = [deal[own].tolist(), listed, own.tolist()]
    before = -1
    state: list[str] = []
    for who, day, row in zip(*cells, strict=True):
        if who != before:
            state = [fragment(names[who]), *["null"] * (len(headers) - 1)]
            if old is not None:
                state = _begun(state, who, row, own, deal, fields, old, place)
        state[place[fields.text(row)]] = fragment(new.cell(row))
        text = json.dumps(None) if not state else f"[{','.join(state)}]"
        if found and who == before and found[-1][1] == day:
            found.pop()
        found.append((who, day, text))
        before = who
    first = int(start.min()) if len(own) else 0
    who_of = np.array([one[0] for one in found], dtype=np.int64)
    begin = np.array([one[1] for one in found], dtype=np.int64) - first
    zeros = np.zeros(len(found), dtype=np.int64)
    stays = Stays(
        names, who_of, zeros, begin, np.full(len(found), len(days)), headers, lambda: (one[2] for one in found)
    )  # fmt: skip
    return stays, days, len(rows) - len(own)


def _begun(
    state: list[str], who: int, row: int, own: Ints, deal: Ints, fields: object, old: object, place: dict[str, int]
) -> list[str]:
    """What the fields of a deal were before their first changes."""
    at = int(np.searchsorted(deal[own], who))
    while at < len(own) and deal[own[at]] == who:
        header = fields.text(int(own[at]))  # type: ignore[attr-defined]
        if state[place[header]] == "null":
            state[place[header]] = fragment(old.cell(int(own[at])))  # type: ignore[attr-defined]
        at += 1
    return state
