"""Means and variances in closed form: of the sum, and how far it may reach."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.book.pieces import LARGEST_KEPT, Piece, chunks, together
from simfunnel.engine.exact.nodes.nodes import Nodes
from simfunnel.engine.exact.transforms.dispersed import SPREAD_GIVEN
from simfunnel.engine.run.executor import available_processors

SPREAD = 14.0
"""A grid reaches at least this many standard deviations above the mean."""
OUT_OF_REACH = 1e-8
"""And at each node `SPREAD_GIVEN` conditional ones above the conditional mean, but for nodes of this weight in all."""


@dataclass(frozen=True)
class ClosedForms:
    """Closed forms by row of weights (R,): means from open deals and from leads, and the variance."""

    open: Floats
    new: Floats
    variance: Floats
    reach: float
    """Value that is exceeded with a probability of some 1e-8 at most, but for a single large amount."""

    @property
    def mean(self) -> float:
        """Mean of the sum."""
        return float(np.mean(self.open + self.new))

    @property
    def sd(self) -> float:
        """Standard deviation of the sum."""
        return math.sqrt(max(float(np.mean(self.variance)), 0.0))


def closed_forms(pieces: Sequence[Piece], nodes: Nodes) -> ClosedForms:
    """Compute them from those given each node."""
    sizes = max((p.book.deals.size + p.book.rows.stream.size + 1) * p.nodes_each for p in pieces)
    parts = list(chunks(len(nodes.z), 1 + LARGEST_KEPT // (4 * sizes)))
    with ThreadPoolExecutor(available_processors()) as pool:
        found = list(pool.map(lambda s: together(pieces, nodes.z[s]), parts))
    opened, new, inside, heaviest = (
        np.concatenate([getattr(m, name) for m in found]) for name in ("open", "new", "variance", "heaviest")
    )
    w = nodes.weights
    mean = w @ (opened + new)
    between = w @ (opened + new - mean.mean()) ** 2 - (mean - mean.mean()) ** 2
    variance = w @ inside + np.maximum(between, 0.0)
    high = opened + new + SPREAD_GIVEN * np.sqrt(inside) + heaviest
    falling = np.argsort(-high)
    out_of_reach = np.cumsum(nodes.main[falling]) > OUT_OF_REACH
    reach = max(
        float(np.mean(mean)) + SPREAD * math.sqrt(max(float(np.mean(variance)), 0.0)),
        float(high[falling][np.argmax(out_of_reach)]),
    )
    return ClosedForms(w @ opened, w @ new, variance, reach)
