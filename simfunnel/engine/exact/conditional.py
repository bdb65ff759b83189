"""What is left to chance at each node: win probabilities, timing, expected leads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simfunnel.engine.arrivals import stream_win_rate
from simfunnel.engine.exact.shared import Part, State
from simfunnel.engine.jit import kernel
from simfunnel.engine.normal import given_factors
from simfunnel.engine.paths import deal_win_rate
from simfunnel.engine.trials import TrialBlock
from simfunnel.funnel.model import Deals, Factors, Floats, Funnels, Ints, LeadStreams


@dataclass(frozen=True)
class Conditional:
    """Win probabilities at n nodes."""

    win: Floats
    """(n, deals of the part) P(won at any time)."""
    stream: Floats
    """(n, streams of the part) mean x level x win probability."""
    state: State


@kernel
def _win_probabilities(
    funnels: Funnels, deals: Deals, factors: Factors, block: TrialBlock, which: Ints, out: Floats
) -> None:
    certain = block.probability.shape[0] == 1
    for t in range(out.shape[0]):
        for i in range(len(which)):
            d = which[i]
            w = deal_win_rate(funnels, deals, d, block.probability, block.win_rate, 0 if certain else t)
            c = deals.combination[d]
            out[t, i] = given_factors(w, block.factor[c, t], factors.correlated[c])


@kernel
def _stream_probabilities(
    funnels: Funnels, streams: LeadStreams, factors: Factors, block: TrialBlock, which: Ints, out: Floats
) -> None:
    certain = block.probability.shape[0] == 1
    for t in range(out.shape[0]):
        for i in range(len(which)):
            w = stream_win_rate(funnels, streams, which[i], block.win_rate, 0 if certain else t)
            c = streams.combination[which[i]]
            out[t, i] = given_factors(w, block.factor[c, t], factors.correlated[c])


def conditional(part: Part, state: State) -> Conditional:
    """Compute win probabilities at every node of a state."""
    m, n = part.model, len(state.block.pace)
    win, stream = np.zeros((n, len(part.deals))), np.zeros((n, len(part.streams)))
    _win_probabilities(m.funnels, m.deals, m.factors, state.block, part.deals, win)
    _stream_probabilities(m.funnels, m.streams, m.factors, state.block, part.streams, stream)
    stream *= m.streams.mean[part.streams] * state.source_level[m.streams.source[part.streams]].T
    return Conditional(win, stream, state)


def pace_nodes(nodes: Floats, pace: Floats) -> tuple[Ints, Floats]:
    """Node below each pace and how far it lies towards the next; the nodes are equally spaced in log pace."""
    last = len(nodes) - 1
    at = np.clip(np.log(pace / nodes[0]) / math.log(nodes[last] / nodes[0]) * last, 0.0, last)
    low = np.minimum(at.astype(np.int64), last - 1)
    return low, at - low
