"""From latent correlation to the correlation people have in mind: that of win indicators."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.funnel.book import Compiled


@dataclass(frozen=True, slots=True)
class ImpliedCorrelation:
    """Correlation of the win indicators of two deals, both at the amount-weighted mean win probability."""

    market: float
    """Two deals that share the market only."""
    same_segment: float
    same_owner: float
    same_both: float


@cache
def _gauss() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(48)
    return nodes, weights


def indicator_correlation(w: float, latent: float) -> float:
    """Correlation of two win indicators of probability `w` whose latent normals correlate by `latent`.

    Phi2(z, z; rho) = w^2 + integral over r from 0 to rho of exp(-z^2 / (1 + r)) / (2 pi sqrt(1 - r^2)) (Plackett 1954).
    """
    if not 0 < w < 1 or latent <= 0:
        return 0.0
    z = NormalDist().inv_cdf(w)
    nodes, weights = _gauss()
    # r = sin(a) takes the root out of the integrand
    top = math.asin(latent)
    a = 0.5 * top * (nodes + 1)
    integral = 0.5 * top * float(weights @ np.exp(-z * z / (1 + np.sin(a)))) / (2 * math.pi)
    return integral / (w * (1 - w))


def implied_correlation(compiled: Compiled) -> ImpliedCorrelation | None:
    """Implied correlation in a model; None without open deals that can be won or lost."""
    model, amount = compiled.model, compiled.book.deals.amount
    value = amount @ model.kept_win_rate
    total = float(amount.sum())
    w = float(value) / total if total > 0 else 0.0
    if not 0 < w < 1:
        return None
    f = model.factors
    market, segment, owner = f.market_load**2, f.segment_load**2, f.owner_load**2
    if not math.isnan(f.market_given):  # then no two deals share it by chance: the other factors share what it leaves
        normal, left = NormalDist(), 1.0 - market
        w = normal.cdf((normal.inv_cdf(w) + f.market_load * f.market_given) / math.sqrt(left))
        market, segment, owner = 0.0, segment / left, owner / left
    return ImpliedCorrelation(
        market=indicator_correlation(w, market),
        same_segment=indicator_correlation(w, market + segment),
        same_owner=indicator_correlation(w, market + owner),
        same_both=indicator_correlation(w, market + segment + owner),
    )
