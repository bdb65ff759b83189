"""New deals: how many come a day, and how far that moves until a window is over."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats

RECENT = 28
"""Days whose mean is the rate; longer windows fail where the inflow changes its regime."""
PRIOR_SD, PRIOR_N, MOST_SD = 0.15, 2.0, 0.5
"""Of the log error of a window: what is believed before any error was seen, for how many windows that counts, and the
largest that is believed at all."""
_FIRST = 21
"""Days of history before the first error."""


@dataclass(frozen=True)
class Arrivals:
    """The inflow of new deals."""

    per_day: float
    n: int
    """Deals that the rate rests on; 0 where none came, or where it was not counted at all."""
    level_sd: float
    """Sd of the factor by which a window's inflow differs from the rate."""
    error_sd: float
    """The same as the sd of a log error."""
    windows: float
    """Independent windows among the past errors."""

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Interval of the rate a day: of the count it rests on, and of the level."""
        if not self.per_day:
            return 0.0, -math.log((1 - level) / 2) / RECENT  # the rate at which none in four weeks is that unlikely
        spread = (1.0 / self.n if self.n else 0.0) + self.level_sd**2
        if spread <= 0:
            return self.per_day, self.per_day
        ends = [stats.gamma.ppf(q, 1 / spread, scale=self.per_day * spread) for q in ((1 - level) / 2, (1 + level) / 2)]
        return float(ends[0]), float(ends[1])


def estimate_arrivals(created: Floats, before: Floats, since: float, end: float, horizon: float) -> Arrivals:
    """Estimate the inflow from the days of creation.

    Parameters
    ----------
    created, before
        (n,) days from the epoch between which each deal was created; equal where that is known, none after `end`.
    since
        Day from which on creations were recorded.
    end
        Day until which they were: of snapshots the last.
    horizon
        Days of the window whose inflow is wanted.
    """
    daily = daily_counts(created, before, since, end)
    recent = daily[-RECENT:]
    per_day = float(recent.sum()) / max(min(len(recent), RECENT), 1)
    errors = window_errors(daily, horizon)
    windows = max((len(daily) - _FIRST) / horizon, 0.0) if len(errors) else 0.0
    found = float(np.mean(errors**2)) if len(errors) else 0.0
    variance = (PRIOR_N * PRIOR_SD**2 + windows * found) / (PRIOR_N + windows)
    sd = min(math.sqrt(variance), MOST_SD)
    return Arrivals(per_day, round(float(recent.sum())), math.sqrt(math.expm1(sd**2)), sd, windows)


def daily_counts(created: Floats, before: Floats, since: float, end: float) -> Floats:
    """Count creations by whole days before `end`; the last element is the day before it.

    A deal that was created between two snapshots counts for a share of each of the days between them.
    """
    days = max(math.ceil(end - since - 1e-9), 1)
    known = (created >= since) & (created < end)
    exact = known & (before <= created)
    back = np.floor(end - created[exact] - 1e-9).astype(np.int64)
    daily = np.bincount(np.clip(back, 0, days - 1), minlength=days)[::-1].astype(np.float64)
    gaps, counts = np.unique(np.stack([created, before])[:, known & ~exact], axis=1, return_counts=True)
    bounds = end - np.arange(days, -1, -1.0)
    for (first, last), count in zip(gaps.T.tolist(), counts.tolist(), strict=True):
        daily += count * np.diff(np.clip((bounds - first) / (last - first), 0.0, 1.0))
    return daily


def window_errors(daily: Floats, horizon: float) -> Floats:
    """Log errors of past windows of the same length, each forecast from the days before it."""
    length = round(horizon)
    sums = np.concatenate([[0], np.cumsum(daily)])
    found = []
    for t in range(len(daily) - length, _FIRST - 1, -3):
        known = min(RECENT, t)
        rate = (sums[t] - sums[t - known]) / known
        found.append(math.log(max(float(sums[t + length] - sums[t]), 1.0) / max(rate * length, 1.0)))
    return np.array(found)
