"""Beta distributions on an interval: of uncertain rates, and of PERT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution, special_functions


@dataclass(frozen=True)
class Beta(Distribution):
    """Beta(alpha, beta) stretched from [0, 1] to [low, high]."""

    alpha: float
    beta: float
    low: float = 0.0
    high: float = 1.0

    @property
    def mean(self) -> float:
        return self.low + (self.high - self.low) * self.alpha / (self.alpha + self.beta)

    @property
    def variance(self) -> float:
        total = self.alpha + self.beta
        return (self.high - self.low) ** 2 * self.alpha * self.beta / (total * total * (total + 1))

    def _unit(self, x: Floats) -> Floats:
        return np.clip((np.asarray(x) - self.low) / (self.high - self.low), 0.0, 1.0)

    def sf(self, x: Floats) -> Floats:
        return np.asarray(special_functions().betainc(self.beta, self.alpha, 1.0 - self._unit(x)))

    def isf(self, v: Floats) -> Floats:
        return np.asarray(self.high - (self.high - self.low) * special_functions().betaincinv(self.beta, self.alpha, v))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(self.low + (self.high - self.low) * special_functions().betaincinv(self.alpha, self.beta, u))

    def partial_mean(self, x: Floats) -> Floats:
        unit = self._unit(x)
        inside = self.alpha / (self.alpha + self.beta) * special_functions().betainc(self.alpha + 1, self.beta, unit)
        below = special_functions().betainc(self.alpha, self.beta, unit)
        return np.asarray(self.low * below + (self.high - self.low) * inside)
