"""Fiscal years of 52 or 53 whole weeks: 4-4-5 and its like, and thirteen periods of four weeks.

A year ends on the last, or the nearest, given weekday of a month; the week that is left over every five or six years
belongs to the last period of its year.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from simfunnel.scenario.periods import WEEKDAYS, Periods, YearEnd

DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(days=7)
QUARTER_WEEKS = 13
THIRTEEN = "13"


@dataclass(frozen=True, slots=True)
class WeekYear:
    """One fiscal year: days from `start` up to, not including, `end`."""

    name: int
    """Calendar year of the month in which, or near which, it ends."""
    start: dt.date
    end: dt.date

    def bounds(self, lengths: tuple[int, ...]) -> list[dt.date]:
        """First day of each part of so many weeks, and the end: the last part takes what is left over."""
        found = [self.start]
        for weeks in lengths[:-1]:
            found.append(found[-1] + weeks * WEEK)
        return [*found, self.end]


def week_year(day: dt.date, spec: YearEnd) -> WeekYear:
    """Find the fiscal year that contains a day."""
    name = day.year - 1
    while _end(name, spec) <= day:
        name += 1
    return WeekYear(name, _end(name - 1, spec), _end(name, spec))


def _end(year: int, spec: YearEnd) -> dt.date:
    """Day after the last one of the fiscal year of a calendar year."""
    month_after = dt.date(year + spec.month // 12, spec.month % 12 + 1, 1)
    last = month_after - DAY
    back = (last.weekday() - WEEKDAYS.index(spec.weekday)) % 7
    ends = last - back * DAY
    if spec.rule == "nearest" and back > 3:  # the next one is nearer
        ends += WEEK
    return ends + DAY


def month_weeks(spec: Periods) -> tuple[int, ...]:
    """Weeks of each month (or four-week period) of a year."""
    if spec.weeks == THIRTEEN:
        return (4,) * 13
    return tuple(int(weeks) for weeks in (spec.weeks or "4-4-5").split("-")) * 4


def parts(spec: Periods) -> tuple[tuple[str, int], ...]:
    """Label (behind the year) and weeks of each period of a year."""
    if spec.unit == "quarter":
        return tuple((f"-Q{i + 1}", QUARTER_WEEKS) for i in range(4))
    if spec.unit == "month":
        return tuple((f"-P{i + 1:02d}", weeks) for i, weeks in enumerate(month_weeks(spec)))
    return (("", 52),)


def month_of_week_quarter(day: dt.date, spec: Periods) -> int:
    """Whether a day lies in month 0, 1 or 2 of its fiscal quarter, the 53rd week in the last month."""
    assert spec.year_end is not None
    bounds = week_year(day, spec.year_end).bounds(month_weeks(spec))
    return sum(day >= bound for bound in bounds[1:-1]) % 3
