"""Hazards from created and closed alone: what a model without stages knows."""

from __future__ import annotations

import numpy as np
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.backtesting.baselines.draws import normals, of_sum, past_errors
from simfunnel.backtesting.origin import DRAWS, Origin

LEAST_ERRORS, DEFAULT_SD = 4, 0.12
"""Past errors below which their sd is not believed, and the one taken then."""
FACTORS = np.exp(np.linspace(-1.5, 1.5, 31))
"""Of the odds: where mean and variance of the open deals are worked out."""


def two_dates(origin: Origin) -> Floats:
    """Open deals by their age, new ones at the inflow of late, all of them independent."""
    (found, _), rng = origin.two_dates, origin.random("two_dates")
    return of_sum(found.opened.mean, found.opened.variance, rng) + of_sum(found.new_mean, found.new_variance, rng)


def two_dates_factor(origin: Origin) -> Floats:
    """The same with one gamma factor, on the odds of open deals and the number of new, as spread as past errors."""
    (found, opened), rng = origin.two_dates, origin.random("two_dates_factor")
    errors = past_errors(origin, lambda earlier: origin.past.two_dates(earlier.day, earlier.days).mean)
    sd = float(np.std(errors)) if len(errors) >= LEAST_ERRORS else DEFAULT_SD
    sd = max(sd, 1e-3)
    factor = rng.permutation(stats.gamma.ppf((np.arange(DRAWS) + 0.5) / DRAWS, 1 / sd**2, scale=sd**2))
    at = np.log(np.clip(factor, FACTORS[0], FACTORS[-1]))
    chance = opened.chance * FACTORS[:, None]
    chance = chance / (1 - opened.chance + chance)
    mean = np.interp(at, np.log(FACTORS), chance @ opened.amount)
    variance = np.interp(at, np.log(FACTORS), (chance * (1 - chance)) @ opened.amount**2)
    of_open = np.maximum(mean + np.sqrt(variance) * normals(rng), 0.0)
    return np.asarray(of_open + of_sum(found.new_mean, found.new_variance, rng, factor))
