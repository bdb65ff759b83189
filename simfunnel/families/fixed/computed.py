"""A value that is always the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution
from simfunnel.families.fixed import written


@dataclass(frozen=True)
class Fixed(Distribution):
    """Always `value`."""

    steps: ClassVar[bool] = True

    value: float

    @property
    def mean(self) -> float:
        return self.value

    @property
    def variance(self) -> float:
        return 0.0

    def sf(self, x: Floats) -> Floats:
        return np.where(np.asarray(x) <= self.value, 1.0, 0.0)

    def isf(self, v: Floats) -> Floats:
        return np.full(np.shape(v), self.value)

    def isf_low(self, u: Floats) -> Floats:
        return np.full(np.shape(u), self.value)

    def partial_mean(self, x: Floats) -> Floats:
        return np.where(np.asarray(x) > self.value, self.value, 0.0)

    def atoms(self) -> tuple[Floats, Floats]:
        return np.array([self.value]), np.array([1.0])


def build(parameters: written.Fixed) -> Fixed:
    """Build what the parameters describe."""
    return Fixed(parameters.value)
