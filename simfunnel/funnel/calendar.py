"""The fiscal calendar: periods as half-open intervals of days, with their labels."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from simfunnel.funnel.week_calendar import DAY, month_of_week_quarter, parts, week_year
from simfunnel.scenario.schema import Periods

_DAYS = re.compile(r"(\d{4}-\d\d-\d\d)\+(\d{1,5})d")
_UNITS: tuple[tuple[re.Pattern[str], Literal["week", "month", "quarter", "year"]], ...] = (
    (re.compile(r"\d{4}-W\d\d"), "week"),
    (re.compile(r"\d{4}-\d\d|FY\d{4}-P\d\d"), "month"),
    (re.compile(r"(FY)?\d{4}-Q[1-4]"), "quarter"),
    (re.compile(r"(FY)?\d{4}"), "year"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to, not including, `end`."""

    label: str
    start: dt.date
    end: dt.date


def fiscal_periods(spec: Periods, as_of: dt.date) -> tuple[Period, ...]:
    """List the periods of a forecast; the first contains `as_of` (periods of `days` start there)."""
    return tuple(islice(_periods_from(spec, as_of), spec.count))


def period_of(label: str, spec: Periods) -> Period | None:
    """Find the period of a label in the calendar of a scenario, whatever the unit of its own periods.

    Returns
    -------
    Period or None
        None where the calendar has no such period: of another fiscal year, a 53rd week that is not there.
    """
    if (days := _DAYS.fullmatch(label)) is not None:
        try:
            start = dt.date.fromisoformat(days[1])
            return Period(label, start, start + int(days[2]) * DAY)
        except (ValueError, OverflowError):
            return None
    unit = next((unit for pattern, unit in _UNITS if pattern.fullmatch(label)), None)
    if unit is None:
        return None
    year = int(label.removeprefix("FY")[:4])
    if not 1000 < year < 9000:
        return None
    of_unit = spec.model_copy(update={"unit": unit, "length": None})
    for found in _periods_from(of_unit, dt.date(year - 1, 1, 1)):
        if found.label == label:
            return found
        if found.start.year > year:
            return None
    return None


def _periods_from(spec: Periods, as_of: dt.date) -> Iterator[Period]:
    if spec.unit == "days":
        assert spec.length is not None
        start = as_of
        while True:
            end = start + spec.length * DAY
            yield Period(f"{start.isoformat()}+{spec.length}d", start, end)
            start = end
    if spec.unit == "week":
        start = as_of - as_of.weekday() * DAY
        while True:
            year, week, _ = start.isocalendar()
            yield Period(f"{year}-W{week:02d}", start, start + 7 * DAY)
            start += 7 * DAY
    if spec.year_end is not None:
        yield from _week_periods(spec, as_of)
    months = {"month": 1, "quarter": 3, "year": 12}[spec.unit]
    start = _first_month(as_of, months, spec.fiscal_year_start)
    while True:
        end = add_months(start, months)
        yield Period(_label(start, spec), start, end)
        start = end


def _week_periods(spec: Periods, as_of: dt.date) -> Iterator[Period]:
    """Periods of whole weeks, from the one that contains `as_of` on."""
    assert spec.year_end is not None
    day = as_of
    while True:
        year = week_year(day, spec.year_end)
        names, lengths = zip(*parts(spec), strict=True)
        bounds = year.bounds(lengths)
        for name, start, end in zip(names, bounds[:-1], bounds[1:], strict=True):
            if end > as_of:
                yield Period(f"FY{year.name}{name}", start, end)
        day = year.end


def month_of_quarter(day: dt.date, spec: Periods) -> int:
    """Whether a day lies in month 0, 1 or 2 of its fiscal quarter."""
    if spec.year_end is not None:
        return month_of_week_quarter(day, spec)
    return (day.month - spec.fiscal_year_start) % 3


def add_months(first_of_month: dt.date, months: int) -> dt.date:
    """First day of the month `months` later."""
    count = first_of_month.year * 12 + first_of_month.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def _first_month(day: dt.date, months: int, fiscal_year_start: int) -> dt.date:
    into_period = (day.month - fiscal_year_start) % months
    return add_months(day.replace(day=1), -into_period)


def _label(start: dt.date, spec: Periods) -> str:
    if spec.unit == "month":
        return f"{start.year}-{start.month:02d}"
    # a fiscal year is named by the calendar year in which it ends
    months_in = (start.month - spec.fiscal_year_start) % 12
    last_month = add_months(start.replace(day=1), 11 - months_in)
    year = f"FY{last_month.year}" if spec.fiscal_year_start != 1 else str(last_month.year)
    return year if spec.unit == "year" else f"{year}-Q{months_in // 3 + 1}"
