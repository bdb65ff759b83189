"""Lognormal, gamma and Weibull distributions (the exponential is the Weibull of shape 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.errors import InputError
from simfunnel.funnel.distributions.base import Distribution, special_functions
from simfunnel.funnel.distributions.normal import ndtr, ndtri

LARGEST_SD = 100.0
"""Of a factor of mean 1: half of all draws are below 0.01 then, and one in a thousand is the mean."""
Z90 = float(ndtri(0.9))


@dataclass(frozen=True)
class Lognormal(Distribution):
    """exp(mu + sigma Z)."""

    mu: float
    sigma: float

    @classmethod
    def from_mean_sd(cls, mean: float, sd: float) -> Lognormal:
        """Mean and sd of the variable itself."""
        variance = math.log1p((sd / mean) ** 2)
        return cls(math.log(mean) - variance / 2, math.sqrt(variance))

    @classmethod
    def from_median_p90(cls, median: float, p90: float) -> Lognormal:
        """Median and 90 % quantile."""
        return cls(math.log(median), math.log(p90 / median) / Z90)

    @property
    def mean(self) -> float:
        return math.exp(self.mu + self.sigma**2 / 2)

    @property
    def variance(self) -> float:
        return math.expm1(self.sigma**2) * self.mean**2

    def _z(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return (np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma

    def sf(self, x: Floats) -> Floats:
        return np.asarray(ndtr(-self._z(x)))

    def isf(self, v: Floats) -> Floats:
        return np.asarray(np.exp(self.mu - self.sigma * ndtri(v)))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(np.exp(self.mu + self.sigma * ndtri(u)))

    def partial_mean(self, x: Floats) -> Floats:
        return np.asarray(self.mean * ndtr(self._z(x) - self.sigma))

    def integrated_sf(self, x: Floats) -> Floats:
        z = self._z(x)  # the logarithm serves both parts
        return np.asarray(self.mean * ndtr(z - self.sigma) + x * ndtr(-z))


def level_lognormal(sd: float, mean: float = 1.0) -> Lognormal:
    """Lognormal factor of the given sd, that of the factor itself, and mean.

    Raises
    ------
    InputError
        If the sd is beyond what can be computed with, as after a shift.
    """
    if not sd <= LARGEST_SD:
        raise InputError(f"the sd of a factor of mean {mean:g} is {sd:.3g}; expected at most {LARGEST_SD:g}")
    return Lognormal.from_mean_sd(mean, sd)


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

    def sf(self, x: Floats) -> Floats:
        return np.asarray(special_functions().gammaincc(self.shape, np.maximum(x, 0.0) / self.scale))

    def isf(self, v: Floats) -> Floats:
        return np.asarray(self.scale * special_functions().gammainccinv(self.shape, v))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(self.scale * special_functions().gammaincinv(self.shape, u))

    def partial_mean(self, x: Floats) -> Floats:
        return np.asarray(self.mean * special_functions().gammainc(self.shape + 1, np.maximum(x, 0.0) / self.scale))


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
