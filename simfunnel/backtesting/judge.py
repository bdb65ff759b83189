"""What scores of overlapping windows can tell: regions in which a right forecast would lie, and a test of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy import signal, stats

from simfunnel.arrays import Floats, Ints
from simfunnel.backtesting.news import LEAST, MOST, correlation, covariance, likeliest_memory

SIMULATIONS = 4_000
SIZE = 0.05
"""Chance that a right forecast falls outside its region."""
LEAST_WINDOWS = 5.0
"""Windows that do not overlap below which nothing is compared in words: scores are skewed, and of fewer windows their
intervals miss more often than they say (`docs/validation.md`)."""


@dataclass(frozen=True, eq=False)
class RightForecasts:
    """PITs of a right forecast at the same origins, simulated: windows that overlap share what comes in both."""

    pits: Floats
    """(simulations, origins)"""
    alike: Floats
    """(origins, origins) correlation of the windows."""

    @classmethod
    def at(cls, days: Ints, horizon: int, memory: float = 0.0) -> RightForecasts:
        """Simulate them.

        The PIT of a window is the normal probability of the mean of daily news. Independent news gives two windows d
        days apart the correlation 1 - d / horizon; news that lasts makes them more alike.

        Parameters
        ----------
        days
            (origins,) rising.
        horizon
            Days of a window.
        memory
            Share of a day's news that the next one repeats.
        """
        rng = np.random.default_rng(20_140)
        start = np.asarray(days) - days[0]
        spread = float(np.sqrt(covariance(np.zeros(1, dtype=np.int64), horizon, memory)[0]))
        pits = np.empty((SIMULATIONS, len(start)))
        for i in range(SIMULATIONS):
            news = rng.standard_normal(int(start[-1]) + horizon)
            summed = np.concatenate([[0.0], np.cumsum(_lasting(news, memory) if memory else news)])
            pits[i] = (summed[start + horizon] - summed[start]) / spread
        return cls(np.asarray(stats.norm.cdf(pits)), correlation(start, horizon, memory))

    def coverage_region(self, level: float, within: Floats | None = None) -> tuple[float, float]:
        """Shares of windows inside the central interval of a level between which a right forecast lies.

        Parameters
        ----------
        level
            Of the interval.
        within
            (origins, 2) chance that each forecast itself gives to what lies below its interval, and to what lies below
            or at its upper end; by default that of a continuous forecast. Intervals of few wins hold more than their
            level, since both ends belong to them.
        """
        low, high = (0.5 - level / 2, 0.5 + level / 2) if within is None else within.T
        return acceptance(np.mean((self.pits > low) & (self.pits <= high), axis=1))

    def p_value(self, pits: Floats) -> float:
        """Chance that a right forecast has PITs as far from uniform as these."""
        found = distance_from_uniform(pits[None, :])[0]
        as_far = int(np.sum(self._distances >= found))
        return (as_far + 1) / (len(self.pits) + 1)

    @cached_property
    def _distances(self) -> Floats:
        return distance_from_uniform(self.pits)


def acceptance(shares: Floats, size: float = SIZE) -> tuple[float, float]:
    """Ends between which all but a share of simulated values lie.

    Parameters
    ----------
    shares
        (simulations,)
    size
        Share that lies outside: as near to it as steps allow.

    Notes
    -----
    Values are left out by the smaller of their tails, the smallest first, as long as those before and half of their own
    come to no more than the size (mid-p). Shares of few windows have steps, and all windows inside may be no rare
    thing: what one end cannot use goes to the other. H. Blaker, "Confidence curves and improved exact confidence
    intervals for discrete distributions", Canadian Journal of Statistics 28 (2000) 783-798; H. O. Lancaster,
    "Significance tests in discrete distributions", Journal of the American Statistical Association 56 (1961) 223-234.
    """
    value, count = np.unique(shares, return_counts=True)
    below, above = np.cumsum(count), np.cumsum(count[::-1])[::-1]
    tail = np.minimum(below, above)
    order = np.argsort(tail, kind="stable")
    out = np.cumsum(count[order]) - count[order] / 2 <= size * len(shares)
    kept = value[tail >= tail[order][~out][0]]  # of values with equal tails all are left out, or none
    return float(kept[0]), float(kept[-1])


def distance_from_uniform(pits: Floats) -> Floats:
    """Cramér-von Mises distance of each row from the uniform distribution."""
    n = pits.shape[1]
    expected = (2 * np.arange(1, n + 1) - 1) / (2 * n)
    return np.asarray(((np.sort(pits, axis=1) - expected) ** 2).sum(axis=1) + 1 / (12 * n))


def _lasting(news: Floats, memory: float) -> Floats:
    """News of variance 1 of which each day repeats a share of the day before."""
    own = news * np.sqrt(1 - memory**2)
    own[0] = news[0]
    return np.asarray(signal.lfilter([1.0], [1.0, -memory], own))


def right_forecasts(days: tuple[int, ...], horizon: int, pits: Floats) -> RightForecasts:
    """Simulate right forecasts whose windows resemble each other as these PITs do.

    Parameters
    ----------
    days
        (origins,) rising.
    horizon
        Days of a window.
    pits
        (origins,) of the forecasts that are judged.
    """
    scores = np.asarray(stats.norm.ppf(np.clip(pits, LEAST, MOST)))
    return _simulated(days, horizon, likeliest_memory(scores, days, horizon))


@lru_cache(maxsize=8)
def _simulated(days: tuple[int, ...], horizon: int, memory: float) -> RightForecasts:
    """Give `RightForecasts.at` as it was made before: groups share their origins."""
    return RightForecasts.at(np.array(days), horizon, memory)
