"""How far a mean of overlapping windows strays, measured by its own cosines: the critical value that they give."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy import linalg, optimize, stats

from simfunnel.arrays import Floats

NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)
"""Of the integral below, over [-1, 1]."""
SAME = 1e-12
"""Share of a variance that is rounding."""


def cosines_of(n: int, number: int) -> Floats:
    """(number, n) orthonormal cosines of periods 2n, n, 2n / 3, ...: all are orthogonal to the mean."""
    position = (np.arange(n) + 0.5) / n
    return np.asarray(math.sqrt(2 / n) * np.cos(np.pi * np.arange(1, number + 1)[:, None] * position))


def evenly_spaced(n: int, independent: float) -> Floats:
    """(n,) correlation of the first window with each, by the days that they share.

    Parameters
    ----------
    n
        Windows, evenly spaced.
    independent
        Windows of the same length that would lie side by side in the time that these cover.
    """
    step = (independent - 1) / (n - 1)
    return np.asarray(np.maximum(1 - step * np.arange(n), 0.0))


def critical_value(cosines: Floats, alike: Floats, level: float) -> float | None:
    """Standard errors from the mean within which the truth lies with a probability.

    Parameters
    ----------
    cosines
        (B, n) weights whose mean square is the estimate of the long-run variance.
    alike
        (n,) correlation of the first window with each, where it depends on their distance alone; or (n, n) of all.
    level
        Probability that |mean - truth| is less.

    Returns
    -------
    float or None
        None where all windows are the same.

    Notes
    -----
    For normal windows sqrt(n) x the mean and the loads of the cosines are normal, of covariance C = W R W' (W the
    weights, R the correlations), and the mean is farther than c standard errors where Z' diag(1, -c^2 / B, ...) Z > 0.
    That form has one positive eigenvalue; its probability is one integral (N. K. Bakirov & G. J. Székely, "Student's
    t-test for Gaussian scale mixtures", Zapiski Nauchnyh Seminarov POMI 328 (2005) 5-19). Where C is a multiple of the
    identity c is Student's; where windows share days the loads are less spread than the mean, and c is larger. Critical
    values from the covariance itself: U. K. Müller & M. W. Watson, "Spatial correlation robust inference", Econometrica
    90 (2022) 2901-2935.
    """
    n, number = cosines.shape[1], len(cosines)
    weights = np.vstack([np.full(n, 1 / math.sqrt(n)), cosines])
    common = linalg.matmul_toeplitz(alike, weights.T) if alike.ndim == 1 else alike @ weights.T
    covariance = weights @ common
    spread, turn = np.linalg.eigh(covariance[1:, 1:])
    own, shared = float(covariance[0, 0]), covariance[0, 1:] @ turn
    if spread[-1] < SAME * own:
        return None

    def excess(log_c: float) -> float:
        return outside(own, shared, spread, math.exp(log_c)) - (1 - level)

    low = math.log(stats.t.ppf((1 + level) / 2, number)) - 0.1
    while excess(low) < 0:
        low -= 0.5
    high = low + 0.5
    while excess(high) > 0:
        low, high = high, high + 0.5
    return math.exp(float(optimize.brentq(excess, low, high, xtol=1e-10)))


@lru_cache(maxsize=64)
def of_evenly_spaced(n: int, number: int, independent: float, level: float) -> float | None:
    """Critical value of evenly spaced windows by a number of cosines."""
    return critical_value(cosines_of(n, number), evenly_spaced(n, independent), level)


def outside(own: float, shared: Floats, spread: Floats, c: float) -> float:
    """Probability of a mean farther than c standard errors from the truth.

    Parameters
    ----------
    own
        Variance of sqrt(n) x the mean.
    shared
        (B,) its covariances with the loads, turned until those are uncorrelated.
    spread
        (B,) variances of these, rising.
    c
        Standard errors.

    Notes
    -----
    The eigenvalues x of the form are the roots of x = own - sum k shared^2 / (x + k spread), k = c^2 / B, and the
    product that the integral needs follows from the one positive root.
    """
    k = c**2 / len(spread)
    spread = np.maximum(spread, SAME * spread[-1])  # rounding makes a load of no spread less than 0
    root = optimize.brentq(
        lambda x: x - own + k * float(np.sum(shared**2 / (x + k * spread))), 0.0, own, xtol=SAME * own
    )
    angle = (NODES + 1) * np.pi / 4
    cosine = np.cos(angle)[:, None]
    terms = cosine / np.sqrt(cosine**2 + k * spread / root)  # one for each: their product may be tiny
    rest = 1 - k * np.sum(shared**2 / ((cosine**2 * root + k * spread) * (root + k * spread)), axis=1)
    return float(WEIGHTS @ (terms.prod(axis=1) / np.sqrt(rest))) / 2
