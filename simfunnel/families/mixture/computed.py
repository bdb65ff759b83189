"""A weighted mixture of distributions, atoms included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.families.build import build_distribution
from simfunnel.families.computed import Distribution
from simfunnel.families.mixture import written

_BISECTIONS = 90
_DEEPEST_TAIL = 2.0**-45


@dataclass(frozen=True, eq=False)
class Mixture(Distribution):
    """With probability `weights[i]` a draw of `components[i]`."""

    weights: tuple[float, ...]
    components: tuple[Distribution, ...]

    @property
    def mean(self) -> float:
        return sum(w * c.mean for w, c in zip(self.weights, self.components, strict=True))

    @property
    def variance(self) -> float:
        parts = zip(self.weights, self.components, strict=True)
        return sum(w * (c.variance + c.mean**2) for w, c in parts) - self.mean**2

    @property
    def smooth_sd(self) -> float:
        return min(c.smooth_sd for c in self.components)

    def sf(self, x: Floats) -> Floats:
        return np.asarray(sum(w * c.sf(x) for w, c in zip(self.weights, self.components, strict=True)))

    def _below(self, x: Floats) -> Floats:
        # P(X < x) without cancellation where it is small: 1 - sf of each part, weighted
        return np.asarray(sum(w * (1.0 - c.sf(x)) for w, c in zip(self.weights, self.components, strict=True)))

    def isf(self, v: Floats) -> Floats:
        v = np.asarray(v, dtype=np.float64)
        return self._bisect(lambda x: self.sf(x) >= v, v.shape)

    def isf_low(self, u: Floats) -> Floats:
        u = np.asarray(u, dtype=np.float64)
        return self._bisect(lambda x: self._below(x) <= u, u.shape)

    def _bisect(self, still_below, shape: tuple[int, ...]) -> Floats:  # type: ignore[no-untyped-def]
        low = np.zeros(shape)
        top = max(float(c.isf(np.array(_DEEPEST_TAIL))) for c in self.components)
        high = np.full(shape, top * (1 + 1e-12) + 1e-300)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            right = still_below(middle)
            low = np.where(right, middle, low)
            high = np.where(right, high, middle)
        # a root that is an atom is that atom exactly, not a neighbour of it
        values, _ = self.atoms()
        if len(values):
            nearest = values[np.argmin(np.abs(low[..., None] - values), axis=-1)]
            low = np.where(np.abs(low - nearest) <= 1e-9 * np.maximum(nearest, 1.0), nearest, low)
        return np.asarray(low)

    def partial_mean(self, x: Floats) -> Floats:
        return np.asarray(sum(w * c.partial_mean(x) for w, c in zip(self.weights, self.components, strict=True)))

    def atoms(self) -> tuple[Floats, Floats]:
        every = [c.atoms() for c in self.components]
        values = np.concatenate([v for v, _ in every])
        masses = np.concatenate([w * p for w, (_, p) in zip(self.weights, every, strict=True)])
        distinct, where = np.unique(values, return_inverse=True)
        return distinct, np.bincount(where, weights=masses, minlength=len(distinct)).astype(np.float64)

    def kinks(self) -> Floats:
        # the support's gaps and the components' own kinks show as jumps or plateaus of the mixture at these values
        edges = [c.kinks()[:, 1] for c in self.components]
        edges += [
            np.array([float(c.isf(np.array(1.0))), float(c.isf(np.array(_DEEPEST_TAIL)))]) for c in self.components
        ]
        x = np.unique(np.concatenate([*edges, self.atoms()[0]]))
        x = x[np.isfinite(x)]
        before, after = self.sf(x), self.sf(np.nextafter(x, np.inf))
        # at each value: the survival just before and just after it, then the next value of the support
        points = [np.column_stack([before, x]), np.column_stack([after, x])]
        inside = (after > 0) & (after < 1)
        resumed = self.isf(after[inside] * (1 - 1e-15))
        jump = resumed > x[inside] * (1 + 1e-9) + 1e-12
        points.append(np.column_stack([after[inside][jump], resumed[jump]]))
        stacked = np.unique(np.vstack(points), axis=0)
        return stacked[np.lexsort((stacked[:, 1], -stacked[:, 0]))]


def build(parameters: written.Mixture) -> Distribution:
    """Build what the parameters describe; a single part is itself."""
    parts = tuple(build_distribution(c.distribution) for c in parameters.components)
    if len(parts) == 1:
        return parts[0]
    total = sum(c.weight for c in parameters.components)
    return Mixture(tuple(c.weight / total for c in parameters.components), parts)
