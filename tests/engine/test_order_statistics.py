"""Order statistics by counting against sorting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from helpers import JIT

from simfunnel.engine.summary.order_statistics import FEW, column, order_statistics

N = 3 * FEW + 5 if JIT else FEW + 5


def samples(name: str) -> npt.NDArray[np.integer]:
    rng = np.random.default_rng(11)
    match name:
        case "bookings":
            return np.rint(1e9 + 1e8 * rng.standard_normal(N)).astype(np.int64)
        case "long tail":
            return np.rint(np.exp(18 + 3 * rng.standard_normal(N))).astype(np.int64)
        case "mostly nothing":
            return np.where(rng.random(N) < 0.97, 0, rng.integers(1, 10**12, N))
        case "two lumps":
            return np.where(rng.random(N) < 0.5, 5, 2**62 - 9)
        case "negative":
            return rng.integers(-(2**40), 2**20, N)
        case "whole range":
            return rng.integers(-(2**63), 2**63 - 1, N)
        case "wins":
            return rng.poisson(7, N).astype(np.int32)
        case "one value":
            return np.full(N, 17)
    return rng.integers(0, 10**6, 100)  # few


NAMES = ("bookings", "long tail", "mostly nothing", "two lumps", "negative", "whole range", "wins", "one value", "few")


@pytest.mark.parametrize("name", NAMES)
def test_order_statistics_are_those_of_the_sorted_values(name: str) -> None:
    x = samples(name)
    ranks = [0, len(x) - 1, len(x) // 2, len(x) // 20, len(x) - 2, 1, len(x) // 2, (97 * len(x)) // 100]
    np.testing.assert_array_equal(order_statistics(column(x), ranks), np.sort(x)[ranks])


@pytest.mark.parametrize("name", NAMES)
def test_sums_are_exact_and_spreads_those_of_numpy(name: str) -> None:
    x = samples(name)
    found = column(x)
    assert found.total == sum(x.tolist())
    assert found.mean == found.total / len(x)
    assert found.variance == pytest.approx(np.var(x.astype(np.float64), ddof=1), rel=1e-12)


def test_a_column_may_be_read_only_or_strided() -> None:
    x = samples("bookings")
    expected = order_statistics(column(x[::2]), [3])
    fixed = x[::2].copy()
    fixed.flags.writeable = False
    np.testing.assert_array_equal(order_statistics(column(fixed), [3]), expected)
    assert np.isnan(column(x[:1]).variance)
