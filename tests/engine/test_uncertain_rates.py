"""Rates drawn once per trial: what they add to the spread, and who shares a draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers import (
    assert_counts,
    assert_mean,
    assert_probability,
    assert_variance,
    days,
    deals,
    funnel,
    simulate_ledger,
    sized,
    stage,
    wins,
    won_deals,
)
from scipy import stats

TRIALS = sized(100_000)


def test_shared_draw_adds_n_times_n_minus_1_times_its_variance() -> None:
    n, mean, size = 30, 0.4, 25
    won = wins(funnel([stage(conversion={"mean": mean, "n": size})], deals(n)), TRIALS)
    var = mean * (1 - mean) / (size + 1)
    assert_mean(won, n * mean)
    assert_variance(won, n * mean * (1 - mean) + n * (n - 1) * var)
    assert_counts(won, stats.betabinom(n, mean * size, (1 - mean) * size).pmf(np.arange(n + 1)))


def test_one_deal_cannot_tell_an_uncertain_rate_from_a_certain_one() -> None:
    assert_probability(wins(funnel([stage(conversion={"mean": 0.4, "n": 3})], deals(1)), TRIALS), 0.4)


def test_alpha_and_beta_spell_mean_and_n() -> None:
    one = funnel([stage(conversion={"mean": 0.4, "n": 20})], deals(5))
    other = funnel([stage(conversion={"alpha": 8, "beta": 12})], deals(5))
    assert np.array_equal(simulate_ledger(one, 2000).open, simulate_ledger(other, 2000).open)


@pytest.mark.parametrize("mean", [0, 1])
def test_mean_0_or_1_is_certain_whatever_n(mean: int) -> None:
    assert (wins(funnel([stage(conversion={"mean": mean, "n": 2})], deals(3)), 200) == 3 * mean).all()


def test_stages_draw_independently() -> None:
    stages = [stage("A", {"mean": 0.5, "n": 9}), stage("B", {"mean": 0.6, "n": 14})]
    won = won_deals(funnel(stages, deals(2)), TRIALS)
    second = [m * m + m * (1 - m) / (n + 1) for m, n in ((0.5, 9), (0.6, 14))]
    assert_probability(won[0], 0.3)
    assert_probability(won[0] & won[1], second[0] * second[1])


GENERAL = [
    {"name": "A", "n": 8, "transitions": [
        {"to": "B", "probability": 0.4, "duration": 1}, {"to": "Won", "probability": 0.2, "duration": 1},
        {"to": "C", "probability": 0.1, "duration": 1}, {"to": "Lost", "probability": 0.3, "duration": 1}]},
    stage("C", 0), stage("B", 1),
]  # fmt: skip


def test_transitions_beside_n_are_dirichlet() -> None:
    """Won directly or by B: Beta(n (0.4 + 0.2), n 0.4), whatever the other ways."""
    won = wins(funnel(GENERAL, deals(12)), TRIALS)
    assert_counts(won, stats.betabinom(12, 8 * 0.6, 8 * 0.4).pmf(np.arange(13)))


def test_dirichlet_parts_are_negatively_correlated() -> None:
    data = funnel(GENERAL, deals(2), periods={"unit": "days", "length": 1, "count": 4})
    ledger = simulate_ledger(data, TRIALS)
    direct, by_b = ledger.wins[0, 1], ledger.wins[0, 2]  # after one day, after two
    assert_mean(direct, 2 * 0.2)
    assert_mean(by_b, 2 * 0.4)
    # E[p q] = n p q / (n + 1) of a Dirichlet; two deals, one each way, in either order
    assert_mean((direct == 1) & (by_b == 1), 2 * 8 * 0.2 * 0.4 / 9)
    assert_mean(direct == 2, 0.04 + 0.16 / 9)


def test_transitions_of_probability_0_stay_0() -> None:
    stages = [{"name": "A", "n": 2, "transitions": [
        {"to": "Won", "probability": 0, "duration": 1}, {"to": "B", "probability": 0.5, "duration": 1},
        {"to": "Lost", "probability": 0.5, "duration": 1}]}, stage("B", 0)]  # fmt: skip
    assert not wins(funnel(stages, deals(4)), 1000).any()


RATE = {"mean": 0.4, "n": 6}
SECOND = 0.16 + 0.24 / 7
"""E[rate^2]."""


def _pair(segments: dict[str, Any], first: str | None, second: str | None) -> float:
    book = [
        {"id": "1", "stage": "A", "age": 0, "segment": first},
        {"id": "2", "stage": "A", "age": 0, "segment": second},
    ]
    book = [{k: v for k, v in d.items() if v is not None} for d in book]
    won = won_deals(funnel([stage("A", RATE, 1)], book, segments=segments), TRIALS)
    return (won[0] & won[1]).mean()


@pytest.mark.parametrize(
    ("segments", "first", "second", "expected"),
    [
        ({}, None, "s", SECOND),  # a label that changes nothing shares the draw
        ({"s": {"stages": {"A": {"duration": 2}}}}, None, "s", SECOND),  # another duration, the same rate
        ({"s": {"stages": {"A": {"conversion": RATE}}}}, None, "s", 0.16),  # written again: a draw of its own
        ({"s": {"stages": {"A": {"conversion": RATE}}}}, "s", "s", SECOND),
        (
            {"s": {"stages": {"A": {"conversion": RATE}}}, "t": {"stages": {"A": {"conversion": RATE}}}},
            "s",
            "t",
            0.16,
        ),
        ({"s": {"stages": {"A": {"duration": 2}}}, "t": {"amount": 5}}, "s", "t", SECOND),
    ],
)
def test_segments_share_a_draw_unless_they_write_their_own(
    segments: dict[str, Any], first: str | None, second: str | None, expected: float
) -> None:
    both = _pair(segments, first, second)
    assert abs(both - expected) < 4.5 * np.sqrt(expected * (1 - expected) / TRIALS)


def test_a_segment_named_like_a_number_keeps_its_draw_apart_from_transitions() -> None:
    """Draws are named by stage and segment, or stage and number of the way out: they must not meet."""
    base = {
        "name": "A",
        "n": 400,
        "transitions": [
            {"to": "Won", "probability": 0.9, "duration": 1},
            {"to": "Lost", "probability": 0.1, "duration": 1},
        ],
    }
    segments = {"0": {"stages": {"A": {"conversion": {"mean": 0.1, "n": 400}, "duration": 1}}}}
    book = [*deals(1, "x"), *deals(1, "y", segment="0")]
    won = won_deals(funnel([base], book, segments=segments), TRIALS)
    assert_probability(won[0], 0.9)
    assert_probability(won[1], 0.1)


def test_win_rate_spelling_is_the_conversion_spelling() -> None:
    written = [
        {"name": "A", "win_rate": 0.125, "duration": {"exponential": 5}},
        {"name": "B", "win_rate": 0.25, "duration": {"exponential": 4}},
        {"name": "C", "win_rate": 0.5, "duration": {"exponential": 3}},
    ]
    conversions = [stage(n, 0.5, {"exponential": d}) for n, d in (("A", 5), ("B", 4), ("C", 3))]
    book = [*deals(2), *deals(2, "b", stage="B", age=3), *deals(2, "c", stage="C")]
    a, b = (simulate_ledger(funnel(s, book, periods=days(length=5, count=3)), 3000) for s in (written, conversions))
    assert np.array_equal(a.open, b.open)
    assert np.array_equal(a.wins, b.wins)


def test_uncertain_win_rates_are_uncertain_conversions() -> None:
    written = [
        {"name": "A", "win_rate": {"mean": 0.25, "n": 12}, "duration": 1},
        {"name": "B", "win_rate": {"mean": 0.5, "n": 7}, "duration": 1},
    ]
    conversions = [stage("A", {"mean": 0.5, "n": 12}), stage("B", {"mean": 0.5, "n": 7})]
    a, b = (simulate_ledger(funnel(s, deals(6)), 3000) for s in (written, conversions))
    assert np.array_equal(a.open, b.open)


def test_win_rate_of_a_segment_overrides_before_the_division() -> None:
    written = [
        {"name": "A", "win_rate": 0.2, "duration": 1}, {"name": "B", "win_rate": 0.4, "duration": 1},
    ]  # fmt: skip
    segments = {"s": {"stages": {"B": {"win_rate": 0.25}}}}
    book = [*deals(2), *deals(2, "s", segment="s"), *deals(2, "b", segment="s", stage="B")]
    won = won_deals(funnel(written, book, segments=segments), TRIALS)
    for i, w in enumerate([0.2, 0.2, 0.2, 0.2, 0.25, 0.25]):  # the W of stage A stays 0.2, whatever B does
        assert_probability(won[i], w)


def test_unknown_rate_moves_known_ages_through_the_drawn_rate() -> None:
    """P(won | age) is the mean over the draws of c S_w / (c S_w + (1 - c) S_l)."""
    data = funnel([stage("A", {"mean": 0.4, "n": 6}, {"exponential": 10}, lost_duration={"exponential": 30})],
                  deals(2, age=12), periods=days(length=4000))  # fmt: skip
    c = stats.beta(2.4, 3.6).ppf((np.arange(100_000) + 0.5) / 100_000)
    s_won, s_lost = np.exp(-1.2), np.exp(-0.4)
    p = c * s_won / (c * s_won + (1 - c) * s_lost)
    won = won_deals(data, TRIALS)
    assert_probability(won[0], p.mean())
    assert_probability(won[0] & won[1], (p * p).mean())
