"""How much of what exits would say is missing where stages were passed unseen, against other ways to the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from simfunnel.estimation.group_rates import onward_or_not
from simfunnel.estimation.panel import information
from simfunnel.estimation.panel.chains import chains_of
from simfunnel.estimation.panel.completed import completed
from simfunnel.estimation.panel.expectation import Walk
from simfunnel.estimation.panel.fit import fit
from simfunnel.estimation.panel.information import Missing, complete_information, moved
from simfunnel.estimation.panel.tables import tables_of
from simfunnel.estimation.risk import risk_of
from simfunnel.estimation.transitions import stage_exits
from simfunnel.history.history import DAY, LOST, NEVER, STILL, WON, Deals, Ends, History, Spells, midnight

from . import made
from .exports import exported, read_back
from .test_panel import chained, hazards, simulated

CELLS = [(0, 1, 0, 3), (0, 3, 0, 3), (1, 2, 0, 3), (0, 1, 3, 30), (1, 3, 3, 30)]


@pytest.fixture(scope="module")
def weekly() -> History:
    events = made.made_history(days=200, per_day=4, seed=4)
    return read_back(exported(events), events)


def log_likelihood(missing: Missing, hazard: np.ndarray) -> float:
    tables = tables_of(hazard, missing.birth, missing.walk.chains.width)
    return missing.walk.expect(tables)[0].log_likelihood


def test_the_information_is_the_curvature_of_the_log_likelihood() -> None:
    hazard, birth = hazards(5)
    chains = chained(simulated(hazard, birth, 80, 5))
    missing = Missing(Walk(chains, np.ones(len(chains.first))), hazard, birth)
    step = 1e-3

    def at(*by: tuple[int, float]) -> float:
        other = hazard
        for cell, change in by:
            other = moved(other, CELLS[cell], change)
        return log_likelihood(missing, other)

    slopes = [(at((a, step)) - at((a, -step))) / (2 * step) for a in range(len(CELLS))]
    np.testing.assert_allclose(missing.scores(hazard, CELLS), slopes, rtol=1e-4, atol=1e-4)
    signs = ((1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1))

    def curvature(a: int, b: int) -> float:
        return -sum(sign * at((a, i * step), (b, j * step)) for i, j, sign in signs) / (4 * step**2)

    curved = [[curvature(a, b) for b in range(len(CELLS))] for a in range(len(CELLS))]
    np.testing.assert_allclose(missing.observed_information(CELLS), curved, rtol=0.01, atol=0.05)


def test_complete_stays_have_the_information_of_multinomials() -> None:
    """One age, two exits: that of log chances is n p (1 - p) / ..., and the chance has the variance p (1 - p) / n."""
    n, p = 400.0, np.array([0.3, 0.5])
    hazard, events = np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    hazard[0, 1:, 0], events[0, 1:, 0] = p, n * p
    told = complete_information(hazard, events, np.array([[n, 0.2 * n]]), [(0, 1, 0, 1), (0, 2, 0, 1)])
    covariance = p[:, None] * np.linalg.inv(told) * p
    np.testing.assert_allclose(covariance, (np.diag(p) - np.outer(p, p)) / n, rtol=1e-6)


def test_without_a_smoother_the_variance_is_that_of_the_observed_information(
    weekly: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(information, "smoothed_changes", lambda events, at_risk, cells, half: np.eye(len(cells)))
    missing = Missing.of(fit(chains_of(weekly)))
    cells = missing._cells(missing._counts(missing.hazard)[0])
    slope = missing._slopes(cells)[0, 1]
    known = slope @ np.linalg.solve(missing.observed_information(cells), slope)
    assert missing.covariances.known[0, 1, 1] == pytest.approx(known, rel=1e-3)


def test_less_is_left_of_a_chance_that_unseen_stages_make_doubtful(weekly: History) -> None:
    rows = completed(weekly)
    assert rows is not None and rows.missing is not None
    of_spread, of_counts = rows.missing.kept(0)
    assert 0 < of_spread[1] < of_counts[1] < 0.9
    assert of_counts[0] == of_spread[0] == 1.0  # nobody goes from Demo to Demo
    # to go on or not is one question, however it is asked
    assert of_counts[1] == pytest.approx(of_counts[3], abs=0.02)
    risk = risk_of(weekly)
    together = onward_or_not(risk, 0)
    assert together.kept is not None
    assert together.kept(0)[1][2] == pytest.approx(of_counts[1], abs=1e-9)
    plain = dataclasses.replace(risk, kept=None)
    told, counted = stage_exits(risk, risk.shares, 0), stage_exits(plain, plain.shares, 0)
    np.testing.assert_array_equal(told.probability, counted.probability)
    assert (told.n_effective <= counted.n_effective).all()


def test_where_every_stay_was_seen_nothing_is_missing() -> None:
    """One stage, and nobody who is in it for less than eight days."""
    days, n = 200, 300
    rng = np.random.default_rng(2)
    origin = midnight(made.START, "UTC")
    entered = origin + np.sort(rng.integers(0, days * DAY, n))
    left = entered + rng.integers(8 * DAY, 40 * DAY, n)
    over = left < origin + days * DAY
    left, to = np.where(over, left, NEVER), np.where(over, np.where(rng.random(n) < 0.4, WON, LOST), STILL)
    which, ids = np.flatnonzero(over), np.array([f"D{i}" for i in range(n)], dtype=object)
    events = History(
        deals=Deals(ids, entered, entered),
        spells=Spells(np.arange(n), np.zeros(n, dtype=np.int64), entered, entered, left, left, to),
        facts={}, ends=Ends(which, to[over], left[over], left[over]), stages=("Offer",), time_zone="UTC",
        last=origin + days * DAY - 1, form="events", currency="USD",
    )  # fmt: skip
    told = read_back(exported(events), events)
    assert completed(told) is not None
    assert risk_of(told).kept is None
