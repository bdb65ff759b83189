"""The normal distribution function and its inverse against SciPy's, and against each other."""

import numpy as np
import pytest
from scipy import special

from simfunnel.families.normal import MANY, PIECE, ndtr, ndtri

EPS = np.finfo(float).eps
DEEPEST = 5e-324
X = np.unique(np.concatenate([np.linspace(-38, 38, 12_001), np.linspace(-1, 1, 999), [0.67448975, 32**0.5, 1e-300]]))
P = np.unique(
    np.concatenate([10.0 ** np.linspace(-307, -0.31, 3_001), 1 - 10.0 ** np.linspace(-15, -0.31, 999), [0.5]])
)


def test_the_distribution_function_is_that_of_scipy() -> None:
    found, expected = ndtr(X), special.ndtr(X)
    normal = expected > np.finfo(float).tiny
    # SciPy rounds x / sqrt(2), which far out costs x^2 roundings
    assert np.all(np.abs(found - expected)[normal] <= (4 + X[normal] ** 2) * EPS * expected[normal])


def test_the_inverse_is_that_of_scipy() -> None:
    found, expected = ndtri(P), special.ndtri(P)
    assert np.all(np.abs(found - expected) <= 8 * EPS * np.maximum(np.abs(expected), 1.0))


def test_one_undoes_the_other() -> None:
    p = P[(P > 1e-300) & (P < 0.9)]
    z = ndtri(p)
    assert np.all(np.abs(ndtr(z) / p - 1) <= (8 + 4 * z * z) * EPS)  # a rounding of z costs z^2 of them


def test_ends_and_what_is_no_probability() -> None:
    assert ndtr(np.array([-np.inf, 0.0, np.inf])).tolist() == [0.0, 0.5, 1.0]
    assert np.isnan(ndtr(np.nan))
    assert ndtri(np.array([0.0, 0.5, 1.0])).tolist() == [-np.inf, 0.0, np.inf]
    assert np.isnan(ndtri(np.array([-0.1, 1.1, np.nan]))).all()
    assert ndtri(DEEPEST) == pytest.approx(special.ndtri(DEEPEST), rel=1e-12)


def test_shapes_are_kept_and_many_values_are_as_few() -> None:
    for function, ends in ((ndtr, (-9, 9)), (ndtri, (1e-9, 1 - 1e-9))):
        values = np.linspace(*ends, MANY).reshape(-1, PIECE)
        by_rows = np.stack([function(row) for row in values])
        np.testing.assert_allclose(function(values), by_rows, rtol=1e-13)
        np.testing.assert_array_equal(function(values[:4]), by_rows[:4])  # by pieces: to the bit
    assert ndtr(1.0).shape == ()
