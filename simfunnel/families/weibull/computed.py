"""Weibull distributions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution, special_functions
from simfunnel.families.weibull import written


@dataclass(frozen=True)
class Weibull(Distribution):
    """P(X >= x) = exp(-(x / scale)^shape)."""

    shape: float
    scale: float

    @classmethod
    def from_mean_sd(cls, mean: float, sd: float) -> Weibull:
        """Mean and sd of the variable itself: the shape solves the coefficient of variation."""
        from scipy.optimize import brentq

        def gap(log_shape: float) -> float:
            k = math.exp(log_shape)
            log_ratio = special_functions().gammaln(1 + 2 / k) - 2 * special_functions().gammaln(1 + 1 / k)
            return float(log_ratio - math.log1p((sd / mean) ** 2))

        shape = math.exp(brentq(gap, math.log(0.03), math.log(1e6), xtol=1e-13))
        return cls(shape, mean / math.gamma(1 + 1 / shape))

    @classmethod
    def from_median_p90(cls, median: float, p90: float) -> Weibull:
        """Median and 90 % quantile."""
        shape = math.log(math.log(10) / math.log(2)) / math.log(p90 / median)
        return cls(shape, median / math.log(2) ** (1 / shape))

    @property
    def mean(self) -> float:
        return self.scale * math.gamma(1 + 1 / self.shape)

    @property
    def variance(self) -> float:
        return self.scale**2 * math.gamma(1 + 2 / self.shape) - self.mean**2

    @property
    def smooth_sd(self) -> float:
        return math.sqrt(self.variance)

    def _hazard(self, x: Floats) -> Floats:
        return np.asarray((np.maximum(x, 0.0) / self.scale) ** self.shape)

    def sf(self, x: Floats) -> Floats:
        return np.asarray(np.exp(-self._hazard(x)))

    def isf(self, v: Floats) -> Floats:
        return np.asarray(self.scale * (-np.log(v)) ** (1 / self.shape))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(self.scale * (-np.log1p(-np.asarray(u))) ** (1 / self.shape))

    def partial_mean(self, x: Floats) -> Floats:
        return np.asarray(self.mean * special_functions().gammainc(1 + 1 / self.shape, self._hazard(x)))


def build(parameters: written.Weibull) -> Weibull:
    """Build what the parameters describe, in each spelling."""
    a, b = parameters.given
    match parameters.spelling:
        case ("mean", "sd"):
            return Weibull.from_mean_sd(a, b)
        case ("median", "p90"):
            return Weibull.from_median_p90(a, b)
    return Weibull(a, b)
