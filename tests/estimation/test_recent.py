"""What is kept fits into its bytes, goes in the order in which it was asked for, and is made again as it was."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from estimation.made import START, made_history
from simfunnel.estimation.hindcast import Hindcast, Hindcasts, hindcast
from simfunnel.estimation.recent import AN_ENTRY, Recent, bytes_of
from simfunnel.estimation.weekdays import WeekdayClock
from simfunnel.estimation.weights import FixedHalfLife
from simfunnel.estimation.windows import past_windows
from simfunnel.history.history import DAY

SIZE = 8_000
PLAIN = FixedHalfLife(None)


@dataclass(frozen=True, eq=False)
class Held:
    values: np.ndarray
    within: Held | None = None


def held(i: int) -> Held:
    return Held(np.full(SIZE // 8, float(i)))


def test_bytes_are_those_of_all_arrays() -> None:
    assert bytes_of(1.0) == AN_ENTRY
    assert bytes_of(Held(np.zeros(10), Held(np.zeros(3, dtype=np.int8)))) == AN_ENTRY + 83


def test_what_was_not_asked_for_longest_goes_first_and_is_made_again() -> None:
    kept: Recent[int, Held] = Recent(3 * (SIZE + AN_ENTRY))
    made = []

    def ask(i: int) -> None:
        def make() -> Held:
            made.append(i)
            return held(i)

        assert kept.of(i, make).values[0] == i
        assert kept.bytes <= kept.most

    for i in (0, 1, 2, 0, 3, 0, 2, 1):  # 3 takes the place of 1, which takes that of 3
        ask(i)
    assert made == [0, 1, 2, 3, 1]
    ask(3)  # of 0, 2, 1 the first was not asked for longest
    ask(0)
    assert made == [0, 1, 2, 3, 1, 3, 0]
    assert kept.bytes == 3 * (SIZE + AN_ENTRY)


def test_what_was_given_stays_and_what_is_too_large_is_kept_alone() -> None:
    kept: Recent[int, Held] = Recent(1)
    first = kept.of(0, lambda: held(0))
    assert kept.of(0, lambda: held(9)) is first  # the last one is there whatever its size
    kept.of(1, lambda: held(1))
    assert kept.bytes == SIZE + AN_ENTRY
    assert (first.values == 0).all()
    assert kept.of(0, lambda: held(7)) is not first


def test_putting_a_key_again_counts_it_once() -> None:
    kept: Recent[int, Held] = Recent()
    for _ in range(3):
        kept.put(0, held(0))
    assert kept.bytes == SIZE + AN_ENTRY


def test_threads_share_it() -> None:
    kept: Recent[int, Held] = Recent(4 * (SIZE + AN_ENTRY))
    wrong: list[int] = []

    def work(seed: int) -> None:
        asked = np.random.default_rng(seed).integers(0, 12, 2_000).tolist()
        wrong.extend(i for i in asked if kept.of(i, partial(held, i)).values[-1] != i)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert kept.bytes == 4 * (SIZE + AN_ENTRY)


def test_a_hindcast_is_as_small_in_a_large_history() -> None:
    small, large = (_of_a_window(per_day, False) for per_day in (1.0, 40.0))
    assert bytes_of(large) == bytes_of(small) < 16_384


def test_a_hindcast_under_a_clock_keeps_the_days_of_its_window() -> None:
    found = _of_a_window(20.0, True)
    assert found.clock is not None
    assert len(found.clock.at) <= 30 + 3
    assert bytes_of(found) < 16_384


def _of_a_window(per_day: float, weekdays: bool) -> Hindcast:
    view = made_history(days=200, per_day=per_day, seed=2).as_of(START + dt.timedelta(days=150))
    return hindcast(view, view.end / DAY + 30, PLAIN, count=False, weekdays=weekdays)


def test_a_clock_without_its_past_passes_to_the_last_bit() -> None:
    rng = np.random.default_rng(3)
    at = 19_000.0 + np.arange(60)
    clock = WeekdayClock(at, np.concatenate([[0.0], np.cumsum(rng.random(59))]))
    for first in (19_020.0, 19_020.3, 19_000.0):
        days = np.concatenate([first + (at[-1] + 2 - first) * rng.random(300), [first], at[at >= first]])
        assert np.array_equal(clock.since(first)(days), clock(days))


@pytest.mark.parametrize("weekdays", [False, True])
def test_past_windows_are_the_same_whatever_is_kept(weekdays: bool) -> None:
    history = made_history(days=160, per_day=4, seed=5)
    view = history.as_of(START + dt.timedelta(days=150))
    alone, shared = Hindcasts(Recent(1)), Hindcasts()
    for _ in range(2):  # the second time all are there, or none
        found, again = (past_windows(view, 30, PLAIN, weekdays=weekdays, hindcasts=h) for h in (shared, alone))
        for name in ("origin", "actual", "mean", "variance", "unknown", "wins"):
            assert np.array_equal(getattr(found, name), getattr(again, name))
    assert alone.kept.bytes < shared.kept.bytes / 10
