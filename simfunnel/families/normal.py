"""The standard normal distribution function and its inverse, without SciPy: its import takes longer than a small run.

Sources: Cody (1969), Rational Chebyshev approximations for the error function; Wichura (1988), Algorithm AS 241: the
percentage points of the normal distribution. Relative errors of a few 1e-16, far out in the tails too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from simfunnel.arrays import Floats

MANY = 1 << 20
"""Values from which on SciPy's compiled functions, three times as fast, are worth their import."""
PIECE = 1 << 15
"""Values that are computed at a time: their arrays stay in the cache."""
_NEAR, _FAR = 0.67448975, math.sqrt(32.0)
_CENTRE = (
    (
        0.065682337918207449113,
        2.2352520354606839287,
        161.02823106855587881,
        1067.6894854603709582,
        18154.981253343561249,
    ),
    (1.0, 47.20258190468824187, 976.09855173777669322, 10260.932208618978205, 45507.789335026729956),
)
_MIDDLE = (
    (1.0765576773720192317e-8, 0.39894151208813466764, 8.8831497943883759412, 93.506656132177855979,
     597.27027639480026226, 2494.5375852903726711, 6848.1904505362823326, 11602.651437647350124, 9842.7148383839780218),
    (1.0, 22.266688044328115691, 235.38790178262499861, 1519.377599407554805, 6485.558298266760755,
     18615.571640885098091, 34900.952721145977266, 38912.003286093271411, 19685.429676859990727),
)  # fmt: skip
_TAIL = (
    (0.02307344176494017303, 0.21589853405795699, 0.1274011611602473639, 0.022235277870649807, 0.001421619193227893466,
     2.9112874951168792e-5),
    (1.0, 1.28426009614491121, 0.468238212480865118, 0.0659881378689285515, 0.00378239633202758244,
     7.29751555083966205e-5),
)  # fmt: skip
_INVERSE_CENTRE = (
    (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
     1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080),
    (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
     5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
)  # fmt: skip
_INVERSE_MIDDLE = (
    (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
     3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
     6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0),
)  # fmt: skip
_INVERSE_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
     2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720),
    (2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
     1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0),
)  # fmt: skip


def ndtr(x: Floats | float) -> Floats:
    """P(Z < x) of a standard normal Z."""
    z = np.asarray(x, dtype=np.float64)
    if z.size >= MANY:
        from scipy import special

        return np.asarray(special.ndtr(z))
    return _by_pieces(_ndtr, z)


def _ndtr(z: Floats) -> Floats:
    size = np.abs(z)
    result = np.empty(z.shape)
    near, far = size <= _NEAR, size > _FAR
    middle = ~(near | far)
    of = z[near]
    result[near] = 0.5 + of * _ratio(_CENTRE, of * of)
    of = size[middle]
    tail = _ratio(_MIDDLE, of) * _bell(of)
    result[middle] = np.where(z[middle] > 0, 1.0 - tail, tail)
    of = np.minimum(size[far], 1e6)
    over = 1.0 / (of * of)
    tail = (1.0 / math.sqrt(2.0 * math.pi) - over * _ratio(_TAIL, over)) / of * _bell(of)
    result[far] = np.where(z[far] > 0, 1.0 - tail, tail)
    return np.where(np.isnan(z), np.nan, result)


def ndtri(p: Floats | float) -> Floats:
    """The value below which a standard normal variable lies with probability `p`."""
    u = np.asarray(p, dtype=np.float64)
    if u.size >= MANY:
        from scipy import special

        return np.asarray(special.ndtri(u))
    return _by_pieces(_ndtri, u)


def _ndtri(u: Floats) -> Floats:
    result = np.empty(u.shape)
    off = u - 0.5
    centre = np.abs(off) <= 0.425
    of = off[centre]
    result[centre] = of * _ratio(_INVERSE_CENTRE, 0.180625 - of * of)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(-np.log(np.where(off < 0, u, 1.0 - u)))
    for here, values, start in (
        (~centre & (root <= 5.0), _INVERSE_MIDDLE, 1.6),
        (~centre & (root > 5.0) & np.isfinite(root), _INVERSE_TAIL, 5.0),
    ):
        result[here] = np.copysign(_ratio(values, root[here] - start), off[here])
    result[u == 0.0], result[u == 1.0] = -np.inf, np.inf
    result[np.isnan(u) | (u < 0) | (u > 1)] = np.nan
    return result


def _by_pieces(function: Callable[[Floats], Floats], values: Floats) -> Floats:
    """Apply a function to so many values at a time."""
    if values.size <= PIECE:
        return function(values)
    flat = values.ravel()
    return np.concatenate([function(flat[i : i + PIECE]) for i in range(0, len(flat), PIECE)]).reshape(values.shape)


def _ratio(polynomials: tuple[Sequence[float], Sequence[float]], x: Floats) -> Floats:
    """Ratio of two polynomials by their coefficients, the highest power first."""
    top, bottom = (np.full_like(x, values[0]) for values in polynomials)
    for a, b in zip(polynomials[0][1:], polynomials[1][1:], strict=True):
        top *= x
        top += a
        bottom *= x
        bottom += b
    top /= bottom
    return top


def _bell(x: Floats) -> Floats:
    """exp(-x^2 / 2) for x > 0, the square taken apart so that its rounding does not count."""
    coarse = np.trunc(x * 16.0) / 16.0
    return np.asarray(np.exp(-0.5 * coarse * coarse) * np.exp(-0.5 * (x - coarse) * (x + coarse)))
