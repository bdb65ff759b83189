"""Win probabilities given the factors, tabulated for every open deal whose own w is certain.

Computing the normal distribution function for each deal and trial would cost ten times the rest.
Between two of the `KNOTS` knots over +-8.5 standard deviations of the combined factor the curve is taken as straight:
with total correlation 0.2 the error of a probability is below 2e-5 (tested), far below the simulation error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.trial.shared import factor_reach
from simfunnel.funnel.distributions.normal import ndtr, ndtri
from simfunnel.funnel.model import Model

KNOTS = 513
CONSTANT, TABULATED, DRAWN = 0, 1, 2


class WinTable(NamedTuple):
    """How the kernel finds the win probability of each open deal."""

    mode: Ints
    """(D,) CONSTANT (no factors, or w is 0 or 1), TABULATED, or DRAWN: from the trial's own rates."""
    constant: Floats
    """(D,) w at the mean rates."""
    row: Ints
    """(D,) row of `knots`."""
    knots: Floats
    """(deals with a table, KNOTS) win probability at each knot of the factor."""
    reach: Floats
    """(C,) largest factor tabulated, per combination."""
    per_unit: Floats
    """(C,) knots per unit of the factor."""


def win_table(model: Model) -> WinTable:
    """Tabulate the win probabilities of the open deals of a model."""
    factors, deals = model.factors, model.deals
    reach = factor_reach(factors)
    w = model.win_rate
    correlated = factors.correlated[deals.combination]
    tabulated = (correlated > 0) & (w > 0) & (w < 1)
    mode = np.where(tabulated, TABULATED, CONSTANT)
    drawn = model.funnels.uncertain[deals.funnel] & np.isnan(deals.judged)
    mode = np.where(drawn, DRAWN, mode)
    chosen = np.flatnonzero(mode == TABULATED)
    grid = np.linspace(-1.0, 1.0, KNOTS)
    at = reach[deals.combination[chosen], None] * grid
    scale = np.sqrt(1.0 - correlated[chosen, None])
    row = np.zeros(len(w), dtype=np.int64)
    row[chosen] = np.arange(len(chosen))
    return WinTable(
        mode=mode.astype(np.int64),
        constant=np.ascontiguousarray(w),
        row=row,
        knots=np.ascontiguousarray(ndtr((ndtri(w[chosen])[:, None] + at) / scale)).reshape(len(chosen), KNOTS),
        reach=reach,
        per_unit=np.divide(0.5 * (KNOTS - 1), reach, out=np.zeros_like(reach), where=reach > 0),
    )
