"""Amounts of won deals: their distribution, and how well its mean is known."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats

GROUPS = 20
"""Equal shares of the won amounts between which the distribution is written as straight."""
MOST_LISTED = 12
"""Different amounts up to which they are written one by one, such as list prices."""


@dataclass(frozen=True, eq=False)
class Amounts:
    """Amounts of won deals, in the currency of the history."""

    median: float
    mean: float
    sd: float
    n: int

    written: object
    """The distribution as a scenario spells it; its mean is `mean`."""
    level_sd: float
    """Sd of the mean, as a share of it."""


def estimate_amounts(won: Floats) -> Amounts | None:
    """Describe the amounts of won deals; None where none is known.

    Parameters
    ----------
    won
        (n,) amounts, NaN where unknown.
    """
    known = np.sort(won[~np.isnan(won)])
    if not len(known) or known[-1] <= 0:
        return None
    mean = float(known.mean())
    sd = float(known.std(ddof=1)) if len(known) > 1 else 0.0
    level_sd = sd / mean / math.sqrt(len(known))
    return Amounts(float(np.median(known)), mean, sd, len(known), _written(known, mean), level_sd)


def _written(known: Floats, mean: float) -> object:
    values, counts = np.unique(known, return_counts=True)
    if len(values) == 1:
        return float(values[0])
    if len(values) <= MOST_LISTED:
        shares = np.cumsum(counts) / len(known)
        points: list[list[float]] = []
        before = 0.0
        for share, value in zip(shares.tolist(), values.tolist(), strict=True):
            points += [[round(before, 5), value], [round(share, 5), value]]
            before = share
        points[-1][0] = 1.0
        return {"empirical": {"quantiles": points}}
    groups = min(GROUPS, max(4, len(known) // 3))
    q, bounds = mean_preserving(known, mean, groups)
    digits = max(0, 4 - math.floor(math.log10(max(float(bounds[-1]), 1.0))))
    points = [[round(float(p), 4), round(float(x), digits)] for p, x in zip(q, bounds, strict=True)]
    return {"empirical": {"quantiles": points}}


def mean_preserving(values: Floats, mean: float, groups: int) -> tuple[Floats, Floats]:
    """Probabilities and quantiles of equal groups, scaled so that straight lines between them have the mean.

    Unscaled they would miss it by some percent.
    """
    q = np.linspace(0, 1, groups + 1)
    bounds = np.quantile(values, q)
    found = float((np.diff(q) * (bounds[1:] + bounds[:-1]) / 2).sum())
    return q, np.asarray(bounds * (mean / found))
