"""What is made of a distribution: another unit, some days more or less, the age at which a steady flow is found."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.computed import Distribution

_MOST_STEPS = 80
"""Of a search by halves, which ends where no numbers are left between its bounds."""
_CLOSE = 1e-14
_ROUNDING = 2.0**-52


@dataclass(frozen=True)
class Scaled(Distribution):
    """`factor` x X, for a factor > 0."""

    base: Distribution
    factor: float

    @property
    def mean(self) -> float:
        return self.factor * self.base.mean

    @property
    def variance(self) -> float:
        return self.factor**2 * self.base.variance

    @property
    def smooth_sd(self) -> float:
        return self.factor * self.base.smooth_sd

    def sf(self, x: Floats) -> Floats:
        return self.base.sf(np.asarray(x) / self.factor)

    def isf(self, v: Floats) -> Floats:
        return self.factor * self.base.isf(v)

    def isf_low(self, u: Floats) -> Floats:
        return self.factor * self.base.isf_low(u)

    def partial_mean(self, x: Floats) -> Floats:
        return self.factor * self.base.partial_mean(np.asarray(x) / self.factor)

    def atoms(self) -> tuple[Floats, Floats]:
        values, probabilities = self.base.atoms()
        return self.factor * values, probabilities

    def kinks(self) -> Floats:
        return np.asarray(self.base.kinks() * np.array([1.0, self.factor]))


@dataclass(frozen=True)
class Shifted(Distribution):
    """max(0, X + `days`): what `add` makes of a distribution."""

    base: Distribution
    days: float

    @property
    def mean(self) -> float:
        if self.days >= 0:
            return self.base.mean + self.days
        # E[max(0, X - c)] = E[X] - E[min(X, c)]
        return self.base.mean - float(self.base.integrated_sf(np.array(-self.days)))

    @property
    def variance(self) -> float:
        if self.days >= 0:
            return self.base.variance
        from scipy.integrate import quad

        second, _ = quad(lambda x: 2 * x * float(self.sf(np.array(x))), 0, float(self.isf(np.array(1e-15))), limit=500)
        return float(second) - self.mean**2

    def sf(self, x: Floats) -> Floats:
        x = np.asarray(x, dtype=np.float64)
        return np.where(x <= 0, 1.0, self.base.sf(np.maximum(x - self.days, 0.0)))

    def isf(self, v: Floats) -> Floats:
        return np.maximum(self.base.isf(v) + self.days, 0.0)

    def isf_low(self, u: Floats) -> Floats:
        return np.maximum(self.base.isf_low(u) + self.days, 0.0)

    def partial_mean(self, x: Floats) -> Floats:
        # E[Y; Y < x] = E[X; c' <= X < x - d] + d P(c' <= X < x - d), with c' = max(0, -d)
        x = np.asarray(x, dtype=np.float64)
        low = np.array(max(0.0, -self.days))
        high = np.maximum(x - self.days, low)
        part = self.base.partial_mean(high) - self.base.partial_mean(low)
        return np.where(x <= 0, 0.0, part + self.days * (self.base.sf(low) - self.base.sf(high)))

    def atoms(self) -> tuple[Floats, Floats]:
        values, probabilities = self.base.atoms()
        moved = values + self.days
        kept = moved > 0
        # P(X <= -days), an atom of the base at -days itself included
        at_zero = 1.0 - float(self.base.sf(np.array(np.nextafter(-self.days, math.inf)))) if self.days < 0 else 0.0
        if at_zero <= 0:
            return moved[kept | (moved == 0)], probabilities[kept | (moved == 0)]
        return np.append(0.0, moved[kept]), np.append(at_zero, probabilities[kept])

    def kinks(self) -> Floats:
        points = self.base.kinks() + np.array([0.0, self.days])
        points[:, 1] = np.maximum(points[:, 1], 0.0)
        if self.days >= 0:
            return np.asarray(points)
        edge = float(self.base.sf(np.array(-self.days)))
        points = np.vstack([points, [[edge, 0.0]]])
        return points[np.lexsort((points[:, 1], -points[:, 0]))]


@dataclass(frozen=True)
class Equilibrium(Distribution):
    """Age (and remaining time) of a duration found in steady state: density P(D >= x) / E[D].

    A duration that is always 0 is never found; its equilibrium is taken as 0. Source: Cox, Renewal Theory (1962), 5.2.
    """

    base: Distribution

    @property
    def piecewise_linear(self) -> bool:  # type: ignore[override]
        """Between the atoms of a step distribution the density is constant."""
        return self.base.steps

    @property
    def mean(self) -> float:
        m = self.base.mean
        return (self.base.variance + m * m) / (2 * m) if m > 0 else 0.0

    @property
    def variance(self) -> float:
        return math.nan  # never asked for

    def sf(self, x: Floats) -> Floats:
        m = self.base.mean
        if m <= 0:
            return np.where(np.asarray(x) <= 0, 1.0, 0.0)
        return np.clip(1.0 - self.base.integrated_sf(np.maximum(x, 0.0)) / m, 0.0, 1.0)

    def isf(self, v: Floats) -> Floats:
        return self._invert(np.asarray(v, dtype=np.float64), upper=True)

    def isf_low(self, u: Floats) -> Floats:
        return self._invert(np.asarray(u, dtype=np.float64), upper=False)

    def _invert(self, p: Floats, *, upper: bool) -> Floats:
        m = self.base.mean
        if m <= 0:
            return np.zeros(p.shape)
        if self.base.steps:
            x = np.concatenate([[0.0], self.base.atoms()[0]])
            rising = self.base.integrated_sf(x) / m
            return np.asarray(np.interp(1.0 - p if upper else p, rising, x))
        low = np.zeros(p.shape)
        high = np.full(p.shape, float(self.base.isf(np.array(2.0**-45))) + 1e-9)
        x = 0.5 * high
        # Newton's steps within the bracket, in the upper tail on its logarithm, which is nearly straight there; a half
        # of the bracket where a step leaves it, as at a kink
        for _ in range(_MOST_STEPS):
            done, slope = self.base.integrated_sf(x) / m, self.base.sf(x) / m
            rest = 1.0 - done
            right = rest > p if upper else done < p
            low, high = np.where(right, x, low), np.where(right, high, x)
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                step = rest / slope * np.log(rest / p) if upper else (p - done) / slope
            inside = (x + step > low) & (x + step < high)
            found = np.where(inside, x + step, 0.5 * (low + high))
            # the upper tail is a difference from 1: nearer than its rounding nothing can be told
            known = np.abs(rest - p) <= _ROUNDING if upper else done == p
            settled = known | (np.abs(found - x) <= _CLOSE * x)
            x = np.where(known, x, found)
            if settled.all():
                break
        return np.asarray(x)

    def kinks(self) -> Floats:
        x = np.unique(np.concatenate([self.base.kinks()[:, 1], self.base.atoms()[0]]))
        v = self.sf(x)
        inside = (v > 0) & (v < 1)
        return np.column_stack([v[inside], x[inside]])

    def partial_mean(self, x: Floats) -> Floats:
        raise TypeError("the equilibrium distribution is only sampled, never integrated")
