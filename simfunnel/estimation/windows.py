"""Forecasts of past windows from what was known at their start: the errors that a forecast of this kind makes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.estimation.book import Book, book_of, with_amounts
from simfunnel.estimation.hindcast import Hindcast, Hindcasts
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.present import HalfLife
from simfunnel.history.history import DAY, History

NEAR, FAR = 3, 7
"""Days between the origins of windows of up to 30 days, and of longer ones."""
MOST = 60
"""Origins looked at: in a long history they stand further apart, up to a quarter of a window; the oldest are left."""


@dataclass(frozen=True, eq=False)
class Windows:
    """One-window errors; all arrays run along the past origins, the latest first."""

    origin: Floats
    """Days from the epoch."""
    actual: Floats
    mean: Floats
    """What was forecast, given the arrivals that came."""
    variance: Floats
    """Of the sum of independent deals with these chances."""
    unknown: Floats
    """What was forecast without knowing the arrivals."""
    wins: Floats
    """Wins that came, by number."""
    independent: float
    """Windows that do not overlap."""

    @property
    def usable(self) -> Bools:
        """Whether a log error exists."""
        return (self.actual > 0) & (self.mean > 0)

    @property
    def errors(self) -> Floats:
        """Log errors."""
        return np.log(self.actual[self.usable] / self.mean[self.usable])

    @property
    def sampling(self) -> Floats:
        """Variance of each log error that independent deals alone would bring."""
        return self.variance[self.usable] / self.mean[self.usable] ** 2

    @property
    def n(self) -> float:
        """Independent errors."""
        return min(self.independent, float(self.usable.sum()))


def past_windows(
    history: History, horizon: float, half_life: HalfLife, *, count: bool = False,
    weekdays: bool = False, hindcasts: Hindcasts | None = None, stop: Callable[[int, int], None] | None = None,
) -> Windows:  # fmt: skip
    """Forecast each past window from its start, with the arrivals that came, and compare.

    Parameters
    ----------
    history
        A view; nothing at or after its end is asked for.
    horizon
        Days of a window.
    half_life
        Half-life of the weights, for the days observed so far.
    count
        Whether wins are counted instead of their money.
    weekdays
        Whether each window is forecast with the speeds of weekdays fitted before it.
    hindcasts
        Where forecasts of past windows are kept, for calls that have windows in common.
    stop
        Called with (origins done, origins in all).
    """
    kept = Hindcasts() if hindcasts is None else hindcasts
    whole = book_of(history, count=count)
    length = round(horizon)
    origins = past_origins(history, first_usable(history, whole), length)
    rows = []
    for i, day in enumerate(origins):
        rows.append(compared(kept.of(history, day, length, half_life, count=count, weekdays=weekdays), whole))
        if stop is not None:
            stop(i + 1, len(origins))
    span = ((origins[0] - origins[-1]).days + length) / horizon if origins else 0.0
    return windows_of(rows, span)


def windows_of(rows: Sequence[tuple[float, ...]], independent: float) -> Windows:
    """Lay out windows that were compared."""
    columns = np.array(rows, dtype=np.float64).reshape(-1, 6).T
    return Windows(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], float(independent))


def past_origins(history: History, first: float, length: int) -> list[dt.date]:
    """Days at which past windows of so many days begin, the latest first.

    Parameters
    ----------
    history
        A view.
    first
        Day, from the epoch, from which on a forecast could have been made.
    length
        Days of a window.
    """
    end = history.day(history.end)
    least = max(14.0, min(28.0, length))
    start = history.day(int((first + least) * DAY))
    start += dt.timedelta(days=int(history.midnight(start) < (first + least) * DAY))
    latest = end - dt.timedelta(days=length)
    near = NEAR if length <= 30 else FAR
    step = max(near, min(math.ceil((latest - start).days / MOST), length // 4))
    origins = [latest - dt.timedelta(days=i * step) for i in range(MOST)]
    return [origin for origin in origins if origin >= start]


def first_usable(history: History, book: Book) -> float:
    """Day from which on a forecast could have been made: the first deal, or the start of observation."""
    first = float(book.created.min()) if len(book.created) else history.end / DAY
    return max(first, observed_from(history))


def compared(then: Hindcast, whole: Book) -> tuple[float, ...]:
    """Start, what came, what was expected given the arrivals, its variance, what was expected without, and wins."""
    t, until = then.start, then.until
    q = given_arrivals(then, whole, came_in(whole, t, until))
    mean = then.opened.mean + q * then.won_mean
    variance = then.opened.variance + q * then.won_square
    won = whole.won & (whole.closed >= t) & (whole.closed < until)
    actual = float(with_amounts(whole, then.won_mean).amount[won].sum())
    return t, actual, mean, variance, then.mean, float(won.sum())


def came_in(whole: Book, start: float, until: float) -> Bools:
    """(D,) whether each deal came in within a window."""
    known = (whole.created < start) & (whole.created_before <= start)
    return np.asarray(~known & (whole.begun < until) & whole.real)


def given_arrivals(then: Hindcast, whole: Book, came: Bools, *, less: float = 0.0) -> float:
    """Wins expected at the start of a window of deals that came in within it; or until so many days less."""
    left = then.left(np.maximum(whole.begun[came], then.start)) - less
    return float(then.entered(whole.first_stage[came], left).sum())
