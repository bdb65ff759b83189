"""``python -m benchmarks.fits.normal_single``: the coefficients of `simfunnel.engine.draws.normal_single`.

Each is a polynomial on Chebyshev points, fitted by least squares with weights that make the error of a probability even
over the range: relative to its tail for odds, relative for scores.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial import Polynomial, chebyshev
from scipy.special import log_ndtr, ndtr

from simfunnel.arrays import Floats

REACH = 5.5


def odds() -> Floats:
    """Of z^2: binary logarithm of the odds against Z <= z, divided by z."""
    z = np.linspace(1e-3, REACH, 20_001)
    square = z * z
    target = (log_ndtr(z) - log_ndtr(-z)) / z
    wanted = z * np.sqrt(2.0 * ndtr(-z))
    basis = chebyshev.chebvander(2.0 * square / square.max() - 1.0, 11)
    weight = wanted.copy()
    for _ in range(200):  # Lawson: weights that grow where the error is largest lead to the least largest error
        found = np.linalg.lstsq(basis * np.sqrt(weight)[:, None], target * np.sqrt(weight), rcond=None)[0]
        error = np.abs(basis @ found - target) * wanted
        weight = weight * (error / error.max() + 1e-3)
    shifted = Polynomial(chebyshev.cheb2poly(found))(Polynomial([-1.0, 2.0 / square.max()]))
    return np.asarray(-shifted.coef, dtype=np.float64) / math.log(2.0)


def powers_of_two() -> Floats:
    """Of x within half of 0: 2^x."""
    x = 0.5 * _points()
    return np.asarray(Polynomial.fit(x, 2.0**x, 6, domain=[-0.5, 0.5], window=[-0.5, 0.5]).coef)


def logarithms() -> Floats:
    """Of g, for 1 + g between the square roots of 1/2 and of 2: log(1 + g) / g."""
    low, high = math.sqrt(0.5) - 1.0, math.sqrt(2.0) - 1.0
    g = 0.5 * (high - low) * _points() + 0.5 * (high + low)
    return np.asarray(Polynomial.fit(g, np.log1p(g) / g, 8, domain=[-0.5, 0.5], window=[-0.5, 0.5]).coef)


def scores() -> tuple[tuple[float, Floats], tuple[float, Floats]]:
    """Middle and coefficients of score / (w - 1/2): near, of v = -log(4 w (1 - w)) up to 5; far, of its root."""
    x = np.linspace(0.0, 5.6, 200_001)[1:]
    w = ndtr(-x)
    v = -(math.log(4.0) + np.log(w) + np.log1p(-w))
    quotient = x / (0.5 - w)
    return _around_middle(v[v <= 5.0], quotient[v <= 5.0]), _around_middle(np.sqrt(v[v >= 5.0]), quotient[v >= 5.0])


def _around_middle(x: Floats, y: Floats) -> tuple[float, Floats]:
    middle, half = 0.5 * (x.min() + x.max()), 0.5 * (x.max() - x.min())
    fitted = Polynomial.fit(x - middle, y, 8, w=1.0 / y, domain=[-half, half], window=[-half, half])
    return float(middle), np.asarray(fitted.coef)


def _points() -> Floats:
    return np.asarray(np.cos(math.pi * (np.arange(400) + 0.5) / 400))


if __name__ == "__main__":
    for name, found in (("odds", odds()), ("powers of two", powers_of_two()), ("logarithms", logarithms())):
        print(name, [float(np.float32(c)) for c in found])
    for name, (middle, found) in zip(("near", "far"), scores(), strict=True):
        print(name, float(np.float32(middle)), [float(np.float32(c)) for c in found])
