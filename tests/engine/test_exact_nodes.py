"""Nodes of the exact method: quasi-random points, rules in panels for integrands that jump or are narrow at one end."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import JIT
from scipy import stats
from scipy.integrate import quad
from scipy.stats import qmc

from simfunnel.engine.exact.kinds import BOOKINGS, WINS
from simfunnel.engine.exact.nodes.panels import panels, scanned
from simfunnel.engine.exact.nodes.sobol import MOST_DIMENSIONS, sobol
from simfunnel.engine.exact.wins.tables import AtPaces
from simfunnel.engine.exact.wins.timing import WinTiming
from simfunnel.forecast.exact import exact_forecast
from simfunnel.forecast.inputs import prepare


@pytest.mark.parametrize("points", [1, 2, 64, 1024])
def test_sobol_points_are_those_of_scipy(points: int) -> None:
    for dimensions in (1, 2, MOST_DIMENSIONS):
        assert np.array_equal(sobol(dimensions, points), qmc.Sobol(dimensions, scramble=False).random(points))


def test_panels_end_where_the_integrand_jumps() -> None:
    at, jumps = scanned(129), np.array([-0.7, 1.234567])
    nodes = panels(at, np.zeros(128), jumps, 0)
    z = nodes.z[:, 0]
    found = nodes.weights @ ((z > jumps[0]) * 1.0 + (z > jumps[1]) * np.cos(z))
    truth = stats.norm.sf(jumps[0]) + quad(lambda x: np.cos(x) * stats.norm.pdf(x), jumps[1], 12, epsabs=1e-14)[0]
    assert found[0] == pytest.approx(truth, abs=1e-12)
    assert found[1] == pytest.approx(truth, abs=1e-7)


def test_panels_are_as_short_as_the_integrand_is_narrow() -> None:
    """A normal distribution function of scale exp(-z): steeper and steeper."""
    at = scanned(129)
    middle = 0.5 * (at[1:] + at[:-1])

    def score(z: float) -> float:
        return 3.0 - np.exp(1.2 * z)

    nodes = panels(at, 1.2 * np.exp(1.2 * middle), np.zeros(0), 0)
    found = nodes.weights @ stats.norm.cdf(score(nodes.z[:, 0]))
    truth = quad(lambda z: stats.norm.cdf(score(z)) * stats.norm.pdf(z), -9, 9, epsabs=1e-14, limit=1000)[0]
    assert len(nodes.z) < 2000  # of equal steps as fine as the last: a hundred times as many
    assert found[0] == pytest.approx(truth, abs=1e-10)
    assert found[1] == pytest.approx(truth, abs=1e-6)


@pytest.mark.skipif(not JIT, reason="a minute of kernels as plain Python")
def test_leads_of_a_level_that_hardly_anything_is_known_of() -> None:
    """A Poisson number whose mean is lognormal with sd 5: against quadrature."""
    forecast = exact_forecast({
        "version": 1, "as_of": "2027-01-01", "periods": {"unit": "days", "length": 25, "count": 1},
        "stages": [{"name": "A", "conversion": 0.5, "duration": 0}],
        "leads": [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 0.4, "level_sd": 5}, "amount": 900}],
    })  # fmt: skip
    mean, sigma = 5.0, np.sqrt(np.log(26))

    def at_most(wins: int) -> float:
        def given(z: float) -> float:
            return float(stats.poisson.cdf(wins, mean * np.exp(sigma * z - sigma**2 / 2)) * stats.norm.pdf(z))

        return float(quad(given, -9, 9, epsabs=1e-13, limit=1000)[0])

    for kind, unit in ((WINS, 1.0), (BOOKINGS, 90_000.0)):
        found = forecast.solved[0, 0, kind]
        assert "panels" in found.how
        for wins in (0, 1, 7, 40):
            below = found.distribution.below(np.array([wins * unit]))[0, 0]
            assert below == pytest.approx(at_most(wins), abs=1e-7)


def test_paces_that_are_added_are_taken_as_they_are() -> None:
    """Others are taken as the nearest of the ladder."""
    model = prepare({
        "version": 1, "as_of": "2027-01-01", "periods": {"unit": "days", "length": 15, "count": 2},
        "stages": [{"name": "A", "conversion": 0.9, "duration": 12}],
        "pipeline": {"opportunities": [{"id": "1", "stage": "A", "age": 0, "amount": 100}]}, "pace": {"sd": 0.3},
    }).model((), ())  # fmt: skip
    tables = WinTiming(model).tables
    assert isinstance(tables, AtPaces)
    ladder = tables.paces
    wanted = np.array([0.987654321, 1.23456789])
    _, taken = tables.at(wanted)
    assert np.isin(taken, ladder).all()
    tables.add(wanted)
    assert np.array_equal(tables.at(wanted)[1], wanted)
    assert np.array_equal(tables.at(ladder[:5])[1], ladder[:5])


def test_groups_of_the_same_deals_are_computed_once() -> None:
    opportunities = [
        {"id": str(i), "stage": "A", "age": i, "amount": 100 + i, "owner": "Ana", "segment": "big" if i % 2 else None}
        for i in range(6)
    ]
    forecast = exact_forecast({
        "version": 1, "as_of": "2027-01-01", "periods": {"unit": "days", "length": 25, "count": 1},
        "stages": [{"name": "A", "conversion": 0.5, "duration": 20}], "teams": {"Ana": "East"},
        "segments": {"big": {}}, "pipeline": {"opportunities": opportunities}, "correlation": {"market": 0.1},
    })  # fmt: skip
    found = {g: x for (g, k, kind), x in forecast.solved.distributions.items() if (k, kind) == (0, BOOKINGS)}
    distinct = {id(x) for x in found.values()}
    assert (len(found), len(distinct)) == (5, 4)  # all, Ana, East (the same as Ana), big and without a segment
