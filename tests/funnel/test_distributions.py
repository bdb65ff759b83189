"""Every family: moments, survival, quantiles and partial means, against SciPy and numerical integration."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from helpers import built
from scipy import integrate, stats

from simfunnel.families.changed import Equilibrium, Scaled, Shifted
from simfunnel.families.computed import Distribution
from simfunnel.families.never.computed import Never

SMOOTH: dict[str, Any] = {
    "exponential": {"exponential": 12},
    "lognormal": {"lognormal": {"mu": 2.1, "sigma": 0.8}},
    "lognormal, wide": {"lognormal": {"median": 20, "p90": 400}},
    "gamma": {"gamma": {"shape": 2.5, "scale": 4}},
    "gamma, shape below 1": {"gamma": {"shape": 0.4, "scale": 30}},
    "weibull": {"weibull": {"shape": 1.4, "scale": 21}},
    "weibull, shape below 1": {"weibull": {"shape": 0.6, "scale": 9}},
    "uniform": {"uniform": {"low": 3, "high": 17}},
    "triangular": {"triangular": {"low": 2, "mode": 5, "high": 20}},
    "triangular, mode at low": {"triangular": {"low": 2, "mode": 2, "high": 20}},
    "triangular, mode at high": {"triangular": {"low": 2, "mode": 20, "high": 20}},
    "pert": {"pert": {"low": 1, "mode": 4, "high": 15}},
    "quantiles, open": {"empirical": {"quantiles": {0.1: 2, 0.5: 9, 0.9: 30}}},
    "quantiles, bounded": {"empirical": {"quantiles": {0.25: 4, 0.5: 9, 1: 40}}},
    "mixture": {"mixture": [{"weight": 1, "exponential": 3}, {"weight": 2, "lognormal": {"median": 20, "p90": 50}}]},
    "mixture with a gap": {
        "mixture": [
            {"weight": 3, "uniform": {"low": 1, "high": 2}},
            {"weight": 1, "uniform": {"low": 10, "high": 20}},
        ]
    },
}
ATOMIC: dict[str, Any] = {
    "fixed": 7,
    "ecdf": {"empirical": [3, 9, 9, 12, 30, 44]},
    "ecdf with zero": {"empirical": [0, 0, 5]},
    "quantiles with an atom": {"empirical": {"quantiles": {0.2: 5, 0.6: 5, 0.9: 20}}},
    "quantiles with an atom at 0": {"empirical": {"quantiles": {0.3: 0, 0.6: 8, 1: 20}}},
    "quantiles with gaps and an atom": {
        "empirical": {"quantiles": [[0, 2], [0.4, 5], [0.4, 12], [0.7, 12], [0.7, 15], [1, 20]]}
    },
    "a list of one value": {"empirical": {"quantiles": [[0, 0.7], [0.35, 0.7], [1, 0.7]]}},
    "quantiles, flat at the end": {"empirical": {"quantiles": {0.5: 8, 0.9: 8}}},
    "mixture with an atom": {"mixture": [{"weight": 1, "fixed": 5}, {"weight": 3, "gamma": {"shape": 2, "scale": 6}}]},
    "mixture of atoms": {"mixture": [{"weight": 1, "fixed": 5}, {"weight": 3, "empirical": [0, 5, 30]}]},
    "mixture of uniform and ecdf": {
        "mixture": [{"weight": 1, "uniform": {"low": 2, "high": 6}}, {"weight": 1, "empirical": [4, 6, 9]}]
    },
}


def _every() -> dict[str, Distribution]:
    found = {name: built(spelling) for name, spelling in {**SMOOTH, **ATOMIC}.items()}
    moved: dict[str, Distribution] = {}
    for name in ("lognormal", "uniform", "ecdf", "quantiles with an atom", "mixture with an atom", "gamma"):
        moved[f"{name} x 2.5"] = Scaled(found[name], 2.5)
        moved[f"{name} + 3"] = Shifted(found[name], 3.0)
        moved[f"{name} - 4"] = Shifted(found[name], -4.0)
        moved[f"{name} - 5"] = Shifted(found[name], -5.0)
    return found | moved


EVERY = _every()
every = pytest.mark.parametrize("name", list(EVERY))
SCIPY = {
    "exponential": stats.expon(scale=12),
    "lognormal": stats.lognorm(0.8, scale=math.exp(2.1)),
    "gamma": stats.gamma(2.5, scale=4),
    "gamma, shape below 1": stats.gamma(0.4, scale=30),
    "weibull": stats.weibull_min(1.4, scale=21),
    "weibull, shape below 1": stats.weibull_min(0.6, scale=9),
    "uniform": stats.uniform(3, 14),
    "triangular": stats.triang(3 / 18, 2, 18),
    "triangular, mode at low": stats.triang(0, 2, 18),
    "triangular, mode at high": stats.triang(1, 2, 18),
    "pert": stats.beta(1 + 4 * 3 / 14, 1 + 4 * 11 / 14, 1, 14),
}


def _integral_of_sf(d: Distribution, end: float, weight: float = 0.0) -> float:
    """Integral of (weight * 2 x + 1 - weight) S(x), cut at jumps and kinks."""
    cuts = sorted(
        {
            0.0,
            end,
            *(float(x) for x in d.kinks()[:, 1] if 0 < x < end),
            *(float(x) for x in d.atoms()[0] if 0 < x < end),
        }
    )
    total = 0.0
    for low, high in pairwise(cuts):
        tiny = 1e-13 * (high - low)
        value, _ = integrate.quad(
            lambda x: (weight * 2 * x + 1 - weight) * float(d.sf(np.array(x))),
            low + tiny,
            high,
            limit=300,
            epsabs=1e-12,
        )
        total += value
    return total


def _far(d: Distribution) -> float:
    return float(d.isf(np.array(1e-13)))


@every
def test_mean_is_the_integral_of_the_survival_function(name: str) -> None:
    d = EVERY[name]
    assert d.mean == pytest.approx(_integral_of_sf(d, _far(d)), rel=2e-6)


@every
def test_variance_is_that_of_the_survival_function(name: str) -> None:
    d = EVERY[name]
    second = _integral_of_sf(d, float(d.isf(np.array(1e-15))), weight=1.0)
    # the wide lognormal has 3e-4 of its second moment beyond the last point integrated
    assert d.variance == pytest.approx(second - d.mean**2, rel=1e-3 if "wide" in name else 1e-5, abs=1e-9)


@every
def test_partial_mean_and_integrated_survival_agree_with_quadrature(name: str) -> None:
    d = EVERY[name]
    points = [0.0, *d.isf(np.array([0.97, 0.8, 0.5, 0.3, 0.05, 0.001])).tolist()]
    points += [x + 1e-3 for x in points]
    points += [x + 1e-9 for x in d.atoms()[0].tolist()]
    for x in points:
        at = np.array(x)
        integral = _integral_of_sf(d, x)
        assert float(d.integrated_sf(at)) == pytest.approx(integral, rel=1e-7, abs=1e-9)
        assert float(d.partial_mean(at)) == pytest.approx(integral - x * float(d.sf(at)), rel=1e-6, abs=1e-7)


@every
def test_quantile_and_survival_are_inverse(name: str) -> None:
    d = EVERY[name]
    v = np.concatenate(
        [np.logspace(-9, -0.31, 60), np.linspace(0.5, 1, 60, endpoint=False), 1 - np.logspace(-9, -1, 20)]
    )
    x = d.isf(v)
    # the largest x with P(X >= x) >= v
    assert np.all(d.sf(x) >= v * (1 - 1e-9) - 1e-15)
    assert np.all(d.sf(x * (1 + 1e-9) + 1e-12) <= v * (1 + 1e-6) + 1e-15)


@every
def test_both_tails_give_the_same_quantile(name: str) -> None:
    d = EVERY[name]
    u = np.linspace(0.0137, 0.4987, 40)  # off the atoms' own probabilities
    np.testing.assert_allclose(d.isf_low(u), d.isf(1 - u), rtol=1e-9, atol=1e-12)


@every
def test_survival_is_left_continuous_and_counts_the_atom_itself(name: str) -> None:
    d = EVERY[name]
    values, masses = d.atoms()
    for x, mass in zip(values, masses, strict=True):
        here, after = float(d.sf(np.array(x))), float(d.sf(np.array(x * (1 + 1e-12) + 1e-13)))
        assert here - after == pytest.approx(mass, abs=1e-9)
        if x > 0:
            assert float(d.sf(np.array(x * (1 - 1e-12)))) == pytest.approx(here, abs=1e-9)
    assert float(d.sf(np.array(0.0))) == 1.0


@pytest.mark.parametrize("name", list(SCIPY))
def test_families_are_those_of_scipy(name: str) -> None:
    d, reference = EVERY[name], SCIPY[name]
    x = reference.isf(np.array([1e-6, 0.01, 0.2, 0.5, 0.9, 0.9999]))
    np.testing.assert_allclose(d.sf(x), reference.sf(x), rtol=1e-9)
    np.testing.assert_allclose(d.isf(reference.sf(x)), x, rtol=1e-8)
    assert d.mean == pytest.approx(reference.mean())
    assert d.variance == pytest.approx(reference.var())


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
@pytest.mark.parametrize(("first", "second"), [(20.0, 3.0), (20.0, 12.0), (20.0, 45.0)])
def test_mean_and_sd_are_those_of_the_variable_itself(family: str, first: float, second: float) -> None:
    d = built({family: {"mean": first, "sd": second}})
    assert d.mean == pytest.approx(first, rel=1e-9)
    assert math.sqrt(d.variance) == pytest.approx(second, rel=1e-9)


@pytest.mark.parametrize("family", ["lognormal", "gamma", "weibull"])
@pytest.mark.parametrize("p90", [14.5, 40.0, 300.0])
def test_median_and_p90_are_quantiles(family: str, p90: float) -> None:
    d = built({family: {"median": 14, "p90": p90}})
    np.testing.assert_allclose(d.isf(np.array([0.5, 0.1])), [14, p90], rtol=1e-9)


def test_quantiles_start_at_0_and_end_in_an_exponential_tail() -> None:
    d = built({"empirical": {"quantiles": {0.5: 10, 0.9: 30}}})
    assert float(d.sf(np.array(5.0))) == pytest.approx(0.75)
    slope = math.log(0.5 / 0.1) / 20
    assert float(d.sf(np.array(50.0))) == pytest.approx(0.1 * math.exp(-20 * slope))


def test_mixture_weights_are_relative() -> None:
    d = built({"mixture": [{"weight": 2, "fixed": 1}, {"weight": 6, "fixed": 5}]})
    assert d.sf(np.array([1.0, 1.5, 5.0, 5.5])).tolist() == pytest.approx([1, 0.75, 0.75, 0])


def test_never_lasts_for_good() -> None:
    d = Never()
    assert d.mean == math.inf
    assert d.sf(np.array([0.0, 1e9])).tolist() == [1, 1]


@pytest.mark.parametrize("name", [n for n in EVERY if n not in ("weibull, shape below 1", "lognormal, wide")])
def test_equilibrium_has_density_of_survival_over_mean(name: str) -> None:
    base = EVERY[name]
    d = Equilibrium(base)
    for v in (0.95, 0.7, 0.5, 0.2, 0.01):
        x = float(d.isf(np.array(v)))
        assert 1 - _integral_of_sf(base, x) / base.mean == pytest.approx(v, abs=1e-8)
        assert float(d.isf_low(np.array(1 - v))) == pytest.approx(x, rel=1e-6, abs=1e-9)
        assert float(d.sf(np.array(x))) == pytest.approx(v, abs=1e-9)
    assert d.mean == pytest.approx((base.variance + base.mean**2) / (2 * base.mean))


def test_equilibrium_of_a_fixed_duration_is_uniform() -> None:
    d = Equilibrium(built(8))
    np.testing.assert_allclose(d.isf(np.array([0.75, 0.5, 0.25])), [2, 4, 6], atol=1e-9)


def test_equilibrium_of_an_exponential_is_itself() -> None:
    d = Equilibrium(built({"exponential": 9}))
    np.testing.assert_allclose(d.isf(np.array([0.9, 0.5, 1e-4])), -9 * np.log([0.9, 0.5, 1e-4]), rtol=1e-6)
