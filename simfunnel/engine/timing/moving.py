"""Timing that moves with the drawn rates: a few functions of a trial's rates, and what each weighs for every deal.

Where an uncertain funnel has several ways to Won, P(won before x | won) of a deal is the mean over the ways, weighted
by their chances at the trial's rates (see `simfunnel.engine.law.ways`). The ways of an exit are many and alike: their
distribution functions are written in a few orthogonal directions, with an error that is checked against every value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import kernel
from simfunnel.engine.law.timing import Law
from simfunnel.engine.law.ways import Ways, winning_exits
from simfunnel.engine.run.cancel import check
from simfunnel.engine.trial.shared import TrialBlock
from simfunnel.funnel.model import Funnels, Model
from simfunnel.funnel.states import first_state

COMPRESSION = 1e-6
"""Largest error of a distribution function from keeping a few directions only."""
FEW_WAYS = 3
_ROWS_TOGETHER = 1 << 13
"""Few enough to stay in the cache."""


@dataclass(frozen=True)
class Function:
    """sum_c direction[c] x chance of way c from `stage`; of a deal's exit, times the chance to be won by it."""

    ways: Ways
    stage: int
    exit: int
    """-1 for leads."""
    direction: Floats


@kernel
def _weigh(direction: Floats, chances: Floats, out: Floats) -> None:
    """Sum over ways of direction[c] x chances[c]: in one order, so that the bits do not depend on the block."""
    for c in range(len(direction)):
        weight, row = direction[c], chances[c]
        for t in range(len(out)):
            out[t] += weight * row[t]


@dataclass(frozen=True)
class Functions:
    """All functions, in the order of their numbers."""

    each: tuple[Function, ...]

    def values(self, funnels: Funnels, block: TrialBlock) -> Floats:
        """(functions, n) values at the rates of n trials."""
        # without functions the rates may be certain, then `probability` has one row
        n = block.probability.shape[0] if self.each else len(block.pace)
        result = np.zeros((len(self.each), n))
        chances: dict[int, Floats] = {}
        for i, function in enumerate(self.each):
            ways = function.ways
            if ways.funnel not in chances:
                chances[ways.funnel] = ways.chances(funnels, block)
            _weigh(function.direction, chances[ways.funnel][function.stage], result[i])
            if function.exit >= 0:
                reach = block.win_rate[:, first_state(funnels, ways.funnel) + function.stage]
                result[i] *= block.probability[:, function.exit] * reach
        return result


@dataclass
class MovingTimings:
    """Collects functions and weights while the timing of a model is computed."""

    model: Model
    law: Law
    ways: list[Ways]

    def __post_init__(self) -> None:
        self.functions: list[Function] = []
        self.by_way = {ways.funnel: self.law.by_way(ways) for ways in self.ways}
        self.error = max((ways.left_out for ways in self.ways), default=0.0) + (COMPRESSION if self.ways else 0.0)

    def deals(self, times: Floats, wanted: Ints) -> tuple[Ints, Ints, Floats]:
        """First function and their number for each deal, and weights (deals, times, R) at rising times.

        Of others than `wanted` there are none.
        """
        m, S = self.model, self.model.funnels.stages
        D = len(m.deals.stage)
        asked = np.zeros(D, dtype=np.bool_)
        asked[wanted] = True
        first, count = np.zeros(D, dtype=np.int64), np.zeros(D, dtype=np.int64)
        parts: list[tuple[Ints, int, Floats]] = []
        for f, law in self.by_way.items():
            for s in np.unique(m.deals.stage[asked & (m.deals.funnel == f)]).tolist():
                which = np.flatnonzero(asked & (m.deals.funnel == f) & (m.deals.stage == s))
                first[which] = len(self.functions)
                for e in winning_exits(m.funnels, f, s):
                    check()
                    to = int(m.funnels.exit_to[e])
                    found, error = law.deals_before(s, e, which, times)
                    self.error = max(self.error, error)
                    weights, directions = compressed(np.moveaxis(found, 0, -1))
                    weight = m.deals.weight[m.deals.weight_start[which] + e - m.funnels.exit_start[f * S + s]]
                    parts.append((which, len(self.functions), weights * weight[:, None, None]))
                    self.functions += [Function(law.ways, to, e, d) for d in directions]
                count[which] = len(self.functions) - first[which]
        result = np.zeros((D, len(times), int(count.max(initial=0))))
        for which, start, weights in parts:
            at = start - first[which[0]]
            result[which, :, at : at + weights.shape[2]] = weights
        return first, count, result

    def leads(self, f: int, s: int, values: Floats) -> tuple[int, Floats]:
        """Number of the first function, and weights (..., R), of leads with values (C, ...) by way."""
        weights, directions = compressed(np.moveaxis(values, 0, -1))
        start = len(self.functions)
        self.functions += [Function(self.by_way[f].ways, s, -1, d) for d in directions]
        return start, weights


def compressed(values: Floats) -> tuple[Floats, Floats]:
    """Write values (..., C) as weights (..., R) of R directions (R, C), off by at most `COMPRESSION` of the largest.

    As chances of ways sum to 1, the error of a mean over ways is no larger than that of a value.
    """
    C = values.shape[-1]
    rows = values.reshape(-1, C)
    if C <= FEW_WAYS:
        return values, np.eye(C)
    allowed = COMPRESSION * max(float(np.max(np.abs(rows), initial=0.0)), 1e-300)
    sizes, axes = np.linalg.eigh(rows.T @ rows)
    axes = axes[:, ::-1]
    # what is left out of a row is no longer than what is left out of all of them
    for kept in range(max(1, int(np.count_nonzero(sizes > len(rows) * allowed**2))), C):
        directions = np.ascontiguousarray(axes[:, :kept])
        weights = np.empty((len(rows), kept))
        for i in range(0, len(rows), _ROWS_TOGETHER):
            some = rows[i : i + _ROWS_TOGETHER]
            weights[i : i + _ROWS_TOGETHER] = found = some @ directions
            if np.max(np.abs(found @ directions.T - some)) > allowed:
                break
        else:
            return weights.reshape(*values.shape[:-1], kept), np.ascontiguousarray(directions.T)
    return values, np.eye(C)
