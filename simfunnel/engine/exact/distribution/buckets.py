"""The grid of a distribution of money or counts, and distributions on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simfunnel.arrays import Complex, Floats, Ints
from simfunnel.engine.jit import kernel
from simfunnel.families.computed import Distribution

_UPPER_TAIL = 1e-4
"""Probability of the upper tail whose masses are taken from the survival function."""
_NOTHING = 1e-18


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
        _point_transforms(*self.split(amount), at, *_turns(self.size), out_real, out_imaginary)

    def points_transform(self, values: Floats, masses: Floats) -> Complex:
        """E[exp(-i w X)] of an X that takes a few values, split between buckets, at all frequencies."""
        low, rest = self.split(values)
        places = np.concatenate([low, low + 1]) % self.size
        return np.asarray(
            np.fft.rfft(np.bincount(places, np.concatenate([masses * (1 - rest), masses * rest]), self.size))
        )

    def split_variance(self, amount: Floats) -> Floats:
        """By how much splitting fixed amounts between buckets raises their second moment."""
        _, rest = self.split(amount)
        return np.asarray(rest * (1.0 - rest) * self.width**2)

    def distribution_transform(self, d: Distribution, scale: float) -> Complex:
        """The same of `scale` x a distribution, at all frequencies; its mean is kept.

        The mass of each bucket is a second difference of the integrated distribution function. In the upper tail that
        would be rounding, which adds up far out: there it is what lies within half a bucket.
        """
        h = self.width / scale
        # where the tail starts, and where it has nothing left
        first, last = (int(min(2.0 + float(d.isf(np.array(v))) / h, self.size)) for v in (_UPPER_TAIL, _NOTHING))
        edges = np.asarray(h * np.arange(first + 1), dtype=np.float64)
        below = (edges - d.integrated_sf(edges)) / h
        mass = np.zeros(self.size)
        mass[:first] = np.maximum(below[1:] - 2 * below[:-1] + np.concatenate([[0.0], below[:-2]]), 0.0)
        beyond = d.sf(np.asarray(h * (np.arange(first, last) - 0.5), dtype=np.float64))
        mass[first:last] = beyond - np.append(beyond[1:], 0.0)
        mass[first - 1] += 1.0 - mass.sum()
        return np.asarray(np.fft.rfft(mass))

    def invert(self, spectrum: Complex, active: Ints) -> Floats:
        """Probabilities (..., size) from a half spectrum (..., J) at the `active` frequencies; 0 at the others."""
        whole = np.zeros((*spectrum.shape[:-1], self.frequencies), dtype=np.complex128)
        whole[..., active] = spectrum
        return np.asarray(np.fft.irfft(whole, self.size))

    def widened(self, spectrum: Complex) -> Complex:
        """Give the half spectrum (..., frequencies) on this grid from that on a shorter one of the same width."""
        shorter = 2 * (spectrum.shape[-1] - 1)
        return np.asarray(np.fft.rfft(np.fft.irfft(spectrum, shorter), self.size))


@lru_cache(maxsize=2)
def _turns(size: int) -> tuple[Floats, Floats]:
    """Roots of unity, real and imaginary: tables as long as the grid, asked for at every chunk of nodes."""
    turn = -2.0 * np.pi / size * np.arange(size)
    return np.cos(turn), np.sin(turn)


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
