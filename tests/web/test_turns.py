"""Whose turn it is."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from own_loop import alone

from simfunnel.progress import Progress
from simfunnel.web.reading import FIXED, Pace
from simfunnel.web.turns import BusyError, Pages, StaleError, Turns


def test_one_after_the_other_in_the_order_of_asking() -> None:
    seen: list[int] = []
    at_once: list[int] = []

    def work(i: int) -> int:
        at_once.append(threading.active_count())
        seen.append(i)
        return i

    async def all_of_them() -> list[int]:
        turns = Turns(Pages())
        try:
            return await asyncio.gather(*(turns.take(lambda _, i=i: work(i)) for i in range(20)))
        finally:
            turns.close()

    assert alone(all_of_them()) == seen == list(range(20))


def test_of_a_page_the_newest_question_is_answered_and_what_runs_is_ended() -> None:
    begun = threading.Event()

    def long(progress: Progress) -> str:
        begun.set()
        for i in range(1000):
            time.sleep(0.005)
            progress(i, 1000)
        return "long"

    async def ask() -> tuple[object, str, object]:
        turns = Turns(Pages())
        first = asyncio.create_task(turns.take(long, "a", 1))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        second = asyncio.create_task(turns.take(lambda _: "second", "a", 2))
        other = await turns.take(lambda _: "other", "b", 1)
        late = await asyncio.gather(turns.take(lambda _: "late", "a", 1), return_exceptions=True)
        assert isinstance(late[0], StaleError)
        ended = await asyncio.gather(first, second, return_exceptions=True)
        turns.close()
        return ended[0], other, ended[1]

    start = time.monotonic()
    first, other, second = alone(ask())
    assert isinstance(first, StaleError) and (other, second) == ("other", "second")
    assert time.monotonic() - start < 4  # all of the long one would be 5


def test_what_nobody_waits_for_is_ended() -> None:
    gone, begun = threading.Event(), threading.Event()

    def long(progress: Progress) -> None:
        begun.set()
        for i in range(2000):
            time.sleep(0.005)
            progress(i, 2000)

    async def ask() -> object:
        turns = Turns(Pages())
        asked = asyncio.create_task(turns.take(long, gone=gone))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        gone.set()
        found = await asyncio.gather(asked, return_exceptions=True)
        turns.close()
        return found[0]

    assert isinstance(alone(ask()), StaleError)


def test_who_waits_too_long_is_sent_away() -> None:
    async def ask() -> list[object]:
        turns = Turns(Pages(), patience=0.05)
        asked = [turns.take(lambda _: time.sleep(0.2)), *(turns.take(lambda _: "late") for _ in range(3))]
        found = await asyncio.gather(*asked, return_exceptions=True)
        turns.close()
        return list(found)

    first, *others = alone(ask())
    assert first is None and all(isinstance(one, BusyError) for one in others)


@pytest.mark.parametrize(("per_trial", "trials"), [(1e-6, 20_000), (5e-6, 5_000), (1.2e-5, 2_000), (1e-3, 1_000)])
def test_as_many_trials_as_keep_up(per_trial: float, trials: int) -> None:
    pace = Pace()
    assert pace.trials == 20_000
    pace.took(20_000, 20.0)  # the first compiles
    for _ in range(5):
        pace.took(pace.trials, FIXED + per_trial * pace.trials)
    assert pace.trials == trials
