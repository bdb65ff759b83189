"""Columns of dates as instants: microseconds UTC, with day and month in one order for the whole source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from simfunnel.arrays import Bools, Ints
from simfunnel.crm.dates import Undecided, parse_date, parse_with_format
from simfunnel.errors import InputError, Problem
from simfunnel.history.decisions import DateForm, Days
from simfunnel.history.iso_times import UNREAD, read_iso
from simfunnel.tabular.column import Column

HOUR, DAY = 3_600_000_000, 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1)
EARLIEST = -70 * 365 * DAY
"""No deal of a history is older than 1900,"""
LATEST = 230 * 365 * DAY
"""and none is dated after about 2200: what lies beyond is a slip."""


@dataclass(frozen=True, slots=True)
class Instants:
    """Times of a column."""

    at: Ints
    """(rows,) instant; `UNREAD` where there is none."""
    unreadable: Bools
    """(rows,) whether a cell is filled, and is no possible time."""

    @property
    def there(self) -> Bools:
        """(rows,) whether there is a time."""
        there: Bools = self.at != UNREAD
        return there


@dataclass(frozen=True, slots=True)
class _Parsed:
    """What the distinct cells of a column may be."""

    wall: Ints
    offset: Ints
    number: Bools
    undecided: Mapping[int, Undecided]
    filled: Bools


def read_instants(
    columns: Mapping[str, Column], time_zone: str, *, date_format: str | None = None,
    decided: Mapping[str, DateForm] | None = None, file: str | None = None,
) -> tuple[dict[str, Instants], dict[str, DateForm]]:  # fmt: skip
    """Read all columns of dates of a source together.

    Parameters
    ----------
    columns
        Header -> column.
    time_zone
        Where days begin.
    decided
        How the dates of a header are read, if that was decided before.

    Returns
    -------
    tuple
        Header -> instants of the column, and how they were read.

    Raises
    ------
    InputError
        If nothing tells whether the day or the month comes first, or if both do in one column.
    """
    parsed = {header: _parse(column, date_format) for header, column in columns.items()}
    forms = dict(decided or {})
    rest = {header: found for header, found in parsed.items() if header not in forms}
    texts = {header: columns[header] for header in rest}
    forms |= decide_forms(rest, texts, file, {s for form in forms.values() for s in form.orders.items()})
    read = {header: _instants(column, parsed[header], forms[header], time_zone) for header, column in columns.items()}
    return read, {header: forms[header] for header in columns}


def _parse(column: Column, date_format: str | None) -> _Parsed:
    count = max(len(column.cells), 1)
    texts = column.texts or [""]
    wall, offset, done = read_iso(texts) if date_format is None else (*_nothing(count), np.zeros(count, dtype=np.bool_))
    cells: Sequence[object] = column.cells
    number = np.zeros(count, dtype=np.bool_)
    undecided: dict[int, Undecided] = {}
    filled = np.array([text != "" for text in texts], dtype=np.bool_)
    if not column.whole:
        filled &= np.bincount(column.codes, minlength=count) > 0
    for code in np.flatnonzero(filled & ~done).tolist():
        cell, text = cells[code], texts[code]
        if isinstance(cell, bool):
            continue
        found: dt.datetime | Undecided | None
        if isinstance(cell, str):
            number[code] = text.replace(".", "", 1).isdecimal()
            found = parse_date(text) if date_format is None else parse_with_format(text, date_format)
        elif isinstance(cell, (int, float, dt.date)):
            number[code] = isinstance(cell, (int, float))
            found = parse_date(cell)
        else:
            continue
        if isinstance(found, Undecided):
            undecided[code] = found
        elif found is not None:
            wall[code], offset[code] = _wall(found)
    for code in np.flatnonzero(filled & done).tolist() if _typed(cells) else ():
        cell = cells[code]  # a typed cell may state an offset that its text does not
        if isinstance(cell, dt.datetime):
            wall[code], offset[code] = _wall(cell)
    return _Parsed(wall, offset, number, undecided, filled)


def _typed(cells: Sequence[object]) -> bool:
    return any(isinstance(cell, dt.datetime) for cell in cells)


def _nothing(count: int) -> tuple[Ints, Ints]:
    return np.full(count, UNREAD, dtype=np.int64), np.full(count, UNREAD, dtype=np.int64)


def _wall(moment: dt.datetime) -> tuple[int, int]:
    offset = moment.utcoffset()
    wall = (moment.replace(tzinfo=None) - EPOCH) // dt.timedelta(microseconds=1)
    return wall, UNREAD if offset is None else offset // dt.timedelta(microseconds=1)


def decide_forms(
    parsed: Mapping[str, _Parsed], columns: Mapping[str, Column], file: str | None,
    known: set[tuple[str, bool]],
) -> dict[str, DateForm]:  # fmt: skip
    """Decide for each header which of day and month comes first, by its values, else by those of the others."""
    orders: dict[str, dict[str, bool]] = {header: {} for header in parsed}
    questions: list[tuple[str, str, Undecided, str]] = []
    for header, one in parsed.items():
        shown: dict[tuple[str, bool], str] = {}
        seen: dict[str, tuple[Undecided, str]] = {}
        for code, value in one.undecided.items():
            text = columns[header].texts[code]
            if value.first != value.second:
                seen.setdefault(value.separator, (value, text))
            if (value.first > 12) != (value.second > 12):
                shown.setdefault((value.separator, value.first > 12), text)
        for separator, (value, text) in seen.items():
            day, month = shown.get((separator, True)), shown.get((separator, False))
            if day is not None and month is not None:
                raise InputError(Problem(
                    f"column {header!r} mixes dates with the day first ({day!r}) and the month first ({month!r}): "
                    "export it again in one format, best as YYYY-MM-DD", file=file))  # fmt: skip
            if day is None and month is None:
                questions.append((header, separator, value, text))
            else:
                orders[header][separator] = day is not None
    for header, separator, value, text in questions:
        answers = {order for by in orders.values() for s, order in by.items() if s == separator}
        answers = answers or {order for s, order in known if s == separator}
        if len(answers) != 1:
            raise InputError(Problem(_ambiguous(header, value, text), "history.date_format", file))
        orders[header][separator] = answers.pop()
    return {header: DateForm(orders[header], _days(one)) for header, one in parsed.items()}


def _ambiguous(header: str, value: Undecided, example: str) -> str:
    day, month = value.decide(True), value.decide(False)
    year, s = "%Y" if str(value.year) in example else "%y", value.separator
    return (
        f"column {header!r}: {example!r} can be {day:%Y-%m-%d} or {month:%Y-%m-%d}, and no date in the source tells "
        f'which: add `date_format: "%m{s}%d{s}{year}"` (month first) or `date_format: "%d{s}%m{s}{year}"` (day first) '
        "under `history`"
    )


def _days(one: _Parsed) -> Days:
    """Tell whether values with an offset are days that a program wrote as moments: all are midnight."""
    written = ~one.number & one.filled & (one.wall != UNREAD)
    wall, offset = one.wall[written], one.offset[written]
    if not len(wall) or (offset == UNREAD).any():
        return "moments"
    if ((wall - offset) % DAY == 0).all():
        return "utc"
    return "own" if (wall % DAY == 0).all() else "moments"


def _instants(column: Column, parsed: _Parsed, form: DateForm, time_zone: str) -> Instants:
    wall, offset = parsed.wall.copy(), parsed.offset.copy()
    for code, value in parsed.undecided.items():
        moment = value.decide(form.orders.get(value.separator, True))
        if moment is not None:
            wall[code], offset[code] = _wall(moment)
    read = wall != UNREAD
    moments = read & (offset != UNREAD)
    local = read & ~moments
    at = np.full(len(wall), UNREAD, dtype=np.int64)
    if form.days != "moments":
        days = moments & ~parsed.number
        moments &= parsed.number
        wall[days] -= offset[days] if form.days == "utc" else 0
        local |= days
    at[moments] = wall[moments] - offset[moments]
    at[local] = to_utc(wall[local], time_zone)
    possible = read & (at >= EARLIEST) & (at <= LATEST)
    at[~possible] = UNREAD
    return Instants(at[column.codes], (parsed.filled & ~possible)[column.codes])


def to_utc(wall: Ints, time_zone: str) -> Ints:
    """Instants of local wall-clock times; of an hour that occurs twice the first, of one left out the hour after."""
    if time_zone == "UTC" or not len(wall):
        return wall.copy()
    hours, place = np.unique(wall // HOUR, return_inverse=True)
    zone = ZoneInfo(time_zone)
    offsets = np.empty(len(hours), dtype=np.int64)
    for i, hour in enumerate(hours.tolist()):
        try:
            local = (EPOCH + dt.timedelta(hours=hour)).replace(tzinfo=zone)
            offsets[i] = (local.utcoffset() or dt.timedelta()) // dt.timedelta(microseconds=1)
        except (OverflowError, ValueError):
            offsets[i] = 0
    shifted: Ints = wall - offsets[place]
    return shifted
