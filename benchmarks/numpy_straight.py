"""NumPy as most people would write it: vectorised over deals and trials, float64, each formula as it stands.

The same model and the same order of work as `numpy_twin` (the outcome first, paths of winners only, chunks of bounded
memory), without its tricks: the win probability given the factors is computed, a uniform number compared with it.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.funnel import MARKET, SEGMENT, SEGMENTS, Problem, Samples

CELLS = 1 << 18
"""Deals x trials of a chunk."""


def simulate(p: Problem, trials: int, seed: int) -> Samples:
    """Simulate on one core."""
    rng = np.random.default_rng(seed)
    K = p.size.periods
    latent, survival = ndtri(p.win_rate())[:, None], p.survival()[0]
    scale = math.sqrt(1.0 - p.correlated)
    chunk = max(1, CELLS // p.size.deals)
    bookings, wins = np.empty((K, trials), dtype=np.int64), np.empty((K, trials), dtype=np.int64)
    for start in range(0, trials, chunk):
        n = min(chunk, trials - start)
        factor = math.sqrt(MARKET) * rng.standard_normal(n)
        factor = factor + math.sqrt(SEGMENT) * rng.standard_normal((SEGMENTS, n))[p.segment]
        if p.size.owners:
            factor += math.sqrt(p.owner_correlation) * rng.standard_normal((p.size.owners, n))[p.owner]
        w = ndtr((latent + factor) / scale)
        deal, trial = np.nonzero(rng.random(w.shape) < w)
        stage = p.stage[deal]
        first = -ndtri(survival[deal] * rng.random(len(deal)))
        time = np.exp(p.mu[stage] + p.sigma * first) - p.age[deal]
        for s in range(1, p.size.stages):
            ahead = stage < s
            time[ahead] += rng.lognormal(p.mu[s], p.sigma, int(ahead.sum()))
        for k in range(K):
            within = (time >= p.bound[k]) & (time < p.bound[k + 1])
            booked = np.bincount(trial[within], weights=p.amount[deal[within]], minlength=n)
            bookings[k, start : start + n] = booked
            wins[k, start : start + n] = np.bincount(trial[within], minlength=n)
    return Samples(bookings, wins)
