"""Gamma distributions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution, special_functions
from simfunnel.families.gamma import written


@dataclass(frozen=True)
class Gamma(Distribution):
    """Gamma with the given shape and scale."""

    shape: float
    scale: float

    @classmethod
    def from_mean_sd(cls, mean: float, sd: float) -> Gamma:
        """Mean and sd of the variable itself."""
        return cls((mean / sd) ** 2, sd * sd / mean)

    @classmethod
    def from_median_p90(cls, median: float, p90: float) -> Gamma:
        """Median and 90 % quantile: the shape solves their ratio."""
        from scipy.optimize import brentq

        def gap(log_shape: float) -> float:
            k = math.exp(log_shape)
            return math.log(
                special_functions().gammaincinv(k, 0.9) / special_functions().gammaincinv(k, 0.5)
            ) - math.log(p90 / median)

        shape = math.exp(brentq(gap, math.log(0.02), math.log(1e7), xtol=1e-13))
        return cls(shape, median / float(special_functions().gammaincinv(shape, 0.5)))

    @property
    def mean(self) -> float:
        return self.shape * self.scale

    @property
    def variance(self) -> float:
        return self.shape * self.scale**2

    @property
    def smooth_sd(self) -> float:
        return math.sqrt(self.variance)

    def sf(self, x: Floats) -> Floats:
        return np.asarray(special_functions().gammaincc(self.shape, np.maximum(x, 0.0) / self.scale))

    def isf(self, v: Floats) -> Floats:
        return np.asarray(self.scale * special_functions().gammainccinv(self.shape, v))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(self.scale * special_functions().gammaincinv(self.shape, u))

    def partial_mean(self, x: Floats) -> Floats:
        return np.asarray(self.mean * special_functions().gammainc(self.shape + 1, np.maximum(x, 0.0) / self.scale))


def build(parameters: written.Gamma) -> Gamma:
    """Build what the parameters describe, in each spelling."""
    a, b = parameters.given
    match parameters.spelling:
        case ("mean", "sd"):
            return Gamma.from_mean_sd(a, b)
        case ("median", "p90"):
            return Gamma.from_median_p90(a, b)
    return Gamma(a, b)
