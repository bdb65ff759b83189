"""Averages over nodes, by row of weights."""

from __future__ import annotations

from simfunnel.arrays import Floats
from simfunnel.engine.jit import kernel


@kernel
def add_weighted(weights: Floats, values: Floats, out: Floats) -> None:
    """Add to `out` (R, J) the values (variants, n, J) by weight (R, n); most weights of a replicate are zero.

    A library for matrices would wake its threads for each of thousands of small products.
    """
    for r in range(weights.shape[0]):
        variant, to = values[min(r, values.shape[0] - 1)], out[r]
        for t in range(weights.shape[1]):
            w = weights[r, t]
            if w == 0.0:
                continue
            row = variant[t]
            for j in range(len(to)):
                to[j] += w * row[j]
