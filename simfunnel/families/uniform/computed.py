"""Uniform distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution
from simfunnel.families.uniform import written


@dataclass(frozen=True)
class Uniform(Distribution):
    """Equal density between `low` and `high`."""

    low: float
    high: float

    @property
    def mean(self) -> float:
        return 0.5 * (self.low + self.high)

    @property
    def variance(self) -> float:
        return (self.high - self.low) ** 2 / 12

    def sf(self, x: Floats) -> Floats:
        return np.clip((self.high - np.asarray(x)) / (self.high - self.low), 0.0, 1.0)

    def isf(self, v: Floats) -> Floats:
        return np.asarray(self.high - (self.high - self.low) * np.asarray(v))

    def isf_low(self, u: Floats) -> Floats:
        return np.asarray(self.low + (self.high - self.low) * np.asarray(u))

    def partial_mean(self, x: Floats) -> Floats:
        top = np.clip(x, self.low, self.high)
        return np.asarray((top**2 - self.low**2) / (2 * (self.high - self.low)))


def build(parameters: written.Uniform) -> Uniform:
    """Build what the parameters describe."""
    return Uniform(parameters.low, parameters.high)
