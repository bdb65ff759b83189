"""A distribution as the exact engine finds it: atoms, wherever they lie, and smooth mass on buckets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.distribution.buckets import Buckets

_SAME = 1e-9
"""Values closer than so many buckets are the same."""


@dataclass(frozen=True)
class Distributed:
    """Atoms, and smooth mass that is even over each bucket.

    Arrays of probabilities have one row for each row of weights of the nodes.
    """

    buckets: Buckets
    points: Floats
    """(V,) rising values of the atoms."""
    atoms: Floats
    """(R, V) their probabilities."""
    smooth: Floats
    """(R, size) mass between half a bucket below (the first: from 0 on) and half a bucket above each point."""

    @property
    def _tolerance(self) -> float:
        return _SAME * self.buckets.width

    @cached_property
    def _edges(self) -> Floats:
        """(size + 1,) edges between which smooth mass lies."""
        edges = self.buckets.width * (np.arange(self.buckets.size + 1) - 0.5)
        edges[0] = 0.0
        return np.asarray(edges, dtype=np.float64)

    @cached_property
    def _summed(self) -> tuple[Floats, Floats]:
        """Atoms before each (R, V + 1), and smooth mass before each edge (R, size + 1)."""
        first = np.zeros((len(self.atoms), 1))
        atoms, smooth = (np.concatenate([first, np.cumsum(x, axis=1)], axis=1) for x in (self.atoms, self.smooth))
        return atoms, smooth

    def reaches(self, value: float) -> Floats:
        """P(X >= value) by row; an atom at the value counts."""
        if value <= self._tolerance:
            return np.ones(len(self.atoms))
        first = int(np.searchsorted(self.points, value - self._tolerance))
        above = self.atoms[:, first:].sum(axis=1)  # from above, for the digits of small probabilities
        i = int(np.searchsorted(self._edges, value, side="right")) - 1
        if i < self.buckets.size:
            low, high = self._edges[i : i + 2]
            above = above + self.smooth[:, i] * ((high - value) / (high - low)) + self.smooth[:, i + 1 :].sum(axis=1)
        return np.asarray(np.clip(above, 0.0, 1.0))

    def below(self, values: Floats) -> Floats:
        """P(X <= value) by row: (R, values)."""
        values = np.maximum(np.asarray(values, dtype=np.float64), 0.0)
        atoms, smooth = self._summed
        counted = atoms[:, np.searchsorted(self.points, values + self._tolerance, side="right")]
        spread = np.stack([np.interp(values, self._edges, row) for row in smooth])
        return np.asarray(np.clip(counted + spread, 0.0, 1.0))

    @cached_property
    def _steps(self) -> tuple[Floats, Floats, Floats]:
        """Values at which the distribution function of the first row jumps or bends; what it is before and at each."""
        x = self.points
        if self.smooth[0].any():
            x = np.sort(np.concatenate([self._edges, x]), kind="stable")  # two runs: merged
        atoms, smooth = (rows[0] for rows in self._summed)
        spread = np.interp(x, self._edges, smooth)
        before = np.maximum.accumulate(atoms[np.searchsorted(self.points, x)] + spread)
        upto = np.maximum.accumulate(atoms[np.searchsorted(self.points, x, side="right")] + spread)
        return x, before, upto

    def quantiles(self, q: Floats) -> Floats:
        """Smallest x with P(X <= x) >= q, of the first row, for each q."""
        x, before, upto = self._steps
        goal = np.asarray(q) * (1.0 - 1e-12)
        i = np.minimum(np.searchsorted(upto, goal), len(x) - 1)
        last = np.maximum(i - 1, 0)
        rise = before[i] - upto[last]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where((before[i] >= goal) & (rise > 0), (goal - upto[last]) / rise, 1.0)
        return np.asarray(x[last] + np.clip(part, 0.0, 1.0) * (x[i] - x[last]))

    def quantile(self, q: float) -> float:
        """Smallest x with P(X <= x) >= q, of the first row."""
        return float(self.quantiles(np.array([q]))[0])

    def _means(self) -> Floats:
        """(size,) mean value of the smooth mass of each bucket."""
        return np.asarray(self.buckets.width * np.arange(self.buckets.size), dtype=np.float64)

    def shortfall(self, value: float) -> Floats:
        """E[max(0, value - X)] by row."""
        of_atoms = self.atoms @ np.maximum(value - self.points, 0.0)
        return np.asarray(of_atoms + self.smooth @ np.maximum(value - self._means(), 0.0))

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and variance by row."""
        mean = self.atoms @ self.points + self.smooth @ self._means()
        second = self.atoms @ self.points**2 + self.smooth @ self._means() ** 2
        return np.asarray(mean), np.asarray(second - mean**2)

    @property
    def reach(self) -> float:
        """Value from which everything starts again at 0: sums beyond it would be counted below."""
        return self.buckets.width * self.buckets.size


def on_points(buckets: Buckets, atoms: Floats, smooth: Floats) -> Distributed:
    """Give a distribution whose atoms (R, size) lie on the points of the grid."""
    points = np.asarray(buckets.width * np.arange(buckets.size), dtype=np.float64)
    return Distributed(buckets, points, atoms, smooth)
