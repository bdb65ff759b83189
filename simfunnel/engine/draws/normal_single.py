"""The normal distribution in single precision, without tables and branches: for loops over the trials of a block.

A table that is read at another place in every trial costs more than the polynomials here, sixteen of which are
evaluated at once. The coefficients are least-squares fits of our own (`benchmarks/fits/normal_single.py`).
"""

from __future__ import annotations

import math

import numpy as np

from simfunnel.engine.jit import fused_inline

_F = np.float32
_ZERO, _ONE, _FOUR = _F(0.0), _F(1.0), _F(4.0)
REACH = _F(5.5)
"""Scores above are taken as this, and what lies below is impossible: P(|Z| > 5.5) is below 4e-8."""
_NEVER = _F(1e20)
CERTAIN = _F(1e9)
"""Score of a probability of 1; less than any of 0."""

_O0, _O1, _O2 = _F(-2.302208423614502), _F(-0.10484122484922409), _F(0.0001048946869559586)
_O3, _O4, _O5 = _F(0.00015165412332862616), _F(-8.560250535083469e-06), _F(-1.927931663203708e-07)
_O6, _O7, _O8 = _F(6.145826603187743e-08), _F(-4.612981108209624e-09), _F(1.9408843976442824e-10)
_O9, _O10, _O11 = _F(-4.910125257773235e-12), _F(6.981344484718183e-14), _F(-4.295192108358842e-16)
_E0, _E1, _E2, _E3 = _F(1.0), _F(0.6931471824645996), _F(0.24022650718688965), _F(0.05550327152013779)
_E4, _E5, _E6 = _F(0.00961802527308464), _F(0.0013400432653725147), _F(0.00015469732170458883)
_ROUND = _F(1.5 * 2**23)
"""Added and taken off again, it rounds to whole numbers."""
_BIAS, _MANTISSA = np.int32(127), np.int32(23)

_L0, _L1, _L2 = _F(1.0), _F(-0.49999988079071045), _F(0.3333418369293213)
_L3, _L4, _L5 = _F(-0.2500215470790863), _F(0.19956977665424347), _F(-0.16560696065425873)
_L6, _L7, _L8 = _F(0.14949095249176025), _F(-0.14377330243587494), _F(0.08743945509195328)
_LN2 = _F(math.log(2.0))
_SQRT_HALF_BITS = np.int32(0x3F3504F3)

_LEAST = _F(5e-8)
"""Of 4 w (1 - w): scores are cut at 5.6 standard deviations."""
_NEAR, _NEAR_MIDDLE, _FAR_MIDDLE = _F(5.0), _F(2.499959013698931), _F(3.177469585776298)
_N0, _N1, _N2, _N3 = _F(4.246598720550537), _F(0.6976059079170227), _F(-0.011816353537142277), _F(-0.003545573679730296)
_N4, _N5, _N6 = _F(0.0006187710096128285), _F(-1.2638126463571098e-05), _F(-1.0127335372089874e-05)
_N7, _N8 = _F(9.934052513926872e-07), _F(9.434015169063059e-08)
_R0, _R1, _R2, _R3 = _F(8.516404151916504), _F(2.840914487838745), _F(0.01775284856557846), _F(-0.012846790254116058)
_R4, _R5, _R6 = _F(0.008916908875107765), _F(-0.006417279597371817), _F(0.0034594135358929634)
_R7, _R8 = _F(-0.000422660872573033), _F(-0.0003999067412223667)
_HALF = _F(0.5)


@fused_inline
def odds_against(z: np.float32) -> np.float32:
    """P(Z > z) / P(Z <= z), so that 1 / P(Z <= z) is one more; relative error below 2e-6 within +-5.

    The logarithm of the odds is nearly straight in z: z times a polynomial of its square.
    """
    x = min(max(z, -REACH), REACH)
    s = x * x
    high = _O6 + s * (_O7 + s * (_O8 + s * (_O9 + s * (_O10 + s * _O11))))
    y = x * (_O0 + s * (_O1 + s * (_O2 + s * (_O3 + s * (_O4 + s * (_O5 + s * high))))))
    whole = (y + _ROUND) - _ROUND
    g = y - whole
    power = np.int32(np.int32(np.int32(whole) + _BIAS) << _MANTISSA).view(np.float32)
    odds = power * (_E0 + g * (_E1 + g * (_E2 + g * (_E3 + g * (_E4 + g * (_E5 + g * _E6))))))
    return odds if z > -REACH else _NEVER


@fused_inline
def score(w: np.float32) -> np.float32:
    """Phi^-1(w), within +-5.6, relative error below 2e-6; +-`CERTAIN` of 1 and of 0.

    With v = -log(4 w (1 - w)), the quotient of score and w - 1/2 is smooth in v, far out in its square root, as in
    Giles (2010), Approximating the erfinv function.
    """
    x = max(_FOUR * w * (_ONE - w), _LEAST)
    bits = _F(x).view(np.int32)
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _MANTISSA)
    g = np.int32(bits - np.int32(exponent << _MANTISSA)).view(np.float32) - _ONE
    log = _L0 + g * (_L1 + g * (_L2 + g * (_L3 + g * (_L4 + g * (_L5 + g * (_L6 + g * (_L7 + g * _L8)))))))
    v = -(_F(exponent) * _LN2 + g * log)
    a, b = v - _NEAR_MIDDLE, _F(math.sqrt(max(v, _ZERO))) - _FAR_MIDDLE
    near = _N0 + a * (_N1 + a * (_N2 + a * (_N3 + a * (_N4 + a * (_N5 + a * (_N6 + a * (_N7 + a * _N8)))))))
    far = _R0 + b * (_R1 + b * (_R2 + b * (_R3 + b * (_R4 + b * (_R5 + b * (_R6 + b * (_R7 + b * _R8)))))))
    found = (near if v < _NEAR else far) * (w - _HALF)
    return -CERTAIN if w <= _ZERO else (CERTAIN if w >= _ONE else found)
