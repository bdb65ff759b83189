"""SimPy: every deal is a process that waits in its stages; each trial is an environment run to the horizon.

Kinder to SimPy than the usual program: a deal that will be lost ends at once, instead of waiting in its stages for it.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Generator
from statistics import NormalDist

import numpy as np
import simpy

from benchmarks.funnel import MARKET, SEGMENT, SEGMENTS, Problem, Samples


def simulate(p: Problem, trials: int, seed: int) -> Samples:
    """Simulate."""
    rng = random.Random(seed)
    quantile = NormalDist().inv_cdf
    scale = -1.0 / math.sqrt(2.0 * (1.0 - p.correlated))
    mu, sigma, ends = p.mu.tolist(), p.sigma, p.bound[1:].tolist()
    latent = [quantile(w) for w in p.win_rate().tolist()]
    columns = (latent, p.stage, p.age, p.survival()[0], p.amount, p.segment, p.owner)
    deals = list(zip(*(np.asarray(column).tolist() for column in columns), strict=True))
    K, S = p.size.periods, p.size.stages
    loads = [math.sqrt(rho) for rho in (MARKET, SEGMENT, p.owner_correlation)]
    bookings, wins = np.zeros((K, trials), dtype=np.int64), np.zeros((K, trials), dtype=np.int64)

    def deal(
        env: simpy.Environment, w: float, stage: int, age: float, survival: float, amount: int, t: int
    ) -> Generator[simpy.Timeout, None, None]:
        if rng.random() >= w:
            return
        yield env.timeout(math.exp(mu[stage] - sigma * quantile(survival * (1.0 - rng.random()))) - age)
        for s in range(stage + 1, S):
            yield env.timeout(math.exp(mu[s] + sigma * rng.gauss()))
        k = bisect_right(ends, env.now)
        bookings[k, t] += amount
        wins[k, t] += 1

    for t in range(trials):
        env = simpy.Environment()
        market = loads[0] * rng.gauss()
        by_segment = [market + loads[1] * rng.gauss() for _ in range(SEGMENTS)]
        by_owner = [loads[2] * rng.gauss() for _ in range(max(p.size.owners, 1))]
        for z, stage, age, survival, amount, segment, owner in deals:
            w = 0.5 * math.erfc((z + by_segment[segment] + by_owner[owner]) * scale)
            env.process(deal(env, w, stage, age, survival, amount, t))
        env.run(until=ends[-1])
    return Samples(bookings, wins)
