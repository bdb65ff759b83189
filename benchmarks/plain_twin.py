"""Plain Python, standard library only: one loop over trials, one over deals, the path of winners stage by stage."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from statistics import NormalDist

import numpy as np

from benchmarks.funnel import MARKET, SEGMENT, SEGMENTS, Problem, Samples


def simulate(p: Problem, trials: int, seed: int) -> Samples:
    """Simulate."""
    rng = random.Random(seed)
    uniform, gauss, erfc, exp = rng.random, rng.gauss, math.erfc, math.exp
    normal = NormalDist()
    quantile = normal.inv_cdf
    scale = -1.0 / math.sqrt(2.0 * (1.0 - p.correlated))
    mu, sigma, ends = p.mu.tolist(), p.sigma, p.bound[1:].tolist()
    latent = [quantile(w) for w in p.win_rate().tolist()]
    columns = (latent, p.stage, p.age, p.survival()[0], p.amount, p.segment, p.owner)
    deals = list(zip(*(np.asarray(column).tolist() for column in columns), strict=True))
    K, S = p.size.periods, p.size.stages
    loads = [math.sqrt(rho) for rho in (MARKET, SEGMENT, p.owner_correlation)]
    bookings, wins = np.zeros((K, trials), dtype=np.int64), np.zeros((K, trials), dtype=np.int64)
    for t in range(trials):
        market = loads[0] * gauss()
        by_segment = [market + loads[1] * gauss() for _ in range(SEGMENTS)]
        by_owner = [loads[2] * gauss() for _ in range(max(p.size.owners, 1))]
        booked, won = [0] * (K + 1), [0] * (K + 1)
        for z, stage, age, survival, amount, segment, owner in deals:
            if uniform() >= 0.5 * erfc((z + by_segment[segment] + by_owner[owner]) * scale):
                continue
            time = exp(mu[stage] - sigma * quantile(survival * (1.0 - uniform()))) - age
            for s in range(stage + 1, S):
                time += exp(mu[s] + sigma * gauss())
            k = bisect_right(ends, time)
            booked[k] += amount
            won[k] += 1
        bookings[:, t], wins[:, t] = booked[:K], won[:K]
    return Samples(bookings, wins)
