"""The random words: published values, stability, uniformity, and no relation between neighbours."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import ALPHA, K, sized
from scipy import stats

from engine.entered import entered
from simfunnel.engine.draws.streams import GOLDEN, Counter, Stream, draw, entity_key, mix, trial_state, uniform

_draw, _mix, _trial_state, _uniform = entered(draw), entered(mix), entered(trial_state), entered(uniform)

MASK = 2**64 - 1
N = sized(200_000)


def _mix(x: np.ndarray) -> np.ndarray:
    """SplitMix64's finalizer on whole arrays (Steele, Lea & Flood 2014), beside the scalar one of the
    kernels.
    """
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def _states(key: np.uint64, trials: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return _mix(key + trials.astype(np.uint64) * GOLDEN)


def _uniforms(words: np.ndarray) -> np.ndarray:
    return ((words >> np.uint64(12)) + 0.5) * 2.0**-52


def test_mix_reproduces_the_published_sequence_of_splitmix64() -> None:
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    state = 1234567
    for value in published:
        state = (state + int(GOLDEN)) & MASK
        assert int(_mix(np.uint64(state))) == value


def test_trial_states_of_key_zero_are_the_splitmix64_sequence_of_seed_zero() -> None:
    # first output of SplitMix64 with seed 0, as in the test vectors of xoshiro's reference code
    assert int(_trial_state(np.uint64(0), np.uint64(1))) == 0xE220A8397B1DCDAF


def test_the_array_twin_of_the_generator_is_the_generator() -> None:
    key = entity_key(1, Stream.DEAL, "x")
    trials = np.arange(50)
    assert [int(_trial_state(key, np.uint64(t))) for t in trials] == _states(key, trials).tolist()
    words = _states(key, trials)
    assert [_uniform(w) for w in words] == _uniforms(words).tolist()


def test_entity_keys_are_stable_for_good() -> None:
    assert int(entity_key(1, Stream.DEAL, "D-1")) == 3687693773647805527
    assert int(entity_key(20270104, Stream.OWNER, "王伟")) == 11503482135749807412


def test_entity_keys_differ_by_seed_stream_and_name() -> None:
    keys = {int(entity_key(s, stream, n)) for s in range(30) for stream in Stream for n in ("", "1", "2", "12", "a b")}
    assert len(keys) == 30 * len(Stream) * 5


def test_stream_and_counter_numbers_keep_their_meaning() -> None:
    given = {
        "DEAL": 1,
        "LEAD": 2,
        "RATE": 3,
        "MARKET": 4,
        "SEGMENT": 5,
        "OWNER": 6,
        "PACE": 7,
        "AMOUNT_LEVEL": 8,
        "ARRIVAL_LEVEL": 9,
        "DISPERSION": 10,
        "ARRIVAL": 11,
        "CLOSED": 12,
        "OUTCOME": 0,
        "AMOUNT": 1,
        "AGE": 2,
        "EXIT": 3,
        "REMAINING": 4,
        "LEAD_OUTCOME": 5,
        "PAYMENT": 64,
        "PATH": 1024,
    }
    assert given.items() <= ({s.name: int(s) for s in Stream} | {c.name: int(c) for c in Counter}).items()


def test_uniform_is_never_0_and_never_1() -> None:
    assert 0.0 < _uniform(np.uint64(0)) < 1e-15
    assert 1 - 1e-15 < _uniform(np.uint64(MASK)) < 1.0


def test_draws_are_uniform() -> None:
    for name in ("a", "b", "1", "2"):
        u = _uniforms(_states(entity_key(7, Stream.DEAL, name), np.arange(N)))
        counts = np.bincount((u * 256).astype(int), minlength=256)
        assert stats.chisquare(counts).pvalue > ALPHA
        assert stats.kstest(u, "uniform").pvalue > ALPHA


def test_every_bit_is_a_fair_coin() -> None:
    words = _states(entity_key(3, Stream.LEAD, "web"), np.arange(N))
    for bit in range(64):
        ones = int(((words >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(ones - N / 2) < (K + 0.5) * np.sqrt(N) / 2  # 64 comparisons at 5 sd: 4e-5 in all


def _pairs() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    trials = np.arange(N)
    base = _states(entity_key(1, Stream.DEAL, "1"), trials)
    step = np.uint64(0xD1342543DE82EF95)
    with np.errstate(over="ignore"):
        return {
            "neighbouring trials": (base[:-1], base[1:]),
            "trials 512 apart": (base[:-512], base[512:]),
            "neighbouring entities": (base, _states(entity_key(1, Stream.DEAL, "2"), trials)),
            "streams": (base, _states(entity_key(1, Stream.OWNER, "1"), trials)),
            "neighbouring seeds": (base, _states(entity_key(2, Stream.DEAL, "1"), trials)),
            "seeds 1 and 11": (base, _states(entity_key(11, Stream.DEAL, "1"), trials)),
            "counters 0 and 1": (base, _mix(base + step)),
            "counters 1 and 2": (_mix(base + step), _mix(base + np.uint64(2) * step)),
            "counters of a path": (_mix(base + np.uint64(1024) * step), _mix(base + np.uint64(1025) * step)),
            "counter 1 of a trial, counter 0 of the next": (_mix(base[:-1] + step), base[1:]),
        }


@pytest.mark.parametrize("name", list(_pairs()))
def test_neighbours_are_unrelated(name: str) -> None:
    """Correlation of the values, of the bits, and a chi-square test on the unit square: 3 comparisons each."""
    x, y = _pairs()[name]
    u, v = _uniforms(x), _uniforms(y)
    assert abs(np.corrcoef(u, v)[0, 1]) < K / np.sqrt(len(u))
    differing = np.unpackbits((x ^ y).view(np.uint8).reshape(len(x), 8), axis=1).sum(axis=1).astype(float)
    assert abs(differing.mean() - 32) < K * 4 / np.sqrt(len(u))
    cells = (u * 16).astype(int) * 16 + (v * 16).astype(int)
    assert stats.chisquare(np.bincount(cells, minlength=256)).pvalue > ALPHA


def test_the_sum_over_many_entities_has_the_spread_of_independent_draws() -> None:
    trials = np.arange(sized(20_000))
    total = sum(_uniforms(_states(entity_key(1, Stream.DEAL, f"D-{i}"), trials)) for i in range(300))
    spread = np.var(total) / (300 / 12)
    assert abs(spread - 1) < K * np.sqrt(2 / len(trials))


def test_draw_number_c_steps_through_an_odd_increment() -> None:
    state = _trial_state(entity_key(1, Stream.DEAL, "x"), np.uint64(0))
    draws = {int(_draw(state, np.uint64(c))) for c in range(2000)}
    assert len(draws) == 2000
