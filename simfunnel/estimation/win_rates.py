"""The chance that a deal in a stage is finally won, from the exits of all stages, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simfunnel.arrays import Floats
from simfunnel.estimation.transitions import StageExits

DRAWS = 400
"""Draws of the rates from which the uncertainty of win rates is told."""


def win_rates(stages: Sequence[StageExits]) -> Floats:
    """(K, 3) chance of a win from each stage, and the ends of its 90 % interval; what is undecided is no win."""
    low, high = np.quantile(drawn_win_rates(stages, edges=True), [0.05, 0.95], axis=0)
    return np.stack([_solve(np.stack([s.probability for s in stages])), low, high], axis=1)


def drawn_win_rates(stages: Sequence[StageExits], *, edges: bool = False) -> Floats:
    """(draws, K) chance of a win from each stage under rates drawn from what is known of them.

    With `edges` a stage all of whose deals left one way may have another: as much of one as Jeffreys' prior leaves.
    """
    rng = np.random.default_rng(1)
    K = len(stages)
    draws = []
    for exits in stages:
        p = exits.probability
        draws.append(_dirichlet(np.append(p, max(1.0 - p.sum(), 0.0)), dirichlet_n(exits), rng, edges))
    return _solve(np.stack(draws, axis=1)[:, :, : K + 2])


def dirichlet_n(exits: StageExits) -> float:
    """One effective n for all exits of a stage: the variances add up to those of a Dirichlet with it."""
    p = exits.probability
    spread = p * (1 - p)
    used = spread > 1e-12
    if not used.any():
        return float(max(exits.counts.sum(), 1))
    return float(spread[used].sum() / (spread[used] / exits.n_effective[used]).sum())


def _dirichlet(p: Floats, n: float, rng: np.random.Generator, edges: bool) -> Floats:
    if p.max() >= 1 - 1e-12:
        draws = np.tile(p, (DRAWS, 1))
        if edges:
            main = int(np.argmax(p))
            draws[:, main] = rng.beta(n + 0.5, 0.5, DRAWS)
            draws[:, -1] = 1.0 - draws[:, main]
        return draws
    draws = rng.gamma(np.maximum(p * n, 1e-9), size=(DRAWS, len(p)))
    return np.asarray(draws / draws.sum(axis=1, keepdims=True))


def _solve(p: Floats) -> Floats:
    """(..., K) chance of a win from chances of exits (..., K, K + 2)."""
    K = p.shape[-2]
    return np.clip(np.linalg.solve(np.eye(K) - p[..., :K] * (1 - 1e-12), p[..., K : K + 1])[..., 0], 0.0, 1.0)
