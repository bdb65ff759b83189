"""Lognormal distributions, and factors of mean 1 that are one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.errors import InputError
from simfunnel.families.computed import Distribution
from simfunnel.families.lognormal import written
from simfunnel.families.normal import ndtr, ndtri

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

    @property
    def smooth_sd(self) -> float:
        return math.sqrt(self.variance)

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


def build(parameters: written.Lognormal) -> Lognormal:
    """Build what the parameters describe, in each spelling."""
    a, b = parameters.given
    match parameters.spelling:
        case ("mean", "sd"):
            return Lognormal.from_mean_sd(a, b)
        case ("median", "p90"):
            return Lognormal.from_median_p90(a, b)
    return Lognormal(a, b)
