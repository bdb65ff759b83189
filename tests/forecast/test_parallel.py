"""Results made side by side come in the order they were asked for."""

from __future__ import annotations

import threading

import pytest

from simfunnel.forecast.parallel import side_by_side


def test_order_is_that_of_asking() -> None:
    """The first waits for the second: both run at once, and still it comes first."""
    second_done = threading.Event()

    def make(i: int) -> int:
        if i == 0:
            assert second_done.wait(10)
        if i == 1:
            second_done.set()
        return 10 * i

    seen: list[tuple[int, int]] = []
    found = side_by_side(make, [(0,), (1,), (2,)], workers=2, progress=lambda a, b: seen.append((a, b)))
    assert found == [0, 10, 20]
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_what_waits_is_dropped_after_a_failure() -> None:
    made = []
    failed = threading.Event()

    def make(i: int) -> None:
        made.append(i)
        if i == 0:
            failed.set()
            raise ValueError("no")
        failed.wait(10)
        threading.Event().wait(0.05)

    with pytest.raises(ValueError, match="no"):
        side_by_side(make, [(i,) for i in range(50)], workers=1)
    assert len(made) < 50
