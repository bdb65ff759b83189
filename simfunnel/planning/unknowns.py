"""The other unknowns of a plan: what else would reach the target, if the leads stay as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simfunnel.forecast.estimates import Estimate, order_interval, quantile_rank
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.model import Model
from simfunnel.planning.differences import bookings, minor
from simfunnel.planning.goal import Goal
from simfunnel.planning.levers import MOVES, lever_needed
from simfunnel.planning.paired import PairedForecasts, shift
from simfunnel.planning.search import Needed

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
MOST_CONVERSION = 5.0
FASTEST = 20.0


@dataclass(frozen=True, slots=True)
class Unknowns:
    """What each assumption would have to be, alone, for P(attain) = confidence."""

    safe_target: float
    """The target that is as safe as asked for."""
    safe_target_interval: tuple[float, float]
    deal_size: Needed
    """Factor on the amounts of open deals and of leads."""
    conversion: Needed
    """Factor on the conversion of every stage (at most 100 %)."""
    cycle: Needed
    """Factor on the speed: durations are divided by it."""
    coverage: float | None
    """Open pipeline / (target - closed) now."""
    coverage_needed: float | None
    """The same at which P(attain) = confidence, every open deal being larger (or smaller) in proportion, the leads to
    come as they are; None where no open pipeline does it."""


def solve_unknowns(pairs: PairedForecasts, model: Model, goal: Goal, target: float, confidence: float) -> Unknowns:
    """Solve for everything but the lead rate."""
    base = pairs.base
    value = np.sort(bookings(base, goal.index))
    n, unit = len(value), float(base.minor_units)
    low, high = order_interval(n, 1 - confidence)
    rank = n - 1 - quantile_rank(n, confidence)  # P(X >= target) >= confidence: as many trials above as that takes
    coverage, needed = _coverage(base, goal, target, confidence, model)
    return Unknowns(
        safe_target=float(value[rank]) / unit,
        safe_target_interval=(float(value[low]) / unit, float(value[high]) / unit),
        deal_size=_deal_size(base, goal, target, confidence),
        conversion=lever_needed(pairs, goal, lambda f: (shift("conversion", scale=f),), confidence, MOST_CONVERSION),
        cycle=lever_needed(pairs, goal, MOVES["speed"], confidence, FASTEST),
        coverage=coverage,
        coverage_needed=needed,
    )


def _deal_size(base: Forecast, goal: Goal, target: float, confidence: float) -> Needed:
    """Bookings are closed + factor x the rest: every trial tells its own factor, no search is needed."""
    closed = _closed(base, goal)
    gap = minor(target, float(base.minor_units)) - closed
    return _by_trial(np.full(base.trials, gap, dtype=np.int64), bookings(base, goal.index) - closed, confidence)


def _coverage(
    base: Forecast, goal: Goal, target: float, confidence: float, model: Model
) -> tuple[float | None, float | None]:
    unit = float(base.minor_units)
    missing = minor(target, unit) - _closed(base, goal)
    if missing <= 0:
        return None, None
    s, k = base.samples, goal.index
    open_ = s.open[0, k] if k < len(base.periods) else s.open[0].sum(axis=0)
    needed = _by_trial(minor(target, unit) - (bookings(base, k) - open_), np.asarray(open_), confidence)
    now = float(model.book.amount.sum()) * unit / missing
    return now, None if needed.factor is None else now * needed.factor


def _by_trial(gap: Ints, part: Ints, confidence: float) -> Needed:
    """Smallest factor with P(factor x part >= gap) >= confidence, from the factor of each trial."""
    n = len(part)
    with np.errstate(divide="ignore", invalid="ignore"):
        critical = np.sort(np.where(gap <= 0, 0.0, np.where(part > 0, gap / part, np.inf)))
    low, high = order_interval(n, confidence)
    factor = float(critical[quantile_rank(n, confidence)])
    p = float(np.isfinite(critical).mean())
    error = (p * (1 - p) / n) ** 0.5
    if not np.isfinite(factor):
        return Needed(False, None, None, Estimate(p, error), math.inf)
    error = (confidence * (1 - confidence) / n) ** 0.5
    bounds = float(critical[low]), float(critical[high])
    return Needed(True, factor, bounds, Estimate(confidence, error), factor)


def _closed(base: Forecast, goal: Goal) -> int:
    closed = base.samples.closed[0]
    return int(closed[goal.index] if goal.index < len(base.periods) else closed.sum())
