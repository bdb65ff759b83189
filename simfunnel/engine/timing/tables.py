"""Tables of when deals and leads are won, given that they are, as kernels read them."""

from __future__ import annotations

import math
from typing import NamedTuple

from simfunnel.arrays import Floats, Ints
from simfunnel.engine.jit import inline


class Moving(NamedTuple):
    """For kernels: which functions of the trial's rates the timing of deals and leads is made of."""

    deal_first: Ints
    """(N,) first function of each deal, in the order of the runs."""
    deal_count: Ints
    """(N,) how many; 0 where the timing is the same in every trial."""
    deals: Floats
    """(P, K, N, R) weight of each function in P(won before the end of period k, and won) before it is normalised."""
    stream_first: Ints
    """(streams,) the same for leads."""
    stream_count: Ints
    leads: Floats
    """(P, rows, K, R)"""


class Timings(NamedTuple):
    """P(won before the end of each period | won), at nodes of the pace."""

    pace: Floats
    """(P,) nodes; a single 1 without pace."""
    deals: Floats
    """(P, K, N) in the order of the runs; not for deals whose timing moves with the rates."""
    leads: Floats
    """(P, rows, K) expected leads of a mean of 1 that are won in period k if all are won; rows: stream x unit."""
    lead_row: Ints
    """(streams,) first row of each stream."""
    lead_like: Ints
    """(streams,) first stream with the same timing: of the same source, funnel and stage."""
    moving: Moving
    """Deals and leads whose timing moves with the trial's rates."""


@inline
def weighed(start: float, weights: Floats, values: Floats) -> float:
    """`start` and the sum of weights x values, of the functions of a trial's rates."""
    total = start
    for j in range(len(values)):
        total += weights[j] * values[j]
    return total


@inline
def pace_node(nodes: Floats, pace: float) -> tuple[int, float]:
    """Node below a pace, and how far it lies towards the next one; the nodes are equally spaced in log pace."""
    last = len(nodes) - 1
    at = math.log(pace / nodes[0]) / math.log(nodes[last] / nodes[0]) * last
    at = min(max(at, 0.0), float(last))
    node = min(int(at), last - 1)
    return node, at - node
