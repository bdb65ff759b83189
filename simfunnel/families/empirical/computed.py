"""Distributions read off data: the step ECDF of a list of values, and a table of quantiles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution
from simfunnel.families.empirical import written
from simfunnel.families.fixed.computed import Fixed


@dataclass(frozen=True, eq=False)
class StepECDF(Distribution):
    """Each of the observed values with its share of the observations."""

    piecewise_linear: ClassVar[bool] = True
    steps: ClassVar[bool] = True

    values: Floats
    """Distinct values, rising."""
    survival: Floats
    """P(X >= value)."""

    @classmethod
    def of(cls, observations: Sequence[float]) -> StepECDF:
        """Distribution of a list of observations, in any order."""
        values, counts = np.unique(np.asarray(observations, dtype=np.float64), return_counts=True)
        at_least = np.cumsum(counts[::-1])[::-1]
        return cls(values, at_least / at_least[0])

    @property
    def probabilities(self) -> Floats:
        """P(X = value)."""
        return -np.diff(np.append(self.survival, 0.0))

    @property
    def mean(self) -> float:
        return float(self.values @ self.probabilities)

    @property
    def variance(self) -> float:
        return float((self.values - self.mean) ** 2 @ self.probabilities)

    def sf(self, x: Floats) -> Floats:
        index = np.searchsorted(self.values, x, side="left")
        return np.append(self.survival, 0.0)[index]

    def isf(self, v: Floats) -> Floats:
        # the last value whose survival is at least v
        index = np.searchsorted(-self.survival, -np.asarray(v), side="right") - 1
        return np.asarray(self.values[np.maximum(index, 0)])

    def isf_low(self, u: Floats) -> Floats:
        return self.isf(1.0 - np.asarray(u))

    def partial_mean(self, x: Floats) -> Floats:
        sums = np.append(0.0, np.cumsum(self.values * self.probabilities))
        return np.asarray(sums[np.searchsorted(self.values, x, side="left")])

    def atoms(self) -> tuple[Floats, Floats]:
        return self.values, self.probabilities

    def kinks(self) -> Floats:
        inner = self.survival[1:]
        return np.column_stack([np.repeat(inner, 2), np.column_stack([self.values[:-1], self.values[1:]]).ravel()])


@dataclass(frozen=True, eq=False)
class QuantileTable(Distribution):
    """Quantiles with straight lines between them, from 0 below the first.

    Above the last one the tail is exponential with the log-survival slope of the last two points, unless the
    quantile of probability 1 is given. Two probabilities with one value make an atom, two values with one
    probability a gap.
    """

    piecewise_linear: ClassVar[bool] = True

    values: Floats
    """Quantiles, rising, with 0 first."""
    survival: Floats
    """1 - probability of each, falling, with 1 first."""

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]]) -> QuantileTable:
        """From pairs (probability, value), both rising."""
        values = np.array([0.0] + [value for p, value in points if (p, value) != (0, 0)])
        survival = np.array([1.0] + [1.0 - p for p, value in points if (p, value) != (0, 0)])
        return cls(values, survival)

    @property
    def tail_rate(self) -> float:
        """Hazard above the last quantile; infinite where the distribution ends there."""
        s0, s1 = self.survival[-2:]
        x0, x1 = self.values[-2:]
        return math.inf if s1 <= 0 or x1 <= x0 else (math.log(s0) - math.log(s1)) / (x1 - x0)

    @property
    def mean(self) -> float:
        widths = np.diff(self.values)
        body = float(np.sum(widths * 0.5 * (self.survival[1:] + self.survival[:-1])))
        return body + float(self.survival[-1]) / self.tail_rate

    @property
    def variance(self) -> float:
        # E[X^2] = integral of 2 x S(x): S is linear on each piece, exponential in the tail
        x0, x1, s0, s1 = self.values[:-1], self.values[1:], self.survival[:-1], self.survival[1:]
        width = x1 - x0
        body = np.sum(width * (x0 * s0 + x1 * s1) * 2 / 3 + width * (x0 * s1 + x1 * s0) / 3)
        rate, last, end = self.tail_rate, float(self.values[-1]), float(self.survival[-1])
        tail = 2 * end * (last / rate + 1 / rate**2)
        return max(float(body) + tail - self.mean**2, 0.0)  # of a single atom rounding alone is left

    def sf(self, x: Floats) -> Floats:
        x = np.asarray(x, dtype=np.float64)
        start, width, survival, fall = self._pieces
        piece = np.searchsorted(self.values, x, side="left")
        found = np.asarray(survival[piece] - fall[piece] * (x - start[piece]) / width[piece])
        above = x > self.values[-1]
        if math.isfinite(self.tail_rate) and above.any():
            found[above] = self.survival[-1] * np.exp(-self.tail_rate * (x[above] - self.values[-1]))
        return found

    @cached_property
    def _pieces(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Start, width, survival at the start and fall of each piece: below the first value, between, above the last.

        An atom falls at its value, so that it is still whole there; it has no width, and is given one.
        """
        width, fall = np.diff(self.values), -np.diff(self.survival)
        flat = width <= 0
        width[flat], fall[flat] = 1.0, 0.0
        return (
            np.concatenate([[0.0], self.values[:-1], [0.0]]), np.concatenate([[1.0], width, [1.0]]),
            np.concatenate([[1.0], self.survival[:-1], [0.0]]), np.concatenate([[0.0], fall, [0.0]]),
        )  # fmt: skip

    def isf(self, v: Floats) -> Floats:
        v = np.asarray(v, dtype=np.float64)
        inside = np.interp(-v, -self.survival, self.values)
        if not math.isfinite(self.tail_rate):
            return np.asarray(inside)
        with np.errstate(divide="ignore"):
            tail = self.values[-1] + np.log(self.survival[-1] / v) / self.tail_rate
        return np.asarray(np.where(v < self.survival[-1], tail, inside))

    def isf_low(self, u: Floats) -> Floats:
        u = np.asarray(u, dtype=np.float64)
        reached = 1.0 - self.survival[1]
        if reached <= 0:
            return np.asarray(self.isf(1.0 - u))
        return np.asarray(np.where(u < reached, self.values[1] * u / reached, self.isf(1.0 - u)))

    def partial_mean(self, x: Floats) -> Floats:
        return self.integrated_sf(x) - np.asarray(x) * self.sf(x)

    def integrated_sf(self, x: Floats) -> Floats:
        x = np.maximum(np.asarray(x, dtype=np.float64), 0.0)
        areas = np.diff(self.values) * 0.5 * (self.survival[1:] + self.survival[:-1])
        sums = np.append(0.0, np.cumsum(areas))
        left = np.clip(np.searchsorted(self.values, x, side="right") - 1, 0, len(self.values) - 1)
        start = self.values[left]
        inside = sums[left] + (x - start) * 0.5 * (self.survival[left] + self.sf(x))
        rate = self.tail_rate
        tail = 0.0 if not math.isfinite(rate) else -np.expm1(-rate * np.maximum(x - self.values[-1], 0)) / rate
        return np.asarray(np.where(x > self.values[-1], sums[-1] + self.survival[-1] * tail, inside))

    def atoms(self) -> tuple[Floats, Floats]:
        flat = np.flatnonzero(np.diff(self.values) == 0)
        values, where = np.unique(self.values[flat], return_inverse=True)
        weights = self.survival[flat] - self.survival[flat + 1]
        mass = np.bincount(where, weights=weights, minlength=len(values)).astype(np.float64)
        if not math.isfinite(self.tail_rate) and self.survival[-1] > 0:  # the tail above a flat end
            last = np.flatnonzero(values == self.values[-1])
            mass[last] += self.survival[-1]
        return values, mass

    def kinks(self) -> Floats:
        return np.column_stack([self.survival, self.values])


def build(parameters: written.Empirical) -> Distribution:
    """Build what the parameters describe: one observation alone is a fixed value."""
    if parameters.values is None:
        return QuantileTable.of(parameters.points)
    observations = StepECDF.of(parameters.values)
    return observations if len(observations.values) > 1 else Fixed(float(observations.values[0]))
