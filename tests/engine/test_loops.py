"""General funnels against the algebra of absorbing Markov chains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import (
    assert_mean,
    assert_periods,
    assert_probability,
    compiled,
    days,
    deals,
    funnel,
    simulate_ledger,
    sized,
    unaged,
    won_deals,
)

TRIALS = sized(60_000)
NAMES = ["A", "B", "C", "Won", "Lost"]
P = np.array([
    [0.10, 0.40, 0.10, 0.05, 0.35],
    [0.20, 0.00, 0.50, 0.00, 0.30],
    [0.05, 0.15, 0.10, 0.50, 0.20],
])  # fmt: skip
MEAN = np.array([
    [2.0, 5.0, 3.0, 1.0, 4.0],
    [1.0, 1.0, 6.0, 1.0, 2.0],
    [2.0, 1.0, 3.0, 4.0, 1.0],
])  # fmt: skip


def chain(duration: Any) -> list[dict[str, Any]]:
    """Stages of the chain; `duration(i, j)` spells the duration of i -> j."""
    return [
        {
            "name": NAMES[i],
            "transitions": [
                {"to": NAMES[j], "probability": P[i, j], "duration": duration(i, j)} for j in range(5) if P[i, j] > 0
            ],
        }
        for i in range(3)
    ]


def win_rates(p: np.ndarray = P) -> np.ndarray:
    return np.linalg.solve(np.eye(3) - p[:, :3], p[:, 3])


def test_win_rates_solve_the_absorbing_chain() -> None:
    data = funnel(chain(lambda i, j: 1), [d for s in "ABC" for d in deals(1, s, stage=s)], periods=days(length=9000))
    assert compiled(data).win_rate == pytest.approx(win_rates())
    for won, w in zip(won_deals(data, TRIALS), win_rates(), strict=True):
        assert_probability(won, w)


def test_mean_time_to_a_win_is_that_of_the_conditioned_chain() -> None:
    """m = sum_j q_ij (d_ij + m_j) with q the chain given Won; read off daily cash-free periods of a long
    horizon.
    """
    data = funnel(chain(lambda i, j: {"exponential": MEAN[i, j]}), deals(1), periods=days(length=2, count=120))
    w = np.append(win_rates(), [1.0, 0.0])
    q = P * w[None, :] / w[:3, None]
    mean = np.linalg.solve(np.eye(3) - q[:, :3], (q * MEAN).sum(axis=1))
    ledger = simulate_ledger(data, TRIALS)
    assert_probability(ledger.wins[0].any(axis=0), w[0])
    period = ledger.wins[0].argmax(axis=0)[ledger.wins[0].any(axis=0)]
    assert abs((2 * period + 1).mean() - mean[0]) < 4.5 * (2 * period).std() / np.sqrt(len(period)) + 0.01


def test_time_to_a_win_is_the_first_passage_time_of_the_chain() -> None:
    """One day a step: P(won at step n) is p_Won P^(n - 1)."""
    data = funnel(chain(lambda i, j: 1), deals(3, stage="B"), periods=days(length=1, count=60))
    state, cdf = np.array([0.0, 1.0, 0.0]), [0.0, 0.0]
    for _ in range(59):
        cdf.append(cdf[-1] + state @ P[:, 3])
        state = state @ P[:, :3]
    ledger = simulate_ledger(data, TRIALS)
    assert_mean(ledger.wins[0].sum(axis=0), 3 * cdf[-1])
    assert_periods(ledger, cdf[:61])


def test_deal_of_known_age_in_a_loop_conditions_only_its_first_step() -> None:
    age = 3.0
    data = funnel(
        chain(lambda i, j: {"exponential": MEAN[i, j]}),
        deals(2, stage="B", age=age),
        periods=days(length=9000),
    )
    w = np.append(win_rates(), [1.0, 0.0])
    seen = P[1] * np.exp(-age / MEAN[1])
    expected = seen @ w / seen.sum()
    assert compiled(data).win_rate == pytest.approx(expected)
    assert_probability(won_deals(data, TRIALS).ravel(), expected)


def test_deal_of_unknown_age_in_a_loop_is_weighted_by_means() -> None:
    data = funnel(chain(lambda i, j: {"exponential": MEAN[i, j]}), unaged(2, stage="B"), periods=days(length=9000))
    w = np.append(win_rates(), [1.0, 0.0])
    seen = P[1] * MEAN[1]
    assert_probability(won_deals(data, TRIALS).ravel(), seen @ w / seen.sum())


def test_a_stay_for_good_counts_as_not_won() -> None:
    stages = chain(lambda i, j: "never" if (i, j) == (1, 2) else 1)
    data = funnel(stages, [d for s in "ABC" for d in deals(1, s, stage=s)], periods=days(length=9000))
    p = P.copy()
    p[1, 2] = 0.0
    assert compiled(data).win_rate == pytest.approx(win_rates(p))
    for won, w in zip(won_deals(data, TRIALS), win_rates(p), strict=True):
        assert_probability(won, w)


def test_a_transition_to_won_that_never_ends_wins_nothing() -> None:
    stages = [
        {
            "name": "A",
            "transitions": [
                {"to": "Won", "probability": 0.3, "duration": "never"},
                {"to": "Won", "probability": 0.2, "duration": 1},
                {"to": "Lost", "probability": 0.5, "duration": 1},
            ],
        }
    ]
    assert_probability(won_deals(funnel(stages, deals(2)), TRIALS).ravel(), 0.2)


def test_old_deals_are_more_likely_to_be_those_that_stay_for_good() -> None:
    stages = [{"name": "A", "transitions": [
        {"to": "Won", "probability": 0.5, "duration": {"exponential": 5}},
        {"to": "Lost", "probability": 0.4, "duration": {"exponential": 5}},
        {"to": "A", "probability": 0.1, "duration": "never"}]}]  # fmt: skip
    data = funnel(stages, deals(1, age=15), periods=days(length=9000))
    left = np.exp(-3)
    assert compiled(data).win_rate[0] == pytest.approx(0.5 * left / (0.9 * left + 0.1))


def test_skips_are_direct_ways() -> None:
    stages = [
        {
            "name": "A",
            "transitions": [
                {"to": "C", "probability": 0.5, "duration": 2},
                {"to": "B", "probability": 0.3, "duration": 1},
                {"to": "Lost", "probability": 0.2, "duration": 1},
            ],
        },
        {"name": "B", "transitions": [{"to": "C", "probability": 1, "duration": 5}]},
        {
            "name": "C",
            "transitions": [
                {"to": "Won", "probability": 0.5, "duration": 1},
                {"to": "Lost", "probability": 0.5, "duration": 1},
            ],
        },
    ]
    ledger = simulate_ledger(funnel(stages, deals(1), periods=days(length=1, count=10)), TRIALS)
    for day, p in ((3, 0.25), (7, 0.15)):
        assert_probability(ledger.wins[0, day], p)
    assert ledger.wins[0, [0, 1, 2, 4, 5, 6, 8, 9]].sum() == 0


def test_two_ways_to_one_stage_keep_their_own_durations() -> None:
    stages = [{"name": "A", "transitions": [
        {"to": "Won", "probability": 0.2, "duration": 2}, {"to": "Won", "probability": 0.3, "duration": 8},
        {"to": "Lost", "probability": 0.5, "duration": 1}]}]  # fmt: skip
    ledger = simulate_ledger(funnel(stages, deals(1), periods=days(length=5, count=2)), TRIALS)
    assert_probability(ledger.wins[0, 0], 0.2)
    assert_probability(ledger.wins[0, 1], 0.3)
