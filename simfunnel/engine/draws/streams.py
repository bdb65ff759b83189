"""Counter-based random numbers: a draw is a pure function of (seed, stream, entity, trial, counter).

The generator is a keyed 64-bit mixing hash, the finalizer of SplitMix64 (Steele, Lea & Flood 2014, with the constants
of Stafford's variant 13). An entity's key is a hash of the seed, the stream and a stable hash of the entity's id;
trial and counter step through two odd increments. Nothing is stored and nothing is ordered: threads, block size
and the order of the deals cannot change a draw, and changing one deal leaves every other draw as it was.

All words are uint64, shift counts too: a uint64 mixed with an int64 would become a float64.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum

import numpy as np

from simfunnel.engine.jit import inline

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
"""Step between trials (the golden ratio, odd, as in SplitMix64)."""
COUNTER_STEP = np.uint64(0xD1342543DE82EF95)
"""Step between the draws of one entity in one trial: another odd constant, of good spectral quality."""
_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_SHIFT_30, _SHIFT_27, _SHIFT_31 = np.uint64(30), np.uint64(27), np.uint64(31)
_SHIFT_12 = np.uint64(12)
_UNIT = 2.0**-52


class Stream(IntEnum):
    """What a draw is for. Append only: a number, once given, keeps its meaning."""

    DEAL = 1
    LEAD = 2
    RATE = 3
    MARKET = 4
    SEGMENT = 5
    OWNER = 6
    PACE = 7
    AMOUNT_LEVEL = 8
    ARRIVAL_LEVEL = 9
    DISPERSION = 10
    ARRIVAL = 11
    CLOSED = 12


class Counter(IntEnum):
    """Which of an entity's draws in one trial. Append only; path steps take two each from `PATH` on.

    `SPLIT` x (period + 1) starts the draws of a lead stream's wins in a period: counts first, then amounts.
    """

    OUTCOME = 0
    AMOUNT = 1
    AGE = 2
    EXIT = 3
    REMAINING = 4
    LEAD_OUTCOME = 5
    MONTH = 6
    PAYMENT = 64
    PATH = 1024
    SPLIT = 1 << 32


def entity_key(seed: int, stream: Stream, name: str) -> np.uint64:
    """Key of one entity: equal for equal (seed, stream, name) on every machine, unrelated otherwise."""
    text = f"{seed}\x1f{int(stream)}\x1f{name}".encode()
    return np.uint64(int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little"))


@inline
def mix(x: np.uint64) -> np.uint64:
    """Finalizer of SplitMix64: a bijection of 64-bit words in which every input bit moves every output bit."""
    x = (x ^ (x >> _SHIFT_30)) * _MULTIPLIER_1
    x = (x ^ (x >> _SHIFT_27)) * _MULTIPLIER_2
    return x ^ (x >> _SHIFT_31)


@inline
def trial_state(key: np.uint64, trial: np.uint64) -> np.uint64:
    """State of an entity in one trial; its draw number 0, and the base of the others."""
    return mix(key + trial * GOLDEN)


@inline
def draw(state: np.uint64, counter: np.uint64) -> np.uint64:
    """Draw number `counter` of an entity in a trial: 64 random bits."""
    return mix(state + counter * COUNTER_STEP)


@inline
def uniform(bits: np.uint64) -> float:
    """Uniform on the open interval (0, 1): 52 bits centred in their cells (with 53, the last would round to 1)."""
    return (np.float64(bits >> _SHIFT_12) + 0.5) * _UNIT
