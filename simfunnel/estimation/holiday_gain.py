"""Whether speeds of days of the year would have forecast the windows that hold them better: judged by other years."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.estimation.book import Book, book_of
from simfunnel.estimation.clock_gain import LEAST_WINDOWS, LEVEL, clock_gains
from simfunnel.estimation.hindcast import hindcast_clocked
from simfunnel.estimation.holidays import (
    LEAST_YEARS,
    ONE_IN,
    ONE_IN_HELD_OUT,
    Dates,
    Holiday,
    dates_of,
    with_holidays,
)
from simfunnel.estimation.long_run import MeanWithError
from simfunnel.estimation.present import HalfLife, Present, present_of
from simfunnel.estimation.weekdays import WeekdaySpeeds, weekday_speeds
from simfunnel.estimation.windows import compared, first_usable, windows_of
from simfunnel.history.history import DAY

FEWEST_DAYS = 28
"""Days of history before the first window."""
PLAIN = WeekdaySpeeds(np.ones(7), np.zeros(7, dtype=np.int64))
"""No weekday differs."""


@dataclass(frozen=True, eq=False)
class HolidayGain:
    """Days of the year on which hardly anything happens, and what it would have gained to know them."""

    found: tuple[Holiday, ...]
    """Seen in two years or more."""
    once: tuple[Holiday, ...]
    """Seen in one year only: not to be told from a day like any other."""
    gain: MeanWithError | None
    """Of the score (CRPS) of past windows that hold some, as a share of their mean; None where there are too few."""
    windows: int
    """Such windows, side by side."""

    @property
    def proved(self) -> bool:
        """Whether the gain is none of chance."""
        return bool(self.found) and self.gain is not None and self.gain.low > 0


def holiday_gain(
    present: Present, horizon: float, half_life: HalfLife, spread: float, *, weekdays: bool
) -> HolidayGain | None:  # fmt: skip
    """Find days of the year, and compare forecasts of past windows with and without them.

    Parameters
    ----------
    present
        The view, laid out.
    horizon, half_life
        Days of a window, and the half-life of the weights.
    spread
        Sd of the log error of a window beyond the luck of independent deals, taken for both.
    weekdays
        Whether weekdays have speeds of their own.

    Returns
    -------
    HolidayGain or None
        None where times are known only to lie between two snapshots.

    Notes
    -----
    Of windows that lie side by side those are taken in which days fall that *other* years show as holidays; what the
    window itself shows of them plays no part in its forecast. Rates and inflow are those known at its start.
    """
    dates = dates_of(present.view, present.risk)
    if dates is None:
        return None
    everything = np.ones(len(dates.days.at), dtype=np.bool_)
    found = dates.holidays(everything, LEAST_YEARS, ONE_IN)
    known = {holiday.date for holiday in found}
    once = tuple(h for h in dates.holidays(everything, 1, ONE_IN) if h.date not in known)
    if not found:
        return HolidayGain((), once, None, 0)
    twice = _Twice(present, book_of(present.view, count=present.counted), dates, half_life, weekdays)
    rows, days = [], round(horizon)
    view, last = present.view, present.view.day(present.view.end)
    first = view.day(int(first_usable(view, twice.whole) * DAY)) + dt.timedelta(days=FEWEST_DAYS)
    for start in (last - dt.timedelta(days=i * days) for i in range(1, (last - first).days // days + 1)):
        both = twice(start, days)
        if both is not None:
            rows.append(both)
    without, with_them = (windows_of([both[i] for both in rows], len(rows)) for i in (0, 1))
    return HolidayGain(found, once, _mean(*clock_gains(without, with_them, spread)), len(rows))


@dataclass(frozen=True, eq=False)
class _Twice:
    present: Present
    whole: Book
    dates: Dates
    half_life: HalfLife
    weekdays: bool

    def __call__(self, first: dt.date, days: int) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
        """Compare a window forecast without the holidays of other years and with them; None where none falls in it."""
        view = self.present.view
        inside = {first + dt.timedelta(days=i) for i in range(days)}
        fall = {(day.month, day.day) for day in inside}
        others = np.array([day not in inside for day in self.dates.days.dates])
        found = self.dates.holidays(others, 1, ONE_IN_HELD_OUT)
        if not any(holiday.date in fall for holiday in found):
            return None
        then = present_of(view.as_of(first), self.half_life, count=self.present.counted)
        until = view.midnight(first + dt.timedelta(days=days)) / DAY
        usual = (weekday_speeds(then.view, then.risk, then.weight) if self.weekdays else None) or PLAIN
        plain, known = (hindcast_clocked(then, speeds, until) for speeds in (usual, with_holidays(usual, found)))
        return compared(plain, self.whole), compared(known, self.whole)


def _mean(gains: Floats, scale: float) -> MeanWithError | None:
    """Mean of windows that do not overlap, with Student's t."""
    n = len(gains)
    if n < LEAST_WINDOWS or scale <= 0:
        return None
    mean, stderr = float(gains.mean()) / scale, float(gains.std(ddof=1)) / math.sqrt(n) / scale
    half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * stderr
    return MeanWithError(mean, stderr, mean - half, mean + half)
