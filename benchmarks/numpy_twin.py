"""What an expert would write in NumPy: vectorised over deals and trials, in chunks that stay in the cache.

The same model as simfunnel's `paths`: the outcome of every deal in every trial first, under the factors, then the path
of the winners only. No Python loop runs over deals or trials. What makes it fast:

* deals stand in the order of their stages, so the winners that still have a stage before them are a prefix;
* the outcome is a comparison of two normal numbers: no distribution function is evaluated for deal x trial;
* float32 normal numbers and exponentials where their rounding cannot be seen, and the fastest of NumPy's generators;
* a power of two of trials in a chunk: a shift and a mask, not a division, find the deal and the trial of a winner.

What the funnel may have besides (`FEATURES` of `benchmarks.funnel`) is in `numpy_features.py`. One thread: none of the
NumPy functions used here starts any.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from benchmarks import numpy_features as features
from benchmarks.funnel import MARKET, SEGMENT, SEGMENTS, Problem, Samples
from simfunnel.arrays import Floats, Ints

CELLS = 1 << 17
"""Deals x trials of a chunk: its float32 arrays take half a MiB each."""

Singles = npt.NDArray[np.float32]


class Tables(NamedTuple):
    """What does not change between trials; deals in the order of their stages."""

    limit: Singles
    """(D, 1) latent number of the win rate, scaled."""
    combination: Ints
    """(D,) segment and owner."""
    segment: Ints
    owner: Ints
    """(C,) of each combination."""
    survival: Floats
    """(D,) of deals that advance, at their age."""
    mu: Floats
    age: Floats
    amount: Floats
    until: Ints
    """(S + 1,) number of deals in stages before each stage, and in all."""
    lost: Singles
    """(D, 1) survival of deals that are lost over that of those that advance, at their age."""


def tables(p: Problem) -> Tables:
    """Prepare the arrays of a problem."""
    owners = max(p.size.owners, 1)
    pair = p.segment * owners + np.maximum(p.owner, 0)
    order = np.lexsort((pair, p.stage))
    pairs, combination = np.unique(pair[order], return_inverse=True)
    stage = p.stage[order]
    scale = 1.0 / math.sqrt(1.0 - p.correlated)
    return Tables(
        limit=(ndtri(p.win_rate()[order]) * scale).astype(np.float32)[:, None],
        combination=combination,
        segment=pairs // owners,
        owner=pairs % owners,
        survival=p.survival()[0][order],
        mu=p.mu[stage],
        age=p.age[order],
        amount=p.amount[order].astype(np.float64),
        until=np.searchsorted(stage, np.arange(p.size.stages + 1)),
        lost=(p.survival()[1][order] / p.survival()[0][order]).astype(np.float32)[:, None],
    )


def simulate(p: Problem, trials: int, seed: int) -> Samples:
    """Simulate on one core."""
    t = tables(p)
    rng = np.random.Generator(np.random.SFC64(seed))
    D, K = p.size.deals, p.size.periods
    bits = max(4, int(math.log2(max(CELLS // max(D, 1), 1))))
    B = 1 << bits
    bookings, wins = np.empty((K, trials), dtype=np.int64), np.empty((K, trials), dtype=np.int64)
    luck, limit = np.empty((D, B), dtype=np.float32), np.empty((D, B), dtype=np.float32)
    won = np.empty((D, B), dtype=np.bool_)
    scale = 1.0 / math.sqrt(1.0 - p.correlated)
    loads = [math.sqrt(rho) * scale for rho in (MARKET, SEGMENT, p.owner_correlation)]
    for start in range(0, trials, B):
        market = rng.standard_normal(B)
        factor = loads[0] * market + loads[1] * rng.standard_normal((SEGMENTS, B))[t.segment]
        factor += loads[2] * rng.standard_normal((max(p.size.owners, 1), B))[t.owner]
        # won: luck < (quantile(w) + factor) / sqrt(1 - correlated), which has probability w'
        np.take(factor.astype(np.float32), t.combination, axis=0, out=limit, mode="clip")
        np.add(limit, features.limit(p, t, B, rng) if "rates" in p.size.features else t.limit, out=limit)
        rng.standard_normal(out=luck, dtype=np.float32)
        np.less(luck, limit, out=won)
        winner = np.flatnonzero(won)
        deal = winner >> bits
        time, trial, amount = _times(p, t, deal, rng), winner & (B - 1), t.amount[deal]
        if p.size.features:
            time, trial, amount = features.added(p, time, trial, amount, market, B, rng)
        period = np.searchsorted(p.bound[1:], time, side="right")
        cell = (period << bits) + trial
        end = min(start + B, trials)
        booked = np.bincount(cell, weights=amount, minlength=(K + 1) * B).reshape(K + 1, B)
        bookings[:, start:end] = booked[:K, : end - start]
        wins[:, start:end] = np.bincount(cell, minlength=(K + 1) * B).reshape(K + 1, B)[:K, : end - start]
    return Samples(bookings, wins)


def _times(p: Problem, t: Tables, deal: Ints, rng: np.random.Generator) -> Floats:
    """Draw the day on which each winner is won: rest of its stage given its age, then every later stage."""
    first = -ndtri(t.survival[deal] * rng.random(len(deal)))
    time: Floats = np.exp(t.mu[deal] + p.sigma * first) - t.age[deal]
    for s in range(1, p.size.stages):
        n = int(np.searchsorted(deal, t.until[s]))
        stay = rng.standard_normal(n, dtype=np.float32)
        stay *= np.float32(p.sigma)
        stay += np.float32(p.mu[s])
        np.exp(stay, out=stay)
        time[:n] += stay
    return time


def simulate_in_processes(p: Problem, trials: int, seed: int, pool: Executor, processes: int) -> Samples:
    """Simulate on several cores: each process takes its share of the trials, with a seed of its own."""
    shares = [trials * (i + 1) // processes - trials * i // processes for i in range(processes)]
    seeds = [seed * 1000 + i for i in range(processes)]
    parts = list(pool.map(simulate, [p] * processes, shares, seeds))
    return Samples(np.concatenate([x.bookings for x in parts], 1), np.concatenate([x.wins for x in parts], 1))
