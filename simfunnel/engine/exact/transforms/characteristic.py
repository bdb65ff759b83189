"""Characteristic functions of smooth laws, tabulated once and read at any scale.

The amounts of a book are one law at many scales: listed amounts times a realization, draws of a segment times a level.
Their transforms at the frequency w are phi(scale x w), one function. It is tabulated by one long transform and read by
Lagrange's polynomial through the eight nearest nodes, some nanoseconds a value, instead of one transform for every
amount, level and grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np

from simfunnel.arrays import Complex, Floats, Ints
from simfunnel.engine.exact.distribution.buckets import Buckets, power_of_two
from simfunnel.engine.jit import kernel
from simfunnel.engine.run.recent import Recent
from simfunnel.families.computed import Distribution

LARGEST_TABLE = 1 << 22
"""Points of the transform."""
SMOOTH, SMOOTH_AT_0 = 1e-4, 1e-8
"""Size of the echoes that may be left out at the highest frequencies of a grid: they come back as ripples, and those of
a law that reaches down to 0 as mass at the far end of the grid."""
_NEAR_0 = 8
"""Buckets."""
_MOST_ECHOES = 4
"""On either side; a law that needs more is so rough, or so narrow, that it is as well laid out on the grid itself."""
_AROUND = 3
"""Nodes before the interval that is read; one more than that beyond it."""
_LAGRANGE = 1.07e-3
"""Error of the polynomial, over the eighth power of step times value."""
_READ_ERROR = 1e-11
_VANISHED = 1e-10
_DEEPEST = 16
"""Tails are followed down to a probability of 10 to minus this."""
_TOGETHER = 64
"""Frequencies that share a turn: of each the turn is a product of two."""
_FIRST_RUNG = 6
_KEPT = Recent(64)


@dataclass(frozen=True)
class Characteristic:
    """E[exp(-i s (X - mean))] at equal steps of s from `_AROUND` steps below 0 on."""

    mean: float
    step: float
    real: Floats
    imaginary: Floats
    vanishes: bool
    """Whether it is nothing beyond the table."""

    @property
    def reach(self) -> float:
        """Largest argument that can be read."""
        return self.step * (len(self.real) - 2 * _AROUND - 3)

    def size_before(self, s: float) -> float:
        """Largest |E[exp(-i s X)]| from 0.8 s to s."""
        first, last = (min(int(x / self.step) + _AROUND, len(self.real) - 1) for x in (0.8 * s, s))
        return float(np.hypot(self.real[first : last + 1], self.imaginary[first : last + 1]).max())


@dataclass(frozen=True)
class OnGrid:
    """A characteristic function read as the transform of a law whose mass is split between the buckets of a grid.

    Splitting multiplies it by that of a triangle, and taking it at whole buckets adds its echoes: itself at frequencies
    off by whole turns of the grid (Poisson's sum).
    """

    table: Characteristic
    buckets: Buckets
    echoes: int
    """On either side, that are more than nothing."""

    def read(self, scale: float, at: Ints) -> Complex:
        """Give the transform of `scale` x X at rising frequencies of the grid."""
        return np.asarray(self.read_all(np.array([scale]), at)[0])

    def read_all(self, scales: Floats, at: Ints) -> Complex:
        """(scales, J) transforms at several scales."""
        table, size = self.table, self.buckets.size
        out = np.zeros((len(scales), len(at)), dtype=np.complex128)
        steps = scales * (2.0 * math.pi / (self.buckets.width * size))
        turns = np.exp(-1j * table.mean * steps[:, None] * np.arange(_TOGETHER))
        _add_all(
            table.real, table.imaginary, steps, table.step, table.mean, turns, _hat(size), self.echoes, size, at, out
        )
        return out


def on_grid(d: Distribution, buckets: Buckets, low: float, high: float) -> OnGrid | None:
    """Tabulate a law so that it can be read at all frequencies of a grid, scaled by `low` to `high`.

    Parameters
    ----------
    d
        The law.
    buckets
        The grid.
    low, high
        Least and largest scale.

    Returns
    -------
    OnGrid or None
        None where the law has atoms, needs too many echoes, or would need too long a table: then every amount is to be
        laid out on the grid itself.
    """
    sd = math.sqrt(d.variance)
    if not 0.0 < sd < math.inf or d.atoms()[1].sum() > 0:
        return None
    highest = math.pi / buckets.width
    near = float(d.sf(np.array(_NEAR_0 * buckets.width / low))) < 1.0 - _READ_ERROR
    rung, echoes = _FIRST_RUNG, 0
    while echoes <= _MOST_ECHOES:  # from a short table on: many laws vanish early, and a short one serves many grids
        table: Characteristic | None = _KEPT.get((d, rung), partial(_tabulated, d, 2.0**rung / sd))
        if table is None:
            return None
        beyond = (2 * echoes + 1) * highest  # the lowest frequency of the first echo that is left out
        if not table.vanishes and table.reach < high * beyond:
            rung += 1
        elif table.size_before(low * beyond) < (SMOOTH_AT_0 if near else SMOOTH) * (2 * echoes + 1) ** 2:
            return OnGrid(table, buckets, echoes)
        else:
            echoes += 1
    return None


def _tabulated(d: Distribution, reach: float) -> Characteristic | None:
    step = _step(d)
    size = power_of_two(4.0 * reach / step)  # twice what is kept: at its upper end a transform repeats itself
    if size > LARGEST_TABLE:
        return None
    buckets = Buckets(2.0 * math.pi / (size * step), size)
    phi = buckets.distribution_transform(d, 1.0)[: size // 4] / _hat(size)[: size // 4]
    phi = phi * np.exp(1j * d.mean * step * np.arange(len(phi)))
    whole = np.concatenate([np.conj(phi[_AROUND:0:-1]), phi])
    vanishes = bool(np.abs(phi[-len(phi) // 8 :]).max() < _VANISHED)
    return Characteristic(d.mean, step, np.ascontiguousarray(whole.real), np.ascontiguousarray(whole.imag), vanishes)


def _step(d: Distribution) -> float:
    """Step at which what is read between nodes is as good as wanted: x is off by (step x)^8, weighed by its chance."""
    v = 10.0 ** -np.arange(_DEEPEST + 1.0)
    x = d.isf(v)
    step = math.pi / float(x[-1])  # or the table would repeat itself within the law
    off = np.maximum(np.abs(np.append(x[1:], x[-1]) - d.mean), d.mean - x[0])  # the most between two tails
    while float(v @ np.minimum(_LAGRANGE * (step * off) ** 8, 2.0)) > _READ_ERROR:
        step *= 0.9
    return step


@lru_cache(maxsize=8)
def _hat(size: int) -> Floats:
    """Transform of splitting a value between the two points beside it, wherever it lies between them, on average."""
    return np.asarray(np.sinc(np.arange(size // 2 + 1) / size) ** 2)


@kernel
def _add_all(
    real: Floats, imaginary: Floats, turn: Floats, step: float, mean: float, turns: Complex, hat: Floats, echoes: int,
    size: int, at: Ints, out: Complex,
) -> None:  # fmt: skip
    for i in range(len(turn)):
        for echo in range(-echoes, echoes + 1):
            _add(real, imaginary, turn[i] / step, -mean * turn[i], turns[i], hat, echo * size, at, out[i])


@kernel
def _add(
    real: Floats, imaginary: Floats, stride: float, turn: float, turns: Complex, hat: Floats, echo: int, at: Ints,
    out: Complex,
) -> None:  # fmt: skip
    last = len(real) - 2 * _AROUND - 2
    block, first = -1, complex(1.0, 0.0)
    for i in range(len(at)):
        j = abs(at[i] + echo)
        if j // _TOGETHER != block:
            block = j // _TOGETHER
            first = complex(math.cos(block * _TOGETHER * turn), math.sin(block * _TOGETHER * turn))
        place = j * stride
        k = int(place)
        if k >= last:
            continue
        x = place - k
        a0, a1, a2, a3, a4, a5, a6, a7 = x + 3.0, x + 2.0, x + 1.0, x, x - 1.0, x - 2.0, x - 3.0, x - 4.0
        up2 = a0 * a1
        up3 = up2 * a2
        up4 = up3 * a3
        up5 = up4 * a4
        up6 = up5 * a5
        down5 = a7 * a6
        down4 = down5 * a5
        down3 = down4 * a4
        down2 = down3 * a3
        down1 = down2 * a2
        w0, w7 = -down1 * a1 / 5040.0, up6 * a6 / 5040.0
        w1, w6 = a0 * down1 / 720.0, -up6 * a7 / 720.0
        w2, w5 = -up2 * down2 / 240.0, up5 * down5 / 240.0
        w3, w4 = up3 * down3 / 144.0, -up4 * down4 / 144.0
        re = (
            w0 * real[k] + w1 * real[k + 1] + w2 * real[k + 2] + w3 * real[k + 3]
            + w4 * real[k + 4] + w5 * real[k + 5] + w6 * real[k + 6] + w7 * real[k + 7]
        )  # fmt: skip
        im = (
            w0 * imaginary[k] + w1 * imaginary[k + 1] + w2 * imaginary[k + 2] + w3 * imaginary[k + 3]
            + w4 * imaginary[k + 4] + w5 * imaginary[k + 5] + w6 * imaginary[k + 6] + w7 * imaginary[k + 7]
        )  # fmt: skip
        found = complex(re, im) * (first * turns[j % _TOGETHER])
        if echo == 0:
            out[i] += hat[j] * found
        elif at[i] > 0:  # at 0 the triangle has no echo
            share = at[i] / j
            out[i] += hat[at[i]] * share * share * (found if at[i] + echo > 0 else found.conjugate())
