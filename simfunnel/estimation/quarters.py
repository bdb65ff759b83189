"""Months of fiscal quarters as intervals of days, for estimates that know no fiscal calendar of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.history.history import DAY, History

MONTHS = 3
"""Of a quarter."""
A_QUARTER = 100
"""More days than any quarter has."""
_TOLERANCE = 1e-7
"""Days. What happens so close to midnight happens at midnight, on the new day."""

Parts = tuple[tuple[float, int], ...]
"""Ends of the parts of a window, in days from the epoch, and the month of its quarter (0, 1, 2) that each lies in."""


@dataclass(frozen=True)
class Quarters:
    """A fiscal calendar."""

    name: str
    """The same for the same calendar."""
    month_of: Callable[[dt.date], int]
    """Month of its quarter (0, 1, 2) in which a day lies."""

    def months(self, history: History, first: float, last: float) -> Months:
        """List the months from before one day from the epoch until after another, in the history's time zone."""
        day = history.day(int(first * DAY)) - dt.timedelta(days=A_QUARTER)
        end = history.day(int(last * DAY)) + dt.timedelta(days=A_QUARTER)
        days = [day + dt.timedelta(days=i) for i in range((end - day).days)]
        of_day = np.array([self.month_of(day) for day in days], dtype=np.int64)
        starts = np.flatnonzero(np.diff(of_day, prepend=-1))
        month = of_day[starts]
        bounds = [*(days[i] for i in starts.tolist()), end]
        at = np.array([history.midnight(bound) for bound in bounds], dtype=np.int64) / DAY
        return Months(at, month, np.cumsum(month == 0))


@dataclass(frozen=True, eq=False)
class Months:
    """Months one after the other; the first and the last may be cut."""

    at: Floats
    """(n + 1,) days from the epoch at which they begin, and the end of the last."""
    month: Ints
    """(n,) 0, 1 or 2."""
    quarter: Ints
    """(n,) number of the quarter, rising."""

    def whole(self, first: float, last: float) -> tuple[int, ...]:
        """Quarters that lie between two days from the epoch, from their first day until their last."""
        inside = (self.at[:-1] >= np.floor(first) - _TOLERANCE) & (self.at[1:] <= last + _TOLERANCE)
        return tuple(
            q for q in np.unique(self.quarter).tolist()
            if set(self.month[inside & (self.quarter == q)].tolist()) == set(range(MONTHS))
        )  # fmt: skip

    def parts(self, start: float, until: float) -> Parts:
        """Cut a window at the ends of months."""
        inside = self.at[(self.at > start + _TOLERANCE) & (self.at < until - _TOLERANCE)]
        ends = np.append(inside, until)
        which = np.searchsorted(self.at, ends - _TOLERANCE, side="right") - 1
        return tuple(zip(ends.tolist(), self.month[which].tolist(), strict=True))

    def touched(self, start: float, until: float) -> set[int]:
        """Quarters of which a window holds some days."""
        here = (self.at[:-1] < until - _TOLERANCE) & (self.at[1:] > start + _TOLERANCE)
        return set(self.quarter[here].tolist())
