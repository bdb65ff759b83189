"""The parts of a variance: additive by construction, right by closed forms and by simulation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from simfunnel.forecast.inputs import prepare
from simfunnel.forecast.simulation import simulate
from simfunnel.planning.pairs.goal import resolve_goal
from simfunnel.planning.stress.variance import PARTS, VarianceSplit, variance_split
from tests.helpers import K, deals, funnel, sized, stage

LEADS = [{"name": "web", "stage": "A", "rate": {"per": "day", "mean": 2}, "amount": {"exponential": 10}}]


def split(data: dict[str, Any], seed: int = 1) -> VarianceSplit:
    prepared = prepare(data)
    return variance_split(prepared.compiled((), ()), resolve_goal(prepared, required=False), seed)


def only(found: VarianceSplit, *parts: str) -> None:
    """Everything but `parts` is nothing, to the rounding of a mean of squares."""
    for name in PARTS:
        if name not in parts:
            assert abs(found.parts[name].mean) <= 1e-9 * max(found.total, 1.0), name


def test_independent_deals_with_known_rates_are_luck_alone() -> None:
    found = split(funnel([stage("A", 0.4, 1)], deals(30, amount=10)))
    only(found, "open_deals")
    assert found.total == pytest.approx(30 * 100 * 0.24)


def test_leads_with_known_rates_are_the_luck_of_new_business() -> None:
    found = split(funnel([stage("A", 0.4, 1)], leads=LEADS))
    only(found, "new_business")
    # compound Poisson: 2 x 29 leads in time, E[amount^2] = 200
    assert found.total == pytest.approx(2 * 29 * 0.4 * 200)


def test_an_uncertain_rate_alone_is_the_first_part() -> None:
    found = split(funnel([stage("A", {"mean": 0.4, "n": 20}, 1)], deals(30, amount=10)))
    only(found, "rates_and_levels", "open_deals")
    rate = 0.24 / 21  # variance of the Beta
    part = found.parts["rates_and_levels"]
    assert abs(part.mean - 300**2 * rate) <= 6 * part.stderr + 1e-3 * part.mean
    luck = found.parts["open_deals"]
    assert abs(luck.mean - 30 * 100 * (0.24 - rate)) <= 6 * luck.stderr + 1e-3 * luck.mean


def test_a_market_factor_alone_is_the_second_part() -> None:
    found = split(funnel([stage("A", 0.4, 1)], deals(30, amount=10), correlation={"market": 0.2}))
    only(found, "factors_and_pace", "open_deals")
    z = norm.ppf(0.4)
    both = multivariate_normal(cov=[[1, 0.2], [0.2, 1]]).cdf([z, z])
    part = found.parts["factors_and_pace"]
    assert abs(part.mean - 300**2 * (both - 0.16)) <= 6 * part.stderr + 1e-3 * part.mean
    assert found.parts["open_deals"].mean == pytest.approx(30 * 100 * (0.4 - both), rel=1e-2)


def test_the_parts_add_up_and_their_sum_is_the_variance_of_a_simulation() -> None:
    data = funnel(
        [stage("A", {"mean": 0.5, "n": 40}, {"exponential": 6}), stage("B", 0.8, {"exponential": 4})],
        [*deals(20, amount=10, owner="Ann"), *deals(10, "b", amount=20, owner="Bo")],
        leads=[{**LEADS[0], "rate": {"per": "week", "mean": 10, "dispersion": 2, "level_sd": 0.2}}],
        correlation={"market": 0.1, "owner": 0.05}, pace={"sd": 0.15},
    )  # fmt: skip
    found = split(data)
    assert sum(found.parts[name].mean for name in PARTS) == pytest.approx(found.total, rel=1e-12)
    assert sum(found.share(name) for name in PARTS) == pytest.approx(1)
    assert all(found.share(name) > 0.02 for name in PARTS)
    n = sized(200_000)
    sample = simulate(data, trials=n).bookings(0)
    centred = (sample - sample.mean()) ** 2
    error = float(centred.std()) / np.sqrt(n)
    own = sum(found.parts[name].stderr ** 2 for name in PARTS) ** 0.5
    # replicates: Student's t of 7 degrees of freedom passes 6.5 once in 3,000; the sum is mostly the sample's error
    assert abs(float(centred.mean()) - found.total) < K * error + 6.5 * own


def test_a_rate_known_better_takes_its_part_away() -> None:
    shares = [
        split(funnel([stage("A", {"mean": 0.4, "n": n}, 1)], deals(30, amount=10))).share("rates_and_levels")
        for n in (10, 100, 1000)
    ]
    assert shares[0] > 2 * shares[1] > 4 * shares[2] > 0
