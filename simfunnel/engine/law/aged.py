"""Many deals of known age in one stage: the law on a lattice of ages, read between its points.

A deal of age a that leaves its stage by one exit has remaining time r with P(r >= y) = S(a + y) / S(a). What it adds to
the passage from the next stage is the sum over lattice times t <= x of the mass of the passage at t times
1 - S(a + x - t) / S(a). Of this only the convolution of S with the masses, cut at x, is costly; at ages on the lattice
all its values are one transform. Between them it is read by cubic interpolation, whose error is of fourth order in the
step; the two lattices show it in their difference, as they show their own.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from simfunnel.arrays import Floats
from simfunnel.engine.law.lattice import Lattice, fast_length, interpolated
from simfunnel.families.computed import Distribution

FEWEST = 24
"""Deals of one stage and exit from which on the lattice of ages pays."""
_STEPS = 8.0
"""An age below so many steps is computed by itself: S may be steep there; so is a duration whose sd is below twice so
many."""
_LEAST_SURVIVAL = 1e-6
"""And an age that so few reach: rounding of the transform, near 1e-15, is divided by S(a)."""
_MOST_POINTS = 1 << 18


def on_age_lattice(d: Distribution, age: Floats, found: Floats, lattice: Lattice) -> npt.NDArray[np.bool_]:
    """Which of the deals (known ages, P(duration >= age) = found) can be read from a lattice of ages."""
    none = np.zeros(len(age), dtype=np.bool_)
    if not d.smooth_sd > 2 * _STEPS * lattice.step:
        return none
    with np.errstate(invalid="ignore"):
        chosen = (age >= _STEPS * lattice.step) & (found >= _LEAST_SURVIVAL)
        chosen &= age < lattice.step * _MOST_POINTS
    return chosen if np.count_nonzero(chosen) >= FEWEST else none


def aged_convolution(d: Distribution, age: Floats, found: Floats, masses: Floats, times: Floats, step: float) -> Floats:
    """Sum of masses[t] P(remaining time < x - t step) over t, for each time x: (deals, M)."""
    firsts = np.clip(np.floor(times / step).astype(np.int64) - 1, 0, len(masses) - 4)
    last = int(firsts.max())
    top = math.ceil(float(age.max()) / step) + 8  # lattice ages that are read
    size = fast_length(top + 2 * last + 8)
    survival = d.sf(step * np.arange(top + last + 1, dtype=np.float64))
    transformed = np.fft.rfft(survival, size)
    cumulative = np.cumsum(masses)
    position = age / step
    result = np.empty((len(age), len(times)))
    for m, first in enumerate(firsts.tolist()):
        # sum over j of S[n + j] masses[first - j] is point n + first of the convolution
        product = np.fft.irfft(transformed * np.fft.rfft(masses[: first + 1], size), size)
        whole = product[first : first + top + 1]
        near = np.empty((len(age), 4))
        for i in range(4):
            if i:  # one lattice time later: what was at n + 1, and the newest mass at age n itself
                whole = whole[1:] + masses[first + i] * survival[: len(whole) - 1]
            near[:, i] = cumulative[first + i] - interpolated(whole, position) / found
        result[:, m] = interpolated(np.clip(near, 0.0, 1.0), np.array(times[m] / step - first))
    return result
