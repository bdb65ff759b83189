"""A lattice of times, and distributions on it.

A duration is put on the lattice by splitting its mass linearly between neighbouring points. That keeps the mean, is
exact for atoms on the lattice, and has an error of second order in the step elsewhere. Atoms and the rest are kept
apart: an atom on the bound of a period belongs to the later period, smooth mass is cut in two there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import kernel
from simfunnel.families.computed import Distribution

MANY = 1 << 16
"""Positions from which on they are read by a kernel, with the same bits; few are not worth loading one."""
ON_LATTICE = 1e-6
"""Steps. An atom this close to a lattice point is on it."""
_ALIAS = 1e-11
"""What the damping leaves of mass that would wrap around."""
_FINEST_DIVISION = 96
"""Atoms are looked for on lattices of 1, 1/2, ... 1/96 of a day."""
_MOST_POINTS = 1 << 22
"""Up to the horizon: over centuries atoms stay between the points, and the error of that is stated."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Times 0, step, 2 step, ..., (size - 1) step."""

    step: float
    size: int

    @property
    def damping(self) -> float:
        """Factor r of the transform's |z|: mass a whole lattice late comes back multiplied by r^size."""
        return float(_ALIAS ** (1.0 / self.size))

    @property
    def times(self) -> Floats:
        """Times of the points."""
        return np.asarray(self.step * np.arange(self.size), dtype=np.float64)

    def halved(self) -> Lattice:
        """The same span with half the step."""
        return Lattice(self.step / 2, self.size * 2)


def fast_length(least: int) -> int:
    """Give the smallest even length of at least `least` that has no prime factor above 5: fast to transform."""
    length = least + least % 2
    while True:
        rest = length
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return length
        length += 2


def choose_lattice(horizon: float, points: int, distributions: Iterable[Distribution]) -> Lattice:
    """Choose a lattice over twice the horizon, with every atom within it on a point where that is possible.

    Parameters
    ----------
    horizon
        Largest time at which a distribution function is wanted.
    points
        Wanted number of steps up to the horizon.
    distributions
        Durations.
    """
    wanted = horizon / points
    atoms = np.unique(np.concatenate([np.zeros(1), *(d.atoms()[0] for d in distributions)]))
    atoms = atoms[(atoms > 0) & (atoms < horizon)]
    step = wanted
    for division in range(1, _FINEST_DIVISION + 1):
        scaled = atoms * division
        if np.all(np.abs(scaled - np.rint(scaled)) < ON_LATTICE):
            base = 1.0 / division
            exact = base / math.ceil(base / wanted)
            step = exact if horizon / exact < _MOST_POINTS else wanted
            break
    return Lattice(step, fast_length(math.ceil(2 * horizon / step) + 8))


def on_lattice(d: Distribution, lattice: Lattice) -> tuple[Floats, Floats]:
    """Masses of the atoms that lie on lattice points, and of the rest, split between neighbours."""
    h, n = lattice.step, lattice.size
    times = np.asarray(h * np.arange(n + 1), dtype=np.float64)
    below = times - d.integrated_sf(times)  # integral of the distribution function
    # second difference of `below`, which is 0 at and before time 0
    total = (below[1:] - 2 * below[:-1] + np.concatenate([[0.0], below[:-2]])) / h
    atoms = np.zeros(n)
    values, masses = d.atoms()
    within = values < h * (n - 1)
    position = values[within] / h
    index = np.rint(position).astype(np.int64)
    near = np.abs(position - index) < ON_LATTICE
    np.add.at(atoms, index[near], masses[within][near])
    return atoms, np.maximum(total - atoms, 0.0)


def cubic(position: Floats, n: int) -> tuple[Ints, tuple[Floats, ...]]:
    """First of the four of n points that cubic interpolation reads at `position` (in steps), and their weights."""
    first = np.clip(np.floor(position).astype(np.int64) - 1, 0, n - 4)
    x = position - first
    a, b, c = x - 1, x - 2, x - 3
    return first, (-a * b * c / 6, x * b * c / 2, -x * a * c / 2, x * a * b / 6)


def interpolated(values: Floats, position: Floats) -> Floats:
    """Read smooth `values` (..., n) between their points by cubic interpolation; `position` in steps."""
    position = np.asarray(position, dtype=np.float64)
    if position.size < MANY:
        first, weights = cubic(position, values.shape[-1])
        return np.asarray(sum(w * values[..., first + i] for i, w in enumerate(weights)))
    rows = np.ascontiguousarray(values, dtype=np.float64).reshape(-1, values.shape[-1])
    found = np.empty((len(rows), position.size))
    _read_between(rows, np.ascontiguousarray(position).reshape(-1), found)
    return found.reshape(*values.shape[:-1], *position.shape)


@kernel
def _read_between(rows: Floats, position: Floats, out: Floats) -> None:
    """`cubic`, number by number: arrays of weights for millions of positions would not stay in the cache."""
    last = rows.shape[1] - 4
    for j in range(len(position)):
        first = min(max(math.floor(position[j]) - 1, 0), last)
        x = position[j] - first
        a, b, c = x - 1, x - 2, x - 3
        u, v, w, z = -a * b * c / 6, x * b * c / 2, -x * a * c / 2, x * a * b / 6
        for i in range(rows.shape[0]):
            of = rows[i, first : first + 4]
            out[i, j] = u * of[0] + v * of[1] + w * of[2] + z * of[3]


def extrapolated(coarse: Floats, fine: Floats) -> tuple[Floats, float]:
    """Richardson: remove the second-order error seen between a step and its half; also the size of what was removed."""
    difference = (fine - coarse) / 3.0
    size = float(np.max(np.abs(difference), initial=0.0))
    return np.clip(fine + difference, 0.0, 1.0), size


def damped(masses: Floats, lattice: Lattice) -> Floats:
    """Masses times r^n, ready for the transform."""
    return np.asarray(masses * lattice.damping ** np.arange(lattice.size))
