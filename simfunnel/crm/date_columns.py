"""Columns of dates: day first or month first is decided by the values, never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

import numpy as np
import numpy.typing as npt

from simfunnel.crm.dates import Undecided, local, parse_date, parse_with_format
from simfunnel.errors import InputError, Problem
from simfunnel.values.cells import Cell, clean

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


def read_dates(columns: Mapping[str, Sequence[Cell]], rules: DateRules) -> dict[str, DateColumn]:
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
    parsed = {header: _parse(header, cells, rules) for header, cells in columns.items()}
    orders = _decide_orders(parsed, rules)
    return {
        header: _days(columns[header], values, {s: o for (h, s), o in orders.items() if h == header}, rules)
        for header, values in parsed.items()
    }


def _parse(header: str, cells: Sequence[Cell], rules: DateRules) -> dict[Cell, Parsed]:
    found: dict[Cell, Parsed] = {}
    other: str | None = None  # a date in another format than the stated one
    for cell in cells:
        if cell is None or cell in found:
            continue
        if isinstance(cell, str):
            text = clean(cell)
            if not text:
                continue
            if rules.date_format is None:
                found[cell] = parse_date(text)
                continue
            found[cell] = parse_with_format(text, rules.date_format)
            if found[cell] is None and other is None and parse_date(text) is not None:
                other = text
        elif isinstance(cell, bool):
            found[cell] = None
        else:
            found[cell] = parse_date(cell)
    if other is not None and not any(value is not None for value in found.values()):
        raise InputError(
            Problem(
                f"column {header!r}: date_format was {rules.date_format} but found {other!r}: correct "
                "`date_format` under `pipeline`, or leave it out to detect the format",
                file=rules.file,
            )
        )
    return found


def _decide_orders(parsed: Mapping[str, dict[Cell, Parsed]], rules: DateRules) -> dict[tuple[str, str], bool]:
    """(header, separator) -> True if the day comes first."""
    orders: dict[tuple[str, str], bool] = {}
    open_questions: dict[tuple[str, str], Cell] = {}
    for header, values in parsed.items():
        shown: dict[tuple[str, bool], Cell] = {}
        separators: dict[str, Cell] = {}
        for cell, value in values.items():
            if not isinstance(value, Undecided):
                continue
            if value.first != value.second:
                separators.setdefault(value.separator, cell)
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
            raise InputError(Problem(_ambiguous(header, parsed[header][example], example), file=rules.file))
    known = {separator: order for (_, separator), order in orders.items()}
    return orders | {question: known[question[1]] for question in open_questions}


def _ambiguous(header: str, value: Parsed, example: Cell) -> str:
    assert isinstance(value, Undecided)
    day, month = value.decide(True), value.decide(False)
    year = "%Y" if str(value.year) in str(example) else "%y"
    s = value.separator
    return (
        f"column {header!r}: {example!r} can be {day:%Y-%m-%d} or {month:%Y-%m-%d}, and no date in the file "
        f'tells which: add `date_format: "%m{s}%d{s}{year}"` (month first) '
        f'or `date_format: "%d{s}%m{s}{year}"` '
        "(day first) under `pipeline`"
    )


def _days(
    cells: Sequence[Cell], values: Mapping[Cell, Parsed], orders: Mapping[str, bool], rules: DateRules
) -> DateColumn:
    start = datetime.combine(rules.as_of, time())
    resolved: dict[Cell, float | None] = {}
    for cell, value in values.items():
        moment = value.decide(orders.get(value.separator, True)) if isinstance(value, Undecided) else value
        clock = None if moment is None else local(moment, rules.time_zone)
        resolved[cell] = None if clock is None else (clock - start).total_seconds() / 86400
    days = np.full(len(cells), np.nan)
    unreadable: dict[int, str] = {}
    for index, cell in enumerate(cells):
        if cell is None or cell not in resolved:
            continue
        found = resolved[cell]
        if found is None:
            unreadable[index] = clean(cell)
        else:
            days[index] = found
    return DateColumn(days, unreadable)
