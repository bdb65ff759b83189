"""Leads whose rate carries a gamma factor in each unit of time.

A Poisson number of wins with mean G m, G gamma of mean 1 and shape k, has the characteristic function
(1 - x / k)^-k, x = m (phi - 1): a negative binomial sum. Its log is k sum of (x / k)^j / j.

Units that feed one amount only share phi - 1, so their logs are one polynomial in it, whatever their number: its
coefficients are sums over the units of k (m / k)^j / j. Where a unit feeds several amounts its log is taken by itself,
as 2 k artanh(x / (2 k - x)), whose series has odd terms only and a ratio of half the size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Bools, Floats, Ints
from simfunnel.engine.jit import kernel

SPREAD_GIVEN = 9.0
"""Conditional standard deviations that a grid allows for."""
_UNIT_TAIL = 1e-9
"""Probability that a gamma factor exceeds what a grid allows for."""
LARGEST_RATIO = 0.5
"""Of |x / k|, up to which a unit joins others in a polynomial."""
MOST_TERMS = 56
"""Of a polynomial: the powers of that ratio fall below 1e-16."""
_NEGLIGIBLE = math.log(1e-16)
_SERIES = 0.3
"""Of |x / (2 k - x)|, up to which the log of a single unit is a series; beyond, the log itself."""


class Units(NamedTuple):
    """Dispersed units at n nodes: those that share an amount as polynomials, the others one by one."""

    amount: Ints
    """(polynomials,) number of the amount."""
    sums: Floats
    """(n, polynomials, MOST_TERMS) coefficients of the powers 1, 2, ... of phi - 1."""
    steepest: Floats
    """(n, polynomials) largest m / k: the ratio of the series."""
    expected: Floats
    """(n, units, amounts) m / k of the units that stand alone."""
    shape: Floats
    """(units,) of those."""


def units_at(expected: Floats, shape: Floats, single: Ints) -> Units:
    """Collect the units of a book.

    Parameters
    ----------
    expected
        (n, units, amounts) expected wins.
    shape
        (units,) shapes of the gamma factors.
    single
        (units,) the one amount that a unit feeds; -1 if there are several.
    """
    each = expected / shape[:, None]
    low = (single >= 0) & (2.0 * each.sum(axis=2).max(axis=0, initial=0.0) < LARGEST_RATIO)
    amounts = np.unique(single[low])
    sums, steepest = np.zeros((len(each), len(amounts), MOST_TERMS)), np.zeros((len(each), len(amounts)))
    for g, a in enumerate(amounts.tolist()):
        mine: Bools = low & (single == a)
        ratio = np.ascontiguousarray(each[:, mine, a])
        _power_sums(ratio, shape[mine], sums[:, g])
        steepest[:, g] = ratio.max(axis=1)
    return Units(amounts, sums, steepest, np.ascontiguousarray(each[:, ~low]), shape[~low])


@kernel
def _power_sums(ratio: Floats, shape: Floats, out: Floats) -> None:
    """Fill (n, terms) with the sums over units of k ratio^j / j, j = 1, 2, ..."""
    for t in range(ratio.shape[0]):
        for u in range(ratio.shape[1]):
            power = shape[u]
            for j in range(out.shape[1]):
                power *= ratio[t, u]
                if power < 1e-300:
                    break
                out[t, j] += power / (j + 1)


@kernel
def terms_needed(ratio: float, most: int) -> int:
    """Even number of terms of a series of this ratio, at most `most`."""
    if ratio <= 1e-8:
        return 2
    return min(2 * ((int(_NEGLIGIBLE / math.log(ratio)) + 2) // 2), most)


@kernel
def add_polynomial(sums: Floats, terms: int, x: Floats, y: Floats, scratch: Floats) -> None:
    """Add a polynomial in x + i y, without a constant, to the first two rows of `scratch`; `terms` is even."""
    size = len(x)
    s, v = scratch[2, :size], scratch[3, :size]
    for j in range(size):
        s[j] = 0.0
        v[j] = 0.0
    for m in range(terms - 1, 0, -2):  # two powers at a time: half the trips to the cache
        upper, lower = sums[m], sums[m - 1]
        for j in range(size):
            re = s[j] * x[j] - v[j] * y[j] + upper
            im = s[j] * y[j] + v[j] * x[j]
            s[j] = re * x[j] - im * y[j] + lower
            v[j] = re * y[j] + im * x[j]
    _add_product(1.0, x, y, s, v, scratch)


@kernel
def _add_product(factor: float, x: Floats, y: Floats, s: Floats, v: Floats, scratch: Floats) -> None:
    """Add factor x (x + i y) (s + i v); in two loops, each with few enough arrays to be vectorised."""
    real, imaginary = scratch[0, : len(x)], scratch[1, : len(x)]
    for j in range(len(x)):
        real[j] += factor * (s[j] * x[j] - v[j] * y[j])
    for j in range(len(x)):
        imaginary[j] += factor * (s[j] * y[j] + v[j] * x[j])


@kernel
def add_unit(shape: float, largest: float, size: int, scratch: Floats) -> None:
    """Add -k log(1 - z) to the first two rows of `scratch`.

    Its next two hold z = x / k, of absolute value `largest` at most and a real part below 0, so that |z / (2 - z)| is
    at most half of that.
    """
    x, y = scratch[2, :size], scratch[3, :size]
    if 0.5 * largest > _SERIES:
        real, imaginary = scratch[0, :size], scratch[1, :size]
        for j in range(size):
            re = 1.0 - x[j]
            real[j] -= 0.5 * shape * math.log(re * re + y[j] * y[j])
            imaginary[j] += shape * math.atan2(y[j], re)
        return
    a, b, s, v = scratch[4, :size], scratch[5, :size], scratch[6, :size], scratch[7, :size]
    for j in range(size):
        re = 2.0 - x[j]
        over = 1.0 / (re * re + y[j] * y[j])
        u = (x[j] * re - y[j] * y[j]) * over
        w = 2.0 * y[j] * over
        x[j] = u
        y[j] = w
        a[j] = u * u - w * w
        b[j] = 2.0 * u * w
    for j in range(size):
        s[j] = 0.0
        v[j] = 0.0
    for m in range(terms_needed(0.25 * largest * largest, MOST_TERMS) - 1, 0, -2):
        upper, lower = 1.0 / (2 * m + 1), 1.0 / (2 * m - 1)
        for j in range(size):
            re = s[j] * a[j] - v[j] * b[j] + upper
            im = s[j] * b[j] + v[j] * a[j]
            s[j] = re * a[j] - im * b[j] + lower
            v[j] = re * b[j] + im * a[j]
    _add_product(2.0 * shape, x, y, s, v, scratch)


def beyond_spread(shape: float) -> float:
    """How far, in means, a gamma factor of mean 1 may exceed what `SPREAD_GIVEN` allows for: its tail is long."""
    from scipy.special import gammainccinv

    return max(0.0, float(gammainccinv(shape, _UNIT_TAIL)) / shape - 1.0 - SPREAD_GIVEN / math.sqrt(shape))
