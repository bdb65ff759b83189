"""Hazards from created and closed alone: what a model without stages knows."""

from __future__ import annotations

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.backtesting.baselines.draws import normals, of_sum, past_errors
from simfunnel.backtesting.origin import DRAWS, Origin
from simfunnel.estimation.hindcast import Hindcast

LEAST_ERRORS, DEFAULT_SD = 4, 0.12
"""Past errors below which their sd is not believed, and the one taken then."""
FACTORS = np.exp(np.linspace(-1.5, 1.5, 31))
"""Of the odds: where mean and variance of the open deals are worked out."""


def two_dates(origin: Origin) -> Floats:
    """Open deals by their age, new ones at the inflow of late, all of them independent."""
    found, rng = _now(origin), origin.random("two_dates")
    return of_sum(found.open_mean, found.open_variance, rng) + of_sum(found.new_mean, found.new_variance, rng)


def two_dates_factor(origin: Origin) -> Floats:
    """The same with one gamma factor, on the odds of open deals and the number of new, as spread as past errors."""
    found, rng = _now(origin), origin.random("two_dates_factor")
    errors = past_errors(origin, lambda earlier: _now(earlier).mean)
    sd = float(np.std(errors)) if len(errors) >= LEAST_ERRORS else DEFAULT_SD
    sd = max(sd, 1e-3)
    factor = rng.permutation(stats.gamma.ppf((np.arange(DRAWS) + 0.5) / DRAWS, 1 / sd**2, scale=sd**2))
    chance = found.chance * FACTORS[:, None]
    chance = chance / (1 - found.chance + chance)
    at = np.log(np.clip(factor, FACTORS[0], FACTORS[-1]))
    mean = np.interp(at, np.log(FACTORS), chance @ found.amount)
    variance = np.interp(at, np.log(FACTORS), (chance * (1 - chance)) @ found.amount**2)
    opened = np.maximum(mean + np.sqrt(variance) * normals(rng), 0.0)
    return np.asarray(opened + of_sum(found.new_mean, found.new_variance, rng, factor))


def _now(origin: Origin) -> Hindcast:
    return origin.past.two_dates(origin.day, origin.days)
