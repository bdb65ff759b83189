"""The two bounds of the outcome kernel, each measured alone: making random numbers, and moving bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from simfunnel.arrays import Floats, Ints, Words
from simfunnel.engine.draws.streams import draw, trial_state, uniform

DEALS = 2000
TRIALS = 5000
PERIODS = 2
_ONE = np.uint64(1)


@numba.njit(nogil=True, error_model="numpy")
def _states(keys: Words, trials: int) -> np.uint64:
    """Draw one word for each deal and trial; their exclusive or keeps the loop alive."""
    total = np.uint64(0)
    for t in range(trials):
        for i in range(len(keys)):
            total ^= trial_state(keys[i], np.uint64(t))
    return total


@numba.njit(nogil=True, error_model="numpy")
def _chain(key: np.uint64, count: int) -> np.uint64:
    """Draw words each of which depends on the one before: the latency of the generator."""
    state = key
    for _ in range(count):
        state = draw(state, _ONE)
    return state


@numba.njit(nogil=True, error_model="numpy")
def _compared(keys: Words, limit: Floats, trials: int) -> int:
    """Count uniforms below a limit: the least that any outcome kernel must do."""
    count = 0
    for t in range(trials):
        for i in range(len(keys)):
            count += 1 if uniform(trial_state(keys[i], np.uint64(t))) < limit[i] else 0
    return count


@numba.njit(nogil=True, error_model="numpy")
def _moved(keys: Ints, knots: Floats, knot: Ints, before: Floats, amount: Ints, trials: int) -> np.int64:
    """Read what the outcome kernel reads, two trials together, with a free random number in place of a good one."""
    booked = np.int64(0)
    first, second = before[0], before[1]
    for t in range(0, trials, 2):
        low, high = knots[knot[t]], knots[knot[t] + 1]
        other_low, other_high = knots[knot[t + 1]], knots[knot[t + 1] + 1]
        for i in range(len(keys)):
            u = np.float64(keys[i])
            w = low[i] + 0.5 * (high[i] - low[i])
            booked += amount[i] if u < w * first[i] else np.int64(0)
            booked += amount[i] if u < w * second[i] else np.int64(0)
            w = other_low[i] + 0.5 * (other_high[i] - other_low[i])
            booked += amount[i] if u < w * first[i] else np.int64(0)
            booked += amount[i] if u < w * second[i] else np.int64(0)
    return booked


def _least(run: Callable[[], object], repeats: int, count: int) -> float:
    """Nanoseconds for each of `count` things."""
    run()
    best = float("inf")
    for _ in range(repeats):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return best / count * 1e9


def measure(repeats: int) -> dict[str, Any]:
    """Nanoseconds of one core for each draw, and for the memory traffic of each deal-trial."""
    rng = np.random.default_rng(1)
    keys = rng.integers(0, 2**63, DEALS).astype(np.uint64)
    limit = rng.random(DEALS)
    cells = DEALS * TRIALS
    out, singles = np.empty(1 << 15), np.empty(1 << 15, dtype=np.float32)
    philox = np.random.Generator(np.random.Philox(1))
    fast = np.random.Generator(np.random.SFC64(1))
    knot = np.clip(np.rint(128 + 15 * rng.standard_normal(TRIALS)), 0, 255).astype(np.int64)
    amount = rng.integers(1, 10**7, DEALS)
    tables = (rng.random((257, DEALS)), knot, rng.random((PERIODS, DEALS)), amount)
    zeros = np.zeros(DEALS, dtype=np.int64)
    many = 20 * repeats
    return {
        "trial_state": _least(lambda: _states(keys, TRIALS), repeats, cells),
        "trial_state_chain": _least(lambda: _chain(keys[0], cells // 10), repeats, cells // 10),
        "uniform_compared": _least(lambda: _compared(keys, limit, TRIALS), repeats, cells),
        "memory": _least(lambda: _moved(zeros, *tables, TRIALS), repeats, cells),
        "philox_numpy": _least(lambda: philox.random(out=out), many, len(out)),
        "sfc64_numpy": _least(lambda: fast.random(out=out), many, len(out)),
        "sfc64_numpy_float32": _least(lambda: fast.random(out=singles, dtype=np.float32), many, len(out)),
        "normal_numpy_float32": _least(lambda: fast.standard_normal(out=singles, dtype=np.float32), many, len(out)),
        "bytes": 16 + (8 + 8 + PERIODS * 8) // 2,
        "periods": PERIODS,
    }
