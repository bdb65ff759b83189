"""What the bundled sample has and the plain funnel has not, as an expert would add it to the twin in NumPy.

Uncertain rates: a Beta a stage and trial, so that the win rate of every deal is another in every trial. Pace: a factor
a trial on the times of winners. Realization: a factor a winner. Leads: only those that are won are drawn, a Poisson
number a trial given the market factor, each with its arrival, its way through all stages and its amount.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from benchmarks.funnel import LEAD_AMOUNT, LEADS_A_DAY, MARKET, PACE_SD, REALIZATION, SAMPLE_N, Problem
from simfunnel.arrays import Floats, Ints

if TYPE_CHECKING:
    from benchmarks.numpy_twin import Tables

Singles = npt.NDArray[np.float32]


def limit(p: Problem, t: Tables, size: int, rng: np.random.Generator) -> Singles:
    """(D, size) latent number of every deal's win rate at the rates of each trial, scaled."""
    c = p.conversion[:, None]
    rates = rng.beta(SAMPLE_N * c, SAMPLE_N * (1 - c), (p.size.stages, size)).astype(np.float32)
    after = np.ones(size, dtype=np.float32)
    w = np.empty((p.size.deals, size), dtype=np.float32)
    for s in range(p.size.stages - 1, -1, -1):
        here = slice(t.until[s], t.until[s + 1])
        np.multiply(t.lost[here], 1 / rates[s] - 1, out=w[here])
        w[here] += 1
        np.divide(after, w[here], out=w[here])
        after = after * rates[s]
    ndtri(w, out=w)
    w *= np.float32(1.0 / math.sqrt(1.0 - p.correlated))
    return w


def added(
    p: Problem, time: Floats, trial: Ints, amount: Floats, market: Floats, size: int, rng: np.random.Generator
) -> tuple[Floats, Ints, Floats]:
    """Times, trials and amounts of all wins, from those of the open deals."""
    pace = lognormal(1.0, PACE_SD, size, rng) if "pace" in p.size.features else None
    if pace is not None:
        time = time * pace[trial]
    if "realization" in p.size.features:
        amount = np.rint(amount * lognormal(*REALIZATION, len(amount), rng))
    if "leads" in p.size.features:
        new = won_leads(p, market, pace, rng)
        time, trial, amount = (np.concatenate(pair) for pair in zip((time, trial, amount), new, strict=True))
    return time, trial, amount


def lognormal(mean: float, sd: float, size: int, rng: np.random.Generator) -> Floats:
    """Draws by the mean and sd of the variable itself."""
    variance = math.log1p((sd / mean) ** 2)
    return rng.lognormal(math.log(mean) - variance / 2, math.sqrt(variance), size)


def won_leads(p: Problem, market: Floats, pace: Floats | None, rng: np.random.Generator) -> tuple[Floats, Ints, Floats]:
    """Times, trials and amounts of the leads that are won, at some time."""
    if "rates" in p.size.features:
        raise ValueError("leads are drawn at certain rates: expected `leads` without `rates`")
    score = float(ndtri(np.prod(p.conversion)))
    w = ndtr((score + math.sqrt(MARKET) * market) / math.sqrt(1 - MARKET))
    trial = np.repeat(np.arange(len(market)), rng.poisson(LEADS_A_DAY * p.bound[-1] * w))
    n = len(trial)
    stay = np.zeros(n)
    for mu in p.mu:
        step = rng.standard_normal(n, dtype=np.float32)
        step *= np.float32(p.sigma)
        step += np.float32(mu)
        stay += np.exp(step, out=step)
    time = p.bound[-1] * rng.random(n) + (stay if pace is None else stay * pace[trial])
    mu, sigma = LEAD_AMOUNT
    return time, trial, np.rint(100 * rng.lognormal(mu, sigma, n))
