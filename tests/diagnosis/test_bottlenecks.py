"""When a stage of a group is called a bottleneck, and what it costs."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.diagnosis.bottlenecks import bottleneck, ranked
from simfunnel.diagnosis.results import Bottleneck
from simfunnel.estimation.group_rates import absorbed
from simfunnel.estimation.shrinkage import Posterior

NAMES = ("Demo", "Offer")
CERTAIN = 1e7


def known(rate: float, pool: float = 0.5, n: float = CERTAIN) -> Posterior:
    return Posterior(np.array([rate * n]), np.array([(1 - rate) * n]), np.array([pool]), np.array([1.0]))


def of_demo(rate: float, *, entrants: float = 40.0, n_effective: float = 50.0) -> Bottleneck:
    # of those who go on three quarters to Offer, a quarter is won at once
    ways = np.array([[0.0, 0.3, 0.1, 0.6], [0.0, 0.0, 0.4, 0.6]])
    return bottleneck(
        "x", 0, NAMES, known(rate), [known(0.3), known(0.4)], ways, entrants=entrants, n_effective=n_effective
    )


def test_a_stage_is_below_from_a_tenth_on() -> None:
    assert of_demo(0.455).p_below == pytest.approx(0.0, abs=1e-6)
    assert of_demo(0.445).p_below == pytest.approx(1.0, abs=1e-6)


def test_wins_lost_are_entrants_times_the_difference_times_the_chance_of_those_who_go_on() -> None:
    found = of_demo(0.4)
    assert found.wins_lost == pytest.approx(40 * (0.5 - 0.4) * (0.25 + 0.75 * 0.4), rel=1e-3)
    assert found.stderr < 0.01 * found.wins_lost
    last = bottleneck("x", 1, NAMES, known(0.4), [known(0.3), known(0.4)],
                      np.array([[0.0, 0.3, 0.1, 0.6], [0.0, 0.0, 0.4, 0.6]]),
                      entrants=40.0, n_effective=50.0)  # fmt: skip
    assert last.wins_lost == pytest.approx(40 * 0.1, rel=1e-3)


def test_wins_lost_are_those_of_the_law_with_loops_and_skips() -> None:
    """Against the absorbing chain solved before and after the change, for every stage of a funnel that goes back."""
    chances = np.array([
        [0.0, 0.4, 0.1, 0.05, 0.45], [0.15, 0.0, 0.35, 0.1, 0.4], [0.05, 0.2, 0.1, 0.45, 0.2],
    ])  # fmt: skip
    begun, K = np.array([30.0, 5.0, 0.0]), 3

    def wins(p: np.ndarray) -> float:
        return float(begun @ absorbed(p)[:, 0])

    visits = begun @ np.linalg.inv(np.eye(K) - chances[:, :K])
    for k in range(K):
        on = [*range(k + 1, K), K]
        own, pool = float(chances[k, on].sum()), 0.8
        other = chances.copy()
        other[k] *= (1 - pool) / (1 - own)
        other[k, on] = chances[k, on] * pool / own
        found = bottleneck(
            "x", k, ("A", "B", "C"), known(own, pool), [known(float(w)) for w in absorbed(chances)[:, 0]], chances,
            entrants=float(visits[k]), n_effective=50.0,
        )  # fmt: skip
        assert found.wins_lost == pytest.approx(wins(other) - wins(chances), rel=2e-3)


def test_of_few_deals_of_its_own_nothing_is_called_a_bottleneck() -> None:
    assert of_demo(0.3, n_effective=10.0).flagged
    assert not of_demo(0.3, n_effective=9.0).flagged


def test_flagged_ones_stand_first_and_the_most_costly_of_them_before_the_others() -> None:
    small, large = of_demo(0.3, entrants=10.0), of_demo(0.4, entrants=40.0)
    unsure = of_demo(0.2, entrants=400.0, n_effective=3.0)
    assert ranked([unsure, small, large]) == (large, small, unsure)
