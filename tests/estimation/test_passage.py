"""P(won within a window) against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.estimation.book import book_of
from simfunnel.estimation.passage import passage
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.windows import past_windows

from .made import DAYS_OFFER, DAYS_ON, P_ON, P_WON, made_history


def within(days: float) -> tuple[float, float]:
    """Chance of a win within days of entering Demo, and Offer: sums of exponential times."""
    a, b = 1 / DAYS_ON, 1 / DAYS_OFFER
    both = 1 - (b * np.exp(-a * days) - a * np.exp(-b * days)) / (b - a)
    return float(P_ON * P_WON * both), float(P_WON * (1 - np.exp(-days / DAYS_OFFER)))


@pytest.mark.parametrize("horizon", [10.0, 30.0, 91.0])
def test_chances_are_those_of_the_process(horizon: float) -> None:
    history = made_history(days=1500, per_day=10)
    risk = risk_of(history)
    found = passage(risk, np.ones(len(risk.age)), horizon)
    just = found.entered(np.array([0, 1]), np.array([horizon, horizon]))
    np.testing.assert_allclose(just, within(horizon), atol=0.012)
    # exponential times forget their age
    old = found.open(np.array([1, 1]), np.array([0.0, 12.0]))
    np.testing.assert_allclose(old, [within(horizon)[1]] * 2, atol=0.03)


def test_past_windows_miss_a_steady_process_by_luck_alone() -> None:
    history = made_history(days=500, per_day=10, amount=1.0)
    found = past_windows(history, 30, lambda _: None, count=True)
    assert found.independent > 10
    luck = float(found.sampling.mean())
    assert float(np.mean(found.errors**2)) < 3 * luck
    assert abs(float(np.mean(found.errors))) < 0.08


def test_a_past_window_knows_nothing_of_its_own_days() -> None:
    """Every win of the last 30 days taken away: no hindcast moves, only what came."""
    history = made_history(days=200, per_day=10)
    end = history.day(history.end)
    view = history.as_of(end)
    book = book_of(view)
    cut = view.end / 86_400_000_000 - 30
    found = past_windows(view, 30, lambda _: 45.0)
    latest = found.origin == found.origin.max()
    assert found.origin[latest][0] == pytest.approx(cut, abs=1)
    late = book.won & (book.closed >= found.origin.max())
    assert found.actual[latest][0] == pytest.approx(float(book.amount[late].sum()))
