"""The computed law of the time to a win: against closed forms, and against `paths` deal by deal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import JIT, book_of, compiled, days, funnel, sized, stage
from scipy import stats

from simfunnel.engine.law.timing import Law
from simfunnel.engine.paths.run import PathsRun
from simfunnel.engine.run.blocks import run_blocks

from .test_twin import GENERAL, LINEAR, TWO

K = 4.5
BOUNDS = np.array([10.0, 30.0, 60.0])


def law(data: dict[str, Any], x: np.ndarray = BOUNDS) -> np.ndarray:  # type: ignore[type-arg]
    model = compiled(data)
    return Law(model, float(x[-1])).deals_before(x).deals


def one(stages: list[dict[str, Any]], **deal: Any) -> dict[str, Any]:
    return funnel(stages, [{"id": "d", "stage": "A", "amount": 1, **deal}], periods=days(length=60))


def test_two_exponential_stages_are_hypoexponential() -> None:
    found = law(one([stage("A", 0.5, {"exponential": 10}), stage("B", 0.5, {"exponential": 20})], age=0))
    expected = 1 - (20 * np.exp(-BOUNDS / 20) - 10 * np.exp(-BOUNDS / 10)) / 10
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_gamma_stages_of_one_scale_add_up_to_a_gamma() -> None:
    stages = [stage(n, 0.9, {"gamma": {"shape": s, "scale": 6}}) for n, s in zip("ABC", (1.5, 2, 3), strict=True)]
    np.testing.assert_allclose(law(one(stages, age=0))[0], stats.gamma.cdf(BOUNDS, 6.5, scale=6), atol=1e-6)


def test_a_single_aged_stage_is_the_conditional_distribution() -> None:
    d = stats.lognorm(s=np.log(40 / 14) / stats.norm.ppf(0.9), scale=14)
    found = law(one([stage("A", 0.5, {"lognormal": {"median": 14, "p90": 40}})], age=25))
    np.testing.assert_allclose(found[0], 1 - d.sf(25 + BOUNDS) / d.sf(25), atol=1e-6)


def test_an_aged_stage_followed_by_another_is_their_convolution() -> None:
    from scipy.integrate import quad

    weibull = stats.weibull_min(1.4, scale=21)
    found = law(
        one([stage("A", 0.5, {"weibull": {"shape": 1.4, "scale": 21}}), stage("B", 0.5, {"exponential": 9})], age=12)
    )
    for x, value in zip(BOUNDS, found[0], strict=True):
        mass = quad(lambda r, x=x: weibull.pdf(12 + r) / weibull.sf(12) * (1 - np.exp(-(x - r) / 9)), 0, x)[0]
        assert value == pytest.approx(mass, abs=2e-6)


def test_fixed_durations_that_end_on_a_bound_count_after_it() -> None:
    found = law(
        one([stage("A", 0.5, 4), stage("B", 0.5, 6), stage("C", 0.5, {"empirical": [20, 50, 51]})], age=0), BOUNDS
    )
    np.testing.assert_allclose(found[0], [0, 0, 1 / 3], atol=1e-10)


def test_unknown_age_leaves_the_steady_state_remaining_time() -> None:
    found = law(one([stage("A", 0.5, {"uniform": {"low": 0, "high": 40}})]))
    x = np.minimum(BOUNDS, 40)
    np.testing.assert_allclose(found[0], (40 * x - x * x / 2) / 800, atol=1e-6)


def test_a_loop_is_a_geometric_sum() -> None:
    """A stage that returns to itself half of the time: the sum is exponential with half the rate."""
    ways = [
        {"to": "A", "probability": 0.5, "duration": {"exponential": 7}},
        {"to": "Won", "probability": 0.5, "duration": {"exponential": 7}},
    ]
    np.testing.assert_allclose(
        law(one([{"name": "A", "transitions": ways}], age=0))[0], 1 - np.exp(-BOUNDS / 14), atol=1e-6
    )


def test_long_tails_do_not_wrap_around() -> None:
    """Nearly all mass lies far beyond the lattice."""
    slow = {"lognormal": {"mu": 9, "sigma": 2}}
    found = law(one([stage("A", 0.5, slow), stage("B", 0.5, {"exponential": 1})], age=0))
    d = stats.lognorm(s=2, scale=np.exp(9))
    from scipy.integrate import quad

    for x, value in zip(BOUNDS, found[0], strict=True):
        mass = quad(lambda r, x=x: d.pdf(r) * (1 - np.exp(-(x - r))), 0, x, limit=200)[0]
        assert value == pytest.approx(mass, abs=1e-7)


BOOK = [
    {"id": f"{s}{age}{created}", "stage": s, "amount": 1, "owner": f"{s}{age}{created}",
     **({} if age is None else {"age": age}), **({"created": created} if created else {})}
    for s in "ABC"
    for age, created in ((0, None), (3, None), (10, None), (33.3, None), (None, None), (None, "2026-12-01"))
]  # fmt: skip


@pytest.mark.parametrize("clock", [None, {"weekdays": [1, 1, 1, 1, 1, 0, 0], "month_of_quarter": [0.8, 1, 1.2]}])
@pytest.mark.parametrize("stages", [LINEAR, GENERAL], ids=["linear", "loops"])
def test_every_deal_is_won_when_the_law_says(stages: list[dict[str, Any]], clock: dict[str, Any] | None) -> None:
    """18 deals x 2 periods at 4.5 standard errors: a false alarm in 1 of 4,000."""
    data = funnel(stages, BOOK, **TWO, **({"clock": clock} if clock else {}))
    model, groups = compiled(data), book_of(data).groups
    n = sized(60_000)
    timing = Law(model, float(model.grid.bound[-1])).deals_before(model.grid.bound[1:])
    assert timing.error < 1e-5
    ledger = run_blocks(PathsRun.prepare(model, 5), 0, n)
    for d, name in enumerate(model.keys.deals):
        g = groups.index(("owner", name))
        p = model.win_rate[d] * np.diff(timing.deals[d], prepend=0.0)
        found = ledger.wins[g].mean(axis=1)
        np.testing.assert_array_less(np.abs(found - p), K * np.sqrt(p * (1 - p) / n) + 2e-5)


@pytest.mark.skipif(not JIT, reason="the law itself is not compiled; once is enough")
def test_the_stated_error_shrinks_with_the_step() -> None:
    model = compiled(funnel(GENERAL, BOOK, **TWO))
    coarse = Law(model, 60.0)
    errors = []
    for level in (0, 1):
        exact = coarse.deals_before(BOUNDS).deals
        from simfunnel.engine.law.timing import kinds_of

        kinds, where = kinds_of(model)
        errors.append(float(np.max(np.abs(coarse._kinds_before(kinds, BOUNDS, level)[where] - exact))))
    assert errors[1] < 0.35 * errors[0]  # second order: a quarter
