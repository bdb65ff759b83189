"""What deals share, as dimensions of an integral: factors, uncertain rates, pace, levels.

Each dimension is a standard normal score z; a factor is z itself, everything else the quantile of Phi(z).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.law.lattice import interpolated
from simfunnel.engine.law.ways import has_choice
from simfunnel.engine.run.recent import Recent
from simfunnel.engine.trial.shared import TrialBlock, new_block, solve_rates
from simfunnel.families.beta import Beta
from simfunnel.families.computed import Distribution
from simfunnel.families.lognormal.computed import Lognormal
from simfunnel.families.normal import ndtr
from simfunnel.funnel.model import Model

MARKET, SEGMENT, OWNER = "market factor", "segment factor", "owner factor"
RATE, PACE, AMOUNT_LEVEL, SOURCE_LEVEL = "uncertain rate", "pace", "amount level", "lead level"
FACTORS = (MARKET, SEGMENT, OWNER)
_TABULATED_FROM = 64
_SCORES, _A_SCORE = 9, 128
"""Normal scores up to which quantiles are tabulated, and how many of them a unit has."""
_READ_ERROR = 1e-10
"""Relative, of a quantile that is read from its table."""
_KEPT = Recent(256)
TOGETHER = "sum of the factors"
"""Where all deals have the same factors, their sum is one normal: one dimension; the index is the combination."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that is shared."""

    kind: str
    index: int


@dataclass(frozen=True)
class Part:
    """Some of the deals and streams of a model: everything, or one group."""

    model: Model
    deals: Ints
    """Which open deals."""
    streams: Ints
    """Which streams of leads."""
    closed: Ints
    """Which wins before as_of."""
    at_nodes: Recent = field(default_factory=lambda: Recent(16), repr=False, compare=False)
    """What was computed at nodes lately: the same for bookings and wins of every period."""
    pieces: Recent = field(default_factory=lambda: Recent(256), repr=False, compare=False)
    """Books and sub-parts: the same for every period."""

    @classmethod
    def of_group(cls, model: Model, group: int) -> Part:
        """Take the deals and streams that count in a group."""

        def members(start: Ints, groups: Ints) -> Ints:
            owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
            return np.asarray(owner[groups == group], dtype=np.int64)

        deals, streams, closed = (members(x.group_start, x.group) for x in (model.deals, model.streams, model.closed))
        return cls(model, deals, streams, closed)

    @property
    def combinations(self) -> Ints:
        """Combinations of factors that occur."""
        m = self.model
        return np.unique(np.concatenate([m.deals.combination[self.deals], m.streams.combination[self.streams]]))

    def dimensions(self, *, money: bool) -> tuple[Dimension, ...]:
        """Everything that the deals of this part share, the most important first."""
        m, f = self.model, self.model.factors
        c = self.combinations
        found = [Dimension(MARKET, 0)] if len(c) and f.market_load > 0 and math.isnan(f.market_given) else []
        if money:
            drawn = self.deals[m.deals.amount[self.deals] < 0]
            used = np.unique(np.concatenate([m.deals.level[drawn], m.streams.level[self.streams]]))
            found += [Dimension(AMOUNT_LEVEL, int(i)) for i in used[used >= 0] if f.level_table[i] >= 0]
        levels: dict[str, int] = {}  # the first source that reads a level stands for it
        for s in np.unique(m.streams.source[self.streams]).tolist():
            if m.arrivals.level_table[s] >= 0:
                levels.setdefault(m.keys.lead_levels[s], s)
        found += [Dimension(SOURCE_LEVEL, s) for s in levels.values()]
        if f.pace_table >= 0 and len(c):
            found.append(Dimension(PACE, 0))
        found += [Dimension(RATE, int(i)) for i in self._rates()]
        for kind, index, load in ((SEGMENT, f.segment[c], f.segment_load), (OWNER, f.owner[c], f.owner_load)):
            if load > 0:
                found += [Dimension(kind, int(i)) for i in np.unique(index[index >= 0])]
        return tuple(found)

    def _rates(self) -> Ints:
        """Uncertain draws of the funnels in use."""
        m = self.model
        choice = np.array([has_choice(m.funnels, f) for f in range(len(m.funnels.uncertain))], dtype=np.bool_)
        of_deal = m.deals.funnel[self.deals]
        # of a judged deal the win probability is known; its timing depends on the rates where there is a choice
        drawn = np.isnan(m.deals.judged[self.deals]) | choice[of_deal]
        funnels = np.unique(np.concatenate([of_deal[drawn], m.streams.funnel[self.streams]]))
        S, start = m.funnels.stages, m.funnels.exit_start
        draws = [m.funnels.share_draw[start[f * S] : start[(f + 1) * S]] for f in funnels if m.funnels.uncertain[f]]
        every = np.unique(np.concatenate([*draws, np.zeros(0, dtype=np.int64)]))
        return every[every >= 0]


