"""Transforms of drawn amounts on a grid: how each is made, and how fast they fall."""

from __future__ import annotations

import math
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Complex, Floats, Ints
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.transforms.amounts import Amounts
from simfunnel.engine.exact.transforms.characteristic import OnGrid, on_grid
from simfunnel.funnel.distributions import Distribution

LEVEL_NODES = 65
_FFT_COST = 4.0
"""Of a transform of the whole grid, per point and level, in values of one amount at one frequency."""
_ALL_SAMPLED = 512
"""Lowest frequencies, at all of which the fall of a transform is looked at; from there on in steps of a share."""
_SAMPLED_STEP = 0.02


class Levelled(NamedTuple):
    """Values (LEVEL_NODES, J) of a smooth amount at levels equally spaced in their log."""

    low: float
    high: float
    """Logs of the least and the largest level."""
    rows: Complex


class _Law(NamedTuple):
    """A smooth law at some scales: one, or one for each node of its level."""

    distribution: Distribution
    scales: Floats
    table: OnGrid | None
    """None where the law is laid out on the grid itself."""


class Transforms:
    """Transforms of the amounts of a part on a grid of buckets."""

    def __init__(self, amounts: Amounts, buckets: Buckets) -> None:
        self.amounts, self.buckets = amounts, buckets
        self.atoms: dict[int, tuple[Floats, Floats]] = {}
        """Values, and their probabilities, of amounts without a level that take a few whole values only."""
        self.moved: dict[int, tuple[Floats, Floats]] = {}
        """The same of amounts with a level that take a few values only."""
        self._laws: dict[int, _Law] = {}
        self._laid_out: dict[int, Complex] = {}
        for here, d in amounts.drawn():
            for i in np.flatnonzero(here).tolist():
                if amounts.whole[i]:
                    self.atoms[i] = amounts.values(i)
                elif amounts.few[i] and amounts.level[i] >= 0:
                    self.moved[i] = amounts.values(i)
                else:
                    scales = amounts.scale[i] * self._levels(i)
                    table = on_grid(d, buckets, float(scales[0]), float(scales[-1]))
                    self._laws[i] = _Law(d, scales, table)

    def _levels(self, i: int) -> Floats:
        if self.amounts.level[i] < 0:
            return np.ones(1)
        low, high = self.amounts.level_range(int(self.amounts.level[i]))
        return np.geomspace(low, high, LEVEL_NODES) if high > low else np.full(LEVEL_NODES, low)

    def rows(self, i: int, at: Ints) -> Complex:
        """(scales, J) transforms of a drawn amount at rising frequencies: one, or one for each node of its level."""
        law = self._laws.get(i)
        if law is not None and law.table is not None:
            return np.stack([law.table.read(x, at) for x in law.scales.tolist()])
        if i not in self._laid_out:
            if law is None:
                found = self.buckets.points_transform(*self.atoms[i])[None]
            else:
                laws = [self.buckets.distribution_transform(law.distribution, x) for x in law.scales.tolist()]
                found = np.stack(laws)
            self._laid_out[i] = found
        return np.asarray(self._laid_out[i][:, at])

    def at(self, at: Ints) -> AtFrequencies:
        """Give what is needed at rising frequencies."""
        return AtFrequencies(self, at)

    @cached_property
    def _sampled(self) -> Ints:
        """Frequencies at which the fall of smooth laws is looked at: the first and the last are among them."""
        last = self.buckets.frequencies - 1
        first = np.arange(min(_ALL_SAMPLED, last + 1))
        if last < _ALL_SAMPLED:
            return first
        steps = math.ceil(math.log(last / _ALL_SAMPLED) / math.log1p(_SAMPLED_STEP))
        return np.unique(np.concatenate([first, np.rint(np.geomspace(_ALL_SAMPLED, last, steps + 1)).astype(np.int64)]))

    @cached_property
    def _falls(self) -> tuple[Ints, Floats]:
        """Amounts of smooth laws, and the least 1 - Re of their transforms at the sampled frequencies."""
        which = np.array(sorted(self._laws), dtype=np.int64)
        falls = np.zeros((len(which), len(self._sampled)))
        for row, i in enumerate(which.tolist()):
            falls[row] = np.maximum(np.min(1.0 - self.rows(i, self._sampled).real, axis=0), 0.0)
        return which, falls

    def decay(self, weight: Floats) -> Floats:
        """(frequencies,) sum over amounts of weight x (1 - Re of the transform), hardly ever more than it is.

        Fixed amounts and those of a few values are laid out and transformed together. Smooth laws are looked at where
        they are sampled, and between two such frequencies taken as they are at the lower of the two. Nothing is said
        of atoms with a level: at some level they come full circle.
        """
        fixed = self.amounts.fixed
        values, masses = [self.amounts.scale[fixed]], [weight[fixed]]
        for i, (of, chance) in self.atoms.items():
            values.append(of)
            masses.append(weight[i] * chance)
        mass = np.concatenate(masses)
        result = np.zeros(self.buckets.frequencies)
        if mass.any():
            result += mass.sum() - self.buckets.points_transform(np.concatenate(values), mass).real
        which, falls = self._falls
        if len(which):
            found = weight[which] @ falls
            smooth = np.append(np.repeat(np.minimum(found[:-1], found[1:]), np.diff(self._sampled)), 0.0)
            smooth[self._sampled] = found
            result += smooth
        return result


