"""Chances of exits, what they are worth, and win rates, on histories whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from simfunnel.estimation.incidence import CENSORED
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.transitions import beta_interval, stage_exits
from simfunnel.estimation.weights import time_weights
from simfunnel.estimation.win_rates import dirichlet_n, drawn_win_rates, win_rates

from .made import P_ON, P_WON, made_history


def test_chances_are_those_of_the_process() -> None:
    risk = risk_of(made_history(days=900, per_day=8))
    exits = [stage_exits(risk, np.ones(len(risk.age)), k) for k in range(2)]
    assert exits[0].probability[1] == pytest.approx(P_ON, abs=0.025)
    assert exits[1].probability[2] == pytest.approx(P_WON, abs=0.03)
    assert exits[0].undecided == pytest.approx(0, abs=0.01)
    rates = win_rates(exits)
    np.testing.assert_allclose(rates[:, 0], [P_ON * P_WON, P_WON], atol=0.025)
    assert (rates[:, 1] < rates[:, 0]).all()
    assert (rates[:, 0] < rates[:, 2]).all()


def test_independent_deals_are_worth_about_their_number() -> None:
    """Over many histories the variance of the estimate is p (1 - p) / n; the stated n must say so, one by one."""
    stated, found, decided = [], [], []
    for seed in range(40):
        risk = risk_of(made_history(days=300, per_day=3, seed=seed))
        exits = stage_exits(risk, np.ones(len(risk.age)), 0)
        stated.append(exits.n_effective[1])
        found.append(exits.probability[1])
        decided.append(exits.counts.sum())
    true = P_ON * (1 - P_ON) / np.var(found, ddof=1)
    assert np.median(stated) == pytest.approx(np.mean(decided), rel=0.35)
    assert np.mean(stated) == pytest.approx(true, rel=0.6)


def test_deals_that_share_their_week_are_worth_fewer() -> None:
    """All exits of a week go the same way: fifty weeks are fifty coins, however many deals they hold."""
    rng = np.random.default_rng(3)
    history = made_history(days=350, per_day=20, seed=3)
    risk = risk_of(history)
    week = np.floor((risk.left - risk.entered.min()) / 7).astype(int)
    coin = rng.random(week.max() + 1) < 0.5
    demo = (risk.stage == 0) & (risk.cause >= 0)
    cause = np.where(demo, np.where(coin[week], 1, risk.lost), risk.cause)
    together = type(risk)(risk.deal, risk.stage, risk.entered, risk.age, risk.entry, cause, risk.stages, risk.end,
                          risk.since)  # fmt: skip
    weight = np.ones(len(risk.age))
    apart, shared = (stage_exits(r, weight, 0).n_effective[1] for r in (risk, together))
    assert apart > 2000
    assert 25 < shared < 150


def test_weights_make_old_deals_worth_less() -> None:
    risk = risk_of(made_history(days=600))
    even, lately = (stage_exits(risk, time_weights(risk, life), 0).n_effective[1] for life in (None, 45.0))
    assert lately < 0.45 * even


def test_one_n_of_a_stage_has_the_variance_of_all_its_exits() -> None:
    risk = risk_of(made_history())
    exits = stage_exits(risk, np.ones(len(risk.age)), 0)
    p = exits.probability
    used = p > 0
    variance = (p * (1 - p) / exits.n_effective)[used].sum()
    assert (p * (1 - p))[used].sum() / dirichlet_n(exits) == pytest.approx(variance)


def test_an_interval_covers_what_it_says() -> None:
    rng = np.random.default_rng(4)
    inside = 0
    for _ in range(2000):
        low, high = beta_interval(rng.binomial(60, 0.3) / 60, 60)
        inside += low <= 0.3 <= high
    assert 0.86 < inside / 2000 < 0.94


def test_a_stage_that_no_deal_failed_is_not_known_to_be_certain() -> None:
    """All of n deals went one way: the interval is that of Jeffreys' prior, to what 400 draws of it leave open."""
    risk = risk_of(made_history(days=200, per_day=1))
    never_lost = replace(risk, cause=np.where(risk.cause == risk.lost, CENSORED, risk.cause)).of(risk.stage == 1)
    entered = replace(never_lost, stage=np.zeros(len(never_lost.age), dtype=np.int64), stages=1,
                      cause=np.where(never_lost.cause == CENSORED, CENSORED, 1))  # fmt: skip
    last = entered.age == entered.age.max()
    exits = stage_exits(replace(entered, cause=np.where(last, 1, entered.cause)), np.ones(len(entered.age)), 0)
    assert exits.probability[1] == pytest.approx(1)
    n = dirichlet_n(exits)
    drawn = drawn_win_rates([exits], edges=True)
    assert n > 20
    assert np.quantile(drawn[:, 0], 0.05) == pytest.approx(stats.beta.ppf(0.05, n + 0.5, 0.5), abs=0.02)
    assert (drawn_win_rates([exits]) == 1).all()