@dataclass(frozen=True)
class State:
    """Values of everything shared at n nodes."""

    block: TrialBlock
    """Rates, factors, pace and amount levels, as a block of n trials."""
    source_level: Floats
    """(sources, n)"""

    def at(self, which: Ints | slice) -> State:
        """Take some of the nodes."""
        b = self.block
        probability, win_rate = (x[which] if len(x) > 1 else x for x in (b.probability, b.win_rate))  # one row: certain
        block = TrialBlock(probability, win_rate, b.factor[:, which], b.pace[which], b.level[:, which])
        return State(block, self.source_level[:, which])


def state_at(model: Model, dimensions: tuple[Dimension, ...], z: Floats) -> State:
    """Turn normal scores (n, dimensions) into the state of n trials; what is not a dimension keeps its mean."""
    n, f = len(z), model.factors
    block = new_block(model.funnels, f, n)
    source_level = np.ones((len(model.keys.sources), n))
    rates: Floats | None = None
    for j, d in enumerate(dimensions):
        if d.kind == MARKET:
            block.factor[:] += f.market_load * z[:, j]
        elif d.kind == SEGMENT:
            block.factor[f.segment == d.index] += f.segment_load * z[:, j]
        elif d.kind == OWNER:
            block.factor[f.owner == d.index] += f.owner_load * z[:, j]
        elif d.kind == TOGETHER:
            block.factor[d.index] += math.sqrt(f.correlated[d.index]) * z[:, j]
        elif d.kind == PACE:
            block.pace[:] = _quantile(model, f.pace_table, z[:, j])
        elif d.kind == AMOUNT_LEVEL:
            block.level[d.index] = _quantile(model, int(f.level_table[d.index]), z[:, j])
        elif d.kind == SOURCE_LEVEL:
            for s, level in enumerate(model.keys.lead_levels):
                if level == model.keys.lead_levels[d.index] and model.arrivals.level_table[s] >= 0:
                    source_level[s] = _quantile(model, int(model.arrivals.level_table[s]), z[:, j])
        else:
            if rates is None:
                means = [model.distributions[table].mean for table in model.rates.table]
                rates = np.tile(np.array(means), (n, 1))
            rates[:, d.index] = _quantile(model, int(model.rates.table[d.index]), z[:, j])
    if rates is not None:
        solve_rates(model.funnels, np.ascontiguousarray(rates), block)
    return State(block, source_level)


def paces_at(model: Model, dimensions: tuple[Dimension, ...], z: Floats) -> Floats:
    """(n,) pace at each node; empty where it is certain."""
    for j, d in enumerate(dimensions):
        if d.kind == PACE:
            return _quantile(model, model.factors.pace_table, z[:, j])
    return np.zeros(0)


def _quantile(model: Model, table: int, z: Floats) -> Floats:
    d = model.distributions[table]
    if len(z) >= _TABULATED_FROM and isinstance(d, Beta | Lognormal):
        return np.asarray(_KEPT.get(d, lambda: _Quantiles(d)).read(z))
    return _exact_quantile(d, z)


class _Quantiles:
    """Quantiles of a smooth law by normal score: read between equally spaced ones by a cubic where that is exact."""

    def __init__(self, d: Distribution) -> None:
        self.law = d
        at = np.linspace(-_SCORES, _SCORES, 2 * _SCORES * _A_SCORE + 1)
        values = _exact_quantile(d, at)
        between = interpolated(values[::2], np.asarray(0.5 * np.arange(1, len(at), 2), dtype=np.float64))
        # of twice the step: 16 times the error
        self.exact = bool(np.all(np.abs(between - values[1::2]) <= 16.0 * _READ_ERROR * np.abs(values[1::2])))
        self.values = values

    def read(self, z: Floats) -> Floats:
        """Give the quantiles at some scores."""
        if not self.exact or np.abs(z).max() > _SCORES:
            return _exact_quantile(self.law, z)
        return interpolated(self.values, np.asarray((z + _SCORES) * _A_SCORE, dtype=np.float64))


def _exact_quantile(d: Distribution, z: Floats) -> Floats:
    tiny = np.finfo(float).tiny
    low = d.isf_low(np.maximum(ndtr(np.minimum(z, 0.0)), tiny))
    high = d.isf(np.maximum(ndtr(-np.maximum(z, 0.0)), tiny))
    return np.where(z < 0, low, high)
