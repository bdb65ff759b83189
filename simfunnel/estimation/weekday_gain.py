"""Whether speeds of weekdays would have forecast past windows better: fitted before each, judged on it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from simfunnel.arrays import Floats
from simfunnel.estimation.book import Book, book_of
from simfunnel.estimation.long_run import MeanWithError, mean_of_windows
from simfunnel.estimation.present import HalfLife, Present, present_of
from simfunnel.estimation.weekdays import WeekdaySpeeds, weekday_speeds
from simfunnel.estimation.windows import Windows, past_origins
from simfunnel.history.history import DAY, History

MANY = 20
"""Past windows from which on every other one is enough: they overlap, and say hardly more together."""
LEVEL = 0.95
"""Of the interval of a gain."""
LEAST_WINDOWS = 3.0
"""Windows that do not overlap below which nothing is chosen by them."""


@dataclass(frozen=True, eq=False)
class WeekdayGain:
    """Speeds of weekdays, and what they would have gained."""

    fitted: WeekdaySpeeds
    score: float
    """Mean score (CRPS) of past windows as a share of their mean, with the speeds."""
    score_without: float
    gain: MeanWithError | None
    """Of the difference, without less with, in the same unit; None where there are too few windows to say."""
    independent: float
    windows: Windows
    """The past windows, forecast with the speeds."""

    @property
    def proved(self) -> bool:
        """Whether the gain is none of chance."""
        return self.gain is not None and self.independent >= LEAST_WINDOWS and self.gain.low > 0


def weekday_gain(
    present: Present, windows: Windows, horizon: float, half_life: HalfLife, spread: float
) -> WeekdayGain | None:
    """Fit the speeds of weekdays, and compare forecasts of past windows with and without them.

    Parameters
    ----------
    present
        The view, laid out.
    windows, horizon, half_life
        Its past windows, of so many days, and the half-life they were forecast with.
    spread
        Sd of the log error of a window beyond the luck of independent deals, taken for both.

    Returns
    -------
    WeekdayGain or None
        None where weekdays cannot be told apart.
    """
    view, count = present.view, present.counted
    fitted = weekday_speeds(view, present.risk, present.weight)
    if fitted is None:
        return None
    whole = book_of(view, count=count)
    length = round(horizon)
    some = slice(None, None, 2 if len(windows.origin) > MANY else 1)
    windows = windows.of(some)
    rows = [_forecast(view, view.as_of(day), length, half_life, whole, count=count)
            for day in past_origins(view, whole, length)[some]]  # fmt: skip
    mean, variance = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    clocked = replace(windows, mean=mean, variance=variance)
    with_them, without = (_scores(w, spread) for w in (clocked, windows))
    scale = float(windows.actual.mean()) if rows else 0.0
    gain = mean_of_windows((without - with_them)[::-1] / scale, windows.independent, LEVEL) if scale > 0 else None
    scores = [float(s.mean() / scale) if scale > 0 else math.nan for s in (with_them, without)]
    return WeekdayGain(fitted, scores[0], scores[1], gain, windows.independent, clocked)


def _forecast(
    view: History, then: History, length: int, half_life: HalfLife, whole: Book, *, count: bool
) -> tuple[float, float]:
    """Mean and variance of a past window, given the deals that came, with the speeds known at its start."""
    present = present_of(then, half_life, count=count)
    fitted = weekday_speeds(then, present.risk, present.weight)
    speeds = fitted or WeekdaySpeeds(np.ones(7), np.zeros(7, dtype=np.int64))
    start = present.end
    until = view.midnight(then.day(then.end) + dt.timedelta(days=length)) / DAY
    book = present.book
    clock = speeds.clock(then, start - float(book.open_age.max(initial=0.0)), until)
    chances = present.chances(float(clock(until) - clock(start)))
    p = chances.open(book.open_stage, clock(start) - clock(start - book.open_age))
    amounts = present.open_amounts()
    came = (whole.created >= start) & (whole.created < until) & whole.real
    q = chances.entered(whole.first_stage[came], clock(until) - clock(whole.created[came])).sum()
    mean = float(p @ amounts) + float(q) * present.won_mean
    return mean, float((p * (1 - p)) @ amounts**2) + float(q) * present.won_square


def _scores(windows: Windows, spread: float) -> Floats:
    """Continuous ranked probability score of each window: of a normal distribution (Gneiting & Raftery 2007)."""
    sd = np.sqrt(np.maximum(windows.variance + (spread * windows.mean) ** 2, 1e-300))
    z = (windows.actual - windows.mean) / sd
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    return np.asarray(sd * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi)))
