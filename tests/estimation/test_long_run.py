"""The mean of overlapping windows: how often its interval misses."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.estimation.long_run import mean_of_windows


def overlapping(rng: np.random.Generator, windows: float, length: int) -> np.ndarray:
    """Sums over all windows of so many days of independent news, of variance 1."""
    news = np.concatenate([[0.0], np.cumsum(rng.standard_normal(round((windows - 1) * length) + length))])
    return (news[length:] - news[:-length]) / np.sqrt(length)


@pytest.mark.parametrize("windows", [5, 20])
def test_a_right_mean_is_rejected_about_as_often_as_stated(windows: int) -> None:
    rng = np.random.default_rng(windows)
    n, missed = 2_000, 0
    for _ in range(n):
        found = mean_of_windows(overlapping(rng, windows, 20), windows, level=0.95)
        assert found is not None
        missed += found.apart_from_zero
    assert 0.035 < missed / n < 0.08  # five standard errors of 2,000 draws about the 4 to 8 % that is wanted


def test_independent_terms_give_an_interval_of_the_usual_width() -> None:
    x = np.random.default_rng(2).standard_normal(2_000)
    found = mean_of_windows(x, 2_000)
    assert found is not None
    assert found.stderr == pytest.approx(1 / np.sqrt(2_000), rel=0.1)
    assert found.mean == pytest.approx(x.mean())


def test_two_values_tell_no_spread() -> None:
    assert mean_of_windows(np.array([1.0, 2.0]), 2.0) is None
    found = mean_of_windows(np.array([1.0, 2.0, 3.0]), 3.0)
    assert found is not None
    assert found.low < 2.0 < found.high
