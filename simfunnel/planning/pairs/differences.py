"""Differences between two forecasts, each with the simulation error of the difference itself.

Under common random numbers the error of a difference is that of the differences trial by trial, which is far below the
errors of the two forecasts. The same formula stays right where the draws have nothing in common; where the numbers of
trials differ, the errors are those of independent samples.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.forecast.estimates import Estimate, attainment, estimate, quantile_rank
from simfunnel.forecast.forecast import Forecast

SHOWN_QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Difference:
    """How a forecast of one period differs from another: other minus base, major units."""

    mean: Estimate
    quantiles: Mapping[float, Estimate]
    p_attain: Estimate | None
    """None where either has no target."""
    paired: bool
    """Whether the error is that of differences trial by trial."""


def of_period(rows: Ints, k: int) -> Ints:
    """Give the row of a period; the number of periods for `k` stands for all of them together."""
    return np.asarray(rows[k] if k < len(rows) else rows.sum(axis=0))


def bookings(forecast: Forecast, k: int, group: int = 0) -> Ints:
    """Bookings of every trial in minor units; the number of periods for `k` stands for all of them together."""
    return to_come(forecast, k, group) + closed(forecast, k, group)


def to_come(forecast: Forecast, k: int, group: int = 0) -> Ints:
    """Bookings of every trial that are not closed yet, minor units."""
    s = forecast.samples
    return of_period(s.open[group], k) + of_period(s.new[group], k)


def closed(forecast: Forecast, k: int, group: int = 0) -> int:
    """Bookings closed already, minor units."""
    return int(of_period(forecast.samples.closed[group], k))


def minor(amount: float, unit: float) -> int:
    """Give the fewest minor units that reach an amount: as `attainment` counts them."""
    return math.ceil(amount * unit - 1e-6)


def difference(
    base: Ints,
    other: Ints,
    unit: float = 1.0,
    targets: tuple[float | None, float | None] = (None, None),
    quantiles: Sequence[float] = SHOWN_QUANTILES,
) -> Difference:
    """Compare two samples of bookings.

    Parameters
    ----------
    base, other
        (n,) and (m,) minor units; paired trial by trial where n = m.
    unit
        Minor units in a major one.
    targets
        Of the base and of the other, major units.
    quantiles
        Which quantiles to compare.
    """
    paired = len(base) == len(other)
    goals = [None if t is None else minor(t, unit) for t in targets]
    p_attain = None
    if goals[0] is not None and goals[1] is not None:
        hits = (base >= goals[0]).astype(np.int64), (other >= goals[1]).astype(np.int64)
        p_attain = _estimate(*hits, 1.0, paired=paired)
    moved = {q: _quantile_difference(base, other, q, unit, paired=paired) for q in quantiles}
    return Difference(_estimate(base, other, unit, paired=paired), moved, p_attain, paired)


def compare_forecasts(base: Forecast, other: Forecast, k: int, target: float | None = None) -> Difference:
    """Compare one period of two forecasts of the same scenario; `target` is that of both."""
    return difference(bookings(base, k), bookings(other, k), float(base.minor_units), (target, target))


def p_attain(forecast: Forecast, k: int, target: float | None) -> Estimate | None:
    """P(attain) of a period with its standard error; None without a target."""
    if target is None:
        return None
    found = attainment(bookings(forecast, k), target, float(forecast.minor_units))
    return Estimate(found.probability, found.stderr)


def moved_from(whole: Ints, part: Ints, moved: Ints, unit: float, target: float | None) -> Estimate:
    """What a quantity of the base comes to under a shift, from a long base and a shorter pair.

    The quantity is P(attain), or the mean where `target` is None. The pair is `part` and `moved`; the trials of `part`
    are the first ones of `whole`. What the base of the pair happens to miss of the long base corrects the shifted one
    in proportion to their covariance (a control variate).
    """
    goal = None if target is None else minor(target, unit)
    long, base, shifted = (
        np.asarray(x / unit if goal is None else x >= goal, dtype=np.float64) for x in (whole, part, moved)
    )
    n, N = len(base), len(long)
    variance = float(np.var(base))
    slope = float(np.mean((base - base.mean()) * (shifted - shifted.mean()))) / variance if variance > 0 else 0.0
    value = float(shifted.mean()) + slope * (float(long.mean()) - float(base.mean()))
    explained = slope * slope * variance
    error = math.sqrt(max(0.0, float(np.var(shifted)) - explained) / n + explained / N)
    return Estimate(value if target is None else min(max(value, 0.0), 1.0), error)


def _estimate(base: Ints, other: Ints, unit: float, *, paired: bool) -> Estimate:
    if paired:
        return estimate(other - base, unit)
    a, b = estimate(base, unit), estimate(other, unit)
    return Estimate(b.mean - a.mean, math.hypot(a.stderr, b.stderr))


def _quantile_difference(base: Ints, other: Ints, q: float, unit: float, *, paired: bool) -> Estimate:
    """Difference of two sample quantiles, with its error from their influences (Bahadur 1966)."""
    (x, influence_x), (y, influence_y) = _quantile(base, q), _quantile(other, q)
    if paired:
        spread = float(np.std(influence_y - influence_x)) / math.sqrt(len(base))
    else:
        spread = math.hypot(*(float(np.std(i)) / math.sqrt(len(i)) for i in (influence_x, influence_y)))
    return Estimate((y - x) / unit, spread / unit)


def _quantile(sample: Ints, q: float) -> tuple[float, Floats]:
    """Sample quantile, and the influence of each trial on it: (q - 1{X <= Q}) / density at Q."""
    n = len(sample)
    ordered = np.sort(sample)
    at = quantile_rank(n, q)
    # the density by the spacing of order statistics n^-1/3 apart: wide enough to be smooth, narrow against the bulk
    reach = max(1, round(0.5 * n ** (2 / 3) * min(1.0, 4 * q * (1 - q))))
    low, high = max(0, at - reach), min(n - 1, at + reach)
    per_rank = float(ordered[high] - ordered[low]) / max(1, high - low)
    return float(ordered[at]), (q - (sample <= ordered[at])) * n * per_rank
