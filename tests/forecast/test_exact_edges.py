"""Exact forecasts at the edge: periods in which practically nothing can be won, and leaving off."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from simfunnel import exact_forecast, simulate
from simfunnel.engine.run import cancel
from simfunnel.forecast.parallel import side_by_side


def narrow(age: float) -> dict[str, Any]:
    """Deals that are won after about 30 days, never much sooner, seen week by week."""
    return {
        "version": 1, "as_of": "2027-01-04", "periods": {"unit": "week", "count": 4},
        "stages": [{"name": "T", "conversion": 0.4, "duration": {"lognormal": {"median": 30, "p90": 33}}}],
        "pipeline": {"opportunities": [
            {"id": i, "stage": "T", "age": age, "amount": 500.17 + 13 * i} for i in range(20)
        ]},
        "correlation": {"market": 0.1},
    }  # fmt: skip


@pytest.mark.parametrize("age", [1.0, 6.0, 10.0])
def test_a_week_in_which_practically_nothing_is_won_casts_no_doubt_on_the_others(age: float) -> None:
    exact = exact_forecast(narrow(age), groups=())
    assert not exact.warnings
    assert exact.p_attain(1.0, 0).probability < 1e-6
    drawn = simulate(narrow(age), trials=20_000)
    for k in range(4):
        p, seen = exact.p_attain(1.0, k).probability, drawn.p_attain(1.0, k)
        assert abs(p - seen.probability) < 4.5 * max((p * (1 - p) / 20_000) ** 0.5, 1e-4)


def test_work_of_the_pool_leaves_off_when_the_caller_is_interrupted() -> None:
    begun, left = threading.Event(), threading.Event()

    def endless(_: int) -> None:
        begun.set()
        try:
            while True:
                cancel.check()
                time.sleep(0.01)
        finally:
            left.set()

    def interrupted(_: int) -> None:
        begun.wait(10)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(lambda i: interrupted(i) if i == 0 else endless(i), [(0,), (1,)], workers=2)
    assert left.wait(10)
