"""The grid of a distribution of money or counts, and distributions on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simfunnel.engine.jit import kernel
from simfunnel.funnel.distributions import Distribution
from simfunnel.funnel.model import Floats, Ints

Complex = npt.NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Buckets:
    """Values 0, width, 2 width, ..., (size - 1) width, in minor units or wins."""

    width: float
    size: int

    @property
    def frequencies(self) -> int:
        """Number of frequencies of the half spectrum."""
        return self.size // 2 + 1

    def split(self, amount: Floats) -> tuple[Ints, Floats]:
        """Bucket at or below each fixed amount, and the share of its mass that goes to the next: keeps the mean."""
        position = amount / self.width
        low = np.floor(position + 1e-9)
        return low.astype(np.int64), np.where(position - low < 1e-9, 0.0, position - low)

    def point_transform(self, amount: Floats, at: Ints, out_real: Floats, out_imaginary: Floats) -> None:
        """Fill (D, J) with E[exp(-i w X)] - 1 of fixed amounts (D,), split between buckets, at frequencies (J,)."""
        turn = -2.0 * np.pi / self.size * np.arange(self.size)
        _point_transforms(*self.split(amount), at, np.cos(turn), np.sin(turn), out_real, out_imaginary)

    def split_variance(self, amount: Floats) -> Floats:
        """By how much splitting fixed amounts between buckets raises their second moment."""
        _, rest = self.split(amount)
        return np.asarray(rest * (1.0 - rest) * self.width**2)

    def distribution_transform(self, d: Distribution, scale: float) -> Complex:
        """The same of `scale` x a distribution, at all frequencies; its mean is kept.

        The mass of each bucket is a second difference of the integrated distribution function.
        """
        h = self.width / scale
        edges = np.asarray(h * np.arange(self.size + 1), dtype=np.float64)
        below = (edges - d.integrated_sf(edges)) / h
        mass = np.maximum(below[1:] - 2 * below[:-1] + np.concatenate([[0.0], below[:-2]]), 0.0)
        mass[-1] += max(0.0, 1.0 - mass.sum())
        return np.asarray(np.fft.rfft(mass))

    def invert(self, spectrum: Complex, active: Ints) -> Floats:
        """Probabilities (..., size) from a half spectrum (..., J) at the `active` frequencies; 0 at the others."""
        whole = np.zeros((*spectrum.shape[:-1], self.frequencies), dtype=np.complex128)
        whole[..., active] = spectrum
        return np.asarray(np.fft.irfft(whole, self.size))


@kernel
def _point_transforms(
    low: Ints, rest: Floats, at: Ints, cos: Floats, sin: Floats, out_real: Floats, out_imaginary: Floats
) -> None:
    wrap = len(cos) - 1
    for d in range(len(low)):
        real, imaginary = out_real[d], out_imaginary[d]
        for j in range(len(at)):
            i = (low[d] * at[j]) & wrap
            c, s = cos[i], sin[i]
            if rest[d] > 0.0:
                k = (i + at[j]) & wrap
                c += rest[d] * (cos[k] - c)
                s += rest[d] * (sin[k] - s)
            real[j] = c - 1.0
            imaginary[j] = s


def power_of_two(x: float) -> int:
    """Smallest power of two that is at least x, and at least 16."""
    return 1 << max(4, math.ceil(math.log2(max(x, 2.0))))


@dataclass(frozen=True)
class Distributed:
    """A distribution on buckets: atoms on the points, and smooth mass around them.

    Arrays have one row for each row of weights of the nodes.
    """

    buckets: Buckets
    atoms: Floats
    """(R, size) probabilities of the points."""
    smooth: Floats
    """(R, size) mass between half a bucket below and half a bucket above each point."""

    @cached_property
    def _summed(self) -> tuple[Floats, Floats]:
        """(R, size + 1) atoms below each point, and smooth mass up to half a bucket below each point."""
        first = np.zeros((len(self.atoms), 1))
        atoms, smooth = (np.cumsum(x, axis=1) for x in (self.atoms, self.smooth))
        return np.concatenate([first, atoms], axis=1), np.concatenate([first, smooth], axis=1)

    def reaches(self, value: float) -> Floats:
        """P(X >= value) by row; a target on a bucket counts the atom there."""
        position = value / self.buckets.width
        if position <= 1e-9:
            return np.ones(len(self.atoms))
        first = math.ceil(position - 1e-9)
        atoms = self.atoms[:, first:].sum(axis=1)
        # the smooth mass of bucket i lies between i - 1/2 and i + 1/2
        i = math.floor(position + 0.5)
        cut = self.smooth[:, i] * (i + 0.5 - position) if i < self.buckets.size else 0.0
        return np.asarray(np.clip(atoms + cut + self.smooth[:, i + 1 :].sum(axis=1), 0.0, 1.0))

    def below(self, values: Floats) -> Floats:
        """P(X <= value) by row: (R, values)."""
        position = np.clip(np.asarray(values) / self.buckets.width, 0.0, self.buckets.size - 1.0)
        atoms, smooth = self._summed
        i = np.floor(position + 0.5).astype(np.int64)
        part = self.smooth[:, i] * (position + 0.5 - i)
        counted = atoms[:, np.floor(position + 1e-9).astype(np.int64) + 1] + smooth[:, i] + part
        return np.asarray(np.clip(counted, 0.0, 1.0))

    def quantiles(self, q: Floats) -> Floats:
        """Smallest x with P(X <= x) >= q, of the first row, for each q."""
        atoms, smooth = self.atoms[0], self.smooth[0]
        # up to and with each point: the atoms there, and half of the smooth mass around it
        at_point = self._summed[0][0, 1:] + self._summed[1][0, 1:] - 0.5 * smooth
        goal = np.asarray(q) * (1.0 - 1e-12)
        i = np.minimum(np.searchsorted(np.maximum.accumulate(at_point), goal), len(atoms) - 1)
        # from just above point i - 1 (mass so far: at_point[i - 1]) to just below point i
        before = np.maximum(i - 1, 0)
        low, high = at_point[before], at_point[i] - atoms[i]
        halfway = low + 0.5 * smooth[before]
        with np.errstate(invalid="ignore", divide="ignore"):
            first = np.where(halfway > low, 0.5 * (goal - low) / (halfway - low), 0.5)
            second = 0.5 + 0.5 * (goal - halfway) / (high - halfway)
        part = np.where(goal <= halfway, first, second)
        part = np.where((goal >= high) | (i == 0), 1.0, part)
        return np.asarray((np.where(i == 0, 0, i - 1 + part)) * self.buckets.width)

    def quantile(self, q: float) -> float:
        """Smallest x with P(X <= x) >= q, of the first row."""
        return float(self.quantiles(np.array([q]))[0])

    def shortfall(self, value: float) -> Floats:
        """E[max(0, value - X)] by row."""
        points = self.buckets.width * np.arange(self.buckets.size)
        return np.asarray((self.atoms + self.smooth) @ np.maximum(value - points, 0.0))
