"""The other unknowns of a plan: what else would reach the target, if the leads stay as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.forecast.estimates import order_interval, quantile_rank
from simfunnel.forecast.forecast import Forecast
from simfunnel.funnel.model import Model
from simfunnel.planning.by_trial import critical_factors, needed_of_trials
from simfunnel.planning.differences import bookings, closed, minor, of_period
from simfunnel.planning.goal import Goal
from simfunnel.planning.needed import Question, assumption_needed
from simfunnel.planning.paired import PairedForecasts
from simfunnel.planning.search import Needed


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


def solve_unknowns(pairs: PairedForecasts, model: Model, goal: Goal, confidence: float) -> Unknowns:
    """Solve for everything but the lead rate."""
    base = pairs.base
    value = np.sort(bookings(base, goal.index))
    n, unit = len(value), float(base.minor_units)
    low, high = order_interval(n, 1 - confidence)
    rank = n - 1 - quantile_rank(n, confidence)  # P(X >= target) >= confidence: as many trials above as that takes
    coverage, needed = _coverage(base, goal, confidence, model)
    return Unknowns(
        safe_target=float(value[rank]) / unit,
        safe_target_interval=(float(value[low]) / unit, float(value[high]) / unit),
        deal_size=assumption_needed(pairs, Question("amount", goal, confidence)),
        conversion=assumption_needed(pairs, Question("conversion", goal, confidence)),
        cycle=assumption_needed(pairs, Question("duration", goal, confidence, inverse=True)),
        coverage=coverage,
        coverage_needed=needed,
    )


def _coverage(base: Forecast, goal: Goal, confidence: float, model: Model) -> tuple[float | None, float | None]:
    unit, k = float(base.minor_units), goal.index
    aim = minor(goal.amount, unit)
    missing = aim - closed(base, k)
    if missing <= 0:
        return None, None
    open_ = of_period(base.samples.open[0], k)
    critical = critical_factors(aim - (bookings(base, k) - open_), open_)
    needed = needed_of_trials(critical, confidence, 0.0, math.inf)
    now = float(model.book.amount.sum()) * unit / missing
    return now, None if needed.factor is None else now * needed.factor
