"""The normal distribution function and its inverse, for kernels."""

from __future__ import annotations

import math

from simfunnel.engine.jit import inline

_SQRT_HALF = math.sqrt(0.5)


@inline
def normal_cdf(x: float) -> float:
    """P(Z <= x)."""
    return 0.5 * math.erfc(-x * _SQRT_HALF)


CENTRAL = 0.425
"""The quantile of p is a quotient of polynomials of p - 1/2 where that is at most this."""


@inline
def central_quantile(q: float) -> float:
    """`normal_quantile` of 1/2 + q, for |q| at most CENTRAL: no branch, so that loops over it are vectorised."""
    r = 0.180625 - q * q
    top = ((((((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r
            + 45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r
            + 133.14166789178437745) * r + 3.387132872796366608  # fmt: skip
    bottom = ((((((r * 5226.495278852545925 + 28729.085735721942674) * r + 39307.89580009271061) * r
            + 21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r
            + 42.313330701600911252) * r + 1.0  # fmt: skip
    return q * top / bottom


@inline
def normal_quantile(p: float) -> float:
    """Invert `normal_cdf`, for p in (0, 1); relative error below 1e-15.

    Source: Wichura (1988), Algorithm AS 241: The Percentage Points of the Normal Distribution, PPND16.
    """
    q = p - 0.5
    if abs(q) <= CENTRAL:
        return central_quantile(q)
    r = math.sqrt(-math.log(p if q < 0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        top = ((((((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.24178072517745061177) * r
                + 1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r
                + 4.6303378461565452959) * r + 1.42343711074968357734  # fmt: skip
        bottom = ((((((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r + 0.0151986665636164571966) * r
                + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r
                + 2.05319162663775882187) * r + 1.0  # fmt: skip
    else:
        r -= 5.0
        top = ((((((r * 2.01033439929228813265e-7 + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r
                + 0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r
                + 5.4637849111641143699) * r + 6.6579046435011037772  # fmt: skip
        bottom = ((((((r * 2.04426310338993978564e-15 + 1.4215117583164458887e-7) * r + 1.8463183175100546818e-5) * r
                + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
                + 0.59983220655588793769) * r + 1.0  # fmt: skip
    return top / bottom if q >= 0 else -top / bottom


@inline
def given_factors(w: float, factor: float, correlated: float) -> float:
    """Win probability given the factors: Phi((Phi^-1(w) + factor) / sqrt(1 - correlated)).

    `factor` is the sum of sqrt(rho) Z over the factors a deal has, `correlated` the sum of their rho. The mean over
    the factors is `w` again. Source: Vasicek (2002), The distribution of loan portfolio value.
    """
    if correlated == 0.0 or w <= 0.0 or w >= 1.0:
        return w
    return normal_cdf((normal_quantile(w) + factor) / math.sqrt(1.0 - correlated))
