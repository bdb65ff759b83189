"""Past windows hindcast from what was known at their start: the errors from which spread and dependence are learned."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Bools, Floats
from simfunnel.estimation.arrivals import estimate_arrivals
from simfunnel.estimation.book import Book, book_of, with_amounts
from simfunnel.estimation.observation import observed_from
from simfunnel.estimation.passage import Passage, passage
from simfunnel.estimation.realization import estimate_realization
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.weights import time_weights
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
    history: History, horizon: float, half_life: Callable[[float], float | None], *, count: bool = False,
    stop: Callable[[int, int], None] | None = None,
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
    stop
        Called with (origins done, origins in all).
    """
    whole = book_of(history, count=count)
    end = history.day(history.end)
    first = first_usable(history, whole)
    least = max(14.0, min(28.0, horizon))
    length = round(horizon)
    start = history.day(int((first + least) * DAY))
    start += dt.timedelta(days=int(history.midnight(start) < (first + least) * DAY))
    latest = end - dt.timedelta(days=length)
    near = NEAR if horizon <= 30 else FAR
    step = max(near, min(math.ceil((latest - start).days / MOST), length // 4))
    origins = [latest - dt.timedelta(days=i * step) for i in range(MOST)]
    origins = [origin for origin in origins if origin >= start]
    rows = []
    for i, day in enumerate(origins):
        rows.append(_hindcast(history, whole, day, length, half_life, count=count))
        if stop is not None:
            stop(i + 1, len(origins))
    span = ((origins[0] - origins[-1]).days + length) / horizon if origins else 0.0
    columns = np.array(rows, dtype=np.float64).reshape(-1, 6).T
    return Windows(columns[0], columns[1], columns[2], columns[3], columns[4], columns[5], float(span))


def first_usable(history: History, book: Book) -> float:
    """Day from which on a forecast could have been made: the first deal, or the start of observation."""
    first = float(book.created.min()) if len(book.created) else history.end / DAY
    return max(first, observed_from(history))


def _hindcast(
    history: History, whole: Book, day: dt.date, length: int, half_life: Callable[[float], float | None], *, count: bool
) -> tuple[float, ...]:
    view = history.as_of(day)
    t, until = view.end / DAY, history.midnight(day + dt.timedelta(days=length)) / DAY
    since = observed_from(view)
    book = book_of(view, count=count)
    risk = risk_of(view, since)
    first = max(since, float(book.created.min()) if len(book.created) else t)
    observed = t - first
    chances = passage(risk, time_weights(risk, half_life(observed)), until - t)
    one, square = won_moments(book)
    p, a = chances.open(book.open_stage, book.open_age), book.amount[book.open]
    realized = None if count else estimate_realization(view)
    a = np.where(np.isnan(a), one, a if realized is None else a * realized.mean)
    came = (whole.created >= t) & (whole.created < until) & whole.real
    q = chances.entered(whole.first_stage[came], until - whole.created[came])
    mean = float(p @ a + q.sum() * one)
    variance = float((p * (1 - p)) @ a**2 + q.sum() * square)
    won = whole.won & (whole.closed >= t) & (whole.closed < until)
    inflow = estimate_arrivals(book.created[book.real], first, t, until - t).per_day
    unknown = float(p @ a) + entering_wins(chances, book, inflow, until - t) * one
    return t, float(with_amounts(whole, one).amount[won].sum()), mean, variance, unknown, float(won.sum())


def won_moments(book: Book) -> tuple[float, float]:
    """Mean and mean square of the amounts of won deals; of all deals where none is won yet."""
    found = book.amount[book.won & ~np.isnan(book.amount)]
    if not len(found):
        found = book.amount[~np.isnan(book.amount)]
    if not len(found):
        return 1.0, 1.0
    return float(found.mean()), float((found**2).mean())


ENTRY_DAYS = 91.0
"""Days whose new deals say in which stages deals begin."""


def entry_shares(book: Book, stages: int) -> Floats:
    """Share of the latest new deals that begin in each stage."""
    begun = book.real
    if not begun.any():
        return np.zeros(stages)
    recent = begun & (book.created >= book.created[begun].max() - ENTRY_DAYS)
    return np.asarray(np.bincount(book.first_stage[recent], minlength=stages) / recent.sum())


def entering_wins(chances: Passage, book: Book, per_day: float, horizon: float) -> float:
    """Expected wins of deals still to come, at a constant inflow with the entry stages seen so far."""
    shares = entry_shares(book, len(chances.value))
    if per_day <= 0:
        return 0.0
    left: Floats = np.arange(math.ceil(horizon), dtype=np.float64) + 0.5
    left = left[left < horizon]
    total = sum(
        share * float(chances.entered(np.full(len(left), k), left).sum()) for k, share in enumerate(shares) if share
    )
    return per_day * float(total)
