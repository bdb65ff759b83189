"""How far whole windows miss together: the common factor behind all deals, from past one-window errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from simfunnel.arrays import Floats
from simfunnel.calibration.pace import Pace
from simfunnel.estimation.windows import Windows

PRIOR_SD, PRIOR_N, MOST_SD = 0.15, 2.0, 0.3
"""Of the log error of a window given its arrivals, where the history is short; for how many windows that counts; and
the largest that is believed."""
SHORT = 60.0
"""Days of history from which on the prior sd shrinks, as the root of the days."""
MOST_CORRELATION = 0.5
_NODES = 64


@dataclass(frozen=True)
class Dependence:
    """The common factor of open deals and deals to come."""

    error_sd: float
    """Sd of the log error of a window given its arrivals, what independent deals bring taken off."""
    correlation: float
    """Share of the latent variance that all deals have in common: `correlation.market`."""
    interval: tuple[float, float]
    """The same at the ends of the 90 % interval of `error_sd`."""
    rates_sd: float
    """What the uncertainty of the rates brings by itself, taken off as well."""
    windows: int
    independent: float
    pace: Pace | None = None
    """The common factor on all times in stage; None where there are too few windows to say."""
    reproduced: float | None = None
    """The error sd that the written scenario has, found by simulating it."""


@dataclass(frozen=True, eq=False)
class Expected:
    """What a window expects: open deals one by one, and deals to come as a whole."""

    win_rate: Floats
    """(n,) final chance of each open deal."""
    value: Floats
    """(n,) what it adds if won within the window: amount x chance of the window given a win."""
    new_win_rate: float
    """Final chance of a deal to come."""
    new: float
    """Expected value of all deals to come within the window."""

    @property
    def mean(self) -> float:
        """Expected value of the window."""
        return float(self.win_rate @ self.value) + self.new

    def times(self, factor: float) -> Expected:
        """The same with all win rates multiplied, at most 1."""
        new = min(factor * self.new_win_rate, 1.0)
        scale = new / self.new_win_rate if self.new_win_rate > 0 else 1.0
        return Expected(np.minimum(factor * self.win_rate, 1.0), self.value, new, self.new * scale)


def error_sd(windows: Windows, days: float) -> float:
    """Sd of a window's log error given its arrivals: past errors, and a prior for as many windows as there are few."""
    prior = PRIOR_SD * math.sqrt(min(1.0, SHORT / max(days, 1.0)))
    n, found = windows.n, 0.0
    if len(windows.errors):
        found = max(float(np.mean(windows.errors**2 - windows.sampling)), 0.0)
    return min(math.sqrt((PRIOR_N * prior**2 + n * found) / (PRIOR_N + n)), MOST_SD)


def error_interval(windows: Windows, sd: float, level: float = 0.9) -> tuple[float, float]:
    """Interval of the sd that `error_sd` gave.

    What scatters like a chi-square is the mean square error with the luck of single deals in it; that is taken off at
    each end, not before.
    """
    n = windows.n + PRIOR_N
    luck = windows.n * float(np.mean(windows.sampling)) / n if len(windows.errors) else 0.0
    whole = n * (sd**2 + luck)
    low, high = (whole / float(stats.chi2.ppf(q, n)) - luck for q in ((1 + level) / 2, (1 - level) / 2))
    return min(math.sqrt(max(low, 0.0)), MOST_SD), min(math.sqrt(max(high, 0.0)), MOST_SD)


def stated_dependence(correlation: float, expected: Expected, rates_sd: float) -> Dependence:
    """Give a common factor that is believed, not measured, and the error of a window that follows."""
    variance = factor_variance(correlation, expected) if expected.mean > 0 else 0.0
    sd = math.sqrt(math.log1p(variance + rates_sd**2))
    return Dependence(sd, correlation, (correlation, correlation), rates_sd, 0, 0.0)


def correlation_of(relative_variance: float, expected: Expected) -> float:
    """Find the share of a common factor that gives a window's mean this variance, relative to its square."""
    if relative_variance <= 0 or expected.mean <= 0:
        return 0.0

    def excess(rho: float) -> float:
        return factor_variance(rho, expected) - relative_variance

    if excess(MOST_CORRELATION) <= 0:  # hardly a deal in the window: as for one that has just come in
        w = min(max(expected.new_win_rate, 0.01), 0.99)
        density = math.exp(-(float(ndtri(w)) ** 2) / 2) / math.sqrt(2 * math.pi)
        return min(relative_variance * (w / density) ** 2, MOST_CORRELATION)
    return float(brentq(excess, 0.0, MOST_CORRELATION, xtol=1e-7))


def factor_variance(rho: float, expected: Expected) -> float:
    """Relative variance of a window's mean given the factor, for one factor with this share."""
    if rho <= 0:
        return 0.0
    z, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    weight = weight / weight.sum()
    given = _given(expected.win_rate, rho, z) @ expected.value if len(expected.win_rate) else np.zeros(len(z))
    if expected.new > 0 and 0 < expected.new_win_rate < 1:
        given = given + expected.new * _given(np.array([expected.new_win_rate]), rho, z)[:, 0] / expected.new_win_rate
    mean = float(weight @ given)
    return float(weight @ (given - mean) ** 2) / mean**2


def _given(win_rate: Floats, rho: float, z: Floats) -> Floats:
    """(nodes, n) chance given the factor: the one-factor model of Vasicek (2002) that the engine draws from."""
    score = ndtri(np.clip(win_rate, 1e-12, 1 - 1e-12))
    return np.asarray(ndtr((score[None, :] + math.sqrt(rho) * z[:, None]) / math.sqrt(1 - rho)))
