"""A family for few exits: the law they were drawn from, and none where they have another shape."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simfunnel.arrays import Floats
from simfunnel.estimation.families import fit_family
from simfunnel.estimation.laws import quantile_points
from simfunnel.families.empirical.computed import QuantileTable

LAWS = {"lognormal": stats.lognorm(0.8, scale=12.0), "weibull": stats.weibull_min(1.5, scale=14.0)}
AGES = np.arange(0.0, 90.0, 0.5)


def even(n: int) -> Floats:
    return np.full(n, 1.0 / n)


def frozen(found: object) -> object:
    p = found.parameters  # type: ignore[attr-defined]
    if found.family == "weibull":  # type: ignore[attr-defined]
        return stats.weibull_min(p["shape"], scale=p["scale"])
    return stats.lognorm(np.log(p["p90"] / p["median"]) / stats.norm.ppf(0.9), scale=p["median"])


@pytest.mark.parametrize("family", LAWS)
def test_it_is_the_maximum_of_the_likelihood_of_another_library(family: str) -> None:
    """Of instants: known to a quarter of an hour, which matters to one exit within minutes of entry."""
    x = np.sort(LAWS[family].rvs(300, random_state=np.random.default_rng(5)))
    found = fit_family(x, even(300), 300.0)
    assert found is not None and found.family == family
    if family == "weibull":
        shape, _, scale = stats.weibull_min.fit(x, floc=0)
        assert found.parameters == pytest.approx({"shape": shape, "scale": scale}, rel=5e-3)
    else:
        sd, _, median = stats.lognorm.fit(x, floc=0)
        assert found.parameters == pytest.approx(
            {"median": median, "p90": median * np.exp(sd * stats.norm.ppf(0.9))}, rel=5e-3
        )


def test_days_of_zero_and_weights_count() -> None:
    """Whole days are known to a day; an exit of twice the weight is two exits."""
    days, counts = np.arange(0.0, 12.0), np.array([1.0, 4, 6, 5, 4, 3, 2, 2, 1, 1, 1, 1])
    found = fit_family(days, counts, float(counts.sum()))
    again = fit_family(np.repeat(days, counts.astype(int)), even(int(counts.sum())), float(counts.sum()))
    assert found is not None and again is not None
    assert found.parameters == pytest.approx(again.parameters, rel=1e-4)
    d = frozen(found)
    assert d.mean() == pytest.approx(float(days @ counts / counts.sum()), rel=0.1)  # type: ignore[attr-defined]


def test_a_family_is_nearer_to_the_truth_than_the_exits_themselves() -> None:
    """Integrated squared error of the distribution function, over 30 samples of 15 exits; two humps are left alone."""
    rng = np.random.default_rng(8)
    humps = np.concatenate([rng.gamma(20, 0.2, 100_000), rng.gamma(30, 1.0, 100_000)])
    for name, draw in (("lognormal", None), ("weibull", None), ("humps", humps)):
        own, fitted, kept = [], [], 0
        truth = LAWS[name].cdf(AGES) if draw is None else np.searchsorted(np.sort(draw), AGES, side="right") / len(draw)
        for _ in range(30):
            x = LAWS[name].rvs(15, random_state=rng) if draw is None else rng.choice(draw, 15)
            x = np.sort(np.floor(2 * x) / 2 + 0.25)
            table = QuantileTable.of([(p, v) for p, v in quantile_points(x, even(15), pooled=0.01)])
            own.append(np.sum((1 - table.sf(AGES) - truth) ** 2))
            found = fit_family(x, even(15), 15.0)
            kept += found is not None
            fitted.append(own[-1] if found is None else np.sum((frozen(found).cdf(AGES) - truth) ** 2))  # type: ignore[attr-defined]
        if name == "humps":
            assert kept < 15
        else:
            gained = np.array(own) - np.array(fitted)
            assert gained.mean() > 2.5 * gained.std() / np.sqrt(len(gained))


def test_atoms_have_no_family() -> None:
    assert fit_family(np.array([0.0, 3.2, 4.1, 9.3]), even(4), 4.0) is None  # instants, one on entry
    assert fit_family(np.full(6, 30.0), even(6), 6.0) is None
