"""What is left to chance at each node: win probabilities, timing, expected leads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.exact.nodes.shared import Part, State
from simfunnel.engine.jit import kernel
from simfunnel.engine.trial.arrivals import stream_win_rate
from simfunnel.engine.trial.deals import deal_win_rate
from simfunnel.families.normal import ndtr, ndtri
from simfunnel.funnel.model import Deals, Factors, Funnels, LeadStreams

KNOT_REACH, KNOTS_PER_UNIT = 10, 256
"""Of the normal distribution function: cubic pieces between its knots are off by less than 1e-12."""


@dataclass(frozen=True)
class Conditional:
    """Win probabilities at n nodes."""

    win: Floats
    """(n, deals of the part) P(won at any time)."""
    stream: Floats
    """(n, streams of the part) mean x level x win probability."""
    state: State

    def at(self, which: Ints | slice) -> Conditional:
        """Take some of the nodes."""
        return Conditional(self.win[which], self.stream[which], self.state.at(which))


@kernel
def _deal_rates(
    funnels: Funnels, deals: Deals, probability: Floats, win_rate: Floats, which: Ints, out: Floats
) -> None:
    for row in range(out.shape[0]):
        for i in range(len(which)):
            out[row, i] = deal_win_rate(funnels, deals, which[i], probability, win_rate, row)


@kernel
def _stream_rates(funnels: Funnels, streams: LeadStreams, win_rate: Floats, which: Ints, out: Floats) -> None:
    for row in range(out.shape[0]):
        for i in range(len(which)):
            out[row, i] = stream_win_rate(funnels, streams, which[i], win_rate, row)


@cache
def _normal_knots() -> tuple[Floats, Floats]:
    """Phi at equal steps over +-KNOT_REACH, and its slope times a step."""
    z = np.linspace(-KNOT_REACH, KNOT_REACH, 2 * KNOT_REACH * KNOTS_PER_UNIT + 1)
    return ndtr(z), np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi) / KNOTS_PER_UNIT


@kernel
def _given_factors(
    rate: Floats, score: Floats, combination: Ints, factor: Floats, correlated: Floats, value: Floats, slope: Floats,
    out: Floats,
) -> None:  # fmt: skip
    """Phi((score + factor) / sqrt(1 - correlated)) by Hermite interpolation; see `simfunnel.engine.draws.normal`."""
    n, D = out.shape
    last = len(value) - 2
    for t in range(n):
        row = t if rate.shape[0] > 1 else 0
        for d in range(D):
            c = combination[d]
            w = rate[row, d]
            if correlated[c] == 0.0 or w <= 0.0 or w >= 1.0:
                out[t, d] = w
                continue
            z = (score[row, d] + factor[c, t]) / math.sqrt(1.0 - correlated[c])
            at = min(max((z + KNOT_REACH) * KNOTS_PER_UNIT, 0.0), last + 1.0)
            k = min(int(at), last)
            x = at - k
            y = 1.0 - x
            out[t, d] = min(max(
                y * y * (1.0 + 2.0 * x) * value[k] + x * x * (3.0 - 2.0 * x) * value[k + 1]
                + x * y * (y * slope[k] - x * slope[k + 1]), 0.0), 1.0)  # fmt: skip


def conditional(part: Part, state: State) -> Conditional:
    """Compute win probabilities at every node of a state."""
    m, block = part.model, state.block
    win, stream = own_win_rates(part, state), np.empty((len(block.probability), len(part.streams)))
    _stream_rates(m.funnels, m.streams, block.win_rate, part.streams, stream)
    win = _under_factors(win, m.deals.combination[part.deals], m.factors, state)
    stream = _under_factors(stream, m.streams.combination[part.streams], m.factors, state)
    stream *= m.streams.mean[part.streams] * state.source_level[m.streams.source[part.streams]].T
    return Conditional(win, stream, state)


def own_win_rates(part: Part, state: State) -> Floats:
    """(n or 1, deals of the part) win probability of each deal at each node, whatever the common factors are."""
    win = np.empty((len(state.block.probability), len(part.deals)))
    _deal_rates(part.model.funnels, part.model.deals, state.block.probability, state.block.win_rate, part.deals, win)
    return win


def _under_factors(rate: Floats, combination: Ints, factors: Factors, state: State) -> Floats:
    """(n, D) win probabilities given the factors, from those before them (n or 1, D)."""
    out = np.empty((len(state.block.pace), rate.shape[1]))
    _given_factors(rate, ndtri(rate), combination, state.block.factor, factors.correlated, *_normal_knots(), out)
    return out
