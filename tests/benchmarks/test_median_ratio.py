"""The interval of a median of ratios, by counting."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.two_commits.median_ratio import median_ratio


def test_median_and_order_statistics_of_fifteen_pairs() -> None:
    assert median_ratio([float(i) for i in range(15, 0, -1)]) == (8.0, 4.0, 12.0)


def test_five_pairs_tell_an_interval_from_end_to_end() -> None:
    assert median_ratio([1.2, 1.0, 1.1, 0.9, 1.05]) == (1.05, 0.9, 1.2)


def test_the_median_of_an_even_number_lies_between_two() -> None:
    assert median_ratio([1.0, 2.0, 4.0, 8.0]).median == 3.0


@pytest.mark.parametrize("pairs", [1, 2, 3, 4])
def test_fewer_pairs_tell_no_interval(pairs: int) -> None:
    assert median_ratio([1.0] * pairs) == (1.0, 0.0, math.inf)


@pytest.mark.parametrize(("pairs", "covered"), [(5, 0.9375), (15, 0.9648), (20, 0.9586)])
def test_the_interval_holds_the_true_median_as_often_as_it_says(pairs: int, covered: float) -> None:
    drawn = np.random.default_rng(7).lognormal(0.0, 0.3, (4_000, pairs))
    found = [median_ratio(row.tolist()) for row in drawn]
    share = float(np.mean([low <= 1.0 <= high for _, low, high in found]))
    assert abs(share - covered) < 4.5 * math.sqrt(covered * (1 - covered) / 4_000)
