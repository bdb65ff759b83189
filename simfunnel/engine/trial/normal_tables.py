"""The normal distribution as tables, for win probabilities that change with every deal and trial.

Phi((Phi^-1(w) + factor) / sqrt(1 - correlated)) costs a logarithm and an exponential when it is computed, two look-ups
when it is read. The quantile comes from a quantile table (relative tail error below 1e-5), the distribution function
from straight lines between 8,193 knots (error below 3e-7).
"""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.draws.quantiles import quantile
from simfunnel.engine.jit import inline
from simfunnel.engine.trial.shared import FACTOR_RANGE
from simfunnel.funnel.distributions.base import Distribution
from simfunnel.funnel.distributions.normal import ndtr, ndtri
from simfunnel.funnel.quantile_tables import QuantileTables, pack_tables

_CDF_KNOTS = 8193
_MIDDLE_KNOTS = 8193
MIDDLE_LOW = 1.0 / 64.0
"""Between this and 1 minus this the quantile is also tabulated at equal steps: straight lines, error below 3e-6."""
MIDDLE_PER_UNIT = (_MIDDLE_KNOTS - 1) / (1.0 - 2.0 * MIDDLE_LOW)


class NormalTables(NamedTuple):
    """Quantile table 0 and the distribution function of the standard normal."""

    quantile: QuantileTables
    cdf: Floats
    reach: float
    """The distribution function is tabulated over +-reach."""
    per_unit: float
    """Knots per unit."""
    middle: Floats
    """Phi^-1 at equal steps from MIDDLE_LOW to 1 - MIDDLE_LOW: for loops that must not branch."""


class _StandardNormal(Distribution):
    """The standard normal, for its quantile table only."""

    @property
    def mean(self) -> float:
        return 0.0

    @property
    def variance(self) -> float:
        return 1.0

    def sf(self, x: Floats) -> Floats:
        return np.asarray(ndtr(-np.asarray(x)))

    def isf(self, v: Floats) -> Floats:
        return np.asarray(-ndtri(v))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(ndtri(u))

    def partial_mean(self, x: Floats) -> Floats:
        return np.asarray(-np.exp(-0.5 * np.asarray(x) ** 2) / math.sqrt(2 * math.pi))


@cache
def normal_tables() -> NormalTables:
    """Tabulate the standard normal, once."""
    reach = FACTOR_RANGE
    cdf = np.ascontiguousarray(ndtr(np.linspace(-reach, reach, _CDF_KNOTS)))
    middle = np.ascontiguousarray(ndtri(np.linspace(MIDDLE_LOW, 1.0 - MIDDLE_LOW, _MIDDLE_KNOTS)))
    return NormalTables(pack_tables([_StandardNormal()]), cdf, reach, (_CDF_KNOTS - 1) / (2 * reach), middle)


@inline
def tabulated_given_factors(normal: NormalTables, w: float, factor: float, correlated: float) -> float:
    """Win probability given the factors, like `given_factors`, from tables."""
    if correlated == 0.0 or w <= 0.0 or w >= 1.0:
        return w
    # the table holds the upper quantile, -Phi^-1(w)
    z = (factor - quantile(normal.quantile, 0, w)) / math.sqrt(1.0 - correlated)
    at = min(max((z + normal.reach) * normal.per_unit, 0.0), len(normal.cdf) - 1.001)
    knot = int(at)
    return normal.cdf[knot] + (at - knot) * (normal.cdf[knot + 1] - normal.cdf[knot])
