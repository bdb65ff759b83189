"""Triangular distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution
from simfunnel.families.triangular import written


@dataclass(frozen=True)
class Triangular(Distribution):
    """Density rising from `low` to `mode`, then falling to `high`."""

    low: float
    mode: float
    high: float

    @property
    def mean(self) -> float:
        return (self.low + self.mode + self.high) / 3

    @property
    def variance(self) -> float:
        a, c, b = self.low, self.mode, self.high
        return (a * a + b * b + c * c - a * b - a * c - b * c) / 18

    @property
    def _below_mode(self) -> float:
        return (self.mode - self.low) / (self.high - self.low)

    def sf(self, x: Floats) -> Floats:
        a, c, b = self.low, self.mode, self.high
        x = np.clip(x, a, b)
        left = 1.0 - (x - a) ** 2 / ((b - a) * (c - a)) if c > a else np.ones(np.shape(x))
        right = (b - x) ** 2 / ((b - a) * (b - c)) if b > c else np.zeros(np.shape(x))
        beyond = x > c if c < b else np.zeros(np.shape(x), dtype=bool)
        return np.asarray(np.where(beyond, right, left))

    def isf(self, v: Floats) -> Floats:
        v = np.asarray(v, dtype=np.float64)
        a, c, b = self.low, self.mode, self.high
        right = b - np.sqrt(np.maximum(v, 0) * (b - a) * (b - c))
        left = a + np.sqrt(np.maximum(1 - v, 0) * (b - a) * (c - a))
        return np.asarray(np.where(v <= 1 - self._below_mode, right, left))

    def isf_low(self, u: Floats) -> Floats:
        u = np.asarray(u, dtype=np.float64)
        a, c, b = self.low, self.mode, self.high
        left = a + np.sqrt(u * (b - a) * (c - a))
        right = b - np.sqrt((1 - u) * (b - a) * (b - c))
        return np.asarray(np.where(u < self._below_mode, left, right))

    def partial_mean(self, x: Floats) -> Floats:
        a, c, b = self.low, self.mode, self.high
        x = np.clip(x, a, b)

        def rising(t: Floats) -> Floats:  # integral of s * 2 (s - a) / ((b - a)(c - a)) from a to t
            return 2 * ((t**3 - a**3) / 3 - a * (t**2 - a**2) / 2) / ((b - a) * (c - a))

        def falling(t: Floats) -> Floats:  # integral of s * 2 (b - s) / ((b - a)(b - c)) from c to t
            return 2 * (b * (t**2 - c**2) / 2 - (t**3 - c**3) / 3) / ((b - a) * (b - c))

        total = np.zeros(np.shape(x))
        if c > a:
            total = total + rising(np.minimum(x, c))
        if b > c:
            total = total + falling(np.maximum(x, c))
        return np.asarray(total)

    def kinks(self) -> Floats:
        return np.array([[1.0 - self._below_mode, self.mode]])


def build(parameters: written.Triangular) -> Triangular:
    """Build what the parameters describe."""
    return Triangular(parameters.low, parameters.mode, parameters.high)
