"""A rule in panels, for one dimension along which the integrand jumps, or needs far finer steps here than there.

Between two jumps the integrand is smooth, and within a panel its step is that of the panel: Fejér's second rule, whose
nodes lie inside, and whose every other node is the rule of half as many. Source: Waldvogel (2006), Fast construction of
the Fejér and Clenshaw-Curtis quadrature rules.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.nodes.nodes import Nodes
from simfunnel.engine.trial.shared import FACTOR_RANGE

LONGEST = 4.5
"""Of a panel, in scales of the integrand."""
_SHORT = 1.5
_FEW, _MANY = 15, 31
"""Nodes of a panel: up to so short, and of others."""
_NEGLIGIBLE = 27.0
"""Scores whose square is above are so rare, 2e-7 in all, that only the weight asks for nodes there."""


def panels(at: Floats, pull: Floats, jumps: Floats, refined: int) -> Nodes:
    """Nodes and weights against the standard normal law, with the rule of every other node as second row.

    Parameters
    ----------
    at
        (n,) rising scores.
    pull
        (n - 1,) slope of the conditional mean over the conditional sd between them.
    jumps
        Rising scores at which the integrand jumps.
    refined
        Halvings of all panels.
    """
    edges, lengths = _edges(at, pull, jumps, refined)
    scores, rows = [], []
    for low, high, length in zip(edges[:-1].tolist(), edges[1:].tolist(), lengths.tolist(), strict=True):
        x, fine, coarse = _fejer(_FEW if length <= _SHORT else _MANY)
        z = 0.5 * (low + high) + 0.5 * (high - low) * x
        scores.append(z)
        rows.append(np.stack([fine, coarse]) * (0.5 * (high - low)) * np.exp(-0.5 * z * z))
    z, weights = np.concatenate(scores), np.concatenate(rows, axis=1)
    weights /= weights.sum(axis=1, keepdims=True)
    heavy = np.abs(weights).max(axis=0) > 1e-30
    return Nodes(z[heavy, None], weights[:, heavy], replicated=False, in_panels=True)


def _edges(at: Floats, pull: Floats, jumps: Floats, refined: int) -> tuple[Floats, Floats]:
    """Edges of the panels, and their lengths in scales of the integrand."""
    middle = 0.5 * (at[1:] + at[:-1])
    share = np.maximum(1.0 - middle * middle / _NEGLIGIBLE, 0.0)  # far out less accuracy is needed
    density = np.sqrt(1.0 + share * pull * pull)
    scaled = np.concatenate([[0.0], np.cumsum(density * np.diff(at))])
    within = jumps[(jumps > at[0]) & (jumps < at[-1])]
    edges = [at[:1]]
    for low, high in zip([at[0], *within], [*within, at[-1]], strict=True):
        first, last = np.interp([low, high], at, scaled)
        count = max(1, math.ceil((last - first) / LONGEST)) << refined
        inner = np.interp(np.linspace(first, last, count + 1), scaled, at)
        edges.append(np.append(inner[1:-1], high))
    found = np.concatenate(edges)
    return found, np.diff(np.interp(found, at, scaled))


@lru_cache(maxsize=4)
def _fejer(n: int) -> tuple[Floats, Floats, Floats]:
    """Nodes of [-1, 1], rising, their weights, and those of the rule of every other node; n + 1 a power of two."""
    angle = math.pi * np.arange(n, 0, -1) / (n + 1)
    coarse = np.zeros(n)
    coarse[1::2] = _weights(n // 2)
    return np.cos(angle), _weights(n), coarse


def _weights(n: int) -> Floats:
    angle = math.pi * np.arange(n, 0, -1) / (n + 1)
    odd = np.arange(1, n + 1, 2)
    return np.asarray(4.0 / (n + 1) * np.sin(angle) * (np.sin(np.outer(angle, odd)) @ (1.0 / odd)))


def scanned(count: int) -> Floats:
    """Scores over the whole range at which to look at an integrand."""
    return np.linspace(-FACTOR_RANGE, FACTOR_RANGE, count)
