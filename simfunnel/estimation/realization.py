"""What of a listed amount is won in the end: final amounts over those that stood the day before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.amounts import GROUPS, mean_preserving
from simfunnel.history.history import DAY, UNDATED, WON, History

LEAST_PAIRS, LEAST_MOVED = 30, 0.05
"""Won deals with both amounts, and the share of them whose amount moved, below which the listed amount is the final."""
MOST = 20.0
"""Ratio beyond which an amount is a slip rather than a negotiation."""


@dataclass(frozen=True, eq=False)
class Realization:
    """Final over listed amounts of won deals."""

    mean: float
    n: int
    moved: float
    """Share of the deals whose amount changed at the end."""
    points: list[list[float]]
    """Quantile points with this mean."""


def estimate_realization(history: History) -> Realization | None:
    """Compare the amounts of won deals with those listed a day before their end; None where nothing moves."""
    ratios = _ratios(history)
    moved = float(np.mean(np.abs(ratios - 1) > 1e-6)) if len(ratios) else 0.0
    if len(ratios) < LEAST_PAIRS or moved < LEAST_MOVED:
        return None
    ratios = np.sort(ratios)
    mean = float(ratios.mean())
    q, bounds = mean_preserving(ratios, mean, GROUPS)
    points = [[round(float(p), 3), round(float(x), 4)] for p, x in zip(q, bounds, strict=True)]
    return Realization(mean, len(ratios), moved, points)


def _ratios(history: History) -> Floats:
    facts = history.facts.get("amount")
    if facts is None:
        return np.zeros(0)
    value = np.asarray(facts.value, dtype=np.float64)
    dated = (facts.since != UNDATED) & ~np.isnan(value)
    order = np.argsort(facts.since[dated], kind="stable")
    deal, since, value = facts.deal[dated][order], facts.since[dated][order], value[dated][order]
    closed = np.full(len(history.deals), np.iinfo(np.int64).min)
    won = history.ends.outcome == WON
    closed[history.ends.deal[won]] = history.ends.closed[won]
    listed, final = np.full(len(closed), np.nan), np.full(len(closed), np.nan)
    before = since <= closed[deal] - DAY
    listed[deal[before]] = value[before]
    final[deal] = value  # the last that is known
    used = (closed > np.iinfo(np.int64).min) & (listed > 0) & (final > 0)
    ratio = final[used] / listed[used]
    return np.asarray(ratio[(ratio < MOST) & (ratio > 1 / MOST)])