class AtFrequencies:
    """Transforms of the amounts of a part at some frequencies of a grid; each is made when it is first asked for."""

    def __init__(self, transforms: Transforms, at: Ints) -> None:
        self.transforms, self.frequencies = transforms, at
        self.amounts, self.buckets = transforms.amounts, transforms.buckets
        self._rows: dict[int, Complex] = {}

    def place(self, at: Ints) -> Ints:
        """Where some of the frequencies stand among all of them."""
        return np.searchsorted(self.frequencies, at).astype(np.int64)

    def _of(self, i: int) -> Complex:
        if i not in self._rows:
            self._rows[i] = self.transforms.rows(i, self.frequencies)
        return self._rows[i]

    def fill(self, rows: Ints, at: Ints, real: Floats, imaginary: Floats) -> None:
        """Fill rows of (amounts, J) with phi - 1 at the frequencies `at`; amounts with a level are left as they are."""
        fixed = rows[self.amounts.fixed[rows]]
        found = np.empty((2, len(fixed), len(at)))
        self.buckets.point_transform(self.amounts.scale[fixed], at, found[0], found[1])
        real[fixed], imaginary[fixed] = found
        place = self.place(at)
        for i in rows[~self.amounts.fixed[rows] & (self.amounts.level[rows] < 0)].tolist():
            mine = self._of(i)[0, place]
            real[i], imaginary[i] = mine.real - 1.0, mine.imag

    def levelled(self, i: int) -> Levelled | None:
        """Values of a smooth amount over its level; None if it takes a few values only."""
        if i in self.transforms.moved:
            return None
        low, high = self.amounts.level_range(int(self.amounts.level[i]))
        return Levelled(math.log(low), math.log(high), self._of(i))

    def moved(self, i: int, level: Floats, at: Ints) -> Complex:
        """(n, J) transform of atoms at n values of their level, value by value or by a transform of each level.

        It turns faster than that of a smooth amount and does not decay: it is computed as it is.
        """
        values, masses = self.transforms.moved[i]
        size = self.buckets.size
        if len(values) * len(at) > _FFT_COST * size * math.log2(size):
            return np.stack([self.buckets.points_transform(x * values, masses)[at] for x in level])
        result = np.ones((len(level), len(at)), dtype=np.complex128)
        found = np.empty((2, len(level), len(at)))
        for value, mass in zip(values, masses, strict=True):
            self.buckets.point_transform(level * value, at, found[0], found[1])
            result.real += mass * found[0]
            result.imag += mass * found[1]
        return result
