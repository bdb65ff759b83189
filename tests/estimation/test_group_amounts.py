"""Amounts of groups: log means shrunk to that of all, as far as the groups themselves say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simfunnel.estimation.group_amounts import log_levels


def made(means: list[float], sizes: list[int], sd: float, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(means)), sizes)
    return np.exp(np.array(means)[group] + rng.normal(0, sd, len(group))), group


def test_it_is_the_posterior_of_the_textbook() -> None:
    """Both unknowns integrated numerically, from the normal densities themselves."""
    amount, group = made([1.0, 1.3, 2.4], [6, 15, 9], 0.7)
    y = np.log(amount)
    own = np.array([y[group == g].mean() for g in range(3)])
    n = np.array([6, 15, 9])
    within = sum(((y[group == g] - own[g]) ** 2).sum() for g in range(3)) / (len(y) - 3)
    s2, s0 = within / n, within / 9

    mu, share = np.linspace(-3, 6, 1801)[:, None, None], ((np.arange(2000) + 0.5) / 2000)[None, :, None]
    tau = s0 * (1 - share) / share
    density = stats.norm.pdf(own, mu, np.sqrt(s2 + tau)).prod(axis=2, keepdims=True)
    given = (own * tau + mu * s2) / (s2 + tau)
    wanted = (density * given).sum(axis=(0, 1)) / density.sum()

    found = log_levels(amount, group, 3)
    assert found is not None
    assert found.mean + y.mean() == pytest.approx(wanted, abs=0.003)


def test_groups_of_one_truth_are_hardly_told_apart() -> None:
    found = log_levels(*made([7.0] * 12, [20] * 12, 0.8), 12)
    assert found is not None
    assert np.abs(found.mean).max() < 0.2  # their own means scatter by .18, and the worst of twelve by .3


def test_groups_far_apart_keep_their_own_and_an_empty_one_is_that_of_all() -> None:
    amount, group = made([7.0, 9.0, 11.0], [40, 40, 40], 0.5)
    found = log_levels(amount, group, 4)
    assert found is not None
    own = [np.log(amount[group == g]).mean() - np.log(amount).mean() for g in range(3)]
    assert found.mean[:3] == pytest.approx(own, abs=0.02)
    assert found.mean[3] == pytest.approx(0, abs=0.05)
    assert found.sd[3] > 1
    assert found.sd[:3] == pytest.approx(0.5 / np.sqrt(40), rel=0.15)


def test_typical_amounts_scatter_as_those_of_a_group_do() -> None:
    amount, group = made([5.0, 8.0], [400, 600], 0.6)
    found = log_levels(np.append(amount, np.zeros(100)), np.append(group, np.zeros(100, dtype=np.int64)), 2)
    assert found is not None
    known = found.typical[found.typical > 0]
    assert np.log(known).std() == pytest.approx(0.6, rel=0.05)  # of all amounts it is 1.6
    assert np.log(known).mean() == pytest.approx(np.log(amount).mean())
    assert (found.typical == 0).sum() == 100


def test_intervals_hold_what_groups_are_in_the_mean_over_groups() -> None:
    rng = np.random.default_rng(4)
    held, wanted = [], []
    for _ in range(120):
        truth, sizes = rng.normal(7, 0.4, 8), rng.integers(2, 40, 8)
        group = np.repeat(np.arange(8), sizes)
        y = truth[group] + rng.normal(0, 0.9, len(group))
        found = log_levels(np.exp(y), group, 8)
        assert found is not None
        held += (np.abs(found.mean + y.mean() - truth) < 1.645 * found.sd).tolist()
        wanted.append(len(group))
    assert 0.86 < np.mean(held) < 0.95


def test_what_is_unknown_or_nothing_says_nothing_of_the_level() -> None:
    amount, group = made([1.0, 2.0], [10, 10], 0.3)
    more = np.concatenate([amount, [np.nan, 0.0, np.nan]]), np.concatenate([group, [0, 1, 1]])
    first, second = log_levels(amount, group, 2), log_levels(*more, 2)
    assert first is not None
    assert second is not None
    assert np.array_equal(first.mean, second.mean)
    assert log_levels(np.array([5.0, 9.0]), np.array([0, 1]), 2) is None
    assert log_levels(np.zeros(0), np.zeros(0, dtype=np.int64), 2) is None


def test_prices_of_a_list_are_told_exactly() -> None:
    found = log_levels(np.repeat([100.0, 300.0], 8), np.repeat([0, 1], 8), 2)
    assert found is not None
    assert found.factor[1] / found.factor[0] == pytest.approx(3, rel=1e-3)
