"""What the last window brought, or that of a year before."""

from __future__ import annotations

import datetime as dt

from simfunnel.arrays import Bools, Floats
from simfunnel.backtesting.baselines.draws import error_factor, of_sum
from simfunnel.backtesting.origin import Origin
from simfunnel.estimation.present import TINY
from simfunnel.history.history import DAY

YEAR = 365
LEAST_SEEN = 0.2
"""Share of a window that counts as seen where less of it was: a rate from less is not believed."""


def run_rate(origin: Origin) -> Floats:
    """The window before, spread as a Poisson number of its amounts."""
    won = _window_before(origin)
    variance = float((origin.known.amount[won] ** 2).sum())
    return of_sum(run_rate_mean(origin, origin), variance, origin.random("run_rate"))


def run_rate_spread(origin: Origin) -> Floats:
    """The window before, spread as it missed its successors in the past."""
    rng = origin.random("run_rate_spread")
    factor = error_factor(origin, lambda earlier: run_rate_mean(earlier, origin), rng)
    mean = run_rate_mean(origin, origin)
    return of_sum(mean, mean * origin.known.won_square / max(origin.known.won_mean, TINY), rng, factor)


def seasonal(origin: Origin) -> Floats | None:
    """The same days a year before, spread as a Poisson number of their amounts; None where they were not seen."""
    first = origin.day - dt.timedelta(days=YEAR)
    if origin.past.history.midnight(first) / DAY < origin.standing.first:
        return None
    amounts = origin.known.amount[origin.won_from(first)]
    return of_sum(float(amounts.sum()), float((amounts**2).sum()), origin.random("seasonal"))


def run_rate_mean(origin: Origin, knower: Origin) -> float:
    """What the window before an origin brought, as known at another, scaled up where it was seen in part only."""
    seen = min(origin.start - knower.standing.first, origin.days) / origin.days
    return knower.known.value(_window_before(origin, knower)) / max(seen, LEAST_SEEN)


def _window_before(origin: Origin, knower: Origin | None = None) -> Bools:
    return (knower or origin).won_from(origin.day - dt.timedelta(days=origin.days))
