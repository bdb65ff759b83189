"""Deals of fixed amounts: the product of their transforms, frequency by frequency or by a series.

**Series.** With odds q = p / (1 - p) below 1, log(1 + p (phi - 1)) = log(1 - p) + q phi - (q phi)^2 / 2 + ...; the
transform phi of an amount on bucket l stands at bucket l, its k-th power at bucket k l, whichever way that wraps
around. So the logs of all deals add up on one grid, and one transform of the grid gives every frequency. With odds
above 1 it is p phi (1 + 1 / (q phi)), the same with the amount taken back. Of a deal split between two buckets the
k-th power is spread binomially over k + 1 of them.

The series of a deal pays where it has fewer terms than the product has frequencies; deals of odds near 1 are left to
the product. Far out on a factor, where hardly anything is won, the transform of a book does not decay, so that every
frequency counts: there the series is ten times faster or more.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Bools, Complex, Floats, Ints
from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.jit import kernel

NODES_TOGETHER = 32
FREQUENCIES_TOGETHER = 128
_LEAST_TERM = 1e-15
_FEWER = 4
"""A term costs as much as so many frequencies of the product."""
MOST_TERMS = 256
_TYPICAL_TERMS = 50
_FFT_COST = 4.0
"""Of a transform, per point and level, in products."""


class Longest(NamedTuple):
    """Largest odds (or inverse odds) of a deal that is laid out."""

    on_bucket: float
    split: float
    """Of an amount between two buckets."""


def longest(frequencies: int) -> Longest:
    """Choose so that no series has more terms than a product over `frequencies` is worth."""
    terms = min(frequencies // _FEWER, MOST_TERMS)
    of_split = math.isqrt(2 * terms)  # its k-th power has k + 1 terms
    return Longest(_LEAST_TERM ** (1 / terms) if terms else 0.0, _LEAST_TERM ** (1 / of_split) if of_split else 0.0)


@kernel
def _multiply(
    chance: Floats, low: Ints, rest: Floats, at: Ints, cos: Floats, sin: Floats, work: Floats, out_real: Floats,
    out_imaginary: Floats,
) -> None:  # fmt: skip
    """Multiply (n, J) by 1 + p (phi - 1) of each of D deals; `cos` and `sin` are of all multiples of the frequency.

    Some nodes and frequencies are taken together, so that the accumulators stay in the cache and the transform of a
    deal, computed on the way, serves them all.
    """
    n, D = chance.shape
    J, wrap = len(at), len(cos) - 1
    for j0 in range(0, J, FREQUENCIES_TOGETHER):
        here = at[j0 : min(j0 + FREQUENCIES_TOGETHER, J)]
        u, v = work[0, : len(here)], work[1, : len(here)]
        for t0 in range(0, n, NODES_TOGETHER):
            for d in range(D):
                part = rest[d]
                for j in range(len(here)):
                    i = (low[d] * here[j]) & wrap
                    k = (i + here[j]) & wrap
                    u[j] = cos[i] + part * (cos[k] - cos[i]) - 1.0
                    v[j] = sin[i] + part * (sin[k] - sin[i])
                for t in range(t0, min(t0 + NODES_TOGETHER, n)):
                    p = chance[t, d]
                    if p <= 0.0:
                        continue
                    a, b = out_real[t, j0 : j0 + len(here)], out_imaginary[t, j0 : j0 + len(here)]
                    for j in range(len(here)):
                        c = 1.0 + p * u[j]
                        e = p * v[j]
                        re = a[j] * c - b[j] * e
                        b[j] = a[j] * e + b[j] * c
                        a[j] = re


@kernel
def _lay_out(
    chance: Floats, low: Ints, rest: Floats, limit: Longest, power: Floats, out: Floats, shift: Ints, left: Floats
) -> None:
    """Add the logs of the deals to the grid `out` (n, size), a power of two; what is not laid out goes to `left`."""
    n, D = chance.shape
    wrap = out.shape[1] - 1
    for t in range(n):
        grid = out[t]
        for d in range(D):
            p = chance[t, d]
            left[t, d] = 0.0
            if p <= 0.0:
                continue
            split = rest[d] > 0.0
            step = low[d]
            if p >= 1.0 and not split:
                shift[t] += step
                continue
            odds = p / (1.0 - p) if p < 1.0 else np.inf
            swapped = odds > 1.0 and not split
            if swapped:
                odds = 1.0 / odds
            if odds > (limit.split if split else limit.on_bucket):
                left[t, d] = p
                continue
            grid[0] += math.log(p if swapped else 1.0 - p)
            if swapped:
                shift[t] += step
                step = -step
            at, term, sign, k = 0, odds, 1.0, 1
            power[0] = 1.0
            while term > _LEAST_TERM:
                at += step
                if split:
                    power[k] = 0.0
                    for i in range(k, 0, -1):
                        power[i] = power[i] * (1.0 - rest[d]) + power[i - 1] * rest[d]
                    power[0] *= 1.0 - rest[d]
                    for i in range(k + 1):
                        grid[(at + i) & wrap] += sign * term / k * power[i]
                else:
                    grid[at & wrap] += sign * term / k
                term *= odds
                sign = -sign
                k += 1


def points_transform(chance: Floats, amount: Floats, buckets: Buckets, at: Ints) -> Complex:
    """Transform of the sum of independent deals of fixed amounts: (n, J).

    Parameters
    ----------
    chance
        (n, D) chance of each deal at n nodes.
    amount
        (D,) amounts.
    buckets
        The grid.
    at
        (J,) frequencies.
    """
    low, rest = buckets.split(amount)
    limit = longest(len(at))
    turn = -2.0 * np.pi / buckets.size * np.arange(buckets.size)
    cos, sin = np.cos(turn), np.sin(turn)
    found: Complex | None = None
    if _series_pays(chance, rest > 0, limit, buckets, len(at)):
        out, shift, left = np.zeros((len(chance), buckets.size)), np.zeros(len(chance), np.int64), np.empty_like(chance)
        _lay_out(chance, low, rest, limit, np.empty(MOST_TERMS + 2), out, shift, left)
        found = np.exp(np.fft.rfft(out)[:, at])
        if shift.any():
            i = (shift[:, None] * at[None, :]) & (buckets.size - 1)
            found *= cos[i] + 1j * sin[i]
        some = left.any(axis=0)
        if not some.any():
            return found
        chance, low, rest = np.ascontiguousarray(left[:, some]), low[some], rest[some]
    real, imaginary = np.ones((len(chance), len(at))), np.zeros((len(chance), len(at)))
    _multiply(chance, low, rest, at, cos, sin, np.empty((2, FREQUENCIES_TOGETHER)), real, imaginary)
    direct = real + 1j * imaginary
    return direct if found is None else np.asarray(found * direct)


def cost(deals: int, buckets: Buckets, frequencies: int) -> float:
    """Products that a node of a book costs, roughly: series or one by one."""
    by_series = _TYPICAL_TERMS * deals + _FFT_COST * buckets.size * math.log2(buckets.size)
    return min(float(deals * frequencies), by_series)


def _series_pays(chance: Floats, split: Bools, limit: Longest, buckets: Buckets, frequencies: int) -> bool:
    """Whether laying deals out, and one transform a node, cost less than a product over `frequencies`."""
    with np.errstate(divide="ignore"):
        odds = chance / (1.0 - chance)
        allowed = np.where(split, odds <= limit.split, np.minimum(odds, 1.0 / odds) <= limit.on_bucket)
    transform = buckets.size * math.log2(buckets.size)
    return float(np.count_nonzero(allowed)) * frequencies > _FFT_COST * len(chance) * transform
