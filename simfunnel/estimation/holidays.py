"""Days of the year on which hardly anything happens: found where the past shows each of them in two years or more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from simfunnel.arrays import Bools, Floats
from simfunnel.estimation.risk import Risk
from simfunnel.estimation.weekdays import Days, WeekdaySpeeds, by_date, midnights
from simfunnel.history.history import History

HARDLY = 0.25
"""Share of the exits that a day would have as one of its weekdays, above which it is no holiday."""
LEAST_YEARS = 2
ONE_IN, ONE_IN_HELD_OUT = 100 * 366, 100
"""A day of the year is believed where chance alone would make one so rarely: one of all in a hundred histories; and a
day itself where what it brings is judged by other years."""
MOST_DAYS = 5_000_000
"""Days at risk above which they are not told apart."""
FEWEST_EXPECTED = 1.0
"""Exits expected on a date below which nothing is missing there: at weekends, say."""

DayOfYear = tuple[int, int]
"""Month and day."""


@dataclass(frozen=True)
class Holiday:
    """A day of the year."""

    date: DayOfYear
    came: float
    expected: float
    """Exits of all its years: those that came, and those that its weekdays would have brought."""
    years: int

    @property
    def speed(self) -> float:
        """How fast deals move on it."""
        return self.came / self.expected


@dataclass(frozen=True, eq=False)
class Dates:
    """What came on each date, and what its weekday would have brought."""

    days: Days
    came: Floats
    expected: Floats

    def holidays(self, used: Bools, years: int, one_in: float) -> tuple[Holiday, ...]:
        """Days of the year on which hardly anything came, on each of so many used dates or more."""
        told: dict[DayOfYear, list[int]] = {}
        for i in np.flatnonzero(used & (self.expected >= FEWEST_EXPECTED)).tolist():
            day = self.days.dates[i]
            told.setdefault((day.month, day.day), []).append(i)
        found = []
        for date, at in sorted(told.items()):
            came, expected = self.came[at], self.expected[at]
            if len(at) < years or (came > HARDLY * expected).any():
                continue
            if stats.poisson.cdf(came.sum(), expected.sum()) * one_in < 1:
                found.append(Holiday(date, float(came.sum()), float(expected.sum()), len(at)))
        return tuple(found)


def with_holidays(weekdays: WeekdaySpeeds, found: Collection[Holiday]) -> WeekdaySpeeds:
    """Speeds of weekdays, and of days of the year as a share of those; 1 on the mean of all days of a year."""
    idle = sum(1 - holiday.speed for holiday in found) / 365.25
    return replace(weekdays, speed=weekdays.speed / (1 - idle), holidays={h.date: h.speed for h in found})


def dates_of(history: History, risk: Risk) -> Dates | None:
    """Count exits by date, all of the past alike.

    None where times are known only to lie between two snapshots, and where deals stay so long that single days cannot
    matter to many of them.
    """
    if history.form == "snapshots" or risk.share is not None or risk.age.sum() > MOST_DAYS or not len(risk.age):
        return None
    days = midnights(history, float(risk.entered.min()), risk.end)
    came, by_age = np.zeros(len(days.at)), np.zeros(len(days.at))
    for k in range(risk.stages):
        of = risk.stage == k
        if of.any():
            found = by_date(risk.of(of), days)
            came, by_age = came + found[0], by_age + found[1]
    total = np.bincount(days.weekday, by_age, minlength=7)
    speed = np.bincount(days.weekday, came, minlength=7) / np.where(total > 0, total, 1.0)
    return Dates(days, came, by_age * speed[days.weekday])
