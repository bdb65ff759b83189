"""Ages read from a lattice against every deal computed by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import JIT, compiled, days, funnel, stage

from simfunnel.engine.law import aged
from simfunnel.engine.law.timing import Law

pytestmark = pytest.mark.skipif(not JIT, reason="the law itself is not compiled; once is enough")
X = np.array([0.05, 1.0, 30.0, 61.3, 90.0])
DURATIONS: dict[str, Any] = {
    "lognormal": {"lognormal": {"mu": 2.6, "sigma": 0.8}},
    "wide lognormal": {"lognormal": {"mu": -1, "sigma": 2.5}},
    "steep gamma": {"gamma": {"shape": 0.3, "scale": 20}},
    "narrow gamma": {"gamma": {"mean": 20, "sd": 1.6}},
    "steep weibull": {"weibull": {"shape": 0.5, "scale": 10}},
    "round weibull": {"weibull": {"shape": 4, "scale": 30}},
}
NEXT: dict[str, Any] = {"smooth": {"lognormal": {"mu": 2.6, "sigma": 0.8}}, "fast": {"exponential": {"mean": 0.1}}}


def book(count: int) -> list[dict[str, Any]]:
    ages = np.random.default_rng(3).random(count) * 40
    return [{"id": f"d{i}", "stage": "A", "amount": 1, "age": float(a)} for i, a in enumerate(ages)]


def law(duration: Any, following: Any, count: int = 100) -> Law:
    stages = [stage("A", 0.5, duration), stage("B", 0.5, following), stage("C", 0.5, {"gamma": {"mean": 5, "sd": 5}})]
    return Law(compiled(funnel(stages, book(count), periods=days(length=90))), 90.0)


@pytest.mark.parametrize("following", NEXT.values(), ids=NEXT)
@pytest.mark.parametrize("duration", DURATIONS.values(), ids=DURATIONS)
def test_reading_between_ages_adds_hardly_to_the_error_of_the_law(
    duration: Any, following: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = law(duration, following)
    read = found.deals_before(X)
    monkeypatch.setattr(aged, "FEWEST", 10**9)
    each = found.deals_before(X)
    assert not np.array_equal(read.deals, each.deals)  # the lattice was used
    np.testing.assert_allclose(read.deals, each.deals, atol=0.02 * each.error, rtol=0)
    assert read.error == pytest.approx(each.error, rel=0.02)


@pytest.mark.parametrize("duration", [{"empirical": [3, 9, 30, 70]}, {"uniform": {"low": 0, "high": 60}}, 50])
def test_durations_with_atoms_and_kinks_are_never_read_from_the_lattice(
    duration: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = law(duration, NEXT["smooth"])
    before = found.deals_before(X)
    monkeypatch.setattr(aged, "FEWEST", 10**9)
    np.testing.assert_array_equal(before.deals, found.deals_before(X).deals)
