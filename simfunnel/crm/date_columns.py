"""Columns of dates: day first or month first is decided by the values, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import numpy as np
import numpy.typing as npt

from simfunnel.crm.dates import Undecided, local, parse_date, parse_with_format
from simfunnel.crm.short_years import is_short, with_century, year_place
from simfunnel.errors import InputError, Problem
from simfunnel.tabular.column import Column
from simfunnel.values.cells import Cell

Parsed = datetime | Undecided | None


@dataclass(frozen=True, slots=True)
class DateColumn:
    """Dates of a column in days relative to the start of `as_of`."""

    days: npt.NDArray[np.float64]
    """NaN where blank or unreadable."""
    unreadable: dict[int, str]
    """Index -> the text that is no date."""


@dataclass(frozen=True, slots=True)
class DateRules:
    """What the user states about dates."""

    as_of: date
    date_format: str | None = None
    time_zone: str | None = None
    file: str | None = None


def read_dates(columns: Mapping[str, Sequence[Cell] | Column], rules: DateRules) -> dict[str, DateColumn]:
    """Read all date columns of a file together.

    Parameters
    ----------
    columns
        Header -> cells. A column that does not show whether the day or the month comes first borrows
        the answer from the other columns with the same separator.
    rules
        Reference day, stated format and time zone.

    Raises
    ------
    InputError
        If the order of day and month is undecided, or contradictory, or if no date of a column has the
        stated format.
    """
    coded = {header: Column.of(cells) for header, cells in columns.items()}
    first = _years_first(coded, rules)
    parsed = {
        header: _parse(header, column, rules, year_first=first.get(header, False)) for header, column in coded.items()
    }
    orders = _decide_orders(parsed, coded, rules)
    return {
        header: _days(coded[header], values, {s: o for (h, s), o in orders.items() if h == header}, rules)
        for header, values in parsed.items()
    }


def _parse(header: str, column: Column, rules: DateRules, *, year_first: bool) -> dict[int, Parsed]:
    """Code -> what the cell may be, for cells that are not blank."""
    found: dict[int, Parsed] = {}
    other: str | None = None  # a date in another format than the stated one
    for code in column.used:
        cell, text = column.cells[code], column.texts[code]
        if not text:
            continue
        if isinstance(cell, str):
            if rules.date_format is None:
                found[code] = parse_date(with_century(text) if year_first else text)
                continue
            found[code] = parse_with_format(text, rules.date_format)
            if found[code] is None and other is None and parse_date(text) is not None:
                other = text
        elif isinstance(cell, bool):
            found[code] = None
        elif cell is not None:
            found[code] = parse_date(cell)
    if other is not None and not any(value is not None for value in found.values()):
        raise InputError(
            Problem(
                f"column {header!r}: date_format was {rules.date_format} but found {other!r}: correct "
                "`date_format` under `pipeline`, or leave it out to detect the format",
                file=rules.file,
            )
        )
    return found


def _years_first(columns: Mapping[str, Column], rules: DateRules) -> dict[str, bool]:
    """Header -> whether the year comes first in its dates of two digits a part.

    A column that does not tell borrows the answer from the others; if none tells, it is asked about.
    """
    if rules.date_format is not None:
        return {}
    short = {header: [text for text in column.words if is_short(text)] for header, column in columns.items()}
    places = {header: year_place(texts, rules.as_of) for header, texts in short.items() if texts}
    known = set(places.values()) - {"either"}
    for header, place in places.items():
        if place == "either" and len(known) != 1:
            s = short[header][0][2]
            raise InputError(
                Problem(
                    f"column {header!r}: in {short[header][0]!r} the year can stand first or last, and both put the "
                    f'dates near as_of: add `date_format: "%y{s}%m{s}%d"` (year first), `date_format: "%d{s}%m{s}%y"` '
                    f'(day first) or `date_format: "%m{s}%d{s}%y"` under `pipeline`',
                    file=rules.file,
                )
            )
    return {header: place == "first" or (place == "either" and "first" in known) for header, place in places.items()}


def _decide_orders(
    parsed: Mapping[str, dict[int, Parsed]], columns: Mapping[str, Column], rules: DateRules
) -> dict[tuple[str, str], bool]:
    """(header, separator) -> True if the day comes first."""
    orders: dict[tuple[str, str], bool] = {}
    open_questions: dict[tuple[str, str], tuple[Undecided, str]] = {}
    for header, values in parsed.items():
        shown: dict[tuple[str, bool], str] = {}
        separators: dict[str, tuple[Undecided, str]] = {}
        for code, value in values.items():
            if not isinstance(value, Undecided):
                continue
            cell = columns[header].texts[code]
            if value.first != value.second:
                separators.setdefault(value.separator, (value, cell))
            if (value.first > 12) != (value.second > 12):
                shown.setdefault((value.separator, value.first > 12), cell)
        for separator, example in separators.items():
            day, month = shown.get((separator, True)), shown.get((separator, False))
            if day is not None and month is not None:
                raise InputError(
                    Problem(
                        f"column {header!r} mixes dates with the day first ({day!r}) and the month first "
                        f"({month!r}): export it again in one format, best as YYYY-MM-DD",
                        file=rules.file,
                    )
                )
            if day is None and month is None:
                open_questions[header, separator] = example
            else:
                orders[header, separator] = day is not None
    for (header, separator), example in open_questions.items():
        answers = {order for (_, other), order in orders.items() if other == separator}
        if len(answers) != 1:
            raise InputError(Problem(_ambiguous(header, *example), file=rules.file))
    known = {separator: order for (_, separator), order in orders.items()}
    return orders | {question: known[question[1]] for question in open_questions}


def _ambiguous(header: str, value: Undecided, example: str) -> str:
    day, month = value.decide(True), value.decide(False)
    year = "%Y" if str(value.year) in example else "%y"
    s = value.separator
    return (
        f"column {header!r}: {example!r} can be {day:%Y-%m-%d} or {month:%Y-%m-%d}, and no date in the file "
        f'tells which: add `date_format: "%m{s}%d{s}{year}"` (month first) '
        f'or `date_format: "%d{s}%m{s}{year}"` '
        "(day first) under `pipeline`"
    )


def _days(column: Column, values: Mapping[int, Parsed], orders: Mapping[str, bool], rules: DateRules) -> DateColumn:
    moments = {
        code: value.decide(orders.get(value.separator, True)) if isinstance(value, Undecided) else value
        for code, value in values.items()
    }
    clocks = _clocks(column, moments, rules)
    start = datetime.combine(rules.as_of, time())
    by_cell = np.full(max(len(column.cells), 1), np.nan)
    failed = np.zeros(len(by_cell), dtype=np.bool_)
    for code, clock in clocks.items():
        if clock is None:
            failed[code] = True
        else:
            by_cell[code] = (clock - start).total_seconds() / 86400
    rows = np.flatnonzero(failed[column.codes]) if failed.any() else np.zeros(0, dtype=np.intp)
    return DateColumn(by_cell[column.codes], {row: column.text(row) for row in rows.tolist()})


def _clocks(column: Column, moments: Mapping[int, datetime | None], rules: DateRules) -> dict[int, datetime | None]:
    """Wall-clock times; stamps that are all midnight UTC are days that a program wrote as moments."""
    written = [m for code, m in moments.items() if m is not None and not _is_number(column.cells[code])]
    if written and all(m.tzinfo is not None for m in written) and rules.time_zone is not None:
        for zone in (UTC, None):
            days = [m.astimezone(zone) if zone else m for m in written if _within(m)]
            if len(days) == len(written) and all(day.time() == time() for day in days):
                return {
                    code: None if m is None
                    else local(m, rules.time_zone) if _is_number(column.cells[code])
                    else (m.astimezone(zone) if zone else m).replace(tzinfo=None)
                    for code, m in moments.items()
                }  # fmt: skip
    return {code: None if m is None else local(m, rules.time_zone) for code, m in moments.items()}


def _within(moment: datetime) -> bool:
    return date.min.toordinal() + 2 < moment.toordinal() < date.max.toordinal() - 2


def _is_number(cell: Cell) -> bool:
    """Whether a date is written as a number: an instant by definition, or a spreadsheet's day without a zone."""
    return isinstance(cell, (int, float)) or (isinstance(cell, str) and cell.strip().replace(".", "", 1).isdecimal())
