"""The transform of a sum of deals of fixed amounts: series and products are the plain formula."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.engine.exact.distribution.buckets import Buckets
from simfunnel.engine.exact.transforms.points import MOST_TERMS, longest, points_transform

SIZE = 512
EVERY = np.arange(SIZE // 2 + 1)


def plain(chance: np.ndarray, amount: np.ndarray, buckets: Buckets, at: np.ndarray) -> np.ndarray:
    """Product over deals of the transform of what each adds, its amount split between two buckets."""
    result = np.ones((len(chance), len(at)), dtype=complex)
    for d, a in enumerate(amount):
        low = int(np.floor(a / buckets.width))
        rest = a / buckets.width - low
        turn = np.exp(-2j * np.pi * at / buckets.size)
        phi = (1 - rest) * turn**low + rest * turn ** (low + 1)
        result *= 1 + chance[:, [d]] * (phi - 1)
    return result


@pytest.mark.parametrize("width", [1.0, 0.75])  # amounts on buckets, and between them
@pytest.mark.parametrize("largest", [0.02, 0.3, 0.98, 1.0])
def test_series_and_products_are_the_plain_formula(width: float, largest: float) -> None:
    rng = np.random.default_rng(7)
    buckets = Buckets(width, SIZE)
    amount = rng.integers(1, 90, 400).astype(float)
    chance = rng.random((3, 400)) * largest
    chance[:, :5] = largest
    chance[:, 5:8] = 0.0
    found = points_transform(chance, amount, buckets, EVERY)
    np.testing.assert_allclose(found, plain(chance, amount, buckets, EVERY), rtol=1e-10, atol=1e-13)


def test_a_few_frequencies_are_those_of_all() -> None:
    rng = np.random.default_rng(8)
    buckets = Buckets(0.75, SIZE)
    amount, chance = rng.integers(1, 90, 400).astype(float), 0.1 * rng.random((2, 400))
    some = np.array([0, 3, 17, 200])
    found = points_transform(chance, amount, buckets, some)
    np.testing.assert_allclose(found, points_transform(chance, amount, buckets, EVERY)[:, some], rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("frequencies", [1, 40, 4_000, 100_000])
def test_no_series_is_longer_than_it_is_worth(frequencies: int) -> None:
    limit = longest(frequencies)
    for odds, power in ((limit.on_bucket, 1), (limit.split, 2)):
        if odds > 0:
            terms = np.log(1e-15) / np.log(odds)
            assert terms**power / power <= min(frequencies / 4, MOST_TERMS) + 1e-9
