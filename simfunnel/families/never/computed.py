"""A duration that never ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution
from simfunnel.families.never import written


@dataclass(frozen=True)
class Never(Distribution):
    """Infinity: the deal stays in its stage for good."""

    @property
    def mean(self) -> float:
        return math.inf

    @property
    def variance(self) -> float:
        return math.nan

    def sf(self, x: Floats) -> Floats:
        return np.ones(np.shape(x))

    def isf(self, v: Floats) -> Floats:
        return np.full(np.shape(v), math.inf)

    def isf_low(self, u: Floats) -> Floats:
        return np.full(np.shape(u), math.inf)

    def partial_mean(self, x: Floats) -> Floats:
        return np.zeros(np.shape(x))


def build(_: written.Never) -> Never:
    """Build the only one there is."""
    return Never()
