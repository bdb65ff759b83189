"""The grid of a distribution of money or counts, and distributions on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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

    def point_transform(self, amount: Floats, at: Ints) -> Complex:
        """E[exp(-i w X)] of fixed amounts (D,) at the frequencies `at` (J,), split between neighbouring buckets."""
        position = amount / self.width
        low = np.floor(position + 1e-9)
        rest = np.where(position - low < 1e-9, 0.0, position - low)[:, None]
        roots = np.exp(-2j * np.pi / self.size * np.arange(self.size))
        found = roots[(low.astype(np.int64)[:, None] * at[None, :]) % self.size]
        return np.asarray(found * (1.0 - rest + rest * roots[at][None, :]))

    def split_variance(self, amount: Floats) -> Floats:
        """By how much splitting fixed amounts between buckets raises their second moment."""
        position = amount / self.width
        rest = position - np.floor(position + 1e-9)
        return np.asarray(np.maximum(rest * (1.0 - rest), 0.0) * self.width**2)

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
        n = self.buckets.size
        position = np.clip(np.asarray(values) / self.buckets.width, 0.0, n - 1.0)
        atoms, smooth = np.cumsum(self.atoms, axis=1), np.cumsum(self.smooth, axis=1)
        i = np.floor(position + 0.5).astype(np.int64)
        before = np.where(i > 0, smooth[:, np.maximum(i - 1, 0)], 0.0)
        part = self.smooth[:, i] * (position + 0.5 - i)
        counted = atoms[:, np.floor(position + 1e-9).astype(np.int64)] + before + part
        return np.asarray(np.clip(counted, 0.0, 1.0))

    def quantile(self, q: float) -> float:
        """Smallest x with P(X <= x) >= q, of the first row."""
        atoms, smooth = self.atoms[0], self.smooth[0]
        edge = np.cumsum(smooth)  # up to half a bucket above each point
        at_point = np.cumsum(atoms) + edge - 0.5 * smooth
        goal = q * (1.0 - 1e-12)
        i = int(np.searchsorted(at_point, goal))
        if i >= len(atoms):
            return (len(atoms) - 1) * self.buckets.width
        if i == 0:
            return 0.0
        # from just above point i - 1 (mass so far: at_point[i - 1]) to just below point i
        low, halfway, high = at_point[i - 1], at_point[i - 1] + 0.5 * smooth[i - 1], at_point[i] - atoms[i]
        if goal >= high:
            return i * self.buckets.width
        if goal <= halfway:
            part = 0.5 * (goal - low) / (halfway - low) if halfway > low else 0.5
        else:
            part = 0.5 + 0.5 * (goal - halfway) / (high - halfway)
        return (i - 1 + part) * self.buckets.width

    def shortfall(self, value: float) -> Floats:
        """E[max(0, value - X)] by row."""
        points = self.buckets.width * np.arange(self.buckets.size)
        return np.asarray((self.atoms + self.smooth) @ np.maximum(value - points, 0.0))
