"""Leads whose rate carries a gamma factor in each unit of time.

A Poisson number of wins with mean G m, G gamma of mean 1 and shape k, has the characteristic function
(1 - x / k)^-k, x = m (phi - 1): a negative binomial sum.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainccinv

from simfunnel.engine.exact.buckets import Complex
from simfunnel.engine.jit import kernel
from simfunnel.funnel.model import Floats

FREQUENCIES_TOGETHER = 256
SPREAD_GIVEN = 9.0
"""Conditional standard deviations that a grid allows for."""
_UNIT_TAIL = 1e-9
"""Probability that a gamma factor exceeds what a grid allows for."""
LARGEST_RATIO = 0.5
"""Of |x / k|, up to which the logarithm is summed as a series."""


@kernel
def _add_series(
    expected: Floats, shape: Floats, real: Floats, imaginary: Floats, terms: int, work: Floats, out: Floats
) -> None:
    """Add k sum of (x / k)^m / m over units to `out` (2, n, J); psi = real + i imaginary is (A, n, J)."""
    n, U, A = expected.shape
    J = real.shape[2]
    for t in range(n):
        for j0 in range(0, J, FREQUENCIES_TOGETHER):
            j1 = min(j0 + FREQUENCIES_TOGETHER, J)
            size = j1 - j0
            x, y, s, v = work[0, :size], work[1, :size], work[2, :size], work[3, :size]
            to_real, to_imaginary = out[0, t, j0:j1], out[1, t, j0:j1]
            for u in range(U):
                for j in range(size):
                    x[j] = 0.0
                    y[j] = 0.0
                for a in range(A):
                    e = expected[t, u, a] / shape[u]
                    if e <= 0.0:
                        continue
                    re, im = real[a, t, j0:j1], imaginary[a, t, j0:j1]
                    for j in range(size):
                        x[j] += e * re[j]
                        y[j] += e * im[j]
                for j in range(size):
                    s[j] = 1.0 / terms
                    v[j] = 0.0
                for m in range(terms - 1, 0, -1):
                    add = 1.0 / m
                    for j in range(size):
                        re_s = s[j] * x[j] - v[j] * y[j] + add
                        v[j] = s[j] * y[j] + v[j] * x[j]
                        s[j] = re_s
                for j in range(size):
                    to_real[j] += shape[u] * (s[j] * x[j] - v[j] * y[j])
                    to_imaginary[j] += shape[u] * (s[j] * y[j] + v[j] * x[j])


def dispersed_log(expected: Floats, shape: Floats, psi: Complex) -> Complex:
    """(n, J) sum over units of the log of their characteristic functions.

    Parameters
    ----------
    expected
        (n, units, amounts) expected wins.
    shape
        (units,) shapes of the gamma factors.
    psi
        (amounts, n, J) phi - 1.
    """
    ratio = np.max(2.0 * expected.sum(axis=2) / shape, axis=0, initial=0.0)  # (units,); |phi - 1| <= 2
    log = np.zeros(psi.shape[1:], dtype=np.complex128)
    for u in np.flatnonzero(ratio >= LARGEST_RATIO):
        log -= shape[u] * np.log1p(-np.einsum("ta,atj->tj", expected[:, u], psi) / shape[u])
    small = ratio < LARGEST_RATIO
    if not small.any():
        return log
    terms = max(2, math.ceil(math.log(1e-17) / math.log(max(float(ratio[small].max()), 1e-9))))
    out = np.zeros((2, *psi.shape[1:]))
    _add_series(
        np.ascontiguousarray(expected[:, small]), shape[small], np.ascontiguousarray(psi.real),
        np.ascontiguousarray(psi.imag), terms, np.empty((4, FREQUENCIES_TOGETHER)), out,
    )  # fmt: skip
    return np.asarray(log + out[0] + 1j * out[1])


def beyond_spread(shape: float) -> float:
    """How far, in means, a gamma factor of mean 1 may exceed what `SPREAD_GIVEN` allows for: its tail is long."""
    return max(0.0, float(gammainccinv(shape, _UNIT_TAIL)) / shape - 1.0 - SPREAD_GIVEN / math.sqrt(shape))
