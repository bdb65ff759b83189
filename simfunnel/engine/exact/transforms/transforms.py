"""Transforms of drawn amounts on a grid: how each is made, and how fast they fall."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Complex, Floats, Ints
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.transforms.amounts import Amounts
from simfunnel.engine.exact.transforms.characteristic import OnGrid, on_grid
from simfunnel.engine.exact.transforms.products import TOGETHER, from_blocks, in_blocks
from simfunnel.engine.run.recent import Recent
from simfunnel.families.computed import Distribution

LEVEL_NODES = 65
_FFT_COST = 4.0
"""Of a transform of the whole grid, per point and level, in values of one amount at one frequency."""
_ALL_SAMPLED = 512
"""Lowest frequencies, at all of which the fall of a transform is looked at; from there on in steps of a share."""
_SAMPLED_STEP = 0.02
_LEVELS_SAMPLED = 16
"""And every so manieth level."""
_LARGEST_KEPT = 1 << 18
"""Values of a table over a level that is kept for other distributions on the same grid."""
_KEPT = Recent(32)


class Law(NamedTuple):
    """A smooth law at some scales: one, or one for each node of its level."""

    distribution: Distribution
    scales: Floats
    levels: Floats
    table: OnGrid | None
    """None where the law is laid out on the grid itself."""

    def read(self, scales: Floats, buckets: Buckets, at: Ints) -> Complex:
        """(scales, J) transforms at some scales, at rising frequencies of the grid."""
        if self.table is not None:
            return self.table.read_all(scales, at)
        laws = [buckets.distribution_transform(self.distribution, x)[at] for x in scales.tolist()]
        return np.stack(laws)


class Levelled:
    """Values (LEVEL_NODES, J) of a smooth amount at levels equally spaced in their log; made as they are asked for.

    Parameters
    ----------
    law
        The law.
    buckets
        The grid.
    at
        (J,) rising frequencies.
    """

    def __init__(self, law: Law, buckets: Buckets, at: Ints) -> None:
        self.law, self.levels, self.buckets, self.at = law, law.levels, buckets, at
        self._rows = np.zeros((len(law.scales), len(at)), dtype=np.complex128)
        self._made = np.zeros(len(law.scales), dtype=np.bool_)
        self._lock = threading.Lock()

    def rows(self, first: int, last: int) -> Complex:
        """Give all rows, of which those from `first` to `last` are made."""
        with self._lock:
            missing = np.flatnonzero(~self._made[first : last + 1]) + first
            if len(missing):
                self._rows[missing] = self.law.read(self.law.scales[missing], self.buckets, self.at)
                self._made[missing] = True
        return self._rows


class Transforms:
    """Transforms of the amounts of a part on a grid of buckets."""

    def __init__(self, amounts: Amounts, buckets: Buckets) -> None:
        self.amounts, self.buckets = amounts, buckets
        self.atoms: dict[int, tuple[Floats, Floats]] = {}
        """Values, and their probabilities, of amounts without a level that take a few whole values only."""
        self.moved: dict[int, tuple[Floats, Floats]] = {}
        """The same of amounts with a level that take a few values only."""
        self._laws: dict[int, Law] = {}
        self._laid_out: dict[int, Complex] = {}
        for here, d in amounts.drawn():
            for i in np.flatnonzero(here).tolist():
                if amounts.whole[i]:
                    self.atoms[i] = amounts.values(i)
                elif amounts.few[i] and amounts.level[i] >= 0:
                    self.moved[i] = amounts.values(i)
                else:
                    levels = self._levels(i)
                    scales = amounts.scale[i] * levels
                    table = on_grid(d, buckets, float(scales[0]), float(scales[-1]))
                    self._laws[i] = Law(d, scales, levels, table)

    def _levels(self, i: int) -> Floats:
        if self.amounts.level[i] < 0:
            return np.ones(1)
        low, high = self.amounts.level_range(int(self.amounts.level[i]))
        return np.geomspace(low, high, LEVEL_NODES) if high > low else np.full(LEVEL_NODES, low)

    def rows(self, i: int, at: Ints) -> Complex:
        """(scales, J) transforms of a drawn amount at rising frequencies: one, or one for each node of its level."""
        law = self._laws.get(i)
        if law is not None and law.table is not None:
            return law.table.read_all(law.scales, at)
        if i not in self._laid_out:
            if law is None:
                found = self.buckets.points_transform(*self.atoms[i])[None]
            else:
                laws = [self.buckets.distribution_transform(law.distribution, x) for x in law.scales.tolist()]
                found = np.stack(laws)
            self._laid_out[i] = found
        return np.asarray(self._laid_out[i][:, at])

    def law(self, i: int) -> Law | None:
        """Law of a smooth amount, None of others."""
        return self._laws.get(i)

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
            law, every = self._laws[i], slice(None, None, _LEVELS_SAMPLED)
            found = law.read(law.scales[every], self.buckets, self._sampled)
            falls[row] = np.maximum(np.min(1.0 - found.real, axis=0), 0.0)
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


@dataclass(frozen=True)
class Table:
    """Values phi - 1 of amounts without a level at some frequencies."""

    place: Ints
    """(amounts,) row of each amount; -1 none."""
    rows: Floats
    """In blocks, see `in_blocks`."""
    frequencies: int

    @classmethod
    def of(cls, amounts: Ints, count: int, rows: Floats, frequencies: int) -> Table:
        """Make the table of some of `count` amounts."""
        place = np.full(count, -1, dtype=np.int64)
        place[amounts] = np.arange(len(amounts))
        return cls(place, rows, frequencies)

    def of_amounts(self, amounts: Ints) -> tuple[Floats, Floats]:
        """Real and imaginary parts (amounts, J); zeros where the table has none."""
        place = self.place[amounts]
        real, imaginary = np.zeros((2, len(amounts), self.frequencies))
        real[place >= 0], imaginary[place >= 0] = from_blocks(self.rows[place[place >= 0]], self.frequencies)
        return real, imaginary


class AtFrequencies:
    """Transforms of the amounts of a part at some frequencies of a grid; each is made when it is first asked for."""

    def __init__(self, transforms: Transforms, at: Ints) -> None:
        self.transforms, self.frequencies = transforms, at
        self.amounts, self.buckets = transforms.amounts, transforms.buckets
        self._tables, self._large = Recent(4), Recent(len(transforms.amounts))
        self._making = threading.RLock()

    def place(self, at: Ints) -> Ints:
        """Where some of the frequencies stand among all of them."""
        return np.searchsorted(self.frequencies, at).astype(np.int64)

    def table(self, rows: Ints, at: Ints) -> Table:
        """Tabulate phi - 1 of some amounts without a level at some of the frequencies; the last few are kept."""

        def make() -> Table:
            real, imaginary = np.zeros((len(rows), len(at))), np.zeros((len(rows), len(at)))
            if len(at) == len(self.frequencies):
                self.fill(rows, at, real, imaginary)
                return Table.of(rows, len(self.amounts), in_blocks(real, imaginary), len(at))
            every, place = self.table(rows, self.frequencies), self.place(at)
            if place[-1] == len(at) - 1:  # the lowest of them
                return Table(every.place, every.rows, len(at))
            block, inside = np.divmod(place, TOGETHER)
            real, imaginary = every.rows[:, block, inside], every.rows[:, block, inside + TOGETHER]
            return Table.of(rows, len(self.amounts), in_blocks(real, imaginary), len(at))

        with self._making:
            return self._tables.get((rows.tobytes(), at.tobytes()), make)

    def fill(self, amounts: Ints, at: Ints, real: Floats, imaginary: Floats) -> None:
        """Fill a row (J,) for each of some amounts without a level with phi - 1 at the frequencies `at`."""
        fixed = self.amounts.fixed[amounts]
        found = np.empty((2, np.count_nonzero(fixed), len(at)))
        self.buckets.point_transform(self.amounts.scale[amounts[fixed]], at, found[0], found[1])
        real[fixed], imaginary[fixed] = found
        for row in np.flatnonzero(~fixed).tolist():
            mine = self.transforms.rows(int(amounts[row]), at)[0]
            real[row], imaginary[row] = mine.real - 1.0, mine.imag

    def levelled(self, i: int) -> Levelled | None:
        """Values of a smooth amount over its level; None if it takes a few values only."""
        law = self.transforms.law(i)
        if law is None:
            return None
        grid, at = self.buckets, self.frequencies

        def make() -> Levelled:
            return Levelled(law, grid, at)

        if len(law.scales) * len(at) > _LARGEST_KEPT:
            return self._large.get(i, make)
        return _KEPT.get((law.distribution, law.scales.tobytes(), law.levels.tobytes(), grid, at.tobytes()), make)

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
