"""Quantile tables as the kernels read them."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import ALPHA, K, sized, tabulated, tabulated_survival
from scipy import stats

from simfunnel.families.changed import Equilibrium, Scaled

from .test_distributions import ATOMIC, EVERY, every

N = sized(60_000)


def _probabilities() -> np.ndarray:
    rng = np.random.default_rng(5)
    tail = 2.0 ** -rng.uniform(1, 38, N // 3)
    return np.concatenate([rng.uniform(0, 1, N // 3), tail, 1 - 2.0 ** -rng.uniform(1, 38, N // 3)])


@every
def test_distribution_function_is_kept_to_2e_5_of_the_tail(name: str) -> None:
    """The value read at survival v has a survival within 2e-5 v of it (upper side), or 1 - v (lower side)."""
    d = EVERY[name]
    v = _probabilities()
    x = tabulated(d, v)
    here, after = d.sf(x * (1 - 1e-10)), d.sf(x * (1 + 1e-10) + 1e-13)
    tail = np.minimum(v, 1 - v)
    rounding = 3e-14  # the survival function itself is good to some ulps of 1
    assert np.all(here >= v - 2e-5 * tail - rounding)
    assert np.all(after <= v + 2e-5 * tail + rounding)


@pytest.mark.parametrize("name", list(ATOMIC))
def test_atoms_are_exact_and_have_their_probability(name: str) -> None:
    d = EVERY[name]
    values, masses = d.atoms()
    n = sized(200_000)
    v = (np.arange(n) + 0.5) / n
    x = tabulated(d, v)
    for value, mass in zip(values, masses, strict=True):
        assert abs((x == value).mean() - mass) < 1.5 / n + 1e-9, value


@every
def test_a_table_in_another_unit_of_time_is_the_table_times_the_unit(name: str) -> None:
    d, v = EVERY[name], _probabilities()
    np.testing.assert_allclose(tabulated(Scaled(d, 0.73), v), 0.73 * tabulated(d, v), rtol=1e-12)


@every
def test_survival_of_a_table_inverts_its_quantile(name: str) -> None:
    d = EVERY[name]
    x = np.concatenate([d.isf(np.linspace(0.02, 0.98, 49)) * 1.0001 + 1e-7, [0.0]])
    np.testing.assert_allclose(tabulated_survival(d, x), d.sf(x), rtol=3e-5, atol=1e-12)


@every
def test_tables_never_fall(name: str) -> None:
    v = np.sort(_probabilities())
    assert np.all(np.diff(tabulated(EVERY[name], v)) <= 1e-9 * np.abs(tabulated(EVERY[name], v)[:-1]))


@every
def test_mean_of_a_table_is_the_mean(name: str) -> None:
    d = EVERY[name]
    rng = np.random.default_rng(8)
    x = tabulated(d, 1 - rng.random(N))
    assert abs(x.mean() - d.mean) <= K * np.sqrt(d.variance / N) + 1e-12


@pytest.mark.parametrize("name", [n for n in EVERY if not len(EVERY[n].atoms()[0])])
def test_draws_from_a_table_pass_kolmogorov_smirnov(name: str) -> None:
    d = EVERY[name]
    x = tabulated(d, 1 - np.random.default_rng(3).random(N))
    assert stats.kstest(x, lambda t: 1 - d.sf(np.asarray(t))).pvalue > ALPHA


@pytest.mark.parametrize("name", ["lognormal", "gamma", "fixed", "ecdf", "uniform", "mixture with an atom"])
def test_equilibrium_tables_are_accurate(name: str) -> None:
    d = Equilibrium(EVERY[name])
    v = np.random.default_rng(4).uniform(1e-6, 1 - 1e-6, N)
    np.testing.assert_allclose(d.sf(tabulated(d, v)), v, rtol=2e-4, atol=2e-5)
    tail = np.minimum(v, 1 - v)
    assert np.all(np.abs(d.sf(tabulated(d, v)) - v) < 1e-4 * tail + 1e-9)


@pytest.mark.parametrize("v", [1.0, 0.5, 0.25, 2.0**-41, 2.0**-45, 5e-324])
def test_extreme_probabilities_stay_on_the_table(v: float) -> None:
    d = EVERY["lognormal"]
    x = tabulated(d, np.array([v]))[0]
    assert np.isfinite(x)
    assert x >= 0
    assert x <= float(d.isf(np.array(2.0**-42)))
