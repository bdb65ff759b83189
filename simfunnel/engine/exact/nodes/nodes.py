"""Where to integrate: trapezoid rules for few dimensions, quasi-random points for many.

A rule is a set of nodes with several vectors of weights: of the rule and of its every-other-node half, whose difference
is an error, or of independent replicates, whose spread is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.engine.exact.nodes.sobol import MOST_DIMENSIONS, sobol
from simfunnel.engine.trial.shared import FACTOR_RANGE
from simfunnel.families.normal import ndtri

REPLICATES = 8
_EDGE = 1e-15


@dataclass(frozen=True)
class Nodes:
    """Nodes of an integral against the standard normal law."""

    z: Floats
    """(n, dimensions) normal scores."""
    weights: Floats
    """(R, n); every row sums to 1. One row; or the fine and the coarse rule; or replicates."""
    replicated: bool
    """Whether the rows are replicates; else the first row is the result."""
    in_panels: bool = False

    @property
    def main(self) -> Floats:
        """(n,) weights of the result: the mean of the replicates, else the first row."""
        return np.asarray(self.weights.mean(axis=0) if self.replicated else self.weights[0])

    def combine(self, rows: Floats) -> tuple[Floats, Floats]:
        """Result and its standard error (or the step error of a rule) from values by row (R, ...)."""
        return combine(rows, replicated=self.replicated)


def combine(rows: Floats, *, replicated: bool) -> tuple[Floats, Floats]:
    """Result and its standard error (or the step error of a rule) from values by row of weights (R, ...)."""
    if replicated:
        return rows.mean(axis=0), rows.std(axis=0, ddof=1) / np.sqrt(len(rows))
    return rows[0], np.abs(rows[0] - rows[-1])


def no_dimension() -> Nodes:
    """One node: nothing is shared."""
    return Nodes(np.zeros((1, 0)), np.ones((1, 1)), replicated=False)


def trapezoid(intervals: Sequence[int]) -> Nodes:
    """Product trapezoid rule on +-8.5, with the rule of twice the step as second row; all `intervals` even.

    For a smooth integrand that the normal density takes to 0 at both ends the error falls faster than any power of the
    step. Source: Trefethen & Weideman (2014), The exponentially convergent trapezoidal rule.
    """
    points, weights = np.zeros((1, 0)), np.ones((2, 1))
    for n in intervals:
        z = np.linspace(-FACTOR_RANGE, FACTOR_RANGE, n + 1)
        fine = np.exp(-0.5 * z * z)
        coarse = np.where(np.arange(len(z)) % 2 == 0, fine, 0.0)
        rows = np.stack([fine / fine.sum(), coarse / coarse.sum()])
        points = np.column_stack([np.repeat(points, len(z), axis=0), np.tile(z, len(points))])
        weights = (weights[:, :, None] * rows[:, None, :]).reshape(2, -1)
    heavy = weights.max(axis=0) > 1e-30
    return Nodes(points[heavy], weights[:, heavy], replicated=False)


def quasi_random(dimensions: int, points: int, seed: int) -> Nodes:
    """Shifted Sobol points: `REPLICATES` independent shifts of one set of `points` (a power of two).

    Source: Cranley & Patterson (1976), Randomization of number theoretic methods for multiple integration.
    """
    base = _sobol(dimensions, points)
    shifts = np.random.Generator(np.random.Philox(seed)).random((REPLICATES, 1, dimensions))
    u = np.clip(((base + shifts) % 1.0).reshape(-1, dimensions), _EDGE, 1 - _EDGE)
    weights = np.kron(np.eye(REPLICATES), np.full((1, points), 1.0 / points))
    return Nodes(ndtri(u), weights, replicated=True)


@lru_cache(maxsize=32)
def _sobol(dimensions: int, points: int) -> Floats:
    if dimensions <= MOST_DIMENSIONS:
        return sobol(dimensions, points)
    from scipy.stats import qmc

    return np.asarray(qmc.Sobol(dimensions, scramble=False).random(points))


def turned(nodes: Nodes, direction: Floats) -> Nodes:
    """Turn normal scores so that the first, best spread coordinate runs along a direction.

    The standard normal law is the same in all directions; quasi-random points are best in their first coordinates.
    Source: Imai & Tan (2006), A general dimension reduction technique for derivative pricing.
    """
    length = float(np.linalg.norm(direction))
    if length == 0:
        return nodes
    v = direction / length
    v[0] -= 1.0  # Householder: reflects the first axis onto the direction
    square = float(v @ v)
    if square < 1e-24:
        return nodes
    return Nodes(nodes.z - np.outer(nodes.z @ v, v) * (2.0 / square), nodes.weights, nodes.replicated)
