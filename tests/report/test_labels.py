"""Labels are moved apart, as little as it takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simfunnel.report.plots.labels import spread

PLACES = st.lists(st.tuples(st.floats(0, 1000), st.floats(1, 60)), min_size=1, max_size=8)


@given(PLACES)
def test_labels_never_lie_on_one_another_and_stay_inside(places: list[tuple[float, float]]) -> None:
    wanted = np.array(sorted(x for x, _ in places))
    size = np.array([width for _, width in places])
    placed = spread(wanted, size, 0.0, 1000.0)
    assert np.all(np.diff(placed) >= 0.5 * (size[1:] + size[:-1]) + 6 - 1e-6)
    assert placed[0] - 0.5 * size[0] >= -1e-6 and placed[-1] + 0.5 * size[-1] <= 1000 + 1e-6


def test_labels_with_room_stay_where_they_belong() -> None:
    np.testing.assert_array_equal(spread(np.array([50.0, 200.0, 400.0]), np.full(3, 40.0), 0.0, 500.0), [50, 200, 400])


def test_neighbours_that_collide_share_the_move() -> None:
    assert spread(np.array([100.0, 110.0]), np.full(2, 30.0), 0.0, 500.0, gap=0.0) == pytest.approx([90, 120])
