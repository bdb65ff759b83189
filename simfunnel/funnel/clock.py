"""Operational time: one monotone map of calendar days to the days in which durations are counted."""

from __future__ import annotations

import datetime as dt
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats, Ints
from simfunnel.funnel.calendar import month_of_quarter
from simfunnel.funnel.week_calendar import DAY
from simfunnel.scenario.schema import Clock, Periods

CALENDAR = Periods(unit="quarter", count=1)

BOUNDARY_TOLERANCE = 1e-6
"""Days. Times this close below a boundary count as on it: sums of whole-day durations stay on the day they mean."""


class ClockCells(TypedDict):
    """An index into an operational clock; see `Grid`."""

    clock_from: Ints
    clock_cells: float


class OperationalClock:
    """Days relative to the start of `as_of`, to operational days relative to it, and back.

    Parameters
    ----------
    clock
        Speeds by weekday and month of the fiscal quarter, and of single days; None is calendar days.
    as_of
        Day at whose start both times are 0.
    first, last
        Days relative to as_of that must be covered; outside, time runs at its mean speed within them.
    periods
        The fiscal calendar, for the months of a quarter; default calendar quarters.
    """

    def __init__(
        self, clock: Clock | None, as_of: dt.date, first: float, last: float, periods: Periods = CALENDAR
    ) -> None:
        start, end = int(np.floor(first)), int(np.ceil(last))
        self.days: Floats = np.arange(start, end + 1, dtype=np.float64)
        """Midnights covered, relative to as_of."""
        if clock is None:
            self.speed: Floats = np.ones(len(self.days) - 1)
        else:
            dates = [as_of + int(d) * DAY for d in self.days[:-1]]
            months = [month_of_quarter(d, periods) for d in dates]
            weekday, month = np.asarray(clock.weekdays), np.asarray(clock.month_of_quarter)
            own = [clock.holidays.get(d, weekday[d.weekday()]) for d in dates]
            self.speed = np.array(own) * month[months]
        elapsed = np.concatenate([[0.0], np.cumsum(self.speed)])
        self.operational: Floats = elapsed - elapsed[int(-start)]
        """Operational time at each of `days`."""
        covered = self.operational[-1] - self.operational[0]
        self.mean_speed = float(covered / (end - start)) if end > start else 1.0

    def cells(self) -> ClockCells:
        """Where in `operational` a time is to be looked for, by equal cells of it."""
        count = 4 * len(self.days)
        span = float(self.operational[-1] - self.operational[0])
        starts = self.operational[0] + np.arange(count) * (span / count)
        found = np.searchsorted(self.operational, starts, side="right") - 1
        return {"clock_from": found.astype(np.int64), "clock_cells": count / span if span > 0 else 0.0}

    def __call__(self, day: npt.ArrayLike) -> Floats:
        """Operational time of days relative to as_of (NaN stays NaN)."""
        t = np.asarray(day, dtype=np.float64)
        inside = np.interp(t, self.days, self.operational)
        inside = np.where(t < self.days[0], self.operational[0] + (t - self.days[0]) * self.mean_speed, inside)
        return np.where(t > self.days[-1], self.operational[-1] + (t - self.days[-1]) * self.mean_speed, inside)
