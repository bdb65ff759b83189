"""P(won within a window) against closed forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simfunnel.estimation.passage import passage
from simfunnel.estimation.risk import Risk, risk_of
from simfunnel.estimation.windows import past_windows
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Ends, History, Spells

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


def atomic(days: float) -> History:
    """Every offer is decided after exactly so many days."""
    history = made_history(days=500, per_day=8, amount=1.0)
    s = history.spells
    offer = s.stage == 1
    left = np.where(offer, s.entered + int(days * DAY), s.left)
    known = left <= history.last
    to = np.where(offer & (s.to == STILL) & known, WON, np.where(offer & ~known, STILL, s.to))
    left = np.where(offer & ~known, NEVER, left)
    spells = Spells(s.deal, s.stage, s.entered, s.entered, left, left, to)
    over = (to == WON) | (to == LOST)
    ends = Ends(s.deal[over], to[over], left[over], left[over])
    return dataclasses.replace(history, spells=spells, ends=ends)


def test_an_atom_loses_nothing() -> None:
    history = atomic(10)
    risk = risk_of(history)
    found = passage(risk, np.ones(len(risk.age)), 20)
    decided = (risk.stage == 1) & (risk.cause >= 0)
    assert found.entered(np.array([1]), np.array([20.0]))[0] == pytest.approx(
        np.mean(risk.cause[decided] == 2), abs=0.01
    )
    windows = past_windows(history, 30, lambda _: None, count=True)
    assert windows.actual.sum() / windows.mean.sum() == pytest.approx(1, abs=0.03)


def test_days_alone_say_the_same_as_moments() -> None:
    history = made_history(days=1200, per_day=8)
    s = history.spells

    def day(x: np.ndarray) -> np.ndarray:
        return np.where(x == NEVER, NEVER, x // DAY * DAY)

    rounded = dataclasses.replace(
        history, spells=Spells(s.deal, s.stage, day(s.entered), day(s.entered), day(s.left), day(s.left), s.to)
    )
    fine, coarse = (passage(r, np.ones(len(r.age)), 30) for r in (risk_of(history), risk_of(rounded)))
    a, b = (p.entered(np.array([0, 1]), np.array([30.0, 30.0])) for p in (fine, coarse))
    np.testing.assert_allclose(a, b, rtol=0.03)


def test_a_hindcast_does_not_know_what_came() -> None:
    """Every end of the last 30 days is turned into a loss: what came changes, what was expected does not."""
    history = made_history(days=200, per_day=10)
    view = history.as_of(history.day(history.end))
    late = view.end - 30 * DAY
    s = view.spells
    lost = dataclasses.replace(
        view,
        spells=Spells(s.deal, s.stage, s.entered, s.entered_before, s.left, s.left_before,
                      np.where((s.left >= late) & (s.to == WON), LOST, s.to)),
        ends=Ends(view.ends.deal, np.where(view.ends.closed >= late, LOST, view.ends.outcome), view.ends.closed,
                  view.ends.closed_before),
    )  # fmt: skip
    told, moved = (past_windows(v, 30, lambda _: 45.0) for v in (view, lost))
    latest = told.origin == told.origin.max()
    assert moved.actual[latest][0] < 0.1 * told.actual[latest][0]
    assert moved.mean[latest][0] == told.mean[latest][0]
    assert moved.unknown[latest][0] == told.unknown[latest][0]


def test_half_of_a_window_is_a_window_half_as_long() -> None:
    risk = risk_of(made_history(days=200))
    weight = np.ones(len(risk.age))
    whole, short = passage(risk, weight, 30.0), passage(risk, weight, 15.0)
    stage, age = np.repeat([0, 1], 50), np.tile(np.linspace(0, 120, 50), 2)
    assert whole.half_days == 15.0
    np.testing.assert_allclose(whole.open_half(stage, age), short.open(stage, age), rtol=1e-12)
    assert np.all(whole.open(stage, age) >= whole.open_half(stage, age))


def test_deals_of_any_age_have_the_chances_of_their_age(monkeypatch: pytest.MonkeyPatch) -> None:
    # most offers are decided within weeks; those that are not lie for a year and a half, when none is won, and then are
    rng = np.random.default_rng(3)
    n = 4000
    slow = rng.random(n) < 0.3
    days = np.where(slow, rng.uniform(550, 600, n), rng.exponential(10.0, n))
    cause = np.where(rng.random(n) < 0.4, 2, 3)
    on = rng.exponential(200.0, n)
    risk = Risk(
        deal=np.arange(2 * n), stage=np.repeat([0, 1], n), entered=np.zeros(2 * n), age=np.concatenate([on, days]),
        entry=np.full(2 * n, -np.inf), cause=np.concatenate([np.full(n, 1), cause]), stages=2, end=2000.0,
        since=-np.inf,
    )  # fmt: skip
    stage, age = np.array([1, 1, 1, 0, 0]), np.array([300.0, 470.0, 540.0, 500.0, 1200.0])
    found = passage(risk, np.ones(2 * n), 91.0)
    assert found.beyond is not None and (age[1:] / found.step >= found.beyond.first).all()
    until = np.array(
        [float(((days > a) & (days <= a + 91.0) & (cause == 2)).sum() / (days > a).sum()) for a in age[:3]]
    )
    np.testing.assert_allclose(found.open(stage, age)[:3], until, atol=0.01)
    assert until[0] == 0 < until[1]
    # in the tables of a wider machine: the same numbers
    monkeypatch.setattr("simfunnel.estimation.passage.MOST_AGES", 10_000)
    whole = passage(risk, np.ones(2 * n), 91.0)
    assert whole.beyond is None
    np.testing.assert_allclose(found.open(stage, age), whole.open(stage, age), rtol=1e-10)
    np.testing.assert_allclose(found.open_half(stage, age), whole.open_half(stage, age), rtol=1e-10)
    np.testing.assert_array_equal(found.entering, whole.entering)
